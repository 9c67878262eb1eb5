"""Contact groups: made, renamed, filled, emptied and deleted by their owner, and read by nobody else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pswallet.accounts.errors import AccountNotRegistered
from pswallet.accounts.service import find_by_phone, masked_names, standing
from pswallet.contacts import rules
from pswallet.contacts.errors import ContactGroupFull, ContactGroupsExhausted, ContactGroupUnknown, ContactUnknown
from pswallet.contacts.models import ContactGroup
from pswallet.kit.ids import new_id
from pswallet.kit.vault import Vault

_FIELD = "contact-group"
"""Under which the vault seals name and members."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A member: its address, what the owner calls it, and whether the owner knew its phone.

    Only then is `masked_name` shown: else an address, which is public, would tell a name.
    """

    address: str
    alias: str
    by_phone: bool
    masked_name: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group as its owner sees it, the members in the order in which they came."""

    id: str
    name: str
    members: tuple[Contact, ...]
    created_at: datetime


def create_group(session: Session, vault: Vault, *, owner: str, name: str, now: datetime) -> Group:
    """Make an empty group of `owner` (an account's id). Raises ContactGroupsExhausted."""
    # One owner's requests stand in line: else two at once would both be the twentieth.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"groups|{owner}", 0))))
    count = session.scalar(select(func.count()).where(ContactGroup.owner == owner)) or 0
    if count >= rules.MAX_GROUPS:
        raise ContactGroupsExhausted(limit=rules.MAX_GROUPS)
    group = Group(new_id("grp"), name, (), now)
    sealed = _sealed(session, vault, owner, group)
    session.add(ContactGroup(id=group.id, owner=owner, content_sealed=sealed, created_at=now))
    session.flush()
    return group


def groups_of(session: Session, vault: Vault, *, owner: str) -> list[Group]:
    """Return the groups of `owner`, the oldest first."""
    rows = session.scalars(select(ContactGroup).where(ContactGroup.owner == owner).order_by(ContactGroup.id))
    return _named(session, vault, [_opened(session, vault, row) for row in rows])


def rename_group(session: Session, vault: Vault, group_id: str, *, owner: str, name: str) -> Group:
    """Give a group another name. Raises ContactGroupUnknown."""
    row, group = _locked(session, vault, group_id, owner)
    return _kept(session, vault, row, replace(group, name=name))


def add_by_address(session: Session, vault: Vault, group_id: str, *, owner: str, address: str, alias: str) -> Group:
    """Add an account to a group, or call it otherwise: whom the chain does not know can pay and open nothing.

    Raises ContactGroupUnknown, AccountNotRegistered, ContactGroupFull.
    """
    if standing(session, [address])[address].tier == 0:
        raise AccountNotRegistered(account=address)
    return _add(session, vault, group_id, owner, Contact(address, alias, by_phone=False))


def add_by_phone(session: Session, vault: Vault, group_id: str, *, owner: str, phone: str, alias: str) -> Group:
    """Add who registered with `phone`. The caller counts it as a look-up.

    Raises ContactGroupUnknown, PhoneInvalid, PersonUnknown, ContactGroupFull.
    """
    found = find_by_phone(session, vault, phone=phone)
    return _add(session, vault, group_id, owner, Contact(found.address, alias, by_phone=True))


def remove_member(session: Session, vault: Vault, group_id: str, *, owner: str, address: str) -> Group:
    """Take an account out of a group. Raises ContactGroupUnknown, ContactUnknown."""
    row, group = _locked(session, vault, group_id, owner)
    left = tuple(one for one in group.members if one.address != address)
    if len(left) == len(group.members):
        raise ContactUnknown(id=group_id)
    return _kept(session, vault, row, replace(group, members=left))


def delete_group(session: Session, group_id: str, *, owner: str) -> None:
    """Delete a group. Raises ContactGroupUnknown."""
    gone = delete(ContactGroup).where(ContactGroup.id == group_id, ContactGroup.owner == owner)
    if session.execute(gone.returning(ContactGroup.id)).scalar() is None:
        raise ContactGroupUnknown(id=group_id)


def _add(session: Session, vault: Vault, group_id: str, owner: str, contact: Contact) -> Group:
    row, group = _locked(session, vault, group_id, owner)
    members = {one.address: one for one in group.members}
    before = members.get(contact.address)
    if before is None and len(members) >= rules.MAX_MEMBERS:
        raise ContactGroupFull(id=group_id, limit=rules.MAX_MEMBERS)
    # Whose phone was known once stays known.
    members[contact.address] = replace(contact, by_phone=contact.by_phone or (before is not None and before.by_phone))
    return _kept(session, vault, row, replace(group, members=tuple(members.values())))


def _locked(session: Session, vault: Vault, group_id: str, owner: str) -> tuple[ContactGroup, Group]:
    query = select(ContactGroup).where(ContactGroup.id == group_id, ContactGroup.owner == owner)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise ContactGroupUnknown(id=group_id)
    return row, _opened(session, vault, row)


def _kept(session: Session, vault: Vault, row: ContactGroup, group: Group) -> Group:
    row.content_sealed = _sealed(session, vault, row.owner, group)
    session.flush()
    return _named(session, vault, [group])[0]


def _sealed(session: Session, vault: Vault, owner: str, group: Group) -> bytes:
    members = [asdict(replace(one, masked_name=None)) for one in group.members]
    content = json.dumps({"name": group.name, "members": members}, ensure_ascii=False)
    return vault.seal(session, owner, _FIELD, content)


def _opened(session: Session, vault: Vault, row: ContactGroup) -> Group:
    content = json.loads(vault.unseal(session, row.owner, _FIELD, row.content_sealed))
    return Group(row.id, content["name"], tuple(Contact(**one) for one in content["members"]), row.created_at)


def _named(session: Session, vault: Vault, groups: Sequence[Group]) -> list[Group]:
    """Return `groups` with the masked names of those whom the owner found by phone: as any look-up shows them."""
    known = {one.address for group in groups for one in group.members if one.by_phone}
    names = masked_names(session, vault, list(known))
    return [
        replace(
            group,
            members=tuple(
                replace(one, masked_name=names.get(one.address) if one.by_phone else None) for one in group.members
            ),
        )
        for group in groups
    ]
