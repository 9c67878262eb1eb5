"""Baskets that merchants ring up, and quotes: the best price of one for a payer, explained, held for five minutes."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field, StringConstraints

from pswallet.api.deps import MemberPost, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.languages import Language
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.offers import OFFER_ID, ShortText
from pswallet.api.routes.red_packets import Ask, chain_time, time_of
from pswallet.api.shapes import Address, AmountFen, FreeText, Shape, Ticket
from pswallet.kit.money import Fen
from pswallet.offers import errors, service
from pswallet.offers.rules.pricing import Line
from pswallet.offers.rules.terms import MAX_LINES, MAX_OFFERS, Funder, Item, Kind, Layer
from pswallet.offers.rules.words import explained, line_words
from pswallet.offers.service import AskQuote, QuoteView, RingUp
from pswallet.points.errors import PointsInsufficient

router = APIRouter(tags=["offers"], route_class=PolledRoute)

QuoteId = Annotated[str, Path(pattern=r"^quo_[0-9a-z]{26}$", description="the id that POST /v1/quotes gave")]
QuoteRole = Annotated[
    Literal["payer", "merchant"],
    Query(description="payer: quotes that one asked for; merchant: those on one's baskets"),
]
QuoteCursor = Annotated[str | None, Query(pattern=r"^quo_[0-9a-z]{26}$", description="`older` of the page before")]
QuoteLimit = Annotated[int, Query(ge=1, le=100, description="quotes of a page")]
_BasketId = Annotated[str, StringConstraints(pattern=r"^bsk_[0-9a-z]{26}$")]
_OfferId = Annotated[str, StringConstraints(pattern=OFFER_ID)]
_Name = Annotated[FreeText, StringConstraints(max_length=40, strip_whitespace=True)]
_Category = Annotated[FreeText, StringConstraints(max_length=32, strip_whitespace=True)]


class BasketItem(Shape):
    """A line of a basket."""

    code: ShortText = Field(description="the merchant's own")
    name: _Name = ""
    category: _Category = ""
    unit_price_fen: AmountFen
    quantity: int = Field(1, strict=True, ge=1, le=9_999)


class BasketItemShape(BasketItem):
    """A line of a basket as it is kept."""


class NewBasket(Shape):
    """What somebody wants to buy, at the merchant's prices."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [{"code": "leicha", "name": "擂茶", "unit_price_fen": 12_800}]}]}
    )

    items: list[BasketItem] = Field(min_length=1, max_length=MAX_LINES)
    till: Ticket | None = Field(None, description="of the order that a quote on it becomes")
    reference: Ticket | None = Field(None, description="the merchant's own number of that order, used once")


class BasketShape(Shape):
    """A basket and its price."""

    id: str
    merchant: Address
    items: list[BasketItemShape]
    price_fen: int
    till: str | None
    reference: str | None
    created_at: datetime


class NewQuote(Shape):
    """Which basket, at the price that the merchant showed; `offers` null for the best that there are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"basket_id": "bsk_01m81r3w0sst7jgmh96wpn5dzh", "price_fen": 12_800, "points": 500}]
        }
    )

    basket_id: _BasketId
    price_fen: AmountFen
    offers: list[_OfferId] | None = Field(None, max_length=MAX_OFFERS, description="exactly those to use")
    points: int = Field(0, strict=True, ge=0, le=10**9, description="the most to spend; a point is a fen")


class QuoteLineShape(Shape):
    """What one offer gives."""

    offer_id: str
    kind: Kind
    layer: Layer
    funder: Funder
    text: str = Field(description="in the reader's language")
    before_fen: int
    value_fen: int
    after_fen: int
    shares_fen: list[int] = Field(description="of each item: largest remainder")


class QuotePartShape(Shape):
    """What somebody else pays of the order, as MerchantCheckout takes it."""

    offer_id: str
    funder: Funder
    owner: Address
    fund: str | None
    value_fen: int
    minimum_spend_fen: int


class QuoteShape(Shape):
    """A price, explained. Own money and what each funder gives are the basket's price."""

    id: str
    basket_id: str
    merchant: Address
    payer: Address
    status: str = Field(description="open, committed (to an order), or released (cancelled, expired)")
    price_fen: int
    own_fen: int
    settlement_fen: int = Field(description="what the merchant gets before any fee: the order's amount")
    funded_fen: dict[Funder, int]
    cashback_fen: int = Field(description="a packet that follows the payment")
    lines: list[QuoteLineShape]
    order_parts: list[QuotePartShape] = Field(description="in the order of refunds")
    settled_items_fen: list[int] = Field(description="each item's share of the settlement")
    explanation: list[str] = Field(description="line by line, in the reader's language")
    created_at: datetime
    expires_at: datetime = Field(description="the first second at which it cannot be paid; of the chain's clock")
    order_id: str | None


class QuotePage(Shape):
    """A page of quotes; `older` asks for the next page, null at the end."""

    items: list[QuoteShape]
    older: str | None


