"""POST /v1/draws: a commitment before the packet."""

from tests.api.gateway import Member, code_of
from tests.parts import Pipeline


def test_every_draw_has_a_commitment_of_its_own(member: Member, pipeline: Pipeline) -> None:
    first, second = member.post("/draws"), member.post("/draws")
    assert first.status_code == second.status_code == 201
    assert first.json()["dealer"] == pipeline.dealer.address
    assert first.json()["draw_commitment"] == pipeline.dealer.commitment(first.json()["id"])
    assert first.json()["draw_commitment"] != second.json()["draw_commitment"]


def test_the_same_key_gets_the_same_commitment(member: Member) -> None:
    assert member.post("/draws", key="once").content == member.post("/draws", key="once").content


def test_a_draw_takes_nothing_but_the_wish(member: Member) -> None:
    assert code_of(member.post("/draws", {"commitment": "0x12"})) == "request-invalid"
