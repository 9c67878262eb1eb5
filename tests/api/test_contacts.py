"""Contact groups over HTTP: one's own alone, by address or phone, with the privacy of a look-up."""

from typing import Any

import httpx
import pytest

from pswallet.api.limits import Limit, Limits
from pswallet.kit.db import Sessions
from tests.api.gateway import Member, code_of, serve
from tests.api.money import members, packet_body
from tests.api.test_privacy import dump_of
from tests.parts import Person, Pipeline


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """An owner and two friends, one of them with a checked name."""
    owner, an, bo = members(stranger, pipeline, "owner", "an", "bo")
    assert an.post("/kyc/real-name", {"name": "曾小萍", "id_number": "440310199003070023"}).status_code == 202
    pipeline.settle()
    return [owner, an, bo]


def create(owner: Member, name: str = "坪山一家人") -> str:
    answer = owner.post("/contact-groups", {"name": name})
    assert answer.status_code == 201, answer.text
    group: str = answer.json()["id"]
    return group


def add(owner: Member, group: str, **who: Any) -> Any:
    return owner.post(f"/contact-groups/{group}/members", who)


def groups(owner: Member) -> list[Any]:
    items: list[Any] = owner.get("/contact-groups").json()["items"]
    return items


def test_a_group_is_made_renamed_filled_emptied_and_deleted(people: list[Member]) -> None:
    owner, an, bo = people
    family, school = create(owner), create(owner, "坪山中学三班")
    assert add(owner, family, phone=an.phone, alias="阿婆").status_code == 201
    assert add(owner, family, address=bo.address).status_code == 201
    assert add(owner, school, address=an.address).status_code == 201
    assert owner.post(f"/contact-groups/{family}/name", {"name": " 一家人 "}).json()["name"] == "一家人"
    first, second = groups(owner)
    assert [(one["address"], one["alias"]) for one in first["members"]] == [(an.address, "阿婆"), (bo.address, "")]
    assert (first["name"], second["name"], second["members"][0]["address"]) == ("一家人", "坪山中学三班", an.address)
    gone = owner.http.delete(f"/v1/contact-groups/{family}/members/{an.address}", headers=owner.bearer)
    assert (gone.status_code, [one["address"] for one in groups(owner)[0]["members"]]) == (204, [bo.address])
    again = owner.http.delete(f"/v1/contact-groups/{family}/members/{an.address}", headers=owner.bearer)
    assert code_of(again) == "contact-unknown"
    assert owner.http.delete(f"/v1/contact-groups/{family}", headers=owner.bearer).status_code == 204
    assert [one["id"] for one in groups(owner)] == [school]


def test_only_who_was_found_by_phone_shows_a_masked_name(people: list[Member]) -> None:
    """An address is public: with a name it would tell anybody who holds it."""
    owner, an, _ = people
    by_phone, by_address = create(owner), create(owner)
    assert add(owner, by_phone, phone=an.phone).json()["members"][0]["masked_name"] == "*小萍"
    assert add(owner, by_address, address=an.address).json()["members"][0]["masked_name"] is None
    assert [group["members"][0]["masked_name"] for group in groups(owner)] == ["*小萍", None]
    renamed = add(owner, by_phone, address=an.address, alias="阿婆").json()["members"]
    assert renamed == [{"address": an.address, "alias": "阿婆", "masked_name": "*小萍"}], "the phone stays known"


def test_another_persons_group_does_not_exist(people: list[Member]) -> None:
    owner, an, bo = people
    group = create(owner)
    add(owner, group, address=bo.address)
    assert groups(an) == []
    for answer in (
        add(an, group, address=an.address),
        add(an, group, phone=bo.phone),
        an.post(f"/contact-groups/{group}/name", {"name": "我的"}),
        an.http.delete(f"/v1/contact-groups/{group}/members/{bo.address}", headers=an.bearer),
        an.http.delete(f"/v1/contact-groups/{group}", headers=an.bearer),
    ):
        assert (answer.status_code, code_of(answer)) == (404, "contact-group-unknown")
    assert [len(one["members"]) for one in groups(owner)] == [1]


def test_what_makes_no_sense_is_refused_by_name(people: list[Member]) -> None:
    owner, an, _ = people
    group = create(owner)
    assert code_of(add(owner, group, phone="+8613900000001")) == "person-unknown"
    assert code_of(add(owner, group, phone="123456")) == "phone-invalid"
    assert code_of(add(owner, group, address=Person("stranger").address)) == "account-not-registered"
    for wrong in ({}, {"address": an.address, "phone": an.phone}, {"address": an.address, "alias": "阿" * 21}):
        assert code_of(add(owner, group, **wrong)) == "request-invalid"
    for name in ("", "  ", "家" * 21):
        assert code_of(owner.post("/contact-groups", {"name": name})) == "request-invalid"
    assert create(owner, "家" * 20)


def test_a_phone_counts_as_a_look_up_and_an_address_does_not(people: list[Member], make_app: Any) -> None:
    owner, an, _ = people
    wide, narrow = Limit(10_000, 60), Limit(1, 3_600)
    with serve(make_app(limits=Limits(codes=wide, sign_ins=wide, lookups=narrow, checks=wide))) as http:
        owner.http = http
        group = create(owner)
        assert add(owner, group, phone=an.phone).status_code == 201
        assert code_of(add(owner, group, phone=an.phone)) == "rate-limit-exceeded"
        assert code_of(owner.post("/accounts/lookup", {"phone": an.phone})) == "rate-limit-exceeded"
        assert add(owner, group, address=an.address).status_code == 201


def test_nothing_of_a_group_is_readable_in_the_database(people: list[Member], sessions: Sessions) -> None:
    owner, an, _ = people
    group = create(owner)
    add(owner, group, phone=an.phone, alias="阿婆阿婆")
    (row,) = [line for line in dump_of(sessions).splitlines() if line.startswith(f"({group},")]
    for clear in ("坪山一家人", "阿婆阿婆", an.address, an.address[2:].lower()):
        assert clear not in row
        assert clear.encode().hex() not in row


def test_a_bill_is_split_with_a_group_and_a_packet_given_to_it(people: list[Member], pipeline: Pipeline) -> None:
    owner, an, bo = people
    group = create(owner)
    for friend in (an, bo):
        add(owner, group, phone=friend.phone)
    addresses = [one["address"] for one in groups(owner)[0]["members"]]
    split = {"kind": "split", "total_fen": 500, "payers": addresses}
    assert [one["payer"] for one in owner.post("/payment-requests", split).json()["shares"]] == addresses
    by_address: dict[str, Member] = {friend.address: friend for friend in (an, bo)}
    packet = owner.post("/red-packets", packet_body(owner, [by_address[one] for one in addresses]))
    assert packet.status_code == 202
    pipeline.settle()
    for friend in (an, bo):
        assert friend.post(f"/red-packets/{packet.json()['id']}/claims").status_code == 202


def test_groups_need_a_session(http: httpx.Client) -> None:
    assert code_of(http.get("/v1/contact-groups")) == "session-missing"