@router.post(
    "/baskets",
    status_code=201,
    responses=refused(AmountInvalid, TextInvalid, ChainAway, errors.MerchantRequired, errors.BasketTooLarge),
)
@once
def ring_up(body: NewBasket, post: MemberPost) -> BasketShape:
    """Ring up a basket: a merchant's act, at its own prices."""
    items = [Item(**item.model_dump(exclude={"unit_price_fen"}), unit_price=item.unit_price_fen) for item in body.items]
    rung = RingUp(merchant=post.owner.address, items=items, till=body.till, reference=body.reference)
    found = service.ring_up(post.session, rung, now=chain_time(post))
    return BasketShape(
        id=found.id,
        merchant=found.merchant,
        items=[BasketItemShape(**item.model_dump()) for item in body.items],
        price_fen=found.price_fen,
        till=found.till,
        reference=found.reference,
        created_at=found.created_at,
    )


@router.post(
    "/quotes",
    status_code=201,
    responses=refused(
        AmountInvalid,
        ChainAway,
        errors.BasketUnknown,
        errors.PriceMismatch,
        errors.QuoteStillOpen,
        errors.QuotesTooMany,
        errors.OffersTooMany,
        errors.OfferUnknown,
        errors.OfferNotBegun,
        errors.OfferExpired,
        errors.OfferOfAnotherMerchant,
        errors.OffersNotCombinable,
        errors.OfferNotApplicable,
        errors.OfferExhausted,
        errors.OfferCapReached,
        PointsInsufficient,
    ),
)
@once
def ask_quote(body: NewQuote, post: MemberPost, language: Language) -> QuoteShape:
    """Price a basket for oneself; what it takes of offers is held for five minutes."""
    payer = post.owner.address
    ask = AskQuote(
        payer=payer,
        basket_id=body.basket_id,
        price_fen=Fen(body.price_fen),
        offers=body.offers,
        points=body.points,
    )
    now = chain_time(post)
    means = service.means_of(post.session, payer, body.basket_id, now=now)
    return _shape(service.quote(post.session, ask, means=means, now=now), language)


@router.get("/quotes", responses=refused(ChainAway))
def list_quotes(
    role: QuoteRole,
    session: Transaction,
    owner: Owner,
    language: Language,
    cursor: QuoteCursor = None,
    limit: QuoteLimit = 20,
) -> QuotePage:
    """List the quotes that one asked for, or those on one's baskets with what is promised after them, newest first."""
    pages = {"payer": service.quotes_asked, "merchant": service.quotes_given}
    page = pages[role](session, owner.address, now=time_of(session), before=cursor, limit=limit)
    return QuotePage(items=[_shape(found, language) for found in page.quotes], older=page.older)


@router.get("/quotes/{quote_id}", responses=refused(ChainAway, errors.QuoteUnknown))
def show_quote(quote_id: QuoteId, session: Transaction, owner: Owner, language: Language) -> QuoteShape:
    """Show a quote to its payer or its merchant."""
    found = service.find_quote(session, quote_id, viewer=owner.address, now=time_of(session))
    return _shape(found, language)


@router.post("/quotes/{quote_id}/cancel", responses=refused(ChainAway, errors.QuoteUnknown, errors.QuoteAlreadyUsed))
@once
def cancel_quote(quote_id: QuoteId, body: Ask, post: MemberPost, language: Language) -> QuoteShape:
    """Let go of a quote that one will not pay; its offers are free for others."""
    now = chain_time(post)
    return _shape(service.cancel_quote(post.session, quote_id, payer=post.owner.address, now=now), language)


def _shape(found: QuoteView, language: str) -> QuoteShape:
    price = found.price
    return QuoteShape(
        id=found.id,
        basket_id=found.basket.id,
        merchant=found.basket.merchant,
        payer=found.payer,
        status=found.status,
        price_fen=price.price,
        own_fen=price.own,
        settlement_fen=price.settlement,
        funded_fen=dict(price.funded),
        cashback_fen=price.cashback.value if price.cashback else 0,
        lines=[_line(line, language) for line in price.lines],
        order_parts=[
            QuotePartShape(
                offer_id=part.offer,
                funder=part.funder,
                owner=found.fundings[part.offer].owner,
                fund=found.fundings[part.offer].fund,
                value_fen=part.value,
                minimum_spend_fen=part.minimum_spend,
            )
            for part in price.parts
        ],
        settled_items_fen=list(price.settled_items),
        explanation=explained(price, language),
        created_at=found.created_at,
        expires_at=found.expires_at,
        order_id=found.order_id,
    )


def _line(line: Line, language: str) -> QuoteLineShape:
    return QuoteLineShape(
        offer_id=line.terms.id,
        kind=line.terms.kind,
        layer=line.terms.layer,
        funder=line.terms.funder,
        text=line_words(line, language),
        before_fen=line.before,
        value_fen=line.value,
        after_fen=line.after,
        shares_fen=list(line.shares),
    )
