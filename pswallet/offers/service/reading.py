"""Quotes as they are read: by their payer, and by the merchant whose basket it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from pswallet.offers.errors import QuoteUnknown
from pswallet.offers.models import Basket, Offer, Quote, QuoteLine
from pswallet.offers.rules.pricing import Line, Price
from pswallet.offers.service.baskets import BasketView, view_of
from pswallet.offers.service.offers import terms_of


@dataclass(frozen=True, slots=True)
class Funding:
    """Whose money an offer gives: its owner's address, and the budget or campaign of the chain that pays it, if any."""

    owner: str
    fund: str | None


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A quote: its basket, its price line by line, and how long it is good."""

    id: str
    basket: BasketView
    payer: str
    status: str
    """open, committed to an order, or released: cancelled, expired, or its order refused."""
    price: Price
    fundings: Mapping[str, Funding]
    """By offer: whose money it is."""
    created_at: datetime
    expires_at: datetime
    order_id: str | None


@dataclass(frozen=True, slots=True)
class QuotePage:
    """A page of quotes; `older` is the id before which the next page begins, None at the end."""

    quotes: list[QuoteView]
    older: str | None


def find_quote(session: Session, quote_id: str, *, viewer: str, now: datetime) -> QuoteView:
    """Return a quote to its payer or to its basket's merchant. Raises QuoteUnknown."""
    row = session.get(Quote, quote_id)
    found = _views(session, [row] if row else [], now)
    if not found or viewer not in (found[0].payer, found[0].basket.merchant):
        raise QuoteUnknown(id=quote_id)
    return found[0]


def quotes_asked(session: Session, payer: str, *, now: datetime, before: str | None, limit: int) -> QuotePage:
    """Return up to `limit` quotes that `payer` asked for before `before` (an id), newest first."""
    return _page(session, Quote.payer == payer, now, before, limit)


def quotes_given(session: Session, merchant: str, *, now: datetime, before: str | None, limit: int) -> QuotePage:
    """Return up to `limit` quotes on baskets of `merchant` before `before` (an id), newest first."""
    mine = select(Basket.id).where(Basket.merchant == merchant)
    return _page(session, Quote.basket_id.in_(mine), now, before, limit)


def _page(session: Session, condition: ColumnElement[bool], now: datetime, before: str | None, limit: int) -> QuotePage:
    query = select(Quote).where(condition).order_by(Quote.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Quote.id < before)
    found = list(session.scalars(query))
    page = found[:limit]
    return QuotePage(_views(session, page, now), page[-1].id if len(found) > limit else None)


def _views(session: Session, quotes: Sequence[Quote], now: datetime) -> list[QuoteView]:
    """Return what people see of `quotes`, in their order."""
    baskets = select(Basket).where(Basket.id.in_([one.basket_id for one in quotes]))
    rung_up = {row.id: view_of(row) for row in session.scalars(baskets)}
    lines: dict[str, list[tuple[QuoteLine, Offer]]] = defaultdict(list)
    query = select(QuoteLine, Offer).join(Offer, Offer.id == QuoteLine.offer_id).order_by(QuoteLine.place)
    for line, offer in session.execute(query.where(QuoteLine.quote_id.in_([one.id for one in quotes]))):
        lines[line.quote_id].append((line, offer))
    return [_view(one, rung_up[one.basket_id], lines[one.id], now) for one in quotes]


def _view(found: Quote, basket: BasketView, rows: Sequence[tuple[QuoteLine, Offer]], now: datetime) -> QuoteView:
    over = found.status == "open" and now >= found.expires_at
    return QuoteView(
        id=found.id,
        basket=basket,
        payer=found.payer,
        status="released" if over else found.status,
        price=Price(basket.items, tuple(_line(line, offer) for line, offer in rows)),
        fundings={offer.id: Funding(offer.owner, offer.fund) for _, offer in rows},
        created_at=found.created_at,
        expires_at=found.expires_at,
        order_id=found.order_id,
    )


def _line(row: QuoteLine, offer: Offer) -> Line:
    """Return the line that a quote promised, from its row."""
    return Line(terms_of(offer), row.before_fen, row.value_fen, tuple(row.shares_fen), row.minimum_spend_fen)
