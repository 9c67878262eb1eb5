"""A till over bad wires: the gateway restarts, or is away, or lies; the shop's own node says what is paid."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pswallet.chain import calldata
from pswallet.chain.orders import Order
from pswallet.client import Key, OrderForged, authorize_order
from pswallet.kit.money import Fen
from pswallet.receipt import CannotCheck, ReceiptInvalid, Short, write_short
from pswallet.till.closing import close
from pswallet.till.counter import NOTHING_DUE, Counter, NotNow
from pswallet.till.line import Ended, News
from pswallet.till.tickets import Ticket
from tests.api.gateway import Member, serve
from tests.api.money import balance, served
from tests.parts import Chain, secret
from tests.till.shop import Shop, looked_at, pay


def carry(customer: Member, ticket: Ticket, chain: Chain) -> None:
    """Let a stranger bring the customer's signature to the chain, past the gateway."""
    order: Any = ticket.order
    body = authorize_order(served(customer), Key.of(customer.key), order)
    message = {
        "from": customer.address, "to": order["merchant"], "value": order["amount_fen"], "validAfter": 0,
        "validBefore": body["valid_before"], "nonce": order["hash"], "signature": body["signature"],
    }  # fmt: skip
    chain.transact(secret("stranger"), chain.deployment.stablecoin, calldata.transfer_with_authorization(message))


@pytest.fixture
def own_node(shop: Shop, chain: Chain) -> str:
    """A node of the shop's choice."""
    shop.node_url = chain.rpc.url
    return chain.rpc.url


@pytest.fixture
def checking(own_node: str, shop: Shop) -> Counter:
    """The till with a node, its shift open."""
    counter = shop.counter()
    counter.open("T01")
    return counter


def test_with_the_gateway_stopped_the_till_sees_on_its_own_node_that_it_is_paid(
    checking: Counter, shop: Shop, an: Member, chain: Chain
) -> None:
    ticket = checking.ring_up(Fen(2_880))
    shop.wire.cut = True
    checking.look(ticket)
    assert ticket.paid is None
    carry(an, ticket, chain)
    checking.look(ticket)
    assert ticket.paid is not None
    assert (ticket.paid.payer, ticket.paid.by_node) == (an.address, True)
    assert shop.news == [News.GATEWAY_AWAY]
    shown = checking.node.check(ticket.paid.short)
    assert (shown.payer, shown.order.reference, shown.order.amount) == (an.address, ticket.reference, 2_880)


