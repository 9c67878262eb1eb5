"""POST /v1/red-packets and what follows: giving, looking, refunding, the proof of a draw."""

from dataclasses import asdict
from typing import Any

import pytest

from pswallet.chain.terms import Terms
from pswallet.redpackets import rules
from tests.api.gateway import Member, code_of
from tests.api.money import balance, give, members, packet_body, send
from tests.parts import DAY_S, Pipeline


@pytest.fixture
def group(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A creator and three guests."""
    return members(stranger, pipeline, "creator", "an", "bo", "chen")


def test_a_lucky_packet_is_opened_by_all_and_recomputed_by_anybody(group: list[Member], pipeline: Pipeline) -> None:
    creator, *guests = group
    packet = give(creator, guests, pipeline, lucky=True, total=888)
    for guest in guests:
        assert guest.post(f"/red-packets/{packet}/claims").status_code == 202
    pipeline.settle()
    found = creator.get(f"/red-packets/{packet}").json()
    assert (found["status"], found["claimed_fen"], found["kind"]) == ("exhausted", 888, "lucky")
    shares = creator.get(f"/red-packets/{packet}/claims").json()["items"]
    assert sum(share["amount_fen"] for share in shares) == 888
    assert [share["best"] for share in shares].count(True) == 1
    proof = guests[0].get(f"/red-packets/{packet}/draw").json()
    drawn = rules.draw(
        commitment=bytes.fromhex(proof["draw_commitment"][2:]),
        links=[bytes.fromhex(reveal["link"][2:]) for reveal in proof["reveals"]],
        packet=bytes.fromhex(packet[2:]),
        total=proof["total_fen"],
        shares=proof["shares"],
        max_share=proof["max_share_fen"],
    )
    assert drawn == [reveal["amount_fen"] for reveal in proof["reveals"]]
    assert proof["complete"]


def test_a_packet_shows_its_terms_words_and_guests(group: list[Member], pipeline: Pipeline) -> None:
    creator, *guests = group
    body = packet_body(creator, guests, total=999) | {"greeting": "坪山新年好", "cover": "qilin"}
    packet = creator.post("/red-packets", body).json()["id"]
    found = guests[0].get(f"/red-packets/{packet}").json()
    assert (found["status"], found["greeting"], found["cover"]) == ("submitted", "坪山新年好", "qilin")
    assert found["terms"] == body["terms"]
    assert found["guests"] == [guest.address for guest in guests]
    assert guests[0].get(f"/red-packets/{packet.upper().replace('X', 'x')}").json()["id"] == packet


def test_a_stranger_gives_the_rest_back_to_its_creator(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo, chen = group
    packet = give(creator, [an, bo], pipeline)
    an.post(f"/red-packets/{packet}/claims")
    pipeline.settle()
    assert code_of(chen.post(f"/red-packets/{packet}/refund")) == "packet-not-expired"
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    assert code_of(bo.post(f"/red-packets/{packet}/claims")) == "packet-expired"
    assert chen.post(f"/red-packets/{packet}/refund").status_code == 202
    pipeline.settle()
    assert creator.get(f"/red-packets/{packet}").json()["status"] == "refunded"
    assert (balance(creator), balance(chen)) == (99_500, 100_000)
    assert code_of(chen.post(f"/red-packets/{packet}/refund")) == "packet-not-open"


def test_an_owed_share_is_collected(stranger: Any, group: list[Member], pipeline: Pipeline) -> None:
    creator, an, *_ = group
    (full,) = members(stranger, pipeline, "full", tier=1, fen=100_000)
    packet = give(creator, [full], pipeline)
    full.post(f"/red-packets/{packet}/claims")
    pipeline.settle()
    mine = full.get(f"/red-packets/{packet}/claims/mine").json()
    assert (mine["status"], mine["error"], mine["amount_fen"]) == ("owed", "BalanceLimitExceeded", 1_000)
    assert code_of(full.post(f"/red-packets/{packet}/collect")) == "balance-limit-exceeded"
    assert code_of(an.post(f"/red-packets/{packet}/collect")) == "nothing-owed"
    send(full, an, 5_000)
    pipeline.settle()
    assert full.post(f"/red-packets/{packet}/collect").status_code == 202
    pipeline.settle()
    assert full.get(f"/red-packets/{packet}/claims/mine").json()["status"] == "collected"
    assert balance(full) == 96_000


def test_the_same_key_gives_one_packet(group: list[Member], pipeline: Pipeline) -> None:
    creator, *guests = group
    body = packet_body(creator, guests, total=999)
    first = creator.post("/red-packets", body, key="once")
    again = creator.post("/red-packets", body, key="once")
    assert (first.status_code, again.content) == (202, first.content)
    assert code_of(creator.post("/red-packets", body)) == "authorization-already-used"
    pipeline.settle()
    assert balance(creator) == 99_001


def test_broken_packets_are_refused_by_name_and_nothing_moves(group: list[Member], pipeline: Pipeline) -> None:
    creator, *guests = group
    expiry = packet_body(creator, guests)["terms"]["expiry"]

    def refusal(more: dict[str, Any] | None = None, **changed: Any) -> str:
        return code_of(creator.post("/red-packets", packet_body(creator, guests, **changed) | (more or {})))

    assert refusal(shares=0) == "share-count-out-of-range"
    assert refusal(shares=101, total=1_010) == "share-count-out-of-range"
    assert refusal(total=2) == "total-not-divisible"
    assert refusal(total=2, lucky=True) == "total-not-divisible"
    assert refusal(total=60_003) == "share-limit-exceeded"
    assert refusal(total=999, expiry=expiry - DAY_S) == "expiry-out-of-range"
    assert refusal(total=999, expiry=expiry + 3_600) == "expiry-out-of-range"
    assert refusal(total=999, lucky=True, draw_commitment="0x" + "ee" * 20) == "draw-unknown"
    assert refusal({"greeting": "恭" * 26}, total=999) == "greeting-too-long"
    assert refusal({"greeting": "恭喜\n发财"}, total=999) == "text-invalid"
    assert refusal({"cover": "unicorn"}, total=999) == "cover-unknown"
    assert refusal({"guests": None}, total=999) == "audience-mismatch"
    assert refusal({"guests": [creator.address]}, total=999) == "guest-list-mismatch"
    assert refusal({"kind": "party"}, total=999) == "request-invalid"
    for total in (0, -5, 2**63):
        terms = packet_body(creator, guests)["terms"] | {"total": total}
        assert refusal({"terms": terms}) == "amount-invalid"
    pipeline.settle()
    assert balance(creator) == 100_000


def test_somebody_elses_signature_gives_no_packet(group: list[Member]) -> None:
    creator, an, *_ = group
    body = packet_body(creator, [an])
    assert code_of(an.post("/red-packets", body)) == "signature-invalid"
    forged = body | {"authorization": packet_body(creator, [an], salt="0x" + "01" * 32)["authorization"]}
    assert code_of(creator.post("/red-packets", forged)) == "signature-invalid"


def test_unknown_packets_are_unknown_everywhere(group: list[Member]) -> None:
    creator, *_ = group
    nowhere = "/red-packets/0x" + "ab" * 32
    for path in (nowhere, f"{nowhere}/claims", f"{nowhere}/claims/mine", f"{nowhere}/draw"):
        assert code_of(creator.get(path)) == "packet-unknown"
    for act in ("claims", "refund", "collect"):
        assert code_of(creator.post(f"{nowhere}/{act}")) == "packet-unknown"
    for path in ("/red-packets/0x12", "/red-packets/0x12/claims"):
        assert code_of(creator.get(path)) == "request-invalid"
    assert code_of(creator.post("/red-packets/0x12/claims")) == "request-invalid"


def test_the_terms_on_the_wire_are_the_contracts(group: list[Member]) -> None:
    """Every field of the terms is asked for: none has a default that nobody signed."""
    creator, an, *_ = group
    body = packet_body(creator, [an])
    assert set(body["terms"]) == set(asdict(Terms(**body["terms"])))
    for field in body["terms"]:
        missing = body | {"terms": {name: value for name, value in body["terms"].items() if name != field}}
        assert code_of(creator.post("/red-packets", missing)) == "request-invalid"
