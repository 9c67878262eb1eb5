"""Orders whose payment the chain refused, plain or helped by others: the same order is signed again and paid once."""

from collections.abc import Callable
from typing import Any

import pytest

from pswallet import audit
from pswallet.client import Key, authorize_order
from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import balance, members, served
from tests.parts import Pipeline

PRICE = 1_000
OWN = {"plain": PRICE, "funded": 400}
"""What of the order is its payer's own money."""


@pytest.fixture
def shop(stranger: Any, pipeline: Pipeline) -> Member:
    return selling.tea_house(stranger, pipeline)


@pytest.fixture
def ann(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "ann", fen=1_500)[0]


@pytest.fixture(params=["plain", "funded"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def own(kind: str) -> int:
    """What an order takes of its payer's own money."""
    return OWN[kind]


@pytest.fixture
def pay(kind: str, stranger: Any, shop: Member, ann: Member, pipeline: Pipeline) -> Callable[..., Any]:
    """Pays an order, alone or with a voucher's part."""
    if kind == "plain":
        return selling.pay_plain
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "city"), pipeline, ann)
    part = selling.voucher_part(ann, campaign, PRICE - OWN["funded"])
    return lambda payer, order: selling.pay(payer, order, [part])


def shown(viewer: Member, order: Any) -> Any:
    return viewer.get(f"/orders/{order['id']}").json()


def refuse(payer: Member, pipeline: Pipeline) -> None:
    """Let the chain refuse what waits: a freeze reaches it first, and is lifted."""
    chain = pipeline.chain
    for act in ("freeze", "unfreeze"):
        chain.token(chain.keys.compliance, act, [payer.address])
        pipeline.settle()


def test_a_refused_payment_is_signed_again_and_paid_exactly_once(
    pay: Any, own: int, shop: Member, ann: Member, pipeline: Pipeline
) -> None:
    order = selling.order(shop, PRICE, expires_in_s=3_600)
    for _ in range(2):
        assert pay(ann, order).status_code == 202
        assert code_of(pay(ann, order)) == "order-already-paid"  # while it is under way
        refuse(ann, pipeline)
        found = shown(shop, order)
        assert (found["status"], found["error"], balance(ann)) == ("open", "AccountIsFrozen", 1_500)
    assert pay(ann, order).status_code == 202
    found = shown(shop, order)
    assert (found["status"], found["error"]) == ("submitted", None)
    pipeline.settle()
    found = shown(shop, order)
    assert (found["status"], found["error"], len(found["payments"])) == ("paid", None, 1)
    assert (balance(shop), balance(ann)) == (PRICE, 1_500 - own)
    assert code_of(pay(ann, order)) == "order-already-paid"
    chain = pipeline.chain
    report = audit.run(chain.rpc.url, chain.deployment, database_url=pipeline.database_url)
    assert list(report.differences()) == []


def test_both_tries_count_once_against_the_balance(
    pay: Any, own: int, shop: Member, ann: Member, pipeline: Pipeline
) -> None:
    order = selling.order(shop, PRICE, expires_in_s=3_600)
    assert pay(ann, order).status_code == 202
    refuse(ann, pipeline)
    assert pay(ann, order).status_code == 202
    left = 1_500 - own
    others = [selling.order(shop, fen, f"other{fen}") for fen in (left + 1, left)]
    assert code_of(selling.pay_plain(ann, others[0])) == "balance-insufficient"
    assert selling.pay_plain(ann, others[1]).status_code == 202
    pipeline.settle()
    assert (balance(ann), balance(shop)) == (0, PRICE + left)


def test_a_replayed_key_still_gets_its_first_answer(shop: Member, ann: Member, pipeline: Pipeline) -> None:
    order = selling.order(shop, PRICE, expires_in_s=3_600)
    body = authorize_order(served(ann), Key.of(ann.key), order)
    first = ann.post(f"/orders/{order['id']}/payments", body, key="first")
    refuse(ann, pipeline)
    again = ann.post(f"/orders/{order['id']}/payments", body, key="first")
    assert (again.status_code, again.content) == (202, first.content)
    assert shown(ann, order)["status"] == "open", "an answer, and no new try"
    assert ann.post(f"/orders/{order['id']}/payments", body, key="second").status_code == 202
    pipeline.settle()
    assert (shown(ann, order)["status"], balance(ann)) == ("paid", 500)
