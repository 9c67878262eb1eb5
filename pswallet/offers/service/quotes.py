"""Quotes: the best price of a basket for one payer, its offers reserved for five minutes, committed when it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.kit.ids import new_id
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.offers.errors import (
    BasketUnknown,
    OfferCapReached,
    OfferExhausted,
    OfferExpired,
    OfferNotApplicable,
    OfferNotBegun,
    OfferOfAnotherMerchant,
    OffersNotCombinable,
    OffersTooMany,
    OfferUnknown,
    PriceMismatch,
    QuoteAlreadyUsed,
    QuoteExpired,
    QuoteStillOpen,
    QuotesTooMany,
    QuoteUnknown,
)
from pswallet.offers.models import Basket, Offer, Quote, QuoteLine
from pswallet.offers.rules import pricing
from pswallet.offers.rules.gifts import gift
from pswallet.offers.rules.pricing import Price
from pswallet.offers.rules.terms import MAX_OFFERS, Funder, Means
from pswallet.offers.service import counts
from pswallet.offers.service.baskets import BasketView, view_of
from pswallet.offers.service.offers import open_at, terms_of
from pswallet.offers.service.reading import QuoteView, find_quote
from pswallet.points import service as points
from pswallet.vouchers import service as vouchers

QUOTE_FOR = timedelta(minutes=5)
"""How long budgets are held; of the chain's time, as an order's expiry is."""
MAX_OPEN = 5
"""Quotes that one payer may have open: each holds budgets that others would like to use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuote:
    """What a payer wants to pay and how: `price_fen` is what the merchant showed.

    `offers` names exactly those to use; None: the best that there are. `points`: the most to spend.
    """

    payer: str
    basket_id: str
    price_fen: Fen
    offers: Sequence[str] | None = None
    points: int = 0


def means_of(session: Session, payer: str, basket_id: str, *, now: datetime) -> Means:
    """Return what a payer brings to a basket besides own money: the member tier, free points, vouchers good there."""
    held = points.summary(session, payer, now=now)
    basket = session.get(Basket, basket_id)
    packets = _packets(session, payer, view_of(basket), now) if basket is not None else {}
    return Means(member_tier=held.standing.level, points=max(0, held.free), packets=packets)


def _packets(session: Session, payer: str, basket: BasketView, now: datetime) -> dict[str, int]:
    """Return what the payer holds of the campaigns behind the offers that are good at the merchant, by offer [fen]."""
    good = {
        one.campaign: one.value_fen
        for one in vouchers.spendable(session, payer, merchant=basket.merchant, price=basket.price_fen, now=now)
    }
    if not any(good.values()):
        return {}
    funds = select(Offer.id, Offer.fund).where(open_at(basket.merchant, now), Offer.fund.in_(good))
    return {offer: good[fund] for offer, fund in session.execute(funds) if fund is not None}


def quote(session: Session, ask: AskQuote, *, means: Means, now: datetime) -> QuoteView:
    """Price a basket for one payer and reserve what it takes. `now` is the last indexed block's time, here and below.

    Raises BasketUnknown, PriceMismatch, QuoteStillOpen, QuotesTooMany, OffersTooMany; of named offers OfferUnknown,
    OfferNotBegun, OfferExpired, OfferOfAnotherMerchant, OffersNotCombinable, OfferNotApplicable, OfferExhausted,
    OfferCapReached.
    """
    row = session.get(Basket, ask.basket_id)
    if row is None:
        raise BasketUnknown(id=ask.basket_id)
    basket = view_of(row)
    if ask.price_fen != basket.price_fen:
        raise PriceMismatch(id=basket.id, attempted=ask.price_fen, price_fen=basket.price_fen)
    _check_open(session, ask, now)
    means = replace(means, points=min(means.points, ask.points))
    ticket = f"{basket.id}:{ask.payer}"  # not the quote's id: who asks again would draw again
    if ask.offers is None:
        price = _reserve_best(session, basket, ask.payer, means, ticket, now)
    else:
        price = _reserve_named(session, basket, ask, means, ticket, now)
    kept = _keep(session, basket, ask.payer, price, now)
    spent = price.funded[Funder.POINTS]
    if spent:
        points.reserve(session, kept, account=ask.payer, points=spent, until=now + QUOTE_FOR, now=now)
    return find_quote(session, kept, viewer=ask.payer, now=now)


def _check_open(session: Session, ask: AskQuote, now: datetime) -> None:
    # One payer's requests stand in line: else two at once would both be the fifth.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"quotes|{ask.payer}", 0))))
    query = select(Quote.basket_id, Quote.id).where(
        Quote.payer == ask.payer, Quote.status == "open", Quote.expires_at > now
    )
    mine = {basket_id: quote_id for basket_id, quote_id in session.execute(query)}
    if ask.basket_id in mine:
        raise QuoteStillOpen(id=mine[ask.basket_id])
    if len(mine) >= MAX_OPEN:
        raise QuotesTooMany(limit=MAX_OPEN)


def _reserve_best(session: Session, basket: BasketView, payer: str, means: Means, ticket: str, now: datetime) -> Price:
    """Reserve the best price. An offer that refuses is left out and the rest looked at again."""
    rows = {offer.id: offer for offer in session.scalars(select(Offer).where(open_at(basket.merchant, now)))}
    whole = [item.price for item in basket.items]
    # Earlier layers only lower what an offer is given of: what gives nothing now never will.
    fitting = {key: terms_of(row) for key, row in rows.items()}
    fitting = {key: one for key, one in fitting.items() if gift(one, basket.items, whole, means, ticket)}
    if len(fitting) > MAX_OFFERS:
        raise OffersTooMany(found=len(fitting), limit=MAX_OFFERS)
    while True:
        price = pricing.best(basket.items, list(fitting.values()), means, ticket)
        refused = _take(session, price, rows, payer, now)
        if not refused:
            return price
        fitting = {key: one for key, one in fitting.items() if key not in refused}


