"""Campaigns and their vouchers: opened by a sponsor, claimed by winners, seen by everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, ConfigDict, Field, JsonValue
from sqlalchemy.orm import Session

from pswallet.accounts.errors import AccountIsFrozen, AccountNotRegistered, RecipientIsFrozen, SignatureInvalid
from pswallet.accounts.service import SessionOwner
from pswallet.api.deps import Credentials, Gateway, KeyHeader, MemberPost, Owner, Transaction
from pswallet.api.idempotency import Answer, once
from pswallet.api.intake import Desk, Hot, accepted, hot_route, intake_of, parse, sent
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import ChainAway, RequestInvalid, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import Ask, chain_time, time_of
from pswallet.api.shapes import Address, Bytes32, FreeText, Shape, Signature, UnixTime
from pswallet.api.traces import trace_of
from pswallet.api.verdicts import with_contract
from pswallet.chain.funded import Campaign
from pswallet.chain.signing import token_domain, voucher_domain
from pswallet.kit.problems import Problem
from pswallet.vouchers import errors, rules, service
from pswallet.vouchers.service import CampaignView, ClaimVouchers, OpenCampaign, VoucherView

router = APIRouter(tags=["campaigns"], route_class=PolledRoute)

_CAMPAIGN_ID = re.compile(r"0x[0-9a-f]{64}")
CampaignId = Annotated[
    str,
    Path(pattern=r"^0x[0-9a-fA-F]{64}$", description="EIP-712 hash of the campaign's terms"),
    AfterValidator(str.lower),
]
ShopCursor = Annotated[
    str | None, Query(pattern=r"^0x[0-9a-fA-F]{40}$", description="`after` of the page before, as it was given")
]
ShopLimit = Annotated[int, Query(ge=1, le=500, description="shops of a page")]
VoucherLimit = Annotated[int, Query(ge=1, le=100, description="campaigns, those that end last first")]
Fen = Annotated[int, Field(strict=True, ge=0, lt=2**63, description="whole fen")]
Number = Annotated[int, Field(strict=True, ge=0, lt=2**31)]

_ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_EXAMPLE_TERMS: dict[str, JsonValue] = {
    "sponsor": _ADDRESS,
    "budget": 1_000_000_000,
    "face": 20_000,
    "per_person": 1,
    "start": 1_800_000_000,
    "end": 1_800_604_800,
    "minimum_spend": 0,
    "divisible": True,
    "merchants": "0x" + "3c" * 32,
    "issuer": "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "lottery": "0x" + "00" * 32,
    "salt": "0x" + "a1" * 32,
}


class CampaignTerms(Shape):
    """What the sponsor signs for; `Campaign` of /v1/typed-data. Their hash is the campaign's id."""

    sponsor: Address
    budget: Fen = Field(description="all the money [fen], a multiple of the face")
    face: Fen = Field(description="one voucher [fen]")
    per_person: Number = Field(description="the most vouchers that one account may ever be given")
    start: UnixTime = Field(description="the first second at which vouchers are spent")
    end: UnixTime = Field(description="the first second at which nothing is given or spent; at most 400 days away")
    minimum_spend: Fen = Field(description="of an order before this voucher [fen]; 0 for none")
    divisible: bool = Field(strict=True, description="a voucher may be spent in pieces")
    merchants: Bytes32 = Field(description="Merkle root over (merchant, category)")
    issuer: Address = Field(description="signs the lists of winners: this gateway's, or the campaign is refused")
    lottery: Bytes32 = Field(description="hash of Lottery (docs/lottery.md); zero when nothing is drawn")
    salt: Bytes32

    def terms(self) -> Campaign:
        """Return the terms as the contract knows them."""
        return Campaign(**self.model_dump())


class Wording(Shape):
    """The same words in the three languages."""

    zh_cn: FreeText = Field(min_length=1, max_length=200)
    zh_hk: FreeText = Field(min_length=1, max_length=200)
    en: FreeText = Field(min_length=1, max_length=200)

    def by_language(self) -> dict[str, str]:
        """Return the words by language tag."""
        return {"zh-CN": self.zh_cn, "zh-HK": self.zh_hk, "en": self.en}


class ShopShape(Shape):
    """A shop of a campaign's list."""

    merchant: Address
    category: int = Field(strict=True, ge=0, le=rules.HIGHEST_CATEGORY, description="ISO 18245, as the list has it")


