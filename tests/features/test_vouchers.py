"""A campaign from its opening to its end: opened, listed, claimed, spent, refunded, closed; rows equal to the chain."""

import pytest

from tests.features.fair import Fair
from tests.features.money import Town, name
from tests.parts import DAY_S
from tests.rebuilds import assert_equal_to_a_rebuild


@pytest.fixture
def fair(town: Town) -> Fair:
    return Fair(town)


def test_a_campaigns_whole_life(fair: Fair, town: Town) -> None:
    an, bo, cai = town.people("an", "bo", "cai", fen=5_000)
    terms = fair.opened()
    assert fair.view(terms).status == "open"
    fair.give(terms, (an, 2), (bo, 1), (cai, 1))
    assert [fair.holding(terms, one) for one in (an, bo, cai)] == [(4_000, 2), (2_000, 1), (2_000, 1)]
    assert fair.state(terms) == (12_000, 8_000)

    first = fair.order(terms, an, 3_500, own=500)
    fair.pay(terms, first, an)
    assert fair.view(terms).spent_fen == 3_500
    assert town.balance(fair.tea_house) == 4_000
    fair.refund(terms, first, 1_500)  # the payer's own 500 first, then 1,000 of the voucher
    assert fair.holding(terms, an) == (1_500, 2)
    assert fair.vouchers(an)[0].left_fen == 1_500

    town.pass_time(DAY_S)
    fair.refund(terms, first, 1_000, number=1)
    view = fair.view(terms)
    assert (view.issued_fen, view.spent_fen, view.restored_fen, view.returned_fen) == (8_000, 3_500, 1_000, 1_000)
    fair.close(terms)
    town.settle()
    assert fair.view(terms).status == "closed"
    assert fair.state(terms) == (0, 0)
    assert town.balance(fair.sponsor) == 1_000_000 - 1_500  # what the tea house kept
    assert_equal_to_a_rebuild(town.pipeline)


def test_a_claim_is_a_claim(fair: Fair, town: Town) -> None:
    (an,) = town.people("an", fen=0)
    terms = fair.opened()
    assert name(fair.claim(terms, an)[0]) == "NotAWinner"
