"""What people see of campaigns and of their vouchers: every status and sum is derived from the contract's events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from pswallet.chain import funded
from pswallet.kit.money import Fen
from pswallet.vouchers.models import CampaignClosing, CampaignOpening, ListedShop, VoucherRefusal
from pswallet.vouchers.service.claims import PENDING
from pswallet.vouchers.service.winners import require_campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """A campaign and how far it is. `status`: submitted, refused (`error`), open, ended or closed; sums in fen.

    `lists`: the roots of its winners' lists on the chain.
    """

    id: str
    terms: funded.Campaign
    names: dict[str, str]
    notes: dict[str, str]
    status: str
    error: str | None
    issued_fen: Fen
    spent_fen: Fen
    restored_fen: Fen
    returned_fen: Fen
    lists: list[str]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ShopPage:
    """A page of a campaign's shops; `after` is the last one's address, None at the end."""

    shops: list[tuple[str, int]]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherView:
    """What an account has of a campaign: `left_fen` to spend, `count` given so far, `waiting` to be claimed.

    `status`: winner (claim it), submitted, refused (`error`), held, spent or ended.
    """

    campaign: str
    names: dict[str, str]
    status: str
    error: str | None
    left_fen: Fen
    count: int
    waiting: int
    face_fen: Fen
    minimum_spend_fen: Fen
    divisible: bool
    starts_at: datetime
    ends_at: datetime


_SUMS = text(
    "SELECT kind, coalesce(sum(value_fen), 0) AS fen FROM voucher_entries WHERE campaign = :campaign GROUP BY kind"
)
_LISTS = text("SELECT DISTINCT root FROM winner_listings WHERE campaign = :campaign ORDER BY root")


def find_campaign(session: Session, campaign: str, *, now: datetime) -> CampaignView:
    """Return a campaign as everybody may see it. `now` is the last indexed block's time. Raises CampaignUnknown."""
    found = require_campaign(session, campaign)
    sums = {row.kind: Fen(int(row.fen)) for row in session.execute(_SUMS, {"campaign": campaign})}
    error = None
    if session.get(CampaignClosing, campaign) is not None:
        status = "closed"
    elif session.get(CampaignOpening, campaign) is not None:
        status = "ended" if now >= found.ends_at else "open"
    else:
        error = _opening_refusal(session, campaign)
        status = "refused" if error else "submitted"
    return CampaignView(
        id=campaign,
        terms=funded.Campaign.from_json(found.terms),
        names=found.names,
        notes=found.notes,
        status=status,
        error=error,
        issued_fen=sums.get("issued", Fen(0)),
        spent_fen=sums.get("spent", Fen(0)),
        restored_fen=sums.get("restored", Fen(0)),
        returned_fen=sums.get("returned", Fen(0)),
        lists=list(session.scalars(_LISTS, {"campaign": campaign})),
        starts_at=found.starts_at,
        ends_at=found.ends_at,
    )


def _opening_refusal(session: Session, campaign: str) -> str | None:
    query = select(VoucherRefusal.error).where(
        VoucherRefusal.campaign == campaign, VoucherRefusal.kind == "campaign-open"
    )
    return session.scalar(query.limit(1))


def shops_of(session: Session, campaign: str, *, after: str | None, limit: int) -> ShopPage:
    """Return up to `limit` shops (address, category) in the order of their addresses. Raises CampaignUnknown."""
    root = require_campaign(session, campaign).shops
    query = select(ListedShop.merchant, ListedShop.category).where(ListedShop.root == root)
    if after is not None:
        query = query.where(ListedShop.merchant > after)
    found = session.execute(query.order_by(ListedShop.merchant).limit(limit + 1)).all()
    page = [(row.merchant, row.category) for row in found[:limit]]
    return ShopPage(page, page[-1][0] if len(found) > limit else None)


_VOUCHERS = text(
    "WITH mine AS ("  # noqa: S608 - our own words
    " SELECT l.campaign FROM listed_winners l WHERE l.account = :account AND EXISTS"
    "  (SELECT FROM winner_listings s WHERE s.campaign = l.campaign AND s.root = l.root)"
    " UNION SELECT e.campaign FROM voucher_entries e WHERE e.account = :account)"
    " SELECT p.*,"
    " coalesce((SELECT sum(CASE e.kind WHEN 'spent' THEN -value_fen WHEN 'returned' THEN 0 ELSE value_fen END)"
    "  FROM voucher_entries e WHERE e.account = :account AND e.campaign = p.id), 0) AS left_fen,"
    " coalesce((SELECT max(e.count) FROM voucher_entries e"
    "  WHERE e.account = :account AND e.campaign = p.id), 0) AS given,"
    " coalesce((SELECT max(l.count) FROM listed_winners l WHERE l.account = :account AND l.campaign = p.id AND EXISTS"
    "  (SELECT FROM winner_listings s WHERE s.campaign = l.campaign AND s.root = l.root)), 0) AS listed,"
    " EXISTS (SELECT FROM voucher_claims c"
    f"  WHERE c.account = :account AND c.campaign = p.id AND {PENDING}) AS pending,"
    " (SELECT f.error FROM voucher_refusals f WHERE f.account = :account AND f.campaign = p.id AND f.kind = 'voucher'"
    "  ORDER BY f.block DESC, f.log_index DESC LIMIT 1) AS error"
    " FROM campaigns p WHERE p.id IN (SELECT campaign FROM mine) ORDER BY p.ends_at DESC, p.id LIMIT :limit"
)


def vouchers_of(session: Session, account: str, *, now: datetime, limit: int) -> list[VoucherView]:
    """Return what `account` has of up to `limit` campaigns, those that end last first."""
    rows = session.execute(_VOUCHERS, {"account": account, "limit": limit})
    return [_voucher(row, now=now) for row in rows]


def _voucher(row: Row[Any], *, now: datetime) -> VoucherView:
    waiting = 0 if row.pending else max(0, row.listed - row.given)
    status = _status(row, waiting, ended=now >= row.ends_at)
    return VoucherView(
        campaign=row.id,
        names=row.names,
        status=status,
        error=row.error if status == "refused" else None,
        left_fen=Fen(int(row.left_fen)) if status != "ended" else Fen(0),
        count=row.given,
        waiting=waiting if status != "ended" else 0,
        face_fen=row.face_fen,
        minimum_spend_fen=row.terms["minimum_spend"],
        divisible=row.terms["divisible"],
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def _status(row: Row[Any], waiting: int, *, ended: bool) -> str:
    if ended:
        return "ended"
    if row.pending:
        return "submitted"
    if waiting:
        return "refused" if row.error else "winner"
    return "held" if row.left_fen else "spent"
