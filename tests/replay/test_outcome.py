"""What was counted is held against the totals to the last fen."""

from dataclasses import replace

import pytest

from pswallet.replay.facts import LUOHU, SURE
from pswallet.replay.outcome import Outcome

DAYS = [("2020-10-12", 2, 876_399_900, 1_000), ("2020-10-13", 1, 100, 0)]
EXACT = Outcome(
    counted={name: getattr(LUOHU, name) for name in SURE},
    left_behind={"checkout": 0, "voucher": 0},
    district_fen=LUOHU.returned_fen,
    days=DAYS,
    shops=[876_401_000],
)


def test_the_published_totals_leave_nothing_to_say() -> None:
    assert EXACT.differences(LUOHU) == []


@pytest.mark.parametrize("name", SURE)
def test_a_total_that_is_off_by_one_is_named(name: str) -> None:
    (difference,) = replace(EXACT, counted=EXACT.counted | {name: EXACT.counted[name] + 1}).differences(LUOHU)
    assert difference.startswith(f"{name}: ")


def test_a_fen_that_stays_in_a_contract_is_named() -> None:
    left = replace(EXACT, left_behind={"checkout": 0, "voucher": 1})
    assert left.differences(LUOHU) == ["voucher still holds 1 fen"]


def test_a_fen_that_the_district_did_not_get_back_is_named() -> None:
    (difference,) = replace(EXACT, district_fen=EXACT.district_fen - 1).differences(LUOHU)
    assert difference == "the district holds 123,599,999 fen instead of 123,600,000"


def test_the_leverage_is_all_that_was_paid_for_each_yuan_of_red_packet_money() -> None:
    assert EXACT.leverage == pytest.approx(876_401_000 / 876_400_000)