def test_the_gateways_word_alone_pays_nothing_when_there_is_a_node(
    checking: Counter, an: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = checking.ring_up(Fen(2_880))
    lie = {**ticket.order, "status": "paid", "payments": [{"payer": an.address, "duplicate": False}]}
    monkeypatch.setattr(checking.api, "show_order_for", lambda *_: lie)
    checking.look(ticket)
    assert ticket.paid is None


def test_a_second_payment_is_given_back_to_who_made_it_and_to_nobody_whom_the_gateway_names(
    checking: Counter, an: Member, bo: Member, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = checking.ring_up(Fen(2_880))
    carry(an, ticket, chain)
    looked_at(checking, ticket, lambda one: one.paid is not None)
    with monkeypatch.context() as lying:
        lie = {**ticket.order, "payments": [{"payer": an.address}, {"payer": bo.address}]}
        lying.setattr(checking.api, "show_order_for", lambda *_: lie)
        with pytest.raises(NotNow, match=NOTHING_DUE):
            checking.give_back_second(ticket)
    carry(bo, ticket, chain)
    looked_at(checking, ticket, lambda one: len(checking.api.show_order(one.order["id"])["payments"]) == 2)
    checking.give_back_second(ticket)
    with pytest.raises(NotNow, match=NOTHING_DUE):
        checking.give_back_second(ticket)
    assert close(checking).balances
    assert (balance(an), balance(bo)) == (100_000 - 2_880, 100_000)


def test_an_order_that_is_not_what_was_asked_for_is_shown_to_nobody(
    checking: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = checking.api.open_order_for
    for lie in ({"amount_fen": 1}, {"merchant": "0x" + "11" * 20}, {"expiry": 2**40}, {"hash": "0x" + "11" * 32}):
        monkeypatch.setattr(checking.api, "open_order_for", lambda *asked, lie=lie: {**honest(*asked), **lie})
        with pytest.raises(OrderForged):
            checking.ring_up(Fen(2_880))
    found = checking.book.tickets.values()
    assert [(ticket.order, ticket.waits) for ticket in found] == [(None, False)] * 4
    assert checking.resume() == []


def test_a_payment_of_another_order_or_by_the_merchant_itself_is_none(
    checking: Counter, shop: Shop, an: Member, chain: Chain
) -> None:
    paid, other, own = (checking.ring_up(Fen(100)) for _ in range(3))
    carry(an, paid, chain)
    carry(shop.owner, own, chain)
    for ticket in (other, own):
        checking.look(ticket)
        assert ticket.paid is None
    checking.look(paid)
    assert paid.paid is not None


def test_a_node_that_does_not_answer_pays_nothing_and_is_told_of(shop: Shop, an: Member, chain: Chain) -> None:
    shop.node_url = "http://127.0.0.1:9"
    counter = shop.counter()
    counter.open("T01")
    ticket = counter.ring_up(Fen(2_880))
    carry(an, ticket, chain)
    counter.look(ticket)
    assert (ticket.paid, shop.news) == (None, [News.NODE_AWAY])
    with pytest.raises(CannotCheck):
        counter.node.check(_short_of(counter, ticket))


def _short_of(counter: Counter, ticket: Ticket) -> str:
    token, order = counter.node.token, Order.from_json(ticket.order)
    return write_short(Short(token.chain_id, token.verifying_contract, order, 1, "0x" + "12" * 32, 0))


def test_a_receipt_that_a_customer_made_up_is_refused(checking: Counter) -> None:
    ticket = checking.ring_up(Fen(2_880))
    with pytest.raises(ReceiptInvalid):
        checking.node.check(_short_of(checking, ticket))


def test_a_voided_sale_that_is_paid_past_the_gateway_is_seen_and_given_back(
    checking: Counter, an: Member, chain: Chain
) -> None:
    ticket = checking.ring_up(Fen(2_880))
    checking.void(ticket)
    assert ticket.may_be_paid(ticket.order["expiry"] - 1)
    assert not ticket.may_be_paid(ticket.order["expiry"])
    carry(an, ticket, chain)
    looked_at(checking, ticket, lambda one: one.paid is not None)
    looked_at(checking, ticket, lambda one: checking.api.show_order(one.order["id"])["status"] == "paid")
    checking.void(ticket)
    assert close(checking).balances
    assert balance(an) == 100_000


def test_a_day_that_was_checked_on_the_node_balances_with_what_it_says_is_held(
    checking: Counter, an: Member, shop: Shop
) -> None:
    ticket = checking.ring_up(Fen(2_880))
    pay(an, ticket)
    looked_at(checking, ticket, lambda one: one.paid is not None)
    checking.refund(ticket, Fen(880))
    closing = close(checking)
    assert closing.balances
    assert closing.held_fen == closing.settlement["closing_fen"] == balance(shop.owner)


@pytest.fixture
def restarted(shop: Shop, make_app: Any) -> Iterator[Any]:
    """Start the gateway once more on the same database, elsewhere; the till finds it there."""
    with ExitStack() as running:

        def start() -> None:
            shop.wire.port, shop.wire.cut = running.enter_context(serve(make_app())).base_url.port, False

        yield start


def test_a_till_works_through_a_restart_of_the_gateway_says_so_and_doubles_nothing(
    counter: Counter, shop: Shop, an: Member, restarted: Any
) -> None:
    before = counter.ring_up(Fen(100))
    shop.wire.lose_answers = 1  # the gateway falls after it has opened the order, before it has said so
    rung: list[Ticket] = []
    away = threading.Event()
    tell = shop.news.append

    def told(news: News) -> None:
        tell(news)
        if news is News.GATEWAY_AWAY:
            shop.wire.cut = True
            away.set()

    counter.line.tell = told
    thread = threading.Thread(target=lambda: rung.append(counter.ring_up(Fen(2_880))))
    thread.start()
    assert away.wait(10)
    restarted()
    thread.join(20)
    (ticket,) = rung
    assert shop.news == [News.GATEWAY_AWAY, News.GATEWAY_BACK]
    assert shop.wire.sent.count(shop.orders) == 3
    for one in (before, ticket):
        pay(an, one)
        looked_at(counter, one, lambda each: each.paid is not None)
    assert balance(an) == 100_000 - 2_980
    assert close(counter).balances


def test_a_till_that_is_put_out_while_the_gateway_is_away_ends(counter: Counter, shop: Shop) -> None:
    shop.wire.cut = True
    ended: list[BaseException] = []

    def ring() -> None:
        try:
            counter.ring_up(Fen(100))
        except Ended as end:
            ended.append(end)

    thread = threading.Thread(target=ring)
    thread.start()
    counter.line.stop.set()
    thread.join(10)
    assert len(ended) == 1
