"""A till's journal: one number a sale, nothing undone twice, and a day that balances whatever answers were lost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.kit.money import Fen
from pswallet.merchants.rules import sales
from pswallet.merchants.rules.sales import Answer, DayEnd, Reason, Sale, State

TEA = Sale("20261122T010001", Fen(2_880))
PAID = Sale(TEA.reference, TEA.amount, State.PAID)
LOST = Sale(TEA.reference, TEA.amount, State.UNKNOWN)
VOIDED = Sale(TEA.reference, TEA.amount, State.VOIDED)


def test_a_number_is_the_day_the_till_and_four_digits() -> None:
    assert sales.reference_of(date(2026, 11, 22), "T01", 1) == "20261122T010001"
    assert sales.reference_of(date(2026, 11, 22), "T" * 13, 9_999) == "20261122TTTTTTTTTTTTT9999"
    for till, serial in (("T01", 0), ("T01", 10_000), ("T" * 14, 1)):
        with pytest.raises(ValueError, match="is no sale's number"):
            sales.reference_of(date(2026, 11, 22), till, serial)


@given(st.lists(st.tuples(st.text("T01", min_size=1, max_size=4), st.integers(1, 9_999)), unique=True, max_size=30))
def test_no_two_sales_of_a_shop_have_one_number(tills: list[tuple[str, int]]) -> None:
    day = date(2026, 11, 22)
    assert len({sales.reference_of(day, till, serial) for till, serial in tills}) == len(tills)


@pytest.mark.parametrize(
    ("sale", "answer", "after"),
    [
        (TEA, Answer.PAID, PAID),
        (TEA, Answer.REFUSED, TEA),
        (TEA, Answer.LOST, LOST),
        (LOST, Answer.PAID, PAID),
        (LOST, Answer.REFUSED, TEA),
        (LOST, Answer.LOST, LOST),
        (PAID, Answer.PAID, Reason.NOT_OPEN),
        (VOIDED, Answer.PAID, Reason.NOT_OPEN),
    ],
)
def test_money_is_asked_for_until_there_is_an_answer(sale: Sale, answer: Answer, after: Sale | Reason) -> None:
    assert sales.asked(sale, answer) == after


def test_a_sale_is_undone_once_and_not_while_nobody_knows_whether_it_was_paid() -> None:
    assert sales.voided(TEA) == VOIDED
    assert sales.voided(PAID) == Sale(TEA.reference, TEA.amount, State.VOIDED, TEA.amount)
    assert sales.voided(LOST) is Reason.UNKNOWN_OUTCOME
    assert sales.voided(VOIDED) is Reason.NOT_OPEN
    assert sales.voided(Sale(TEA.reference, TEA.amount, State.PAID, Fen(1))) is Reason.PARTLY_REFUNDED


def test_refunds_stay_within_what_was_paid_to_the_fen() -> None:
    part = sales.refunded(PAID, Fen(2_000))
    assert part == Sale(TEA.reference, TEA.amount, State.PAID, Fen(2_000))
    assert isinstance(part, Sale)
    assert sales.refunded(part, Fen(881)) is Reason.ABOVE_PAID
    rest = sales.refunded(part, Fen(880))
    assert isinstance(rest, Sale)
    assert (rest.kept, sales.refunded(rest, Fen(1))) == (0, Reason.ABOVE_PAID)
    assert sales.refunded(TEA, Fen(1)) is Reason.NOT_PAID
    assert sales.refunded(VOIDED, Fen(1)) is Reason.NOT_PAID
    assert sales.refunded(LOST, Fen(1)) is Reason.UNKNOWN_OUTCOME
    for nothing in (0, -1):
        with pytest.raises(ValueError, match="a refund of"):
            sales.refunded(PAID, Fen(nothing))


def test_a_day_ends_with_what_was_sold_less_what_went_back() -> None:
    partly = Sale("2", Fen(1_000), State.PAID, Fen(300))
    undone = Sale("3", Fen(500), State.VOIDED, Fen(500))
    lost = Sale("4", Fen(9_999), State.UNKNOWN)
    found = sales.day_end([PAID, partly, undone, lost, Sale("5", Fen(7)), Sale("6", Fen(8), State.VOIDED)])
    assert found == DayEnd(3, Fen(4_380), Fen(800), Fen(3_580), ("4",))


def test_a_settlement_that_counts_otherwise_is_told_by_its_numbers() -> None:
    day = [PAID, Sale("2", Fen(100), State.PAID), Sale("3", Fen(50))]
    settled = {TEA.reference: Fen(2_880), "2": Fen(99), "4": Fen(7)}
    assert sales.differences(day, settled) == {"2": (100, 99), "4": (0, 7)}
    assert sales.differences(day, {TEA.reference: Fen(2_880), "2": Fen(100), "3": Fen(0)}) == {}


class Gateway:
    """Moves money once a number, whatever is asked how often; its answers may be lost on the way."""

    def __init__(self) -> None:
        self.settled: dict[str, Fen] = {}
        self.debits = 0

    def ask(self, sale: Sale, *, willing: bool, lost: bool) -> Answer:
        if sale.reference not in self.settled and willing:
            self.settled[sale.reference] = sale.amount
            self.debits += 1
        if lost:
            return Answer.LOST
        return Answer.PAID if sale.reference in self.settled else Answer.REFUSED

    def give_back(self, sale: Sale, amount: int) -> None:
        self.settled[sale.reference] = Fen(self.settled[sale.reference] - amount)


_acts = st.tuples(st.sampled_from(["ask", "void", "refund"]), st.booleans(), st.booleans(), st.integers(1, 3_000))
_baskets = st.lists(st.tuples(st.integers(1, 3_000), st.lists(_acts, max_size=8)), max_size=6)


@given(_baskets)
def test_the_day_balances_whatever_answers_were_lost(
    baskets: list[tuple[int, list[tuple[str, bool, bool, int]]]],
) -> None:
    gateway, day = Gateway(), []
    for serial, (amount, acts) in enumerate(baskets, 1):
        sale = Sale(sales.reference_of(date(2026, 11, 22), "T01", serial), Fen(amount))
        for act, willing, lost, part in acts:
            sale = _done(gateway, sale, act, willing=willing, lost=lost, part=part)
        while sale.state is State.UNKNOWN:
            sale = _done(gateway, sale, "ask", willing=False, lost=False, part=1)
        day.append(sale)
    ended = sales.day_end(day)
    assert (ended.unknown, ended.kept) == ((), sum(gateway.settled.values()))
    assert sales.differences(day, gateway.settled) == {}
    assert gateway.debits == ended.sales, "one debit a sale"


def _done(gateway: Gateway, sale: Sale, act: str, *, willing: bool, lost: bool, part: int) -> Sale:
    after: Sale | Reason
    if act == "ask":
        if sale.state not in (State.OPEN, State.UNKNOWN):
            return sale
        after = sales.asked(sale, gateway.ask(sale, willing=willing, lost=lost))
    else:
        after = sales.voided(sale) if act == "void" else sales.refunded(sale, Fen(part))
        if isinstance(after, Sale) and after.refunded > sale.refunded:
            gateway.give_back(sale, after.refunded - sale.refunded)
    return sale if isinstance(after, Reason) else after
