"""What a person pays by codes in a day is bounded: ¥500 by stickers, by tills' codes what a signature may (level A)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from pswallet.kit.clock import SHANGHAI
from pswallet.kit.db import transaction
from pswallet.kit.money import Fen
from pswallet.merchants.errors import CodeLimitExceeded
from pswallet.merchants.rules.codelimits import CodeKind
from pswallet.payments import service
from pswallet.payments.service import AskForPayment, paid_by_codes
from tests.features.money import Town, name
from tests.features.test_payments_at_once import take_in
from tests.locks import until_they_wait
from tests.parts import Person

PLENTY = 2_000_000
STICKER, TILL = 50_000, 500_000
"""A person's limits of a day."""


@pytest.fixture
def shop(town: Town) -> Person:
    return town.people("shop", tier=5, fen=PLENTY)[0]


@pytest.fixture
def ping(town: Town, shop: Person) -> Person:
    return town.people("ping", fen=PLENTY)[0]


def paid(town: Town, payer: Person, kind: CodeKind) -> int:
    found = town.run(lambda session: paid_by_codes(session, [payer.address], now=town.now))
    return found.get((payer.address, kind), 0)


def pay_order(town: Town, payer: Person, shop: Person, amount: int) -> str:
    """Open an order and ask to pay it; the name of what came of it."""
    town.serial += 1
    asked = service.OpenOrder(
        merchant=shop.address,
        till="T01",
        reference=f"C{town.serial}",
        amount_fen=Fen(amount),
        expires_in=timedelta(hours=1),
    )
    order = town.run(lambda session: service.open_order(session, asked, domain=town.token, now=town.now))
    end = int(order.expires_at.timestamp())
    signed = town.payment(payer, shop.address, amount, nonce=order.hash, valid_before=end)
    command = service.PayOrder(order_id=order.id, payer=payer.address, valid_before=end, signature=signed.signature)
    return name(town.run(lambda session: service.pay_orders(session, [command], domain=town.token, now=town.now))[0])


def test_a_sticker_takes_500_yuan_of_one_customer_in_a_day_and_no_fen_more(
    town: Town, ping: Person, shop: Person
) -> None:
    (other,) = town.people("other shop", tier=5, fen=0)
    assert name(town.pay(ping, shop, 30_000)) == "Accepted"
    refused = town.pay(ping, other, 20_001)
    assert isinstance(refused, CodeLimitExceeded), "whatever shop it is"
    assert refused.details == {
        "kind": "static", "level": "A", "limit_fen": STICKER, "spent_fen": 30_000, "attempted_fen": 20_001
    }  # fmt: skip
    assert name(town.pay(ping, other, 20_000)) == "Accepted"
    town.settle()
    assert (paid(town, ping, CodeKind.STATIC), name(town.pay(ping, shop, 1))) == (STICKER, "CodeLimitExceeded")
    assert pay_order(town, ping, shop, 1) == "Accepted", "a till's code has a limit of its own"


def test_orders_take_5000_yuan_of_one_customer_in_a_day_and_no_fen_more(town: Town, ping: Person, shop: Person) -> None:
    assert pay_order(town, ping, shop, TILL - 1_000) == "Accepted"
    assert pay_order(town, ping, shop, 1_001) == "CodeLimitExceeded"
    assert pay_order(town, ping, shop, 1_000) == "Accepted"
    town.settle()
    assert (paid(town, ping, CodeKind.DYNAMIC), pay_order(town, ping, shop, 1)) == (TILL, "CodeLimitExceeded")
    assert name(town.pay(ping, shop, 1)) == "Accepted", "a sticker has a limit of its own"


def test_a_list_is_counted_in_order(town: Town, ping: Person, shop: Person) -> None:
    given = [town.payment(ping, shop.address, value) for value in (30_000, 30_000, 20_000)]
    assert [name(one) for one in town.transfer(*given)] == ["Accepted", "CodeLimitExceeded", "Accepted"]


def test_a_day_is_one_of_shanghai(town: Town, ping: Person, shop: Person) -> None:
    tomorrow = town.now.astimezone(SHANGHAI).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=SHANGHAI)
    for moment, outcomes in (
        (midnight - timedelta(seconds=1), ["Accepted", "CodeLimitExceeded"]),
        (midnight, ["Accepted", "CodeLimitExceeded"]),
    ):
        town.pipeline.chain.rpc.call("evm_setNextBlockTimestamp", [int(moment.timestamp())])
        town.pipeline.chain.mine()
        town.settle()
        assert town.now == moment
        assert [name(town.pay(ping, shop, value)) for value in (STICKER, 1)] == outcomes


def test_what_the_chain_refused_counts_no_more(town: Town, ping: Person, shop: Person) -> None:
    town.pay(ping, shop, STICKER)
    # The freeze reaches the chain first: the gateway could not know.
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [ping.address])
    town.settle()
    town.unfreeze(ping)
    assert paid(town, ping, CodeKind.STATIC) == 0
    assert name(town.pay(ping, shop, STICKER)) == "Accepted"


def test_friends_requests_and_merchants_are_no_codes(town: Town, ping: Person, shop: Person) -> None:
    (hua,) = town.people("hua", fen=0)
    (supplier,) = town.people("supplier", tier=5, fen=0)
    assert name(town.pay(ping, hua, TILL + 1)) == "Accepted"
    assert name(town.pay(shop, supplier, STICKER + 1)) == "Accepted"
    ask = AskForPayment(
        creator=shop.address, kind="request", total_fen=Fen(STICKER + 1), payers=[ping.address], note=""
    )
    request = town.run(lambda session: service.create_request(session, ask, now=town.now))
    share = town.payment(ping, shop.address, STICKER + 1)
    town.run(lambda session: service.pay_share(session, request.id, share, domain=town.token, now=town.now))
    assert (paid(town, ping, CodeKind.STATIC), paid(town, ping, CodeKind.DYNAMIC)) == (0, 0)


def test_two_processes_count_each_others_payments(town: Town, ping: Person, shop: Person) -> None:
    first, second = (town.payment(ping, shop.address, 30_000) for _ in range(2))
    with ThreadPoolExecutor(1) as process, transaction(town.pipeline.sessions) as here:
        assert take_in(town, here, [first]) == ["Accepted"]
        other = process.submit(lambda: town.run(lambda session: take_in(town, session, [second])))
        until_they_wait(town.pipeline.sessions, other)
        here.commit()
        assert other.result() == ["CodeLimitExceeded"]
