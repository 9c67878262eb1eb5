"""A merchant's day: it balances, it begins where the day before ended, and its lines are a file."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.api import spreadsheets
from pswallet.kit.clock import SHANGHAI
from pswallet.kit.db import Sessions, transaction
from tests.api.gateway import Member
from tests.api.merchants import api_key, place, shopkeeper
from tests.api.money import balance, give, members, send
from tests.parts import DAY_S, Pipeline

PAGE = Path(__file__).resolve().parents[2] / "docs/operations/settlement.md"


@pytest.fixture
def owner(stranger: Any, pipeline: Pipeline) -> Member:
    return shopkeeper(stranger, pipeline)


@pytest.fixture
def customers(stranger: Any, pipeline: Pipeline) -> list[Member]:
    return members(stranger, pipeline, "an", "bo")


def settlement(owner: Member, **asked: Any) -> Any:
    answer = owner.get(place(owner, "/settlement"), params=asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    came = told["opening_fen"] + told["sales_fen"] + told["deposits_fen"]
    assert told["closing_fen"] == came - told["refunds_fen"] - told["fees_fen"] - told["payouts_fen"]
    assert told["net_fen"] == told["sales_fen"] - told["refunds_fen"] - told["fees_fen"]
    return told


def today(pipeline: Pipeline, days: int = 0) -> str:
    """The chain's day in Asia/Shanghai, or one some days later."""
    return f"{datetime.fromtimestamp(pipeline.chain.now(), SHANGHAI) + timedelta(days=days):%Y-%m-%d}"


def test_a_day_tells_sales_from_refunds_deposits_and_payouts(
    owner: Member, customers: list[Member], stranger: Any, pipeline: Pipeline
) -> None:
    an, bo = customers
    (supplier,) = members(stranger, pipeline, "supplier", fen=0)
    for customer, amount in ((an, 1_280), (bo, 2_000), (an, 560)):
        send(customer, owner, amount)
        pipeline.settle()
    for payee, amount in ((an, 280), (supplier, 500)):
        send(owner, payee, amount)
        pipeline.settle()
    packet = give(an, [owner], pipeline, total=88)
    owner.post(f"/red-packets/{packet}/claims")
    pipeline.settle()
    told = settlement(owner)
    assert (told["sales_fen"], told["sales"]) == (3_840, 3)
    assert (told["refunds_fen"], told["refunds"]) == (280, 1)
    assert told["deposits_fen"] == 100_000 + 88, "a red packet is no sale"
    assert (told["payouts_fen"], told["fees_fen"], told["net_fen"]) == (500, 0, 3_560)
    assert told["closing_fen"] == balance(owner)
    assert (told["difference_fen"], told["day"], told["complete"]) == (0, today(pipeline), False)


def test_a_day_begins_where_the_day_before_ended(owner: Member, customers: list[Member], pipeline: Pipeline) -> None:
    an, _ = customers
    send(an, owner, 1_000)
    pipeline.settle()
    first = today(pipeline)
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    send(owner, an, 400)
    pipeline.settle()
    before, after = settlement(owner, day=first), settlement(owner, day=today(pipeline))
    assert (before["closing_fen"], before["complete"], before["sales"]) == (101_000, True, 1)
    assert (after["opening_fen"], after["closing_fen"], after["complete"]) == (101_000, 100_600, False)
    assert (after["sales"], after["refunds_fen"]) == (0, 400), "he had paid on another day"
    nothing = settlement(owner, day=today(pipeline, days=1))
    assert (nothing["opening_fen"], nothing["closing_fen"], nothing["net_fen"]) == (100_600, 100_600, 0)


def test_a_day_ends_at_midnight_in_shanghai(owner: Member, customers: list[Member], pipeline: Pipeline) -> None:
    first = today(pipeline, days=1)
    midnight = datetime.fromisoformat(f"{first}T00:00:00+08:00")
    for second in (-1, 0):
        pipeline.chain.rpc.call("evm_setNextBlockTimestamp", [int(midnight.timestamp()) + second])
        pipeline.chain.mine()
        pipeline.settle()
        assert settlement(owner)["day"] == today(pipeline)
    assert today(pipeline) == first
    assert settlement(owner, day=first)["complete"] is False
    assert settlement(owner, day=f"{midnight - timedelta(days=1):%Y-%m-%d}")["complete"] is True


def test_a_row_that_is_not_the_chains_shows_as_a_difference(
    owner: Member, customers: list[Member], pipeline: Pipeline, sessions: Sessions
) -> None:
    send(customers[0], owner, 1_000)
    pipeline.settle()
    with transaction(sessions) as session:
        session.execute(
            text("UPDATE entries SET delta_fen = 999 WHERE account = :who AND delta_fen = 1000"),
            {"who": owner.address},
        )
    assert owner.get(place(owner, "/settlement")).json()["difference_fen"] == 1


def test_the_lines_of_a_merchant_are_a_file(owner: Member, customers: list[Member], pipeline: Pipeline) -> None:
    send(customers[0], owner, 1_280)
    pipeline.settle()
    day = today(pipeline)
    headers = {**owner.bearer, "Accept-Language": "en"}
    answer = owner.http.get(f"/v1{place(owner, '/statement.csv')}", headers=headers, params={"from": day, "to": day})
    assert f'filename="pswallet-statement-{day}-{day}.csv"' in answer.headers["content-disposition"]
    headings, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert headings == list(spreadsheets.HEADINGS)
    assert [(row[1], row[3]) for row in rows] == [("From the bank", "1000.00"), ("Transfer", "12.80")]


def test_the_pages_own_example_works(owner: Member, customers: list[Member], pipeline: Pipeline) -> None:
    send(customers[0], owner, 1_280)
    pipeline.settle()
    written = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    namespace: dict[str, Any] = {"httpx": httpx}
    exec(written, namespace)
    token = api_key(owner, "reports")["token"]
    assert namespace["balances"](owner.http, owner.account["merchant"], token, today(pipeline)) is True
