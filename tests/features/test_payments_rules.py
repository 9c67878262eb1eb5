"""Payments' rules: limits previewed as the token counts them, validity times, splits."""

import pytest

from pswallet.kit.money import Fen
from pswallet.payments import rules
from pswallet.payments.rules import Limits, Purse

T1 = Limits(
    max_balance=1_000_000,
    per_payment=200_000,
    per_day=500_000,
    per_year=5_000_000,
    one_factor_per_day=500_000,
    lifetime=False,
)
RICH = Purse(balance=10_000_000)
NOW = 1_800_000_000


def refusal(purse: Purse, value: int, limits: Limits = T1) -> str | None:
    found = rules.debit_excess(purse, limits, value)
    return found.error if found else None


def validity(valid_after: int, valid_before: int) -> str | None:
    return rules.validity_violation(valid_after=valid_after, valid_before=valid_before, chain_time=NOW)


def test_one_payment_reaches_its_limit_and_not_a_fen_more() -> None:
    assert refusal(RICH, 200_000) is None
    assert refusal(RICH, 200_001) == "PaymentLimitExceeded"


def test_a_day_reaches_its_limit_and_not_a_fen_more() -> None:
    spent = Purse(balance=10_000_000, sent_today=400_000, sent_this_year=400_000)
    assert refusal(spent, 100_000) is None
    assert refusal(spent, 100_001) == "DailyLimitExceeded"


def test_a_year_reaches_its_limit_and_not_a_fen_more() -> None:
    spent = Purse(balance=10_000_000, sent_this_year=4_900_000)
    assert refusal(spent, 100_000) is None
    assert refusal(spent, 100_001) == "YearlyLimitExceeded"


def test_one_factor_reaches_its_limit_and_not_a_fen_more() -> None:
    careful = Limits(1_000_000, 200_000, 500_000, 5_000_000, 100_000, lifetime=False)
    assert refusal(RICH, 100_000, careful) is None
    assert refusal(RICH, 100_001, careful) == "StepUpRequired"


def test_the_last_fen_can_be_sent_and_no_more() -> None:
    assert refusal(Purse(balance=5), 5) is None
    assert refusal(Purse(balance=5), 6) == "BalanceInsufficient"


def test_accepted_payments_count_for_the_next_one() -> None:
    purse = Purse(balance=10_000_000)
    purse.pay(200_000)
    purse.pay(200_000)
    assert refusal(purse, 100_000) is None
    assert refusal(purse, 100_001) == "DailyLimitExceeded"
    assert purse.balance == 9_600_000


def test_a_balance_reaches_its_cap_with_what_is_on_its_way_and_not_a_fen_more() -> None:
    purse = Purse(balance=900_000)
    purse.expect(50_000)
    assert rules.credit_excess(purse, T1, 50_000) is None
    found = rules.credit_excess(purse, T1, 50_001)
    assert found is not None
    assert (found.error, found.attempted, found.limit) == ("BalanceLimitExceeded", 1_000_001, 1_000_000)


def test_an_authorization_is_good_from_after_until_before() -> None:
    assert validity(NOW - 1, NOW + 1) is None
    assert validity(NOW, NOW + 600) == "AuthorizationNotYetValid"
    assert validity(0, NOW) == "AuthorizationExpired"


def test_an_authorization_is_good_for_24_hours_and_a_minute_at_most() -> None:
    assert validity(0, NOW + 86_460) is None
    assert validity(0, NOW + 86_461) == "ValidityOutOfRange"


def test_times_that_open_zeppelin_reads_as_block_numbers_are_refused() -> None:
    assert validity(1 << 47, NOW + 600) == "ValidityOutOfRange"
    assert validity(0, (1 << 47) | (NOW + 600)) == "ValidityOutOfRange"


def test_times_outside_48_bits_are_refused() -> None:
    assert validity(-1, NOW + 600) == "ValidityOutOfRange"
    assert validity(0, 2**48) == "ValidityOutOfRange"


def test_ten_yuan_among_three_are_3_34_and_twice_3_33() -> None:
    assert rules.shares_asked(Fen(1_000), 3, split=True) == [334, 333, 333]


def test_a_request_asks_one_payer_and_a_split_two_to_a_hundred() -> None:
    assert rules.shares_asked(Fen(1_000), 1, split=False) == [1_000]
    assert len(rules.shares_asked(Fen(1_000), 2, split=True)) == 2
    assert len(rules.shares_asked(Fen(1_000), 100, split=True)) == 100
    for payers, split in ((2, False), (0, False), (1, True), (101, True)):
        with pytest.raises(ValueError, match="payers"):
            rules.shares_asked(Fen(1_000), payers, split=split)


def test_a_split_leaves_nobody_without_a_fen() -> None:
    assert rules.shares_asked(Fen(3), 3, split=True) == [1, 1, 1]
    with pytest.raises(ValueError, match="cannot cut"):
        rules.shares_asked(Fen(2), 3, split=True)
