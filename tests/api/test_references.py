"""A line of money that paid an order, or came back from one, carries the merchant's own number of it."""

import csv
import io
from typing import Any

import pytest

from tests.api import selling
from tests.api.gateway import Member
from tests.api.money import client_of, members, send
from tests.api.test_orders import open_order, pay, refund
from tests.api.test_quoted import Fair
from tests.parts import Pipeline

FUNDED = "2026112600042"


@pytest.fixture
def ann(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "ann", fen=10_000)[0]


def lines(member: Member) -> list[tuple[int, str | None]]:
    """What moved, oldest first, without what came from the bank."""
    items = member.get("/activity").json()["items"]
    return [(one["delta_fen"], one["reference"]) for one in reversed(items) if one["kind"] != "mint"]


def test_a_plain_order_its_refund_and_a_transfer(ann: Member, stranger: Any, pipeline: Pipeline) -> None:
    shop = selling.tea_house(stranger, pipeline)
    order = open_order(shop, "A-1").json()
    assert pay(ann, order).status_code == 202
    pipeline.settle()
    assert refund(shop, order, ann, 880).status_code == 202
    assert send(ann, shop, 5).status_code == 202
    pipeline.settle()
    assert lines(ann)[:1] == [(-2_880, "A-1")]
    assert sorted(lines(ann)[1:], key=str) == [(-5, None), (880, "A-1")]
    assert sorted(lines(shop), key=str) == [(-880, "A-1"), (2_880, "A-1"), (5, None)]
    sheet = shop.http.get("/v1/activity.csv", headers=shop.bearer).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet, newline="")))
    assert rows[0][9] == "Order"
    assert sorted((row[3] or f"-{row[4]}", row[9]) for row in rows[1:]) == [
        ("-8.80", "A-1"), ("0.05", ""), ("28.80", "A-1")
    ]  # fmt: skip


def test_each_piece_of_an_order_that_others_help_to_pay(stranger: Any, pipeline: Pipeline) -> None:
    fair = Fair(stranger, pipeline)
    # The same parties and a part's amount, in one batch with the order and before it.
    assert send(fair.platform, fair.shop, 1_000).status_code == 202
    client_of(fair.ann).pay_funded(fair.order(till="T02", reference=FUNDED))
    pipeline.settle()
    assert lines(fair.shop)[0] == (1_000, None)
    assert sorted(lines(fair.shop)[1:], key=str) == [
        (1_000, FUNDED), (2_000, FUNDED), (500, FUNDED), (5_764, FUNDED)
    ]  # fmt: skip
    assert lines(fair.ann)[-1] == (-5_764, FUNDED)
    order = fair.shop.get("/orders", params={"reference": FUNDED}).json()
    selling.permit(fair.shop, pipeline)
    assert selling.refund(fair.shop, order, 1_264).status_code == 202
    pipeline.settle()
    assert lines(fair.shop)[-1] == (-1_264, FUNDED)
    assert lines(fair.ann)[-1] == (1_264, FUNDED)
    # A voucher's and a sponsor's money goes back before one's own: that of the platform has no number.
    assert selling.refund(fair.shop, order, 1_500).status_code == 202
    pipeline.settle()
    assert lines(fair.ann)[-1] == (500, FUNDED)
    assert lines(fair.platform)[-1] == (1_000, None)
