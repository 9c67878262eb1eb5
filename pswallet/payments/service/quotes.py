"""From a quote to its order, and back when nobody paid: what the offers held is free again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet.chain.funded import Part
from pswallet.chain.signing import Domain
from pswallet.checkout import service as checkout
from pswallet.checkout.errors import BudgetNotOpen
from pswallet.kit.money import Fen
from pswallet.offers import service as offers
from pswallet.offers.errors import OfferTermsInvalid, QuoteAlreadyUsed, QuoteExpired, QuoteUnknown
from pswallet.offers.rules.terms import Layer, Terms
from pswallet.payments.models import Order
from pswallet.payments.service import quoted
from pswallet.payments.service.orderbook import OrderView, views
from pswallet.payments.service.orders import OpenOrder, open_order
from pswallet.vouchers import service as vouchers

TILL = "QUOTE"
"""The till of an order whose basket names none."""
_SETTLED_AFTER = timedelta(minutes=10)
"""After its expiry: a payment in a block before it is known by then, and no reorganisation reaches back."""
_LOOKS_BACK = timedelta(days=1)


def draw_up(session: Session, quote_id: str, *, payer: str, domain: Domain, now: datetime) -> OrderView:
    """Open the order of a quote, or return the one that was opened; it expires as the quote does.

    `now` is the last indexed block's time. Raises QuoteUnknown, QuoteExpired, QuoteAlreadyUsed, and what an order is
    not opened for: NotAMerchant, OrderReferenceReused.
    """
    opened = session.scalar(select(Order).where(Order.quote_id == quote_id))
    quote = offers.find_quote(session, quote_id, viewer=payer, now=now)
    if quote.payer != payer:
        raise QuoteUnknown(id=quote_id)
    if opened is not None:
        return views(session, [opened])[0]
    if quote.status == "released":
        raise QuoteExpired(id=quote_id, expired_at=quote.expires_at.isoformat())
    if quote.status != "open":
        raise QuoteAlreadyUsed(id=quote_id)
    asked = OpenOrder(
        merchant=quote.basket.merchant,
        till=quote.basket.till or TILL,
        reference=quote.basket.reference or quote_id,
        amount_fen=Fen(quote.price.settlement),
        expires_in=quote.expires_at - now,
        quote_id=quote_id,
    )
    return open_order(session, asked, domain=domain, now=now)


def funding_of(session: Session, order: OrderView, *, viewer: str, voucher: str, now: datetime) -> tuple[Part, ...]:
    """Return what others pay of an order, to the payer of its quote; nothing for anybody else."""
    if order.quote_id is None:
        return ()
    try:
        quote = offers.find_quote(session, order.quote_id, viewer=viewer, now=now)
    except QuoteUnknown:
        return ()
    return quoted.parts_of(quote, voucher=voucher)


def require_fund(session: Session, owner: str, terms: Terms, fund: str | None) -> None:
    """Check that the money of an offer is its owner's and fits. Raises BudgetNotOpen, CampaignUnknown,
    OfferTermsInvalid."""
    if fund is None:
        return
    if terms.layer is not Layer.PACKET:
        found = checkout.budgets(session, [fund]).get(fund)
        if found is None or found.funder != owner:
            raise BudgetNotOpen(budget=fund)
        return
    campaign = vouchers.terms_of_campaign(session, fund)
    # What is signed for must be the campaign's own minimum, and a voucher that is spent whole must always fit.
    whole = campaign.divisible or terms.minimum_spend > campaign.face
    if campaign.sponsor != owner or terms.minimum_spend != campaign.minimum_spend or not whole:
        raise OfferTermsInvalid(field="fund")


# Paid by the quote's payer, as `orderbook` says it: whoever uses the order's nonce or number for something else, or
# pays it as a stranger to the quote, holds nothing back.
_UNPAID = text(
    """
    SELECT o.id FROM quotes q JOIN orders o ON o.id = q.order_id
    WHERE q.status = 'committed' AND q.expires_at > :since AND q.expires_at <= :until
      AND NOT EXISTS (
        SELECT FROM checkout_payments p
        WHERE p.payer = q.payer AND p.merchant = o.merchant AND p.reference = o.reference AND p.till = o.till
          AND p.amount_fen = o.amount_fen AND p.expires_at = o.expires_at)
      AND NOT EXISTS (
        SELECT FROM authorization_uses u
        JOIN entries e ON e.account = u.payer AND e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0
        WHERE u.nonce = o.hash AND u.payer = q.payer AND u.payer <> o.merchant AND e.counterparty = o.merchant
          AND e.delta_fen = -o.amount_fen AND u.at < o.expires_at)
    ORDER BY q.expires_at LIMIT :limit
    """
)


def release_unpaid(session: Session, *, now: datetime, limit: int) -> int:
    """Let go of what quotes hold whose orders were never paid and never can be; return how many they were."""
    window = {"since": now - _LOOKS_BACK, "until": now - _SETTLED_AFTER, "limit": limit}
    unpaid = list(session.scalars(_UNPAID, window))
    for order_id in unpaid:
        offers.release_order(session, order_id)
    return len(unpaid)
