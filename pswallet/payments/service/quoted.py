"""Orders whose price is a quote's: who may pay them, and with whose money besides their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from pswallet.chain.funded import Part
from pswallet.kit.problems import Problem
from pswallet.offers import service as offers
from pswallet.offers.rules.terms import Funder
from pswallet.offers.service import QuoteView
from pswallet.payments.errors import OrderMismatch
from pswallet.payments.models import Order


def parts_of(quote: QuoteView, *, voucher: str) -> tuple[Part, ...]:
    """Return what others pay of a quote's order, in the order of refunds. `voucher`: the vouchers' contract."""
    return tuple(
        Part(
            voucher if part.funder is Funder.SPONSOR else quote.fundings[part.offer].owner,
            quote.fundings[part.offer].fund or "",
            part.value,
            part.minimum_spend,
        )
        for part in quote.price.parts
    )


def points_place(quote: QuoteView) -> int | None:
    """Return which of the parts the payer's points pay, or None."""
    return next((place for place, part in enumerate(quote.price.parts) if part.funder is Funder.POINTS), None)


def plain_problem(session: Session, order: Order, payer: str, *, now: datetime) -> Problem | None:
    """Use the quote of an order that is paid by its payer alone; return why it cannot be, or None."""
    if order.quote_id is None:
        return None
    try:
        quote = used(session, order, payer, now=now)
    except Problem as problem:
        return problem
    return OrderMismatch(order=order.id, why="others pay a part of it") if quote.price.parts else None


def used(session: Session, order: Order, payer: str, *, now: datetime) -> QuoteView:
    """Commit the quote of an order to it. Raises QuoteUnknown for another payer, QuoteExpired, QuoteAlreadyUsed."""
    return offers.commit_quote(session, order.quote_id or "", payer=payer, order_id=order.id, now=now)