class OpenACampaign(Shape):
    """Terms, words for people, shops, and ReceiveWithAuthorization of the budget to the vouchers.

    `validAfter` is 0, `validBefore` the end, the nonce the campaign's id. Without `shops` the operator has loaded them.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "terms": _EXAMPLE_TERMS,
                    "names": {"zh_cn": "坪山茶券", "zh_hk": "坪山茶券", "en": "Tea in Pingshan"},
                    "notes": {"zh_cn": "仅限茶馆使用", "zh_hk": "只限茶館使用", "en": "In tea houses only"},
                    "shops": [{"merchant": _ADDRESS, "category": 5_812}],
                    "signature": "0x" + "11" * 32 + "22" * 32 + "1b",
                }
            ]
        }
    )

    terms: CampaignTerms
    names: Wording
    notes: Wording
    shops: list[ShopShape] = Field([], max_length=rules.MAX_POSTED_SHOPS)
    signature: Signature


class CampaignAccepted(Shape):
    """The campaign waits for the chain."""

    id: Bytes32
    status: str = Field(description="submitted")


class CampaignShape(Shape):
    """A campaign and how far it is. All of it is public."""

    id: Bytes32
    terms: CampaignTerms
    names: Wording
    notes: Wording
    status: str = Field(description="submitted, refused, open, ended or closed")
    error: str | None = Field(description="why the chain refused it: the name of a problem")
    issued_fen: int
    spent_fen: int
    restored_fen: int = Field(description="came back from refunds and can be spent again")
    returned_fen: int = Field(description="came back from refunds after the end, and went to the sponsor")
    lists: list[Bytes32] = Field(description="Merkle roots of the winners' lists that are on the chain")
    starts_at: datetime
    ends_at: datetime


class CampaignShops(Shape):
    """A page of a campaign's shops by address; `after` asks for the next page, null at the end."""

    items: list[ShopShape]
    after: Address | None


class ClaimMyVouchers(Shape):
    """Nothing is asked but the act itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class VouchersAccepted(Shape):
    """The vouchers wait for the chain."""

    campaign: Bytes32
    account: Address
    count: int = Field(description="vouchers of this campaign that the account will have been given in all")
    amount_fen: int = Field(description="what this claim adds")
    status: str = Field(description="submitted")


class VoucherShape(Shape):
    """What one has of a campaign."""

    campaign: Bytes32
    names: Wording
    status: str = Field(description="winner (claim it), submitted, refused, held, spent or ended")
    error: str | None = Field(description="why the chain refused the claim: the name of a problem")
    left_fen: int = Field(description="what can be spent")
    count: int = Field(description="vouchers given so far")
    waiting: int = Field(description="vouchers that can be claimed")
    face_fen: int
    minimum_spend_fen: int
    divisible: bool
    starts_at: datetime
    ends_at: datetime


class Vouchers(Shape):
    """One's vouchers, by campaign."""

    items: list[VoucherShape]


class ClosingAccepted(Shape):
    """The closing waits for the chain."""

    campaign: Bytes32
    status: str = Field(description="submitted")


_OPENING = (
    ChainAway,
    TextInvalid,
    errors.BudgetNotDivisible,
    errors.CampaignDatesInvalid,
    errors.CampaignIncomplete,
    errors.IssuerUnknown,
    errors.NotASponsor,
    errors.ShopListMismatch,
    AccountIsFrozen,
    SignatureInvalid,
)


@router.post("/campaigns", status_code=202, responses=refused(*_OPENING))
@once
def open_campaign(body: OpenACampaign, post: MemberPost) -> CampaignAccepted:
    """Open a campaign with the sponsor's money. Refused at once for whatever the contract would refuse it for."""
    gateway = post.gateway
    command = _with_verdict(gateway, _command(body, post.owner.address))
    campaign = service.open_campaign(
        post.session,
        command,
        token=token_domain(gateway.deployment),
        voucher=voucher_domain(gateway.deployment),
        issuer=gateway.issuer,
        now=chain_time(post),
    )
    return CampaignAccepted(id=campaign, status="submitted")


def _command(body: OpenACampaign, sponsor: str) -> OpenCampaign:
    return OpenCampaign(
        sponsor=sponsor,
        terms=body.terms.terms(),
        signature=body.signature,
        names=body.names.by_language(),
        notes=body.notes.by_language(),
        shops=[(shop.merchant, shop.category) for shop in body.shops],
    )


def _with_verdict(gateway: Gateway, command: OpenCampaign) -> OpenCampaign:
    """Ask the sponsor's contract (ERC-1271), unless the sponsor's own key has signed."""
    domains = {"token": token_domain(gateway.deployment), "voucher": voucher_domain(gateway.deployment)}
    signed = service.money_digest(command.terms, **domains)
    return with_contract(gateway.rpc, command, signer=command.terms.sponsor, signed=signed)


