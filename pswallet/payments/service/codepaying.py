"""What a person pays by codes in a day, and the limit of it: an order is paid by a till's code, a merchant without an
order by its sticker. A payment code is counted where it is taken (`merchants.service.take_code`).

Nothing is counted up: a day's sum is what was taken in of it and not refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from pswallet.kit.clock import shanghai_day, shanghai_start, to_unix
from pswallet.kit.money import Fen
from pswallet.kit.rows import TEXTS
from pswallet.merchants.errors import CodeLimitExceeded
from pswallet.merchants.rules import MERCHANT_TIER, codelimits
from pswallet.merchants.rules.codelimits import CodeKind, Level
from pswallet.merchants.service import own_limits
from pswallet.payments.service.tries import REFUSED

CODE_LEVEL = Level.A
"""Every payment is proven by its payer's own key."""

_BY_ORDER = ("order", "checkout")
_TO_ANYBODY = "transfer"


def kind_of(purpose: str, *, payer_tier: int, recipient_tier: int) -> CodeKind | None:
    """Return by what kind of code a payment is made, if it is. A merchant that pays is no customer."""
    if payer_tier == MERCHANT_TIER:
        return None
    if purpose in _BY_ORDER:
        return CodeKind.DYNAMIC
    return CodeKind.STATIC if purpose == _TO_ANYBODY and recipient_tier == MERCHANT_TIER else None


_PAID = text(
    f"""
    SELECT a.payer, a.purpose, sum(a.value_fen)::bigint FROM authorizations a
    WHERE a.payer = ANY(:payers) AND a.accepted_at >= :midnight AND a.valid_before > :midnight_unix
      AND (a.purpose = ANY(:by_order) OR a.purpose = :to_anybody AND EXISTS (
        SELECT 1 FROM account_tiers t WHERE t.address = a.recipient AND t.tier = :merchants))
      AND NOT {REFUSED}
      AND NOT EXISTS (SELECT 1 FROM authorization_cancellations c WHERE c.payer = a.payer AND c.nonce = a.nonce)
    GROUP BY a.payer, a.purpose
    """  # noqa: S608 - our own words
).bindparams(bindparam("payers", type_=TEXTS), bindparam("by_order", type_=TEXTS))


def paid_by_codes(session: Session, payers: Sequence[str], *, now: datetime) -> dict[tuple[str, CodeKind], Fen]:
    """Return what each of `payers` (addresses) has paid by tills' codes and by stickers on the day of `now` [fen]."""
    midnight = shanghai_start(shanghai_day(now))
    asked = {
        "payers": list(payers),
        "midnight": midnight,
        "midnight_unix": to_unix(midnight),
        "by_order": list(_BY_ORDER),
        "to_anybody": _TO_ANYBODY,
        "merchants": MERCHANT_TIER,
    }
    paid: dict[tuple[str, CodeKind], Fen] = {}
    for payer, purpose, sum_fen in session.execute(_PAID, asked):
        kind = CodeKind.DYNAMIC if purpose in _BY_ORDER else CodeKind.STATIC
        paid[payer, kind] = Fen(paid.get((payer, kind), 0) + sum_fen)
    return paid


@dataclass(slots=True)
class CodeDay:
    """What some payers have paid by codes today, and may; carried along as a list of payments is worked off."""

    paid: dict[tuple[str, CodeKind], Fen] = field(default_factory=dict)
    own: Mapping[str, Fen] = field(default_factory=dict)
    """What a payer (an address) set for level A."""

    def problem(self, payer: str, kind: CodeKind, amount: int) -> CodeLimitExceeded | None:
        """Return why `payer` cannot pay `amount` by a code of `kind` today, or None."""
        spent = self.paid.get((payer, kind), Fen(0))
        limit = codelimits.limit_of(kind, CODE_LEVEL, own=self.own.get(payer))
        if not codelimits.exceeds(spent, Fen(amount), limit):
            return None
        return CodeLimitExceeded(kind=kind, level=CODE_LEVEL, limit_fen=limit, spent_fen=spent, attempted_fen=amount)

    def count(self, payer: str, kind: CodeKind, amount: int) -> None:
        """Count a payment that was accepted."""
        self.paid[payer, kind] = Fen(self.paid.get((payer, kind), 0) + amount)


def code_day(session: Session, payers: Mapping[str, str], *, now: datetime) -> CodeDay:
    """Return the day so far of `payers` (address → account's id), whose payments nobody else may count meanwhile."""
    if not payers:
        return CodeDay()
    own = own_limits(session, list(payers.values()))
    named = {address: own[account] for address, account in payers.items() if account in own}
    return CodeDay(paid_by_codes(session, list(payers), now=now), named)
