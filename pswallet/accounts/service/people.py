"""Who is who: one's own profile, and finding a person by phone with a masked name to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from pswallet.accounts import rules
from pswallet.accounts.errors import AccountUnknown, PersonUnknown
from pswallet.accounts.models import Account, AccountSession, PhoneCode
from pswallet.accounts.service.codes import require_phone
from pswallet.accounts.service.standing import NO_TIER, request_tier
from pswallet.kit.vault import Vault


@dataclass(frozen=True)
class Profile:
    """An account as its owner sees it; phone and name are masked."""

    id: str
    address: str
    masked_phone: str
    masked_name: str | None
    created_at: datetime


def profile(session: Session, vault: Vault, *, account_id: str) -> Profile:
    """Return an account as its owner sees it. Raises AccountUnknown."""
    account = session.get(Account, account_id)
    if account is None:
        raise AccountUnknown()
    phone = vault.unseal(session, account.id, "phone", account.phone_sealed)
    return Profile(
        account.id, account.address, rules.mask_phone(phone), _masked_name(session, vault, account), account.created_at
    )


def find_by_phone(session: Session, vault: Vault, *, phone: str) -> Profile:
    """Find who registered with `phone`: the address to pay and the masked name to confirm.

    Raises PhoneInvalid, PersonUnknown.
    """
    number = require_phone(phone)
    account = session.scalars(select(Account).where(Account.phone_index == vault.index("phone", number))).one_or_none()
    if account is None:
        raise PersonUnknown()
    return Profile(
        account.id, account.address, rules.mask_phone(number), _masked_name(session, vault, account), account.created_at
    )


def name_person(session: Session, *, account_id: str, name_sealed: bytes) -> None:
    """Note the checked real name of an account, as the vault sealed it under the field "name".

    Raises AccountUnknown for one that was erased meanwhile.
    """
    named = (
        update(Account)
        .where(Account.id == account_id, Account.erased_at.is_(None))
        .values(name_sealed=name_sealed)
        .returning(Account.id)
    )
    if session.execute(named).scalar() is None:
        raise AccountUnknown()


def masked_names(session: Session, vault: Vault, addresses: Sequence[str]) -> dict[str, str]:
    """Return the masked real names of those of `addresses` that have one and were not erased."""
    rows = session.execute(
        select(Account.id, Account.address, Account.name_sealed).where(
            Account.address.in_(addresses), Account.name_sealed.is_not(None)
        )
    ).all()
    names = vault.unseal_left(session, "name", {row.id: row.name_sealed for row in rows})
    return {row.address: rules.mask_name(names[row.id]) for row in rows if row.id in names}


def addresses_of(session: Session, account_ids: Sequence[str]) -> dict[str, str]:
    """Return the address of each account id that exists."""
    rows = session.execute(select(Account.id, Account.address).where(Account.id.in_(account_ids)))
    return {row.id: row.address for row in rows}


def find_account(session: Session, who: str) -> Account:
    """Return an account, erased or not, by its id or its address. Raises AccountUnknown."""
    found = session.scalars(select(Account).where((Account.id == who) | (Account.address == who))).one_or_none()
    if found is None:
        raise AccountUnknown()
    return found


def erase(session: Session, account: Account, *, now: datetime) -> None:
    """Forget an account's phone and end its sessions; the chain takes its registration back.

    What is sealed stays, for whoever destroys its key. `account` was read for update.
    """
    session.execute(delete(PhoneCode).where(PhoneCode.phone_index == account.phone_index))
    session.execute(delete(AccountSession).where(AccountSession.account_id == account.id))
    account.phone_index, account.erased_at = None, now
    session.flush()
    request_tier(session, account_id=account.id, tier=NO_TIER)


def _masked_name(session: Session, vault: Vault, account: Account) -> str | None:
    if account.name_sealed is None:
        return None
    return rules.mask_name(vault.unseal(session, account.id, "name", account.name_sealed))
