"""A merchant's stores, tills and staff. Who may call, `merchant_for` has said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.accounts.errors import AccountUnknown
from pswallet.kit.db import Base
from pswallet.kit.ids import new_id
from pswallet.merchants import rules
from pswallet.merchants.errors import (
    MerchantLimitReached,
    OwnerRoleFixed,
    StaffUnknown,
    StoreUnknown,
    TillRegistered,
    TillUnknown,
)
from pswallet.merchants.models import Merchant, Staff, Store, Till
from pswallet.merchants.rules import Role, emv
from pswallet.merchants.rules.emv import Shop

_UNKNOWN_TO_LATIN = "NA"
"""What codes say of a name that has no Latin letters, as those of the city next door do; the name itself is beside."""


def open_store(
    session: Session, merchant: Merchant, *, name: str, street: str | None, place: str, now: datetime
) -> Store:
    """Open a store. Raises MerchantLimitReached."""
    require_room(session, merchant, Store, "stores", rules.MAX_STORES)
    store = Store(id=new_id("sto"), merchant_id=merchant.id, name=name, street=street, place=place, created_at=now)
    session.add(store)
    session.flush()
    return store


def close_store(session: Session, merchant: Merchant, store_id: str, *, now: datetime) -> None:
    """Close a store and its tills. Raises StoreUnknown."""
    store = _store(session, merchant, store_id)
    store.closed_at = now
    session.execute(update(Till).where(Till.store_id == store_id, Till.closed_at.is_(None)).values(closed_at=now))
    session.flush()


def stores_of(session: Session, merchant: Merchant) -> list[Store]:
    """Return the stores that are open, the oldest first."""
    query = select(Store).where(Store.merchant_id == merchant.id, Store.closed_at.is_(None))
    return list(session.scalars(query.order_by(Store.id)))


def set_up_till(session: Session, merchant: Merchant, store_id: str, *, till: str, now: datetime) -> Till:
    """Set a till up in a store, under a number that the merchant has given to none before.

    Raises StoreUnknown, MerchantLimitReached, TillRegistered.
    """
    _store(session, merchant, store_id)
    require_room(session, merchant, Till, "tills", rules.MAX_TILLS)
    if session.get(Till, (merchant.id, till)) is not None:
        raise TillRegistered(till=till)
    row = Till(merchant_id=merchant.id, till=till, store_id=store_id, created_at=now)
    session.add(row)
    session.flush()
    return row


def close_till(session: Session, merchant: Merchant, till: str, *, now: datetime) -> None:
    """Close a till. Raises TillUnknown."""
    find_till(session, merchant, till).closed_at = now
    session.flush()


def find_till(session: Session, merchant: Merchant, till: str) -> Till:
    """Return an open till. Raises TillUnknown."""
    row = session.get(Till, (merchant.id, till))
    if row is None or row.closed_at is not None:
        raise TillUnknown(till=till)
    return row


def shop_at(session: Session, address: str, till: str) -> Shop:
    """Return what an order's code says of the open `till` of the merchant at `address`. Raises TillUnknown."""
    of_till = select(Merchant, Till).join(Till, Till.merchant_id == Merchant.id)
    query = of_till.where(Merchant.address == address, Till.till == till, Till.closed_at.is_(None))
    found = session.execute(query).one_or_none()
    if found is None:
        raise TillUnknown()
    merchant, at = found
    return Shop(
        merchant=merchant.id,
        store=at.store_id,
        till=at.till,
        mcc=merchant.mcc,
        name=_latin(merchant.name, emv.LONGEST_NAME),
        city=_latin(merchant.city, emv.LONGEST_CITY),
        local=(merchant.name, merchant.city),
    )


def _latin(text: str, longest: int) -> str:
    return text if text.isascii() and text.isprintable() and len(text) <= longest else _UNKNOWN_TO_LATIN


def tills_of(session: Session, merchant: Merchant) -> list[Till]:
    """Return the tills that are open, by their numbers."""
    query = select(Till).where(Till.merchant_id == merchant.id, Till.closed_at.is_(None))
    return list(session.scalars(query.order_by(Till.till)))


def appoint(session: Session, merchant: Merchant, *, address: str, role: Role, now: datetime) -> Staff:
    """Let the account of `address` act for the merchant, or change its role.

    What a cashier may refund, the merchant signs besides (`checkout.set_cashier`). Raises OwnerRoleFixed,
    AccountUnknown, MerchantLimitReached.
    """
    if role is Role.OWNER or address == merchant.address:
        raise OwnerRoleFixed()
    account = accounts.find_account(session, address)
    if account.erased_at is not None:
        raise AccountUnknown()
    staff = session.get(Staff, (merchant.id, account.id), with_for_update=True)
    if staff is None:
        require_room(session, merchant, Staff, "staff", rules.MAX_STAFF)
        staff = Staff(merchant_id=merchant.id, account_id=account.id, role=role.value, since=now)
        session.add(staff)
    elif staff.dismissed_at is not None:
        staff.since, staff.dismissed_at = now, None
    staff.role = role.value
    session.flush()
    return staff


def dismiss(session: Session, merchant: Merchant, *, address: str, now: datetime) -> None:
    """Let an account act no longer. Raises OwnerRoleFixed, AccountUnknown, StaffUnknown."""
    if address == merchant.address:
        raise OwnerRoleFixed()
    account = accounts.find_account(session, address)
    staff = session.get(Staff, (merchant.id, account.id), with_for_update=True)
    if staff is None or staff.dismissed_at is not None:
        raise StaffUnknown()
    staff.dismissed_at = now
    session.flush()


def staff_of(session: Session, merchant: Merchant) -> list[tuple[Staff, str]]:
    """Return who acts for the merchant, each with the address, the longest there first."""
    query = select(Staff).where(Staff.merchant_id == merchant.id, Staff.dismissed_at.is_(None))
    rows = list(session.scalars(query.order_by(Staff.since, Staff.account_id)))
    addresses = accounts.addresses_of(session, [row.account_id for row in rows])
    return [(row, addresses[row.account_id]) for row in rows]


def require_room(session: Session, merchant: Merchant, table: type[Base], of: str, limit: int) -> None:
    """Refuse what would be one too many of a merchant's rows. Raises MerchantLimitReached."""
    # A merchant's requests stand in line here: else two at once would both be the last one.
    session.execute(select(Merchant.id).where(Merchant.id == merchant.id).with_for_update())
    rows: Any = table
    if (session.scalar(select(func.count()).where(rows.merchant_id == merchant.id)) or 0) >= limit:
        raise MerchantLimitReached(of=of, limit=limit)


def _store(session: Session, merchant: Merchant, store_id: str) -> Store:
    store = session.get(Store, store_id)
    if store is None or store.merchant_id != merchant.id or store.closed_at is not None:
        raise StoreUnknown()
    return store
