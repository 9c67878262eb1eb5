"""Who sees whose greeting, guests and names: packet ids are public on the chain, so an id alone shows nothing else."""

from typing import Any

import pytest

from pswallet.client import Key, sign_link
from tests.api.gateway import Member, code_of
from tests.api.money import client_of, give, members, packet_body, served
from tests.parts import Pipeline, secret

LINK = Key.of(secret("a link's key"))
WORDS = {"greeting": "坪山新年好", "cover": "qilin"}


@pytest.fixture
def group(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A creator, two guests whose names are checked, and somebody who only knows the id."""
    creator, an, bo, passer_by = members(stranger, pipeline, "creator", "an", "bo", "passer-by")
    for guest, name, number in ((an, "曾小萍", "440310199003070023"), (bo, "廖志强", "44031019881101018X")):
        assert guest.post("/kyc/real-name", {"name": name, "id_number": number}).status_code == 202
    pipeline.settle()
    return [creator, an, bo, passer_by]


def opened(creator: Member, pipeline: Pipeline, body: dict[str, Any]) -> str:
    answer = creator.post("/red-packets", body | WORDS)
    assert answer.status_code == 202, answer.text
    pipeline.settle()
    packet: str = answer.json()["id"]
    return packet


def words(reader: Member, packet: str) -> tuple[str | None, int]:
    """The greeting that `reader` is shown, and how many guests."""
    found = reader.get(f"/red-packets/{packet}").json()
    return found["greeting"], len(found["guests"])


def names(reader: Member, packet: str) -> list[str | None]:
    """The masked names beside the shares that `reader` is shown."""
    return [share["masked_name"] for share in reader.get(f"/red-packets/{packet}/claims").json()["items"]]


def test_the_creator_and_the_guests_see_greeting_guests_and_names(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo, _ = group
    packet = opened(creator, pipeline, packet_body(creator, [an, bo]))
    an.post(f"/red-packets/{packet}/claims")
    pipeline.settle()
    for reader in (creator, an, bo):  # bo was asked and has not come
        assert words(reader, packet) == ("坪山新年好", 2)
        assert names(reader, packet) == ["*小萍"]


def test_who_only_knows_the_id_sees_what_the_chain_shows(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo, passer_by = group
    packet = opened(creator, pipeline, packet_body(creator, [an, bo], lucky=True))
    for guest in (an, bo):
        guest.post(f"/red-packets/{packet}/claims")
    pipeline.settle()
    here, there = (reader.get(f"/red-packets/{packet}").json() for reader in (creator, passer_by))
    assert there == here | {"greeting": None, "guests": []}
    here, there = (reader.get(f"/red-packets/{packet}/claims").json()["items"] for reader in (creator, passer_by))
    assert {share["masked_name"] for share in here} == {"*小萍", "*志强"}
    assert there == [share | {"masked_name": None} for share in here]
    assert sum(share["best"] for share in there) == 1


def test_a_links_holder_reads_the_greeting_after_the_own_claim(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo, _ = group
    packet = opened(creator, pipeline, packet_body(creator, [], shares=2, total=2_000, claim_key=LINK.address))
    assert words(an, packet) == (None, 0)
    signature = sign_link(served(creator), LINK, packet, an.address)
    assert code_of(bo.post(f"/red-packets/{packet}/claims", {"link_signature": signature})) == "link-signature-invalid"
    assert an.post(f"/red-packets/{packet}/claims", {"link_signature": signature}).status_code == 202
    assert words(an, packet) == ("坪山新年好", 0)  # at once: the claim waits for the chain
    pipeline.settle()
    assert (words(an, packet), names(an, packet)) == (("坪山新年好", 0), ["*小萍"])
    assert (words(bo, packet), names(bo, packet)) == ((None, 0), [None])  # tried, and holds no link


def test_a_wrong_phrase_shows_nothing_and_the_right_one_the_greeting(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, *_ = group
    claim_key = creator.post("/red-packets/phrase-keys", {"phrase": "坪山客家擂茶"}).json()["claim_key"]
    body = packet_body(creator, [], total=1_880, claim_key=claim_key) | {"kind": "phrase"}
    packet = opened(creator, pipeline, body)
    assert code_of(an.post(f"/red-packets/{packet}/claims", {"phrase": "坪山奶茶"})) == "phrase-wrong"
    assert words(an, packet) == (None, 0)
    assert an.post(f"/red-packets/{packet}/claims", {"phrase": "坪山客家擂茶"}).status_code == 202
    assert words(an, packet) == ("坪山新年好", 0)


def test_one_packets_guest_is_anothers_passer_by(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo, _ = group
    own = give(creator, [an], pipeline)
    others = give(creator, [bo], pipeline, total=1_001)
    an.post(f"/red-packets/{own}/claims")
    bo.post(f"/red-packets/{others}/claims")
    pipeline.settle()
    assert words(an, others) == (None, 0)
    assert (names(an, own), names(an, others)) == (["*小萍"], [None])


def test_a_list_of_packets_has_pages(stranger: Any, pipeline: Pipeline) -> None:
    creator, an = members(stranger, pipeline, "creator", "an")
    given = [give(creator, [an], pipeline, total=total, salt=f"0x{total:064x}") for total in (5, 6, 7)]
    query = {"role": "invited", "limit": 2}
    first = an.get("/red-packets", params=query).json()
    rest = an.get("/red-packets", params={**query, "cursor": first["older"]}).json()
    found = first["items"] + rest["items"]
    assert {one["id"] for one in found} == set(given)
    assert (len(first["items"]), rest["older"]) == (2, None)
    assert found == [an.get(f"/red-packets/{one['id']}").json() for one in found]
    assert [one["id"] for one in client_of(creator).packets("given")] == [one["id"] for one in found]
    assert client_of(creator).packets("received") == []
    for wrong in ({"role": "thief"}, {}, {**query, "limit": 101}, {**query, "cursor": "1.0x12"}):
        assert code_of(an.get("/red-packets", params=wrong)) == "request-invalid"