def _reserve_named(
    session: Session, basket: BasketView, ask: AskQuote, means: Means, ticket: str, now: datetime
) -> Price:
    """Reserve exactly the named offers, or say what is wrong with one of them."""
    wanted = list(dict.fromkeys(ask.offers or ()))
    rows = {offer.id: offer for offer in session.scalars(select(Offer).where(Offer.id.in_(wanted)))}
    for offer_id in wanted:
        problem = _unfit(rows.get(offer_id), offer_id, basket.merchant, now)
        if problem:
            raise problem
    named = [terms_of(rows[offer_id]) for offer_id in wanted]
    pair = pricing.clash(named)
    if pair:
        raise OffersNotCombinable(offers=[one.id for one in pair])
    price = pricing.apply(basket.items, named, means, ticket)
    given = {line.terms.id for line in price.lines}
    for offer_id in wanted:
        if offer_id not in given:
            raise OfferNotApplicable(id=offer_id)
    for offer_id, why in _take(session, price, rows, ask.payer, now).items():
        raise OfferExhausted(id=offer_id) if why == "exhausted" else OfferCapReached(id=offer_id)
    return price


def _unfit(offer: Offer | None, offer_id: str, merchant: str, now: datetime) -> Problem | None:
    if offer is None:
        return OfferUnknown(id=offer_id)
    if offer.merchants and merchant not in offer.merchants:
        return OfferOfAnotherMerchant(id=offer_id, merchant=merchant)
    if now < offer.starts_at:
        return OfferNotBegun(id=offer_id, starts_at=offer.starts_at.isoformat())
    end = min(offer.ends_at, offer.withdrawn_at or offer.ends_at)
    return OfferExpired(id=offer_id, ended_at=end.isoformat()) if now >= end else None


def _take(session: Session, price: Price, rows: dict[str, Offer], payer: str, now: datetime) -> dict[str, str]:
    wanted = [(rows[line.terms.id], line.value) for line in price.lines]
    return counts.take(session, wanted, person=payer, at=now) if wanted else {}


def _keep(session: Session, basket: BasketView, payer: str, price: Price, now: datetime) -> str:
    kept = Quote(
        id=new_id("quo"),
        basket_id=basket.id,
        payer=payer,
        own_fen=price.own,
        status="open",
        created_at=now,
        expires_at=now + QUOTE_FOR,
    )
    session.add(kept)
    session.flush()
    session.add_all(
        QuoteLine(
            quote_id=kept.id,
            place=place,
            offer_id=line.terms.id,
            before_fen=line.before,
            value_fen=line.value,
            minimum_spend_fen=line.minimum_spend,
            shares_fen=list(line.shares),
        )
        for place, line in enumerate(price.lines)
    )
    session.flush()
    return kept.id


def commit_quote(session: Session, quote_id: str, *, payer: str, order_id: str, now: datetime) -> QuoteView:
    """Use a quote for an order that its payer signed; the same order again changes nothing.

    Called by payments in the transaction that takes the order in. Raises QuoteUnknown, QuoteExpired, QuoteAlreadyUsed.
    """
    found = _locked(session, quote_id, payer)
    if found.status == "committed" and found.order_id != order_id:
        raise QuoteAlreadyUsed(id=quote_id)
    if found.status == "released" or (found.status == "open" and now >= found.expires_at):
        raise QuoteExpired(id=quote_id, expired_at=found.expires_at.isoformat())
    found.status, found.order_id = "committed", order_id
    session.flush()
    return find_quote(session, quote_id, viewer=payer, now=now)


def cancel_quote(session: Session, quote_id: str, *, payer: str, now: datetime) -> QuoteView:
    """Let go of what an open quote holds; once more changes nothing. Raises QuoteUnknown, QuoteAlreadyUsed."""
    found = _locked(session, quote_id, payer)
    if found.status == "committed":
        raise QuoteAlreadyUsed(id=quote_id)
    if found.status == "open":
        _release(session, [found])
        points.release(session, quote_id, now=now)
    return find_quote(session, quote_id, viewer=payer, now=now)


def release_order(session: Session, order_id: str) -> None:
    """Let go of what the quote of an order held: the chain refused the order, or it can never be paid any more."""
    query = select(Quote).where(Quote.order_id == order_id, Quote.status == "committed").with_for_update()
    _release(session, list(session.scalars(query.execution_options(populate_existing=True))))


def release_expired(session: Session, *, now: datetime, limit: int) -> int:
    """Let go of what up to `limit` open quotes hold whose five minutes are over; return how many they were."""
    query = select(Quote).where(Quote.status == "open", Quote.expires_at <= now).order_by(Quote.expires_at).limit(limit)
    due = list(session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)))
    _release(session, due)
    return len(due)


def _locked(session: Session, quote_id: str, payer: str) -> Quote:
    query = select(Quote).where(Quote.id == quote_id, Quote.payer == payer).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))  # what was read before the lock may be old
    if found is None:
        raise QuoteUnknown(id=quote_id)
    return found


def _release(session: Session, quotes: Sequence[Quote]) -> None:
    ids = [one.id for one in quotes]
    query = (
        select(Quote, QuoteLine, Offer)
        .join(QuoteLine, QuoteLine.quote_id == Quote.id)
        .join(Offer, Offer.id == QuoteLine.offer_id)
        .where(Quote.id.in_(ids))
    )
    counts.give_back(session, [(one, line, offer) for one, line, offer in session.execute(query)])
    for one in quotes:
        one.status = "released"
    session.flush()
