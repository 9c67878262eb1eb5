"""Offers: a merchant makes and withdraws its own, a sponsor the city's, and people see what is good where."""

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from pswallet.api.deps import MemberPost, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.languages import Language
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import AmountInvalid, ChainAway, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import Ask, chain_time, time_of
from pswallet.api.shapes import Address, AmountFen, Bytes32, FreeText, Shape
from pswallet.chain.signing import address_bytes, checksum
from pswallet.checkout.errors import BudgetNotOpen
from pswallet.kit.money import Fen
from pswallet.offers import errors, service
from pswallet.offers.rules.terms import FULL_BP, LAYERS_OF, MAX_STEPS, TOP_MEMBER_TIER, Funder, Kind, Layer, Step, Terms
from pswallet.offers.rules.words import offer_words
from pswallet.offers.service import Caps, MakeOffer, OfferView
from pswallet.payments import service as payments
from pswallet.vouchers.errors import CampaignUnknown

router = APIRouter(prefix="/offers", tags=["offers"], route_class=PolledRoute)

OFFER_ID = r"^ofr_[0-9a-z]{26}$"
_MOMENT = r"^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"

OfferId = Annotated[str, Path(pattern=OFFER_ID, description="the id that POST /v1/offers gave")]
OfferRole = Annotated[
    Literal["payer", "owner"], Query(description="payer: offers that are good now; owner: all that one has made")
]
OfferCursor = Annotated[str | None, Query(pattern=OFFER_ID, description="`older` of the page before")]
OfferLimit = Annotated[int, Query(ge=1, le=100, description="offers of a page")]
Merchant = Annotated[
    str | None, Query(pattern=r"^0x[0-9a-fA-F]{40}$", description="for a payer: only what is good at this merchant")
]
ShortText = Annotated[FreeText, StringConstraints(min_length=1, max_length=32, strip_whitespace=True)]


def _moment(text: object) -> datetime:
    if not (isinstance(text, str) and re.fullmatch(_MOMENT, text)):
        raise ValueError("a time looks like 2026-11-25T16:00:00Z")
    return datetime.fromisoformat(text)


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": _MOMENT}),
]
Uses = Annotated[int, Field(strict=True, ge=1, le=10**9)]


class OfferStepShape(Shape):
    """A step: from `reach_fen` on (null: from the first fen), `less_fen` less."""

    reach_fen: AmountFen | None
    less_fen: AmountFen


class MemberPrice(Shape):
    """An item's price for members."""

    code: ShortText
    unit_price_fen: AmountFen


class OfferTerms(Shape):
    """What an offer gives and when; what its kind has no use for is left out."""

    kind: Kind
    layer: Layer | None = Field(None, description="where it stands; left out: where its kind usually does")
    minimum_spend_fen: AmountFen | None = Field(None, description="of what earlier layers have left")
    at_most_fen: AmountFen | None = Field(None, description="the most that it gives a quote")
    pay_bp: Annotated[int, Field(strict=True, ge=1, le=FULL_BP)] = Field(
        FULL_BP, description="discount: what is paid, in basis points; 8800 is 8.8折"
    )
    steps: list[OfferStepShape] = Field([], max_length=MAX_STEPS, description="reduction, instant, voucher, cashback")
    repeats: Annotated[bool, Field(strict=True)] = Field(False, description="每满: the step counts as often as reached")
    low_fen: AmountFen | None = Field(None, description="random: the least that is drawn")
    high_fen: AmountFen | None = Field(None, description="random: the most")
    prices: list[MemberPrice] = Field([], max_length=100, description="member-price: by item")
    categories: list[ShortText] = Field([], max_length=20, description="of items that it is for; empty: all")
    excludes: list[Layer] = Field([], max_length=len(Layer), description="layers whose offers do not go with it")
    member_tier: Annotated[int, Field(strict=True, ge=0, le=TOP_MEMBER_TIER)] = Field(
        0, description="lowest member tier: 0 乡亲, 1 围屋, 2 麒麟, 3 大万"
    )
    allows_zero: Annotated[bool, Field(strict=True)] = Field(False, description="may leave nothing to pay")


class OfferTermsShape(OfferTerms):
    """An offer's terms as they are kept."""


