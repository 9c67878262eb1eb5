"""Merchants: onboarding, stores, tills, staff, and the keys of their machines."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.api.deps import MemberPost, MerchantCaller, MerchantPost, Now, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, FreeText, Shape
from pswallet.kyc.errors import RealNameRequired
from pswallet.merchants import errors, rules, service
from pswallet.merchants.rules import MerchantKind, Role, Scope
from pswallet.merchants.rules.mcc import CATEGORIES
from pswallet.merchants.service import Application

router = APIRouter(prefix="/merchants", tags=["merchants"], route_class=PolledRoute)

MerchantId = Annotated[str, Path(pattern=r"^mer_[0-9a-z]{26}$", description="the id that POST /v1/merchants gave")]
StoreId = Annotated[str, Path(pattern=r"^sto_[0-9a-z]{26}$", description="the id that the store was given")]
TILL_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
TillCode = Annotated[str, StringConstraints(pattern=TILL_PATTERN)]
TillPath = Annotated[str, Path(pattern=TILL_PATTERN, description="the merchant's own number of a till")]
Name = Annotated[FreeText, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
_Place = Annotated[FreeText, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
_City = Annotated[FreeText, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)]

ACTING = (errors.MerchantUnknown, errors.StaffRoleInsufficient, errors.ApiKeyInvalid, errors.ApiKeyScopeMissing)
"""Why somebody may not act for a merchant."""


class BecomeMerchant(Shape):
    """What a business is. All examples are synthetic."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credit_code": "92440310MA5GQR0142",
                    "name": "坪山大万擂茶铺",
                    "kind": "OFFLINE_POS",
                    "mcc": "5812",
                    "city": "深圳",
                    "place": "坪山区大万路33号",
                }
            ]
        }
    )

    credit_code: Annotated[FreeText, StringConstraints(min_length=1, max_length=40)] = Field(
        description="统一社会信用代码 (GB 32100-2015)"
    )
    name: Name
    kind: MerchantKind
    mcc: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] = Field(description="merchant category (ISO 18245)")
    city: _City
    place: _Place = Field(description="street and number")


class MerchantShape(Shape):
    """A merchant; what is asked on its behalf is paid to `address`."""

    id: str
    address: Address
    credit_code: str
    name: str
    kind: MerchantKind
    mcc: str
    category: str
    city: str
    place: str
    role: Role | None = Field(description="the caller's; null: an API key asks")
    ready: bool = Field(description="the chain has given the account the merchants' tier")
    created_at: datetime


class Merchants(Shape):
    """Those for which one acts, the oldest first."""

    items: list[MerchantShape]


class OpenStore(Shape):
    """A shop."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "大万店", "street": "坪山", "place": "大万路33号"}]}
    )

    name: Name
    street: Literal["坪山", "坑梓", "龙田", "石井", "马峦", "碧岭"] | None = Field(
        None, description="the sub-district (街道) of Pingshan; null: elsewhere"
    )
    place: _Place


class StoreShape(Shape):
    """A store that is open."""

    id: str
    name: str
    street: str | None
    place: str
    created_at: datetime


class Stores(Shape):
    """A merchant's open stores."""

    items: list[StoreShape]


class SetUpTill(Shape):
    """The merchant's own number of the till, which orders carry to the chain."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"till": "T01"}]})

    till: TillCode


class TillShape(Shape):
    """A till that is open."""

    till: str
    store: str = Field(description="the store's id")
    created_at: datetime


class Tills(Shape):
    """A merchant's open tills."""

    items: list[TillShape]


# --- the business -----------------------------------------------------------------


@router.post(
    "",
    status_code=202,
    responses=refused(
        TextInvalid,
        errors.CreditCodeInvalid,
        errors.CreditCodeInUse,
        errors.BusinessMismatch,
        errors.MerchantCategoryUnknown,
        errors.MerchantRegistered,
        RealNameRequired,
    ),
)
@once
def become_merchant(body: BecomeMerchant, post: MemberPost) -> MerchantShape:
    """Make one's account a business's, and ask the chain for the merchants' tier."""
    application = Application(**body.model_dump())
    register = post.gateway.register
    made = service.onboard(post.session, register, application, account_id=post.owner.account_id, now=post.now)
    return _shape(post.session, made, Role.OWNER)


