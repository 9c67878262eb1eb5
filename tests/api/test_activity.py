"""GET /v1/balance and /v1/activity: pages with a running balance, each line told by what it was."""

from typing import Any

import pytest

from tests.api.gateway import Member, code_of
from tests.api.money import balance, give, members, send
from tests.parts import Pipeline


@pytest.fixture
def pair(stranger: Any, pipeline: Pipeline) -> list[Member]:
    return members(stranger, pipeline, "ping", "hua")


def test_a_newcomer_holds_nothing_and_has_no_lines(member: Member) -> None:
    assert balance(member) == 0
    assert member.get("/activity").json() == {"items": [], "older": None}


def test_pages_follow_one_another_without_gap_or_overlap(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    for amount in range(1, 6):
        send(ping, hua, amount)
        pipeline.settle()
    seen: list[Any] = []
    cursor = None
    while True:
        page = ping.get("/activity", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["older"]
        if cursor is None:
            break
    assert [line["delta_fen"] for line in seen] == [-5, -4, -3, -2, -1, 100_000]
    after = 0
    for line in reversed(seen):
        after += line["delta_fen"]
        assert line["balance_after_fen"] == after
    assert after == balance(ping) == 99_985


def test_lines_name_the_payment_or_the_packet_behind_them(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    sent = send(ping, hua, 5).json()["id"]
    pipeline.settle()
    packet = give(ping, [hua], pipeline)
    hua.post(f"/red-packets/{packet}/claims")
    pipeline.settle()
    lines = hua.get("/activity").json()["items"]
    assert [(line["kind"], line["packet"], line["transfer_id"]) for line in lines] == [
        ("share-claimed", packet, None),
        ("transfer", None, sent),
        ("mint", None, None),
    ]
    assert ping.get("/activity").json()["items"][0]["kind"] == "packet-given"


def test_a_made_up_cursor_is_refused(member: Member) -> None:
    for cursor in ("1", "a.b.c", "1.2.3", "-1.0.0", ""):
        assert code_of(member.get("/activity", params={"cursor": cursor})) == "request-invalid"
    assert code_of(member.get("/activity", params={"limit": 101})) == "request-invalid"
