"""After a campaign's end: what was not issued and what was not spent goes back to its sponsor."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from pswallet.chain import funded
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.vouchers import errors, rules
from pswallet.vouchers.models import CampaignOpening, VoucherRefusal
from pswallet.vouchers.service import calls

_REST = """
    (NOT EXISTS (SELECT FROM campaign_closings x WHERE x.campaign = o.campaign)
     AND o.budget_fen > (SELECT coalesce(sum(CASE e.kind WHEN 'spent' THEN value_fen WHEN 'restored' THEN -value_fen
         ELSE 0 END), 0) FROM voucher_entries e WHERE e.campaign = o.campaign))
"""
"""Whether the contract holds money of the campaign of row o: not closed, and not all of it spent."""

_HOLDS_MONEY = text(f"SELECT {_REST} FROM campaign_openings o WHERE o.campaign = :campaign")  # noqa: S608

_UNFINISHED = text(f"SELECT o.campaign FROM campaign_openings o WHERE o.sponsor = :sponsor AND {_REST} ORDER BY 1")  # noqa: S608

_ENDED = text(
    "SELECT o.campaign, o.ends_at FROM campaign_openings o"  # noqa: S608 - our own words
    f" WHERE o.ends_at > :since AND o.ends_at <= :before AND {_REST}"
    " AND :tries >"
    " (SELECT count(*) FROM voucher_refusals f WHERE f.campaign = o.campaign AND f.kind = 'campaign-close')"
    " ORDER BY o.ends_at LIMIT :limit"
)

_TRIES = 5
"""A closing that the chain refused so often is left to people: the worker must not go round in circles."""


def close(session: Session, campaign: str, *, now: datetime) -> None:
    """Ask for the rest to go back to the sponsor; anybody may. `now` is the last indexed block's time.

    Raises CampaignUnknown, CampaignNotEnded, CampaignNotOpen.
    """
    opened = session.get(CampaignOpening, campaign)
    if opened is None:
        raise errors.CampaignUnknown(campaign=campaign)
    if now < opened.ends_at:
        raise errors.CampaignNotEnded(campaign=campaign, ends_at=opened.ends_at.isoformat())
    if not session.scalar(_HOLDS_MONEY, {"campaign": campaign}):
        raise errors.CampaignNotOpen(campaign=campaign)
    refused = session.scalar(
        select(func.count()).where(
            VoucherRefusal.campaign == campaign, VoucherRefusal.kind == CallKind.CAMPAIGN_CLOSE.value
        )
    )
    # A call that was refused may be made again, under a key of its own.
    key = f"campaign-close:{campaign}" + (f":{refused}" if refused else "")
    arguments = {"data": calls.closing(funded.Campaign.from_json(opened.terms)), "campaign": campaign}
    enqueue(session, [Call(key, CallKind.CAMPAIGN_CLOSE, arguments)])


def ended_campaigns(session: Session, *, since: datetime, now: datetime, limit: int) -> dict[str, datetime]:
    """Return campaigns, and their end after `since`, that ended ten minutes ago or more and still hold money."""
    window = {"since": since, "before": now - timedelta(seconds=rules.CLOSING_GRACE_S)}
    rows = session.execute(_ENDED, {**window, "tries": _TRIES, "limit": limit})
    return {row.campaign: row.ends_at for row in rows}


def unfinished_campaigns(session: Session, sponsor: str) -> list[str]:
    """Return the campaigns of `sponsor` that still hold money: what is left of them goes back there."""
    return list(session.scalars(_UNFINISHED, {"sponsor": sponsor}))
