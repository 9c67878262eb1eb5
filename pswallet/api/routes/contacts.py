"""One's own groups of contacts: a family, a class. A split or a red packet takes the members' addresses."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from pswallet.accounts.errors import AccountNotRegistered, PersonUnknown, PhoneInvalid
from pswallet.api.deps import GatewayParts, MemberPost, Owner, SignedPost, Transaction, lookups_of
from pswallet.api.idempotency import once
from pswallet.api.limits import take
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import RateLimitExceeded, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, FreeText, Phone, Shape
from pswallet.contacts import errors, rules, service
from pswallet.contacts.service import Group

router = APIRouter(prefix="/contact-groups", tags=["contacts"], route_class=PolledRoute)

GroupId = Annotated[str, Path(pattern=r"^grp_[0-9a-z]{26}$", description="the id that POST /v1/contact-groups gave")]
_Name = Annotated[FreeText, StringConstraints(min_length=1, max_length=rules.MAX_NAME, strip_whitespace=True)]
_Alias = Annotated[FreeText, StringConstraints(max_length=rules.MAX_NAME, strip_whitespace=True)]


class NameGroup(Shape):
    """What one calls the group; nobody else reads it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "坪山一家人"}]})

    name: _Name


class AddContact(Shape):
    """An address, or the phone of who registered with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"phone": "13800138000", "alias": "阿婆"},
                {"address": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"},
            ]
        }
    )

    address: Address | None = None
    phone: Phone | None = None
    alias: _Alias = Field("", description="what one calls this person; nobody else reads it")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.address is None) is (self.phone is None):
            raise ValueError("either an address or a phone")
        return self


class ContactShape(Shape):
    """A member of a group."""

    address: Address
    alias: str
    masked_name: str | None = Field(description="*小萍, of a checked person whose phone one gave; else null")


class GroupShape(Shape):
    """A group as its owner sees it, the members in the order in which they came."""

    id: str
    name: str
    members: list[ContactShape]
    created_at: datetime


class Groups(Shape):
    """One's own groups, the oldest first; 20 at most."""

    items: list[GroupShape]


@router.post("", status_code=201, responses=refused(TextInvalid, errors.ContactGroupsExhausted))
@once
def create_group(body: NameGroup, post: MemberPost) -> GroupShape:
    """Make an empty group."""
    owner, vault = post.owner.account_id, post.gateway.vault
    return _shape(service.create_group(post.session, vault, owner=owner, name=body.name, now=post.now))


@router.get("")
def list_groups(session: Transaction, owner: Owner, gateway: GatewayParts) -> Groups:
    """List one's own groups with their members."""
    found = service.groups_of(session, gateway.vault, owner=owner.account_id)
    return Groups(items=[_shape(group) for group in found])


@router.post("/{group_id}/name", responses=refused(TextInvalid, errors.ContactGroupUnknown))
@once
def rename_group(group_id: GroupId, body: NameGroup, post: MemberPost) -> GroupShape:
    """Give a group another name."""
    owner, vault = post.owner.account_id, post.gateway.vault
    return _shape(service.rename_group(post.session, vault, group_id, owner=owner, name=body.name))


@router.post(
    "/{group_id}/members",
    status_code=201,
    responses=refused(
        RateLimitExceeded,
        TextInvalid,
        PhoneInvalid,
        PersonUnknown,
        AccountNotRegistered,
        errors.ContactGroupUnknown,
        errors.ContactGroupFull,
    ),
)
@once
def add_contact(group_id: GroupId, body: AddContact, post: MemberPost) -> GroupShape:
    """Add somebody, or change what one calls them. By phone it counts as a look-up."""
    owner, vault = post.owner.account_id, post.gateway.vault
    if body.address is not None:
        address = body.address
        return _shape(
            service.add_by_address(post.session, vault, group_id, owner=owner, address=address, alias=body.alias)
        )
    _count_lookup(post)
    phone = str(body.phone)
    return _shape(service.add_by_phone(post.session, vault, group_id, owner=owner, phone=phone, alias=body.alias))


def _count_lookup(post: SignedPost) -> None:
    take(post.gateway.sessions, lookups_of(post.owner), post.gateway.limits.lookups, now=post.now)


@router.delete(
    "/{group_id}/members/{address}",
    status_code=204,
    response_class=Response,
    responses=refused(errors.ContactGroupUnknown, errors.ContactUnknown),
)
def remove_contact(
    group_id: GroupId, address: Annotated[Address, Path()], session: Transaction, owner: Owner, gateway: GatewayParts
) -> None:
    """Take somebody out of a group."""
    service.remove_member(session, gateway.vault, group_id, owner=owner.account_id, address=address)


@router.delete("/{group_id}", status_code=204, response_class=Response, responses=refused(errors.ContactGroupUnknown))
def delete_group(group_id: GroupId, session: Transaction, owner: Owner) -> None:
    """Delete a group; what was split among it stays as it was."""
    service.delete_group(session, group_id, owner=owner.account_id)


def _shape(group: Group) -> GroupShape:
    members = [ContactShape(address=one.address, alias=one.alias, masked_name=one.masked_name) for one in group.members]
    return GroupShape(id=group.id, name=group.name, members=members, created_at=group.created_at)
