"""Who is a merchant: onboarding, and for whom somebody acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.kit.ids import new_id
from pswallet.kyc import service as kyc
from pswallet.merchants.errors import (
    ApiKeyScopeMissing,
    BusinessMismatch,
    CreditCodeInUse,
    CreditCodeInvalid,
    MerchantCategoryUnknown,
    MerchantRegistered,
    MerchantUnknown,
    StaffRoleInsufficient,
)
from pswallet.merchants.models import Merchant, Staff
from pswallet.merchants.rules import MERCHANT_TIER, MerchantKind, Role, Scope, may_act
from pswallet.merchants.rules.credit_code import Flaw, read_credit_code
from pswallet.merchants.rules.mcc import CATEGORIES


class BusinessRegister(Protocol):
    """Asks the register of businesses, to which we have no access."""

    def business_matches(self, credit_code: str, name: str) -> bool:
        """Return whether the business of `credit_code` has this name."""
        ...


@dataclass(frozen=True, slots=True)
class Application:
    """What a business says of itself, as typed."""

    credit_code: str
    name: str
    kind: MerchantKind
    mcc: str
    city: str
    place: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a signed-in account with its session, or the API key of one merchant with its scopes."""

    account_id: str = ""
    session_id: str = ""
    key_id: str = ""
    merchant_id: str = ""
    scopes: frozenset[str] = frozenset()


def onboard(
    session: Session, register: BusinessRegister, application: Application, *, account_id: str, now: datetime
) -> Merchant:
    """Make an account the merchant of a business, itself its owner, and ask for its tier.

    The account's person has passed a real-name check. Raises CreditCodeInvalid, MerchantCategoryUnknown,
    BusinessMismatch, MerchantRegistered, CreditCodeInUse, RealNameRequired.
    """
    code = read_credit_code(application.credit_code)
    if isinstance(code, Flaw):
        raise CreditCodeInvalid(flaw=code.value)
    if application.mcc not in CATEGORIES:
        raise MerchantCategoryUnknown(mcc=application.mcc)
    if not register.business_matches(code, application.name):
        raise BusinessMismatch()
    _require_new(session, code, account_id)
    kyc.raise_tier(session, account_id=account_id, tier=MERCHANT_TIER)
    merchant = Merchant(
        id=new_id("mer"),
        account_id=account_id,
        address=accounts.addresses_of(session, [account_id])[account_id],
        credit_code=code,
        name=application.name,
        kind=application.kind.value,
        mcc=application.mcc,
        city=application.city,
        place=application.place,
        created_at=now,
    )
    session.add(merchant)
    session.flush()
    session.add(Staff(merchant_id=merchant.id, account_id=account_id, role=Role.OWNER.value, since=now))
    session.flush()
    return merchant


def _require_new(session: Session, code: str, account_id: str) -> None:
    # One code's and one account's applications stand in line: the second sees the first one's row.
    for name in sorted((code, account_id)):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"merchant|{name}", 0))))
    taken = session.scalars(
        select(Merchant).where((Merchant.credit_code == code) | (Merchant.account_id == account_id))
    ).all()
    if any(one.account_id == account_id for one in taken):
        raise MerchantRegistered()
    if taken:
        raise CreditCodeInUse()


def merchants_of(session: Session, *, account_id: str) -> list[tuple[Merchant, Role]]:
    """Return the merchants for which an account acts and its role at each, the oldest first; none whose owner left."""
    query = (
        select(Merchant, Staff.role)
        .join(Staff, Staff.merchant_id == Merchant.id)
        .where(Staff.account_id == account_id, Staff.dismissed_at.is_(None))
        .order_by(Merchant.id)
    )
    rows = session.execute(query).all()
    return [(merchant, Role(role)) for merchant, role in rows if not _is_left(session, merchant)]


def address_of_merchant(session: Session, merchant_id: str) -> str | None:
    """Return where a merchant is paid; None for one that there is not."""
    return session.scalar(select(Merchant.address).where(Merchant.id == merchant_id))


def merchant_for(
    session: Session, merchant_id: str, caller: Caller, *, role: Role, scopes: Sequence[Scope] = ()
) -> Merchant:
    """Return a merchant for whom the caller may do what takes `role`, or of an API key one of `scopes` (none: no key).

    Raises MerchantUnknown (as for one that does not exist, or whose owner has left), StaffRoleInsufficient,
    ApiKeyScopeMissing.
    """
    merchant = session.get(Merchant, merchant_id)
    if merchant is None or _is_left(session, merchant):
        raise MerchantUnknown()
    if caller.key_id:
        if caller.merchant_id != merchant_id:
            raise MerchantUnknown()
        if caller.scopes.isdisjoint(scopes):
            raise ApiKeyScopeMissing(scope=next(iter(scopes), None))
        return merchant
    held = role_of(session, merchant, caller)
    if held is None:
        raise MerchantUnknown()
    if not may_act(held, role):
        raise StaffRoleInsufficient(needed=role.value)
    return merchant


def _is_left(session: Session, merchant: Merchant) -> bool:
    """Whether the owner was erased: then nobody acts for the merchant."""
    return accounts.find_account(session, merchant.account_id).erased_at is not None


def role_of(session: Session, merchant: Merchant, caller: Caller) -> Role | None:
    """Return as what the caller acts for a merchant; None for an API key, and for who does not."""
    staff = session.get(Staff, (merchant.id, caller.account_id))
    return None if staff is None or staff.dismissed_at is not None else Role(staff.role)
