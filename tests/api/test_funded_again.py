"""Funded orders when blocks are read again: after a rebuild, and after a reorganisation that took them away."""

import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.api import selling
from tests.api.gateway import Member
from tests.api.money import balance, client_of
from tests.api.selling import voucher_part
from tests.api.test_quoted import Fair
from tests.parts import Pipeline
from tests.rebuilds import assert_equal_to_a_rebuild


@pytest.fixture
def fair(stranger: Any, pipeline: Pipeline) -> Fair:
    return Fair(stranger, pipeline)


def told(pipeline: Pipeline) -> list[tuple[str, str]]:
    """Who was told what of orders; the same block tells it anew when it is read again."""
    with pipeline.sessions() as session:
        rows = session.execute(text("SELECT address, kind FROM notifications WHERE kind LIKE 'order-%' ORDER BY 1, 2"))
        return [(row.address, row.kind) for row in rows]


def freeze(pipeline: Pipeline, member: Member, act: str = "freeze") -> None:
    chain = pipeline.chain
    chain.token(chain.keys.compliance, act, [member.address])


def test_a_rebuild_gives_the_same_orders_refunds_refusals_and_points(fair: Fair) -> None:
    order = fair.order()
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    selling.permit(fair.shop, fair.pipeline)
    assert selling.refund(fair.shop, order, 7_264).status_code == 202  # a part of the voucher is Ann's again
    fair.pipeline.settle()
    with fair.pipeline.sessions.begin() as session:  # what the test granted, no chain tells
        session.execute(text("DELETE FROM points_purchases WHERE order_id = '0x5c'"))
    alone = selling.order(fair.shop, 500, "refused", expires_in_s=3_600)
    part = voucher_part(fair.ann, fair.campaign, 500)
    assert selling.pay(fair.ann, alone, [part]).status_code == 202
    freeze(fair.pipeline, fair.ann)
    fair.pipeline.settle()
    freeze(fair.pipeline, fair.ann, "unfreeze")
    fair.pipeline.settle()
    assert selling.pay(fair.ann, alone, [part]).status_code == 202
    fair.pipeline.settle()
    for amount in (50, 100):
        assert selling.refund(fair.shop, alone, amount).status_code == 202
    fair.pipeline.settle()
    before = told(fair.pipeline)
    assert (fair.ann.address, "order-refused") in before
    assert_equal_to_a_rebuild(fair.pipeline)
    assert told(fair.pipeline) == before


def test_a_reorganisation_takes_a_funded_order_back_with_its_points_until_it_is_carried_again(fair: Fair) -> None:
    order, held = fair.order(), fair.held()
    chain = fair.pipeline.chain
    head = chain.head()
    client_of(fair.ann).pay_funded(order)
    fair.pipeline.settle()
    paid, notices = fair.held(), told(fair.pipeline)
    assert paid != held
    chain.reorg(chain.head() - head)
    chain.mine()
    deadline = time.monotonic() + 10
    while fair.ann.get(f"/orders/{order['id']}").json()["status"] == "paid":
        assert time.monotonic() < deadline
        fair.pipeline.indexer.step()
    assert fair.left(fair.points) == 5_001
    assert (fair.ann.get(f"/orders/{order['id']}").json()["status"], balance(fair.shop)) == ("submitted", 100)
    fair.pipeline.settle()
    assert (fair.held(), told(fair.pipeline)) == (paid, notices)
