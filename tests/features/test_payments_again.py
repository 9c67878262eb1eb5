"""A payment of an order that the chain refused may be signed again: the order's hash is the only nonce it has."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.chain.abi import artifact
from pswallet.chain.signing import CANCEL_AUTHORIZATION, digest, sign
from pswallet.kit.db import transaction
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.merchants.rules.codelimits import CodeKind
from pswallet.payments import service
from pswallet.payments.service import OrderView, SignedPayment, paid_by_codes, pending_payments
from tests.features.money import Town, name
from tests.locks import until_they_wait
from tests.parts import Person, secret
from tests.rebuilds import assert_equal_to_a_rebuild

ASKED = 700


@pytest.fixture
def shop(town: Town) -> Person:
    return town.people("shop", tier=5, fen=0)[0]


@pytest.fixture
def ping(town: Town, shop: Person) -> Person:
    return town.people("ping", fen=1_000)[0]


def opened(town: Town, shop: Person) -> OrderView:
    town.serial += 1
    asked = service.OpenOrder(
        merchant=shop.address,
        till="T01",
        reference=f"A{town.serial}",
        amount_fen=Fen(ASKED),
        expires_in=timedelta(hours=1),
    )
    return town.run(lambda session: service.open_order(session, asked, domain=town.token, now=town.now))


def signed(town: Town, order: OrderView, payer: Person, *, ahead_s: int = 600) -> service.PayOrder:
    end = int(town.now.timestamp()) + ahead_s
    paid = town.payment(payer, order.merchant, ASKED, nonce=order.hash, valid_before=end)
    return service.PayOrder(order_id=order.id, payer=payer.address, valid_before=end, signature=paid.signature)


def pay(town: Town, order: OrderView, payer: Person, **asked: Any) -> Any:
    """Sign the order and hand it in; what the intake said."""
    command = signed(town, order, payer, **asked)
    return town.run(lambda session: service.pay_orders(session, [command], domain=town.token, now=town.now)[0])


def refuse(town: Town, payer: Person) -> None:
    """Let the chain refuse what waits: the freeze reaches it first. Then the payer is free again."""
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [payer.address])
    town.settle()
    town.unfreeze(payer)


def seen(town: Town, order: OrderView) -> OrderView:
    return town.run(lambda session: service.find_order(session, order.id, now=town.now))


def by_tills(town: Town, payer: Person) -> int:
    found = town.run(lambda session: paid_by_codes(session, [payer.address], now=town.now))
    return found.get((payer.address, CodeKind.DYNAMIC), 0)


def under_way(town: Town, payer: Person) -> int:
    return town.run(lambda session: pending_payments(session, payer.address, now=town.now))


def test_a_refused_payment_is_signed_again_and_pays_once(town: Town, shop: Person, ping: Person) -> None:
    order = opened(town, shop)
    first = pay(town, order, ping)
    refuse(town, ping)
    found = seen(town, order)
    assert (found.status, found.error, town.balance(shop)) == ("open", "AccountIsFrozen", 0)
    again = pay(town, order, ping, ahead_s=700)
    assert (again.id, town.status(first.id, ping).status) == (first.id, "submitted"), "it is the same transfer"
    found = seen(town, order)
    assert (found.status, found.error) == ("submitted", None)
    town.settle()
    assert (seen(town, order).status, town.status(first.id, ping).status) == ("paid", "confirmed")
    assert (town.balance(shop), town.balance(ping)) == (ASKED, 300)
    assert name(pay(town, order, ping)) == "OrderAlreadyPaid"
    assert town.run(lambda session: session.scalar(text("SELECT max(attempts) FROM chain_calls"))) == 1
    assert_equal_to_a_rebuild(town.pipeline)


def test_it_may_be_refused_and_signed_as_often_as_it_takes(town: Town, shop: Person, ping: Person) -> None:
    order = opened(town, shop)
    for _ in range(3):
        assert name(pay(town, order, ping)) == "Accepted"
        assert (by_tills(town, ping), under_way(town, ping)) == (ASKED, 1)
        refuse(town, ping)
        assert (by_tills(town, ping), under_way(town, ping), seen(town, order).status) == (0, 0, "open")
    assert name(pay(town, order, ping)) == "Accepted"
    town.settle()
    assert (by_tills(town, ping), town.balance(ping), seen(town, order).status) == (ASKED, 300, "paid")
    assert_equal_to_a_rebuild(town.pipeline)


def test_another_payer_may_come_between(town: Town, shop: Person, ping: Person) -> None:
    (hua,) = town.people("hua", fen=1_000)
    order = opened(town, shop)
    for payer in (ping, hua):
        assert name(pay(town, order, payer)) == "Accepted"
        refuse(town, payer)
    assert name(pay(town, order, ping)) == "Accepted"
    assert name(pay(town, order, hua)) == "OrderAlreadyPaid"
    town.settle()
    assert (town.balance(ping), town.balance(hua), town.balance(shop)) == (300, 1_000, ASKED)


def test_who_is_refused_takes_the_order_from_nobody_that_came_with_it(town: Town, shop: Person, ping: Person) -> None:
    (poor,) = town.people("poor", fen=ASKED - 1)
    order, other = opened(town, shop), opened(town, shop)
    asked = [(order, poor), (order, ping), (order, ping), (other, ping)]
    commands = [signed(town, one, payer) for one, payer in asked]
    found = town.run(lambda session: service.pay_orders(session, commands, domain=town.token, now=town.now))
    # What ping pays in the first round counts in the second: there is money for one of the two.
    assert [name(one) for one in found] == [
        "BalanceInsufficient",
        "BalanceInsufficient",
        "BalanceInsufficient",
        "Accepted",
    ]
    again = [signed(town, order, payer) for payer in (poor, *town.people("rich", "late", fen=ASKED))]
    found = town.run(lambda session: service.pay_orders(session, again, domain=town.token, now=town.now))
    assert [name(one) for one in found] == ["BalanceInsufficient", "Accepted", "OrderAlreadyPaid"]


def test_while_a_try_is_under_way_no_other_is_taken(town: Town, shop: Person, ping: Person) -> None:
    order = opened(town, shop)
    for _ in range(2):
        assert name(pay(town, order, ping)) == "Accepted"
        assert name(pay(town, order, ping)) == "OrderAlreadyPaid"
        assert accepted(town, order, ping) == "AuthorizationAlreadyUsed", "the nonce itself is taken too"
        refuse(town, ping)


def accepted(town: Town, order: OrderView, payer: Person, purpose: str = "order") -> str:
    """What the intake says of the order's authorization alone."""
    payment = town.payment(payer, order.merchant, ASKED, nonce=order.hash)
    return name(
        town.run(
            lambda session: service.transfer(session, [payment], domain=town.token, now=town.now, purpose=purpose)[0]
        )
    )