class NewOffer(Shape):
    """An offer with its window, budget and caps."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "terms": {"kind": "reduction", "steps": [{"reach_fen": 10_000, "less_fen": 2_000}]},
                    "starts_at": "2026-11-25T16:00:00Z",
                    "ends_at": "2026-12-25T16:00:00Z",
                    "budget_fen": 500_000,
                    "per_person_a_day": 1,
                }
            ]
        }
    )

    terms: OfferTerms
    starts_at: Moment
    ends_at: Moment = Field(description="the first second at which it gives nothing; of the chain's clock")
    budget_fen: AmountFen
    uses: Uses | None = Field(None, description="how many quotes may use it in all")
    per_day: Uses | None = Field(None, description="on a day of Asia/Shanghai")
    per_person: Uses | None = None
    per_person_a_day: Uses | None = None
    merchants: list[Address] = Field(
        [], max_length=1_000, description="a sponsor's: where it is good; empty: everywhere"
    )
    fund: Bytes32 | None = Field(None, description="a sponsor's: the budget or campaign of the chain that pays it")


class OfferShape(Shape):
    """An offer. What is left of it only its owner sees."""

    id: str
    owner: Address
    text: str = Field(description="in the reader's language, made from the terms")
    funder: Funder
    terms: OfferTermsShape
    merchants: list[Address]
    starts_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None
    uses: int | None
    per_day: int | None
    per_person: int | None
    per_person_a_day: int | None
    fund: str | None
    seed_hash: str | None = Field(description="random: SHA-256 of the seed")
    seed: str | None = Field(
        description="random: once it has ended; HMAC-SHA256 of `basket:payer` under it is the draw"
    )
    budget_fen: int | None
    taken_fen: int | None = Field(description="reserved and used; null to others than the owner, as the budget is")
    times_taken: int | None


class OfferPage(Shape):
    """A page of offers; `older` asks for the next page, null at the end."""

    items: list[OfferShape]
    older: str | None


@router.post(
    "",
    status_code=201,
    responses=refused(
        AmountInvalid,
        TextInvalid,
        ChainAway,
        errors.MerchantRequired,
        errors.OfferTermsInvalid,
        BudgetNotOpen,
        CampaignUnknown,
    ),
)
@once
def make_offer(body: NewOffer, post: MemberPost, language: Language) -> OfferShape:
    """Make an offer: a merchant of its own price, a sponsor of its own money."""
    command = MakeOffer(
        owner=post.owner.address,
        terms=_terms(body.terms),
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        budget_fen=Fen(body.budget_fen),
        caps=Caps(
            uses=body.uses,
            per_day=body.per_day,
            per_person=body.per_person,
            per_person_a_day=body.per_person_a_day,
        ),
        merchants=body.merchants,
        fund=body.fund,
    )
    made = service.create_offer(post.session, command, now=chain_time(post))
    payments.require_fund(post.session, post.owner.address, made.terms, body.fund)
    return _shape(made, post.owner.address, language)


@router.get("", responses=refused(ChainAway))
def list_offers(
    session: Transaction,
    owner: Owner,
    language: Language,
    role: OfferRole = "payer",
    merchant: Merchant = None,
    cursor: OfferCursor = None,
    limit: OfferLimit = 20,
) -> OfferPage:
    """List the offers that are good now, newest first, or one's own. No order can be bought, no picture shown."""
    now = time_of(session)
    if role == "owner":
        page = service.offers_of(session, owner.address, now=now, before=cursor, limit=limit)
    else:
        place = merchant and checksum(address_bytes(merchant))
        page = service.offers_open(session, merchant=place, now=now, before=cursor, limit=limit)
    return OfferPage(items=[_shape(one, owner.address, language) for one in page.offers], older=page.older)


@router.get("/{offer_id}", responses=refused(ChainAway, errors.OfferUnknown))
def show_offer(offer_id: OfferId, session: Transaction, owner: Owner, language: Language) -> OfferShape:
    """Show an offer to anybody: its terms, and once it has ended, the seed of its draws."""
    return _shape(service.find_offer(session, offer_id, now=time_of(session)), owner.address, language)


@router.post("/{offer_id}/withdraw", responses=refused(ChainAway, errors.OfferUnknown))
@once
def withdraw_offer(offer_id: OfferId, body: Ask, post: MemberPost, language: Language) -> OfferShape:
    """End one's own offer before its time; quotes that are open keep what they were promised."""
    now, owner = chain_time(post), post.owner.address
    return _shape(service.withdraw_offer(post.session, offer_id, owner=owner, now=now), owner, language)


def _terms(told: OfferTerms) -> Terms:
    return Terms(
        id="",
        kind=told.kind,
        layer=told.layer or LAYERS_OF[told.kind][0],
        funder=Funder.MERCHANT,
        minimum_spend=told.minimum_spend_fen or 0,
        at_most=told.at_most_fen,
        pay_bp=told.pay_bp,
        steps=tuple(Step(one.reach_fen or 0, one.less_fen) for one in told.steps),
        repeats=told.repeats,
        low=told.low_fen or 0,
        high=told.high_fen or 0,
        prices={one.code: one.unit_price_fen for one in told.prices},
        categories=frozenset(told.categories),
        excludes=frozenset(told.excludes),
        member_tier=told.member_tier,
        allows_zero=told.allows_zero,
    )


def _terms_shape(terms: Terms) -> OfferTermsShape:
    return OfferTermsShape(
        kind=terms.kind,
        layer=terms.layer,
        minimum_spend_fen=terms.minimum_spend or None,
        at_most_fen=terms.at_most,
        pay_bp=terms.pay_bp,
        steps=[OfferStepShape(reach_fen=one.reach or None, less_fen=one.less) for one in terms.steps],
        repeats=terms.repeats,
        low_fen=terms.low or None,
        high_fen=terms.high or None,
        prices=[MemberPrice(code=code, unit_price_fen=fen) for code, fen in terms.prices.items()],
        categories=sorted(terms.categories),
        excludes=sorted(terms.excludes, key=list(Layer).index),
        member_tier=terms.member_tier,
        allows_zero=terms.allows_zero,
    )


def _shape(found: OfferView, reader: str, language: str) -> OfferShape:
    own = reader == found.owner
    return OfferShape(
        id=found.terms.id,
        owner=found.owner,
        text=offer_words(found.terms, language),
        funder=found.terms.funder,
        terms=_terms_shape(found.terms),
        merchants=list(found.merchants),
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        withdrawn_at=found.withdrawn_at,
        uses=found.caps.uses,
        per_day=found.caps.per_day,
        per_person=found.caps.per_person,
        per_person_a_day=found.caps.per_person_a_day,
        fund=found.fund,
        seed_hash=found.seed_hash,
        seed=found.seed,
        budget_fen=found.budget_fen if own else None,
        taken_fen=found.taken_fen if own else None,
        times_taken=found.uses if own else None,
    )