@router.get("")
def list_merchants(session: Transaction, owner: Owner) -> Merchants:
    """List the merchants for which one acts."""
    found = service.merchants_of(session, account_id=owner.account_id)
    return Merchants(items=[_shape(session, one, role) for one, role in found])


@router.get("/{merchant_id}", responses=refused(*ACTING))
def show_merchant(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller) -> MerchantShape:
    """Show a merchant for which one acts."""
    merchant = service.merchant_for(
        session, merchant_id, caller, role=Role.CASHIER, scopes=(Scope.REPORTS, Scope.ORDERS)
    )
    return _shape(session, merchant, service.role_of(session, merchant, caller))


# --- stores and tills -------------------------------------------------------------


@router.post(
    "/{merchant_id}/stores", status_code=201, responses=refused(*ACTING, TextInvalid, errors.MerchantLimitReached)
)
@once
def open_store(merchant_id: MerchantId, body: OpenStore, post: MerchantPost) -> StoreShape:
    """Open a store."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER)
    return _store(service.open_store(post.session, merchant, **body.model_dump(), now=post.now))


@router.get("/{merchant_id}/stores", responses=refused(*ACTING))
def list_stores(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller) -> Stores:
    """List the open stores."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.CASHIER, scopes=(Scope.REPORTS,))
    return Stores(items=[_store(store) for store in service.stores_of(session, merchant)])


@router.delete(
    "/{merchant_id}/stores/{store_id}",
    status_code=204,
    response_class=Response,
    responses=refused(*ACTING, errors.StoreUnknown),
)
def close_store(
    merchant_id: MerchantId, store_id: StoreId, session: Transaction, caller: MerchantCaller, now: Now
) -> None:
    """Close a store and its tills."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.MANAGER)
    service.close_store(session, merchant, store_id, now=now)


@router.post(
    "/{merchant_id}/stores/{store_id}/tills",
    status_code=201,
    responses=refused(*ACTING, errors.StoreUnknown, errors.TillRegistered, errors.MerchantLimitReached),
)
@once
def set_up_till(merchant_id: MerchantId, store_id: StoreId, body: SetUpTill, post: MerchantPost) -> TillShape:
    """Set a till up under a number that the merchant has given to none before."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER)
    return _till(service.set_up_till(post.session, merchant, store_id, till=body.till, now=post.now))


@router.get("/{merchant_id}/tills", responses=refused(*ACTING))
def list_tills(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller) -> Tills:
    """List the open tills."""
    merchant = service.merchant_for(
        session, merchant_id, caller, role=Role.CASHIER, scopes=(Scope.REPORTS, Scope.ORDERS)
    )
    return Tills(items=[_till(till) for till in service.tills_of(session, merchant)])


@router.delete(
    "/{merchant_id}/tills/{till}",
    status_code=204,
    response_class=Response,
    responses=refused(*ACTING, errors.TillUnknown),
)
def close_till(merchant_id: MerchantId, till: TillPath, session: Transaction, caller: MerchantCaller, now: Now) -> None:
    """Close a till; its number is not given again."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.MANAGER)
    service.close_till(session, merchant, till, now=now)


# --- shapes -------------------------------------------------------------------------


def _shape(session: Session, merchant: service.Merchant, role: Role | None) -> MerchantShape:
    held = accounts.standing(session, [merchant.address])[merchant.address]
    return MerchantShape(
        id=merchant.id,
        address=merchant.address,
        credit_code=merchant.credit_code,
        name=merchant.name,
        kind=MerchantKind(merchant.kind),
        mcc=merchant.mcc,
        category=CATEGORIES[merchant.mcc],
        city=merchant.city,
        place=merchant.place,
        role=role,
        ready=held.tier == rules.MERCHANT_TIER,
        created_at=merchant.created_at,
    )


def _store(store: service.Store) -> StoreShape:
    return StoreShape(**{name: getattr(store, name) for name in StoreShape.model_fields})


def _till(till: service.Till) -> TillShape:
    return TillShape(till=till.till, store=till.store_id, created_at=till.created_at)
