"""Points over HTTP: one's own, by the chain's clock, in the language of who is told."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pswallet.chain.outbox import last_block
from pswallet.cli import app
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from pswallet.points import projection, service
from pswallet.points.rules import PaidOrder
from tests.api.gateway import Member, code_of
from tests.api.money import members
from tests.parts import Pipeline


@pytest.fixture
def ping(stranger: Any, pipeline: Pipeline) -> Member:
    """Somebody who has bought for ¥57.64."""
    (ping,) = members(stranger, pipeline, "ping", fen=0)
    buy(ping, 5_764, order="0x" + "5c" * 32)
    return ping


def buy(member: Member, own: int, *, order: str, ago: timedelta = timedelta(0)) -> None:
    with transaction(member.sessions) as session:
        block = last_block(session)
        assert block is not None
        told = PaidOrder(
            account=member.address,
            order=order,
            amount_fen=own,
            own_fen=own,
            points=0,
            at=block.time - ago,
            block=block.number,
            log_index=len(order),
        )
        projection.on_order_paid(session, [told])


def offer(sessions: Sessions, *, points: int = 50, stock: int = 1, level: int = 0) -> str:
    with transaction(sessions) as session:
        return service.offer_reward(session, title="客家擂茶", points=points, stock=stock, level=level).id


def test_one_sees_what_there_is_when_it_ends_and_ones_tier(ping: Member) -> None:
    shown = ping.get("/points")
    (lot,) = shown.json()["lots"]
    assert shown.json() | {"lots": []} == {
        "free": 57,
        "held": 0,
        "lots": [],
        "tier": {"level": 0, "name": "乡亲", "growth": 57, "next_growth": 1_000},
    }
    end = datetime.fromisoformat(lot["spend_until"]).astimezone(clock.SHANGHAI)
    assert (lot["points"], end.month, end.day, end.hour, end.minute, end.second) == (57, 12, 31, 23, 59, 59)
    again = ping.http.get("/v1/points", headers={**ping.bearer, "If-None-Match": shown.headers["etag"]})
    assert again.status_code == 304


def test_a_statement_adds_up_page_by_page(ping: Member) -> None:
    for number in range(3):
        buy(ping, 1_000, order=f"{number}")
    reward = offer(ping.sessions)
    assert ping.post("/points/redemptions", {"reward_id": reward}).status_code == 201
    whole = ping.get("/points/statement").json()
    sums = (whole["opening"], whole["came_in"], whole["went_out"], whole["closing"])
    assert sums == (0, 87, 50, 37)
    assert [line["kind"] for line in whole["items"]] == ["earned"] * 4 + ["redeemed"]
    assert (
        [line["balance_after"] for line in whole["items"]][-1] == whole["closing"] == ping.get("/points").json()["free"]
    )
    pages, cursor = [], ""
    while True:
        page = ping.get(f"/points/statement?limit=2{cursor}").json()
        pages += page["items"]
        if page["newer"] is None:
            break
        cursor = f"&cursor={page['newer']}"
    assert pages == whole["items"]
    past = ping.get("/points/statement?to=2020-01-01").json()
    assert (past["closing"], past["items"]) == (0, [])
    assert code_of(ping.get("/points/statement?month=2026-11&from=2026-11-01")) == "period-invalid"


def test_a_reward_is_taken_once_for_one_key(ping: Member) -> None:
    reward = offer(ping.sessions, points=20, stock=5)
    first, again = (ping.post("/points/redemptions", {"reward_id": reward}, key="one") for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert ping.get("/points").json()["free"] == 37
    assert ping.get("/points/redemptions").json()["items"] == [first.json()]
    (shown,) = ping.get("/points/rewards").json()["items"]
    assert shown == {"id": reward, "title": "客家擂茶", "points": 20, "stock": 4, "level": 0}


def test_what_cannot_be_taken_is_refused_by_name(ping: Member) -> None:
    asked = {
        "points-insufficient": offer(ping.sessions, points=58),
        "reward-tier-too-low": offer(ping.sessions, level=1),
        "reward-unknown": "rwd_" + "0" * 26,
    }
    for problem, reward in asked.items():
        assert code_of(ping.post("/points/redemptions", {"reward_id": reward})) == problem
    last = offer(ping.sessions, points=1, stock=1)
    assert ping.post("/points/redemptions", {"reward_id": last}).status_code == 201
    assert code_of(ping.post("/points/redemptions", {"reward_id": last})) == "reward-exhausted"
    for nonsense in ({}, {"reward_id": "no"}, {"reward_id": last, "points": 0}):
        assert code_of(ping.post("/points/redemptions", nonsense)) == "request-invalid"


def test_a_saved_proof_is_checked_offline(ping: Member, vault: Vault, tmp_path: Path) -> None:
    assert code_of(ping.get("/points/proof")) == "points-proof-unknown"
    buy(ping, 300, order="yesterday", ago=timedelta(days=1))
    with transaction(ping.sessions) as session:
        block = last_block(session)
        assert block is not None
        day = clock.shanghai_day(block.time) - timedelta(days=1)
        closed = service.close_day(session, vault, day, now=block.time)
        assert closed is not None
    answer = ping.get("/points/proof")
    assert (answer.json()["points"], answer.json()["root"]) == (3, closed.root)
    assert ping.get(f"/points/proof?day={day}").json() == answer.json()
    assert code_of(ping.get("/points/proof?day=2020-01-01")) == "points-proof-unknown"
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(answer.json()))
    words = ["points", "verify", str(file), "--root", closed.root, "--account", ping.address]
    assert CliRunner().invoke(app, words).exit_code == 0
    file.write_text(json.dumps(answer.json() | {"points": 4}))
    assert CliRunner().invoke(app, words).exit_code == 1


def test_the_reminder_is_told_in_ones_language(ping: Member) -> None:
    with transaction(ping.sessions) as session:
        block = last_block(session)
        assert block is not None
        year = block.time.astimezone(clock.SHANGHAI).year
        day_before = datetime(year + 1, 12, 31, tzinfo=clock.SHANGHAI)
        assert service.remind_of_ends(session, now=day_before, limit=10) == 1
    headers = {**ping.bearer, "Accept-Language": "zh-CN", "Last-Event-ID": "0-0"}
    with ping.http.stream("GET", "/v1/events", headers=headers) as stream:
        told = next(line for line in stream.iter_lines() if line.startswith("data:") and "points" in line)
    assert f"57 个积分最晚可以用到 {year + 1}-12-31。" in told


def test_points_need_a_session(http: httpx.Client) -> None:
    for path in ("", "/statement", "/rewards", "/redemptions", "/proof"):
        assert code_of(http.get(f"/v1/points{path}")) == "session-missing"