@router.get("/campaigns/{campaign}", responses=refused(ChainAway, errors.CampaignUnknown))
def show_campaign(campaign: CampaignId, session: Transaction, owner: Owner) -> CampaignShape:
    """Show a campaign: its terms, its words, and what became of its money."""
    return _campaign(service.find_campaign(session, campaign, now=time_of(session)))


@router.get("/campaigns/{campaign}/shops", responses=refused(errors.CampaignUnknown))
def list_shops(
    campaign: CampaignId, session: Transaction, owner: Owner, cursor: ShopCursor = None, limit: ShopLimit = 100
) -> CampaignShops:
    """List the shops that take a campaign's vouchers."""
    page = service.shops_of(session, campaign, after=cursor, limit=limit)
    items = [ShopShape(merchant=merchant, category=category) for merchant, category in page.shops]
    return CampaignShops(items=items, after=page.after)


@router.post(
    "/campaigns/{campaign}/close",
    status_code=202,
    responses=refused(ChainAway, errors.CampaignUnknown, errors.CampaignNotEnded, errors.CampaignNotOpen),
)
@once
def close_campaign(campaign: CampaignId, body: Ask, post: MemberPost) -> ClosingAccepted:
    """Have what is left go back to its sponsor, after the end; anybody may ask."""
    service.close(post.session, campaign, now=chain_time(post))
    return ClosingAccepted(campaign=campaign, status="submitted")


@router.get("/vouchers", responses=refused(ChainAway))
def list_vouchers(session: Transaction, owner: Owner, limit: VoucherLimit = 50) -> Vouchers:
    """List one's vouchers: what is left, where, until when, and those that wait to be claimed."""
    found = service.vouchers_of(session, owner.address, now=time_of(session), limit=limit)
    return Vouchers(items=[_voucher(one) for one in found])


# --- claiming: hot ----------------------------------------------------------


def _desk(gateway: Gateway) -> Desk[ClaimVouchers]:
    def act(session: Session, commands: Sequence[ClaimVouchers], now: datetime) -> Sequence[Answer | Problem]:
        outcomes = service.claim(session, commands, now=now)
        return [outcome if isinstance(outcome, Problem) else _accepted(outcome) for outcome in outcomes]

    return Desk(gateway, act)


def _accepted(claim: service.Claim) -> Answer:
    return accepted(
        {
            "campaign": claim.campaign,
            "account": claim.account,
            "count": claim.count,
            "amount_fen": claim.value_fen,
            "status": "submitted",
        }
    )


async def _serve(request: Request) -> Response:
    intake = intake_of(request, "vouchers", _desk)
    campaign = request.path_params["campaign"].lower()
    if not _CAMPAIGN_ID.fullmatch(campaign):
        raise RequestInvalid(errors=[{"at": "path.campaign", "why": "0x and 64 hexadecimal digits are wanted"}])
    _, token, key, print_ = await parse(request, ClaimMyVouchers)

    def command(owner: SessionOwner) -> ClaimVouchers:
        return ClaimVouchers(campaign, owner.address, trace_of(request.scope))

    return sent(await intake.answer(Hot(token, key, print_, command)))


hot = hot_route("/campaigns/{campaign}/vouchers", _serve)

_CLAIMING = (
    ChainAway,
    errors.CampaignUnknown,
    errors.CampaignNotOpen,
    errors.CampaignEnded,
    errors.CampaignExhausted,
    errors.NotAWinner,
    errors.VouchersAlreadyIssued,
    errors.VoucherLimitExceeded,
    AccountNotRegistered,
    RecipientIsFrozen,
)


@router.post("/campaigns/{campaign}/vouchers", status_code=202, responses=refused(*_CLAIMING))
def claim_vouchers(
    campaign: CampaignId, body: ClaimMyVouchers, credentials: Credentials, key: KeyHeader = None
) -> VouchersAccepted:
    """Claim one's vouchers of a campaign: all that its lists hold for the account and it has not had."""
    raise NotImplementedError  # the intake serves it; this describes it


# --- shapes of what is shown -------------------------------------------------


def _wording(words: Mapping[str, str]) -> Wording:
    return Wording(zh_cn=words["zh-CN"], zh_hk=words["zh-HK"], en=words["en"])


def _campaign(found: CampaignView) -> CampaignShape:
    own = {name: getattr(found, name) for name in CampaignShape.model_fields if name not in ("terms", "names", "notes")}
    terms = CampaignTerms(**found.terms.to_json())
    return CampaignShape(terms=terms, names=_wording(found.names), notes=_wording(found.notes), **own)


def _voucher(found: VoucherView) -> VoucherShape:
    own = {name: getattr(found, name) for name in VoucherShape.model_fields if name != "names"}
    return VoucherShape(names=_wording(found.names), **own)
