"""What stands in an erasure's way, what the law keeps, how long."""

from datetime import UTC, datetime

import pytest

from pswallet.kit.money import Fen
from pswallet.privacy import rules
from pswallet.privacy.rules import Affairs

NOTHING = {
    "frozen": False,
    "balance": Fen(0),
    "pending_payments": 0,
    "packets": [],
    "bank_entries": [],
    "campaigns": [],
}


def test_with_no_affairs_left_nothing_stands_in_the_way() -> None:
    assert rules.obstacles(Affairs(**NOTHING)) == []


@pytest.mark.parametrize(
    ("affair", "reason"),
    [
        ({"frozen": True}, "frozen"),
        ({"balance": Fen(1)}, "balance"),
        ({"pending_payments": 1}, "pending_payments"),
        ({"packets": ["0x01"]}, "open_packets"),
        ({"bank_entries": ["b1"]}, "bank_entries"),
        ({"campaigns": ["0x02"]}, "open_campaigns"),
    ],
)
def test_each_affair_is_named(affair: dict, reason: str) -> None:
    assert rules.obstacles(Affairs(**NOTHING | affair)) == [reason]


def test_every_affair_is_named_at_once() -> None:
    affairs = Affairs(
        frozen=True, balance=Fen(5), pending_payments=2, packets=["0x01"], bank_entries=["b1"], campaigns=["0x02"]
    )
    reasons = ["frozen", "balance", "pending_payments", "open_packets", "bank_entries", "open_campaigns"]
    assert rules.obstacles(affairs) == reasons


@pytest.mark.parametrize(
    ("checked", "traded", "kept"), [(False, False, False), (True, False, True), (False, True, True), (True, True, True)]
)
def test_the_law_keeps_customers_records_alone(checked: bool, traded: bool, kept: bool) -> None:
    assert rules.law_keeps(identity_checked=checked, has_traded=traded) is kept


@pytest.mark.parametrize(
    ("left", "until"),
    [
        (datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2036, 11, 25, 12, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2038, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_record_is_kept_ten_years(left: datetime, until: datetime) -> None:
    assert rules.retained_until(left) == until
