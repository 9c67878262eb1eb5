"""A sale that a customer pays with vouchers: the till's node sees it, and each fen goes back to whose it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pswallet.client import Refused
from pswallet.kit.money import Fen
from pswallet.till.closing import close
from pswallet.till.counter import Counter
from pswallet.till.tickets import Ticket
from tests.api import selling
from tests.api.gateway import Member
from tests.api.merchants import appoint
from tests.api.money import balance, client_of
from tests.parts import Chain, Pipeline
from tests.till.shop import Shop, Wire, looked_at


@pytest.fixture
def campaign(people: list[Member], stranger: Any, pipeline: Pipeline) -> str:
    """Vouchers of ¥20 for An, good at the shop; issued before the till is at work."""
    city = selling.sponsor(stranger, pipeline, "city")
    return selling.campaign(city, pipeline, people[1])


@pytest.fixture
def shop(people: list[Member], chain: Chain, tmp_path: Path, campaign: str, at_work: None) -> Iterator[Shop]:
    shop = Shop(people[0], chain, tmp_path / "till", Wire(), node_url=chain.rpc.url)
    yield shop
    for counter in shop.counters:
        counter.put_out()


def pay(customer: Member, ticket: Ticket, campaign: str, fen: int) -> None:
    client = client_of(customer)
    order: Any = ticket.order
    client.pay_funded(client.api.show_order(order["id"]), [selling.voucher_part(customer, campaign, fen)])


def left(holder: Member) -> int:
    found: int = holder.get("/vouchers").json()["items"][0]["left_fen"]
    return found


def is_paid(ticket: Ticket) -> bool:
    return ticket.paid is not None


def test_a_sale_paid_with_a_voucher_is_seen_on_the_node_with_the_gateway_stopped(
    counter: Counter, shop: Shop, an: Member, campaign: str
) -> None:
    ticket, other = counter.ring_up(Fen(2_880)), counter.ring_up(Fen(2_880))
    pay(an, ticket, campaign, 2_000)
    shop.wire.cut = True
    looked_at(counter, ticket, is_paid)
    assert (ticket.paid.payer, ticket.paid.by_node, ticket.paid.funded is None) == (an.address, True, False)
    assert counter.node.check(ticket.paid.short).payer == an.address
    counter.look(other)
    assert other.paid is None


def test_a_refund_gives_own_money_back_first_then_the_voucher_and_the_day_balances(
    counter: Counter, shop: Shop, an: Member, campaign: str
) -> None:
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket, campaign, 2_000)
    looked_at(counter, ticket, is_paid)
    for amount, own, voucher in ((880, 100_000, 0), (1_000, 100_000, 1_000)):
        counter.refund(ticket, Fen(amount))
        looked_at(counter, ticket, lambda one: one.refunds[-1].status == "confirmed")
        assert (balance(an), left(an)) == (own, voucher)
    closing = close(counter)
    assert closing.balances
    assert (closing.day.sold, closing.day.refunded, closing.day.kept) == (2_880, 1_880, 1_000)


def test_a_refund_whose_answer_is_lost_goes_back_once(counter: Counter, shop: Shop, an: Member, campaign: str) -> None:
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket, campaign, 2_000)
    looked_at(counter, ticket, is_paid)
    counter.line.client.permit()
    looked_at(counter, ticket, lambda _: counter.api.show_permit()["allowed"])
    shop.wire.lose_answers = 1
    counter.refund(ticket, Fen(500))
    looked_at(counter, ticket, lambda one: one.refunds[-1].status == "confirmed")
    assert balance(an) == 100_000 - 380


def test_a_cashier_with_a_cap_gives_back_by_a_key_of_its_own_and_no_more_than_its_cap(
    counter: Counter, shop: Shop, an: Member, bo: Member, campaign: str
) -> None:
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket, campaign, 2_000)
    looked_at(counter, ticket, is_paid)
    counter.put_out()
    appoint(shop.owner, bo, "cashier")
    till = shop.counter(who=bo, employer=shop.employer)
    ticket = till.book.tickets[ticket.reference]
    assert shop.owner.post("/cashiers", selling.cashier_body(shop.owner, bo, 900, number=0)).status_code == 202
    looked_at(till, ticket, lambda _: shop.owner.get("/cashiers").json()["items"])
    with pytest.raises(Refused, match="allowance-insufficient"):  # whose money it is lets the checkout fetch it
        till.refund(ticket, Fen(880))
    client_of(shop.owner).permit()
    looked_at(till, ticket, lambda _: shop.owner.get("/permits").json()["allowed"])
    till.refund(ticket, Fen(880))
    looked_at(till, ticket, lambda one: one.refunds[-1].status == "confirmed")
    assert (balance(an), left(an)) == (100_000, 0)
    with pytest.raises(Refused, match="cashier-limit-exceeded"):
        till.refund(ticket, Fen(21))
    assert bo.get("/permits").json()["number"] == 0, "its own money it lets nobody fetch"
