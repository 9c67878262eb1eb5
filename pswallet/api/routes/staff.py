"""Who acts for a merchant: its staff, and its machines by API keys."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from pswallet.accounts.errors import AccountUnknown
from pswallet.api.deps import CallersPost, MerchantCaller, MerchantPost, Now, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.merchants import ACTING, MerchantId, Name
from pswallet.api.shapes import Address, Shape
from pswallet.merchants import errors, rules, service
from pswallet.merchants.rules import Role, Scope
from pswallet.privacy import export as exports
from pswallet.privacy.errors import FreshSignInRequired

router = APIRouter(prefix="/merchants/{merchant_id}", tags=["merchants"], route_class=PolledRoute)

KeyId = Annotated[str, Path(pattern=r"^key_[0-9a-z]{26}$", description="the id of an API key, which is no secret")]
OverlapS = Annotated[
    int,
    Field(strict=True, ge=0, le=int(rules.LONGEST_OVERLAP.total_seconds()), description="seconds; a week at most"),
]


class Appoint(Shape):
    """Who acts for the merchant, and as what."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"address": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "role": "cashier"}]}
    )

    address: Address
    role: Role


class StaffShape(Shape):
    """Somebody who acts for a merchant."""

    address: Address
    role: Role
    since: datetime


class StaffList(Shape):
    """Everybody who acts for a merchant."""

    items: list[StaffShape]


class MakeKey(Shape):
    """What a key is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "bookkeeping", "scopes": ["reports"]}]})

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]


class RotateKey(Shape):
    """How long the old key serves beside the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 3_600}]})

    overlap_s: OverlapS


class KeyShape(Shape):
    """A live API key; its token cannot be shown again."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    ends_at: datetime | None


class KeyMade(Shape):
    """A new key, and its token for the only time."""

    key: KeyShape
    token: str


class Keys(Shape):
    """A merchant's live API keys."""

    items: list[KeyShape]


# --- staff ------------------------------------------------------------------------


@router.post(
    "/staff",
    status_code=201,
    responses=refused(
        *ACTING,
        FreshSignInRequired,
        AccountUnknown,
        errors.OwnerRoleFixed,
        errors.MerchantLimitReached,
    ),
)
@once
def appoint_staff(merchant_id: MerchantId, body: Appoint, post: MerchantPost) -> StaffShape:
    """Let an account act for the merchant, or change its role. The session must be at most 10 minutes old."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.OWNER)
    require_fresh(post)
    staff = service.appoint(post.session, merchant, address=body.address, role=body.role, now=post.now)
    return _staff(staff, body.address)


@router.get("/staff", responses=refused(*ACTING))
def list_staff(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller) -> StaffList:
    """List who acts for the merchant."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.MANAGER)
    return StaffList(items=[_staff(staff, address) for staff, address in service.staff_of(session, merchant)])


@router.delete(
    "/staff/{address}",
    status_code=204,
    response_class=Response,
    responses=refused(*ACTING, AccountUnknown, errors.StaffUnknown, errors.OwnerRoleFixed),
)
def dismiss_staff(
    merchant_id: MerchantId,
    address: Annotated[Address, Path()],
    session: Transaction,
    caller: MerchantCaller,
    now: Now,
) -> None:
    """Let an account act for the merchant no longer."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.OWNER)
    service.dismiss(session, merchant, address=address, now=now)


# --- API keys -----------------------------------------------------------------------


@router.post(
    "/api-keys",
    status_code=201,
    responses=refused(*ACTING, TextInvalid, FreshSignInRequired, errors.MerchantLimitReached),
)
@once
def make_api_key(merchant_id: MerchantId, body: MakeKey, post: MerchantPost) -> KeyMade:
    """Make an API key; its token is shown this once. The session must be at most 10 minutes old."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.OWNER)
    require_fresh(post)
    return _made(*service.make_key(post.session, merchant, name=body.name, scopes=body.scopes, now=post.now))


@router.get("/api-keys", responses=refused(*ACTING))
def list_api_keys(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller, now: Now) -> Keys:
    """List the live API keys, without their tokens."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.OWNER)
    return Keys(items=[_key(key) for key in service.keys_of(session, merchant, now=now)])


@router.post(
    "/api-keys/{key_id}/rotate",
    status_code=201,
    responses=refused(*ACTING, FreshSignInRequired, errors.ApiKeyUnknown),
)
@once
def rotate_api_key(merchant_id: MerchantId, key_id: KeyId, body: RotateKey, post: MerchantPost) -> KeyMade:
    """Make a key in another's place, which serves for the overlap beside it."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.OWNER)
    require_fresh(post)
    overlap = timedelta(seconds=body.overlap_s)
    return _made(*service.rotate_key(post.session, merchant, key_id, overlap=overlap, now=post.now))


@router.delete(
    "/api-keys/{key_id}",
    status_code=204,
    response_class=Response,
    responses=refused(*ACTING, errors.ApiKeyUnknown),
)
def revoke_api_key(
    merchant_id: MerchantId, key_id: KeyId, session: Transaction, caller: MerchantCaller, now: Now
) -> None:
    """End an API key at once."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.OWNER)
    service.revoke_key(session, merchant, key_id, now=now)


def require_fresh(post: CallersPost) -> None:
    """Refuse a session older than 10 minutes: who stole its token would make himself what outlives it.

    Raises FreshSignInRequired.
    """
    exports.require_fresh(post.session, post.caller.session_id, now=post.now)


def _staff(staff: service.Staff, address: str) -> StaffShape:
    return StaffShape(address=address, role=Role(staff.role), since=staff.since)


def _key(key: service.ApiKey) -> KeyShape:
    return KeyShape(**{name: getattr(key, name) for name in KeyShape.model_fields})


def _made(key: service.ApiKey, token: str) -> KeyMade:
    return KeyMade(key=_key(key), token=token)
