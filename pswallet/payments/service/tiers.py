"""What each tier may hold and spend as the city decided it, and whether the token holds to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pswallet.kyc.service import tiers_in_force
from pswallet.payments.service.ledger import limits_by_tier


@dataclass(frozen=True, slots=True, kw_only=True)
class TierView:
    """A tier's limits that are due [fen]. `enforced`: the token's own are the same, as far as the indexer has read."""

    tier: int
    name: str
    max_balance_fen: int
    per_payment_fen: int
    per_day_fen: int
    per_year_fen: int
    lifetime: bool
    enforced: bool


def tiers(session: Session, *, now: datetime) -> list[TierView]:
    """Return the tiers whose limits are due at `now`, the lowest first. An operator's act carries them to the token."""
    limits = limits_by_tier(session)
    found = []
    for due in tiers_in_force(session, now):
        amounts = (due.max_balance_fen, due.per_payment_fen, due.per_day_fen, due.per_year_fen)
        held = limits.get(due.tier)
        enforced = held is not None and (
            (held.max_balance, held.per_payment, held.per_day, held.per_year, held.lifetime) == (*amounts, due.lifetime)
        )
        found.append(
            TierView(
                tier=due.tier,
                name=due.name,
                max_balance_fen=due.max_balance_fen,
                per_payment_fen=due.per_payment_fen,
                per_day_fen=due.per_day_fen,
                per_year_fen=due.per_year_fen,
                lifetime=due.lifetime,
                enforced=enforced,
            )
        )
    return found
