"""Real-name checks and the tiers they give."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field, StringConstraints

from pswallet.accounts.errors import PhoneInvalid
from pswallet.api.deps import MemberPost, Now, Transaction
from pswallet.api.idempotency import once
from pswallet.api.limits import limited
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import RateLimitExceeded
from pswallet.api.refusals import refused
from pswallet.api.shapes import FreeText, Phone, Shape
from pswallet.kyc import errors, service
from pswallet.kyc.service import Claim, IdKind
from pswallet.payments import service as payments

router = APIRouter(tags=["kyc"], route_class=PolledRoute)

_Text = Annotated[FreeText, StringConstraints(min_length=1, max_length=80)]


class CardShape(Shape):
    """A bank card in one's own name, and the phone the bank knows. No CVV is ever asked for."""

    number: Annotated[FreeText, StringConstraints(min_length=13, max_length=32)]
    phone: Phone


class RealName(Shape):
    """Who one is. Name and number give T1; with a card and a live face T2. All examples are synthetic."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "曾小萍", "id_kind": "resident-id", "id_number": "440310199003070023"},
                {
                    "name": "曾小萍",
                    "id_number": "440310199003070023",
                    "bank_card": {"number": "6222020000000000000", "phone": "13800138000"},
                    "liveness_token": "sandbox-live-face",
                },
            ]
        }
    )

    name: _Text
    id_kind: IdKind = IdKind.RESIDENT_ID
    id_number: _Text
    birth_date: date | None = Field(None, description="where the document's number does not tell it")
    machine_line: _Text | None = Field(None, description="second line of a passport's machine-readable zone")
    bank_card: CardShape | None = None
    liveness_token: _Text | None = Field(None, description="from the face check; in the sandbox `sandbox-live-face`")


class TierRequested(Shape):
    """The tier that was asked of the chain. It holds once `GET /v1/accounts/me` shows it."""

    tier_requested: int = Field(description="chain tier: T1 is 2, T2 is 3")


class TierShape(Shape):
    """What a tier may hold and spend."""

    tier: int = Field(description="chain tier: T0 is 1")
    name: str
    max_balance_fen: int
    per_payment_fen: int
    per_day_fen: int
    per_year_fen: int
    lifetime: bool = Field(description="the year's limit is one for life")
    enforced: bool = Field(description="the chain holds to these figures now; if not, an operator's act is due")


class TierList(Shape):
    """The tiers whose figures are due today."""

    tiers: list[TierShape]


@router.post(
    "/kyc/real-name",
    status_code=202,
    responses=refused(
        RateLimitExceeded,
        PhoneInvalid,
        errors.NameInvalid,
        errors.DocumentInvalid,
        errors.BirthDateMissing,
        errors.BirthDateInvalid,
        errors.GuardianConsentRequired,
        errors.CardInvalid,
        errors.IdentityMismatch,
        errors.CardMismatch,
        errors.FaceMismatch,
        errors.IdentityInUse,
        errors.IdentityFixed,
    ),
    dependencies=[Depends(limited("checks"))],
)
@once
def check_real_name(body: RealName, post: MemberPost) -> TierRequested:
    """Check one's real name. What is told is kept sealed, under a key of one's own."""
    card = body.bank_card
    claim = Claim(
        name=body.name,
        kind=body.id_kind,
        number=body.id_number,
        birth_date=body.birth_date,
        machine_line=body.machine_line,
        card_number=card.number if card else None,
        card_phone=card.phone if card else None,
        liveness_token=body.liveness_token,
    )
    gateway = post.gateway
    tier = service.check_real_name(
        post.session, gateway.vault, gateway.identity, account_id=post.owner.account_id, claim=claim, now=post.now
    )
    return TierRequested(tier_requested=tier)


@router.get("/tiers")
def list_tiers(session: Transaction, now: Now) -> TierList:
    """List what each tier may hold and spend, and whether the chain holds to it."""
    names = TierShape.model_fields
    return TierList(
        tiers=[TierShape(**{name: getattr(tier, name) for name in names}) for tier in payments.tiers(session, now=now)]
    )
