"""What the gateway keeps of funded orders, quotes, points and budgets is held to signatures and to the chain."""

from typing import Any

import pytest
from sqlalchemy import text

from pswallet import audit
from pswallet.kit.db import transaction
from tests.api import selling, test_quoted
from tests.api.gateway import Member
from tests.api.money import client_of, members
from tests.parts import Pipeline


def buys(shop: Member, member: Member, pipeline: Pipeline) -> None:
    """Let somebody earn 40 points by an order of own money."""
    assert selling.pay_plain(member, selling.order(shop, 4_000, "earlier")).status_code == 202
    pipeline.settle()


@pytest.fixture
def fair(stranger: Any, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> test_quoted.Fair:
    """An order of own money, points, two budgets and a voucher, paid and in part refunded by a cashier; one refused."""
    monkeypatch.setattr(test_quoted, "grant", lambda member, count: None)
    fair = test_quoted.Fair(stranger, pipeline)
    buys(fair.shop, fair.ann, pipeline)
    order = fair.order(points=40, price=10_000, till="T02", reference="2026112600042")
    client_of(fair.ann).pay_funded(order)
    pipeline.settle()
    selling.permit(fair.shop, pipeline)
    cashier = members(stranger, pipeline, "cashier", fen=0)[0]
    selling.name_cashier(fair.shop, cashier, 7_000, pipeline)
    assert selling.refund(fair.shop, order, 6_900, by=cashier).status_code == 202
    pipeline.settle()
    refuse(fair, pipeline)
    assert said(pipeline) == []
    return fair


def refuse(fair: test_quoted.Fair, pipeline: Pipeline) -> None:
    """Let the chain refuse a payment and a refund that the gateway had taken: ANN, then the shop, lacks the money."""
    part = selling.voucher_part(fair.ann, fair.campaign, 500)
    assert selling.pay(fair.ann, selling.order(fair.shop, 1_000, "refused"), [part]).status_code == 202
    chain = pipeline.chain
    chain.token(chain.keys.compliance, "freeze", [fair.ann.address])
    pipeline.settle()
    with pipeline.sessions() as session:
        assert list(session.scalars(text("SELECT kind FROM checkout_refusals"))) == ["order-pay"]


def audited(pipeline: Pipeline) -> audit.Report:
    chain = pipeline.chain
    return audit.run(chain.rpc.url, chain.deployment, database_url=pipeline.database_url)


def said(pipeline: Pipeline) -> list[str]:
    return [f"{one.check}: {one.message}" for one in audited(pipeline).differences()]


PAID, REFUNDED, OPENED = "checkout_payments", "checkout_refunds", "budget_openings"
CHANGES: dict[str, tuple[str, str]] = {
    "an order that says more was paid": ("UPDATE checkout_payments SET amount_fen = amount_fen {sign} 1", PAID),
    "own money": ("UPDATE checkout_payments SET own_fen = own_fen {sign} 1", PAID),
    "a part": ("UPDATE checkout_parts SET value_fen = value_fen {sign} 1 WHERE place = 0", PAID),
    "what a budget had paid": ("UPDATE checkout_parts SET spent_after_fen = spent_after_fen {sign} 1", PAID),
    "a refund": ("UPDATE checkout_refunds SET value_fen = value_fen {sign} 1", REFUNDED),
    "to whom it went": ("UPDATE checkout_refunds SET parts_fen[1] = parts_fen[1] {sign} 1", REFUNDED),
    "a budget": ("UPDATE budget_openings SET total_fen = total_fen {sign} 1", OPENED),
    "a cashier's cap": ("UPDATE checkout_cashiers SET cap_fen = cap_fen {sign} 1", "checkout_cashiers"),
    "points that paid": (
        "UPDATE points_purchases SET points_paid = points_paid {sign} 1 WHERE points_paid > 0", PAID,
    ),
    "which part the points paid": (
        "UPDATE funded_orders SET points_place = points_place {sign} 1 WHERE points_place IS NOT NULL", PAID,
    ),
    "whose order it is": (
        "UPDATE funded_orders SET expires_at = expires_at, order_id = (SELECT id FROM orders WHERE reference ="
        " CASE '{sign}' WHEN '+' THEN 'refused' ELSE '2026112600042' END) WHERE points_place IS NOT NULL", PAID,
    ),
    "what a payer signed": (
        "UPDATE funded_orders SET terms = jsonb_set(terms, '{{own}}', to_jsonb(CAST(terms->>'own' AS int) {sign} 1))"
        " WHERE points_place IS NOT NULL", PAID,
    ),
    "what a cashier signed": ("UPDATE checkout_refunds_asked SET value_fen = value_fen {sign} 1", REFUNDED),
    "what a funder signed": (
        "UPDATE checkout_budgets SET terms = jsonb_set(terms, '{{total}}',"
        " to_jsonb(CAST(terms->>'total' AS int) {sign} 1))", OPENED,
    ),
    "a notice of its amount": (
        "UPDATE notifications SET body = jsonb_set(body, '{{own_fen}}', to_jsonb(CAST(body->>'own_fen' AS int)"
        " {sign} 1)) WHERE body ? 'own_fen' AND kind = 'order-paid'", PAID,
    ),
    "a refusal": ("UPDATE checkout_refusals SET block = block {sign} 1", ""),
    "an allowance": ("UPDATE allowances SET log_index = log_index {sign} 7", ""),
}  # fmt: skip
"""Changes of rows, each undone by the other sign, and the facts whose blocks must be named."""


def tamper(pipeline: Pipeline, statement: str) -> None:
    with transaction(pipeline.sessions) as session:
        assert session.connection().exec_driver_sql(statement).rowcount


def test_a_changed_row_is_named_and_what_became_a_fact_with_its_place(fair: test_quoted.Fair, pipeline: Pipeline):
    for change, (statement, fact) in CHANGES.items():
        tamper(pipeline, statement.format(sign="+"))
        differences = list(audited(pipeline).differences())
        assert {one.check for one in differences} == {"database"}, change
        if fact:
            assert {one.block for one in differences} >= blocks(pipeline, fact), change  # and notices, which name it
            assert all(one.transaction for one in differences), change
        tamper(pipeline, statement.format(sign="-"))
    assert said(pipeline) == []


def blocks(pipeline: Pipeline, fact: str) -> set[int]:
    with pipeline.sessions() as session:
        return set(session.scalars(text(f"SELECT block FROM {fact}")))


def test_a_payment_that_never_was_is_named_where_it_says_that_it_stands(fair: test_quoted.Fair, pipeline: Pipeline):
    """The refused order says that it is paid."""
    tamper(
        pipeline,
        "INSERT INTO checkout_payments SELECT f.hash, p.payer, p.merchant, p.till, 'refused', 500, 1000, f.expires_at,"
        " p.transaction, p.at, p.block, p.log_index FROM checkout_payments p, funded_orders f"
        " WHERE f.points_place IS NULL",
    )
    differences = [one for one in audited(pipeline).differences() if one.message.startswith("checkout_payments")]
    assert {one.block for one in differences} == blocks(pipeline, "checkout_payments")
    assert all(one.transaction for one in differences)
