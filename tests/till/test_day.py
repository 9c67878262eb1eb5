"""A till's day: rung up, paid, given back, closed; whatever answer is lost, one sale is one order and one debit."""

import pytest

from pswallet.client import Refused
from pswallet.kit.money import Fen
from pswallet.merchants.rules.sales import Reason, State
from pswallet.till.closing import close
from pswallet.till.counter import NO_SHIFT, NO_TILL, SHIFT_OPEN, Counter, NotNow
from pswallet.till.line import News
from tests.api.gateway import Member
from tests.api.money import balance
from tests.till.shop import Shop, looked_at, pay, pay_by_code


def orders(shop: Shop) -> int:
    """How many orders the gateway has."""
    with shop.owner.sessions() as session:
        return int(session.connection().exec_driver_sql("SELECT count(*) FROM orders").scalar_one())


def is_paid(ticket) -> bool:
    return ticket.paid is not None


def test_a_customer_scans_the_tills_code_and_pays_what_the_gateway_says_it_is(counter: Counter, an: Member) -> None:
    ticket = counter.ring_up(Fen(2_880))
    assert ticket.waits
    order = pay_by_code(an, counter.code_of(ticket) or "")
    assert (order["reference"], order["amount_fen"], order["till"]) == (ticket.reference, 2_880, "T01")
    looked_at(counter, ticket, is_paid)
    assert (ticket.paid.payer, ticket.paid.by_node) == (an.address, False)
    assert (ticket.sale.state, ticket.sale.kept) == (State.PAID, 2_880)


def test_sales_have_the_days_till_and_a_number_that_is_never_used_again(counter: Counter, shop: Shop) -> None:
    first, second = counter.ring_up(Fen(100)), counter.ring_up(Fen(100))
    assert (first.reference[8:], second.reference[8:]) == ("T010001", "T010002")
    counter.void(first)
    assert counter.ring_up(Fen(100)).reference[8:] == "T010003"


def test_a_till_that_lost_its_journal_goes_on_after_the_last_number_that_the_gateway_knows(
    counter: Counter, shop: Shop
) -> None:
    old = counter.ring_up(Fen(100))
    counter.put_out()
    (shop.folder / "journal.jsonl").unlink()
    anew = shop.counter()
    anew.open("T01")
    new = anew.ring_up(Fen(100))
    assert (old.reference[-4:], new.reference[-4:]) == ("0001", "0002")
    assert new.order["id"] != old.order["id"]


def test_a_lost_answer_is_asked_for_again_under_the_same_number_and_is_one_order(
    counter: Counter, shop: Shop, an: Member
) -> None:
    shop.wire.lose_answers = 2
    ticket = counter.ring_up(Fen(2_880))
    assert shop.wire.sent.count(shop.orders) == 3
    assert orders(shop) == 1
    assert shop.news == [News.GATEWAY_AWAY, News.GATEWAY_BACK]
    pay(an, ticket)
    looked_at(counter, ticket, is_paid)
    assert balance(an) == 100_000 - 2_880


def test_a_paid_sale_is_given_back_in_parts_and_never_more_than_came(counter: Counter, an: Member) -> None:
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket)
    looked_at(counter, ticket, is_paid)
    counter.refund(ticket, Fen(880))
    with pytest.raises(NotNow, match=Reason.ABOVE_PAID):
        counter.refund(ticket, Fen(2_001))
    counter.refund(ticket, Fen(2_000))
    looked_at(counter, ticket, lambda one: all(refund.status == "confirmed" for refund in one.refunds))
    assert (ticket.sale.kept, balance(an)) == (0, 100_000)


def test_a_refund_whose_answer_is_lost_goes_back_once(counter: Counter, shop: Shop, an: Member) -> None:
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket)
    looked_at(counter, ticket, is_paid)
    shop.wire.lose_answers = 1
    counter.refund(ticket, Fen(880))
    looked_at(counter, ticket, lambda one: one.refunds[0].status == "confirmed")
    assert balance(an) == 100_000 - 2_000


def test_an_unpaid_sale_is_voided_and_nobody_can_pay_it(counter: Counter, an: Member) -> None:
    ticket = counter.ring_up(Fen(100))
    counter.void(ticket)
    with pytest.raises(Refused) as refused:
        pay(an, ticket)
    assert (refused.value.code, ticket.sale.state) == ("order-voided", State.VOIDED)
    with pytest.raises(NotNow, match=Reason.NOT_OPEN):
        counter.void(ticket)
    with pytest.raises(NotNow, match=Reason.NOT_OPEN):
        counter.take(ticket, "497161413563918851")


def test_a_paid_sale_is_voided_by_giving_all_of_it_back_unless_a_part_went_already(
    counter: Counter, an: Member
) -> None:
    whole, part = counter.ring_up(Fen(100)), counter.ring_up(Fen(200))
    for ticket in (whole, part):
        pay(an, ticket)
        looked_at(counter, ticket, is_paid)
    counter.void(whole)
    assert whole.sale.kept == 0
    counter.refund(part, Fen(1))
    with pytest.raises(NotNow, match=Reason.PARTLY_REFUNDED):
        counter.void(part)


def test_a_sale_that_nobody_paid_is_not_given_back(counter: Counter) -> None:
    ticket = counter.ring_up(Fen(100))
    with pytest.raises(NotNow, match=Reason.UNKNOWN_OUTCOME):
        counter.refund(ticket, Fen(1))
    with pytest.raises(NotNow, match=Reason.NOT_PAID):
        counter.give_back_second(ticket)


def test_a_day_ends_with_nothing_open_and_balances(counter: Counter, an: Member, bo: Member) -> None:
    first, second, left = (counter.ring_up(Fen(amount)) for amount in (2_880, 1_200, 500))
    pay(an, first)
    pay(bo, second)
    looked_at(counter, first, is_paid)
    counter.refund(first, Fen(880))
    closing = close(counter)
    assert closing.balances
    assert (closing.day.sales, closing.day.sold, closing.day.refunded, closing.day.kept) == (2, 4_080, 880, 3_200)
    told = closing.settlement
    assert (told["sales_fen"], told["refunds_fen"], told["net_fen"]) == (4_080, 880, 3_200)
    assert left.sale.state is State.VOIDED
    assert not counter.book.is_open


def test_what_came_beside_the_till_shows_as_a_difference(counter: Counter, shop: Shop, an: Member) -> None:
    """Somebody gave money back for the till's order without the till."""
    ticket = counter.ring_up(Fen(2_880))
    pay(an, ticket)
    looked_at(counter, ticket, is_paid)
    owner = counter.line.client
    owner.give_back(owner.api.show_order(ticket.order["id"]), an.address, 80)
    closing = close(counter)
    assert closing.differs == {ticket.reference: (2_880, 2_800)}
    assert not closing.balances


def test_nothing_is_rung_up_without_a_shift_and_a_shift_is_opened_once(counter: Counter) -> None:
    with pytest.raises(NotNow, match=SHIFT_OPEN):
        counter.open("T01")
    close(counter)
    for act in (lambda: counter.ring_up(Fen(1)), lambda: close(counter)):
        with pytest.raises(NotNow, match=NO_SHIFT):
            act()


def test_a_till_that_the_shop_has_not_set_up_opens_no_shift(shop: Shop) -> None:
    counter = shop.counter()
    with pytest.raises(NotNow, match=NO_TILL):
        counter.open("T02")