def test_two_processes_that_sign_again_at_once_are_one(town: Town, shop: Person, ping: Person) -> None:
    order = opened(town, shop)
    pay(town, order, ping)
    refuse(town, ping)
    payments = [town.payment(ping, shop.address, ASKED, nonce=order.hash) for _ in range(2)]

    def take_in(session: Any, payment: SignedPayment) -> Any:
        return service.transfer(session, [payment], domain=town.token, now=town.now, purpose="order")[0]

    with ThreadPoolExecutor(1) as process, transaction(town.pipeline.sessions) as here:
        assert name(take_in(here, payments[0])) == "Accepted"
        other = process.submit(lambda: town.run(lambda session: take_in(session, payments[1])))
        until_they_wait(town.pipeline.sessions, other)
        here.commit()
        assert name(other.result()) == "AuthorizationAlreadyUsed"
    town.settle()
    assert (town.balance(ping), seen(town, order).status) == (300, "paid")


def test_a_nonce_that_was_cancelled_since_is_gone(town: Town, shop: Person, ping: Person) -> None:
    order = opened(town, shop)
    pay(town, order, ping)
    refuse(town, ping)
    given = digest(town.token, CANCEL_AUTHORIZATION, {"authorizer": ping.address, "nonce": order.hash})
    signature = sign(given, ping.key)
    data = artifact("Stablecoin").call(
        "cancelAuthorization", ping.address, bytes.fromhex(order.hash[2:]), signature[64], signature[:32],
        signature[32:64],
    )  # fmt: skip
    assert town.pipeline.chain.transact(secret("anybody"), town.token.verifying_contract, data)["status"] == "0x1"
    town.settle()
    assert name(pay(town, order, ping)) == "AuthorizationAlreadyUsed"


def test_what_is_not_an_orders_takes_another_nonce(town: Town, shop: Person, ping: Person) -> None:
    (hua,) = town.people("hua", fen=0)
    payment = town.payment(ping, hua.address, ASKED)
    town.transfer(payment)
    refuse(town, ping)
    assert [name(one) for one in town.transfer(payment)] == ["AuthorizationAlreadyUsed"]
    assert name(town.pay(ping, hua, ASKED)) == "Accepted"


def test_a_transfer_under_an_orders_nonce_is_no_try_of_the_order(town: Town, shop: Person, ping: Person) -> None:
    order = opened(town, shop)
    assert accepted(town, order, ping, purpose="transfer") == "Accepted"
    refuse(town, ping)
    assert name(pay(town, order, ping)) == "AuthorizationAlreadyUsed"


@pytest.mark.parametrize("carried", [False, True], ids=["while the second waits", "after the second paid"])
def test_a_reorganisation_that_takes_the_refusal_back_leaves_one_payment(
    town: Town, shop: Person, ping: Person, *, carried: bool
) -> None:
    order = opened(town, shop)
    chain = town.pipeline.chain
    before = chain.head()
    first = pay(town, order, ping)
    refuse(town, ping)
    assert name(pay(town, order, ping)) == "Accepted"
    if carried:
        town.settle()
    chain.reorg(chain.head() - before)  # nobody is frozen in the new blocks
    chain.mine()
    town.pipeline.indexer.step()
    assert (by_tills(town, ping), under_way(town, ping), seen(town, order).status) == (ASKED, 1, "submitted")
    assert name(pay(town, order, ping)) == "OrderAlreadyPaid"
    town.settle()
    assert (town.balance(ping), town.balance(shop), by_tills(town, ping)) == (300, ASKED, ASKED)
    assert (seen(town, order).status, town.status(first.id, ping).status, under_way(town, ping)) == (
        "paid", "confirmed", 0,
    )  # fmt: skip
    assert all(block and refusal is None for block, refusal in town.pipeline.calls().values())
    assert_equal_to_a_rebuild(town.pipeline)


def test_a_payment_is_refused_when_all_its_tries_are(town: Town, shop: Person, ping: Person) -> None:
    """A reorganisation sent the first try out again, and the second is refused before it."""
    order = opened(town, shop)
    first = pay(town, order, ping)
    refuse(town, ping)
    pay(town, order, ping)
    refuse(town, ping)
    with transaction(town.pipeline.sessions) as session:
        session.execute(text("DELETE FROM authorization_refusals WHERE number = 0"))
    assert (town.status(first.id, ping).status, by_tills(town, ping)) == ("submitted", ASKED)
    assert isinstance(pay(town, order, ping), Problem)
