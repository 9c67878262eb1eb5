"""Payment codes: eighteen digits for a minute, and whose a scanned row of digits is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.kit.money import Fen
from pswallet.kyc.rules.cards import luhn_holds
from pswallet.merchants.rules import codelimits, paycodes
from pswallet.merchants.rules.codelimits import CodeKind, Level
from pswallet.merchants.rules.flaws import Flaw, Refusal
from pswallet.merchants.rules.paycodes import Moment

KEY, OTHER = b"\x01" * 32, b"\x02" * 32
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)
NOW = Moment(paycodes.step_at(NOON), 0)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**40), st.integers(0, paycodes.COUNTERS - 1))
def test_a_code_is_eighteen_digits_that_begin_with_49_and_check(key: bytes, step: int, counter: int) -> None:
    code = paycodes.code_at(key, Moment(step, counter))
    assert (len(code), code[:2], luhn_holds(code)) == (18, "49", True)
    assert paycodes.slot_in(code) == paycodes.slot_of(key)
    assert paycodes.read(f"{code[:6]} {code[6:12]}-{code[12:]}") == code


def test_a_device_of_another_key_minute_or_counter_shows_another_code() -> None:
    moments = [Moment(NOW.step + step, counter) for step in range(3) for counter in range(paycodes.COUNTERS)]
    codes = {paycodes.code_at(key, moment) for key in (KEY, OTHER) for moment in moments}
    assert len(codes) == 2 * len(moments)


def test_a_code_is_made_as_the_page_says() -> None:
    """A vector for whoever writes another wallet: 32 bytes of 01, noon of 22 November 2026 (UTC), the first code.

    Reckoned with another Luhn than ours.
    """
    assert (NOW.step, paycodes.code_at(KEY, NOW)) == (29_922_480, "497161413563918851")


@pytest.mark.parametrize("steps", [-1, 0, 1])
@pytest.mark.parametrize("counter", range(paycodes.COUNTERS))
def test_a_code_is_good_in_its_minute_and_those_beside_it(steps: int, counter: int) -> None:
    moment = Moment(NOW.step + steps, counter)
    assert paycodes.moment_of(paycodes.code_at(KEY, moment), KEY, now=NOON) == moment


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_two_minutes_away_is_good_no_more(steps: int) -> None:
    assert paycodes.moment_of(paycodes.code_at(KEY, Moment(NOW.step + steps, 0)), KEY, now=NOON) is None


def test_a_code_lives_from_the_minute_before_its_own_to_the_end_of_the_one_after() -> None:
    code, second = paycodes.code_at(KEY, NOW), timedelta(seconds=1)
    found = {at: paycodes.moment_of(code, KEY, now=NOON + at) for at in (-MINUTE, 2 * MINUTE - second)}
    assert set(found.values()) == {NOW}
    assert paycodes.moment_of(code, KEY, now=NOON - MINUTE - second) is None
    assert paycodes.moment_of(code, KEY, now=NOON + 2 * MINUTE) is None


def test_another_devices_code_and_one_beyond_the_counters_are_not_good() -> None:
    assert paycodes.moment_of(paycodes.code_at(OTHER, NOW), KEY, now=NOON) is None
    assert paycodes.moment_of(paycodes.code_at(KEY, Moment(NOW.step, paycodes.COUNTERS)), KEY, now=NOON) is None


def test_a_code_may_be_taken_once() -> None:
    assert paycodes.may_take(NOW, [])
    assert not paycodes.may_take(NOW, [Moment(NOW.step, 1), NOW])
    assert paycodes.may_take(Moment(NOW.step, 1), [NOW])


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10" + "0" * 16, "wechat-pay"),
        ("15" + "9" * 16, "wechat-pay"),
        ("25" + "0" * 14, "alipay"),
        ("28" + "0" * 16, "alipay"),
        ("30" + "9" * 22, "alipay"),
        ("62" + "0" * 17, "unionpay"),
        ("01" + "0" * 17, "e-cny"),
    ],
)
def test_another_networks_code_is_refused_by_its_name(text: str, network: str) -> None:
    assert paycodes.read(text) == Refusal(Flaw.OTHER_NETWORK, network)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "49",
        "16" + "0" * 16,
        "10" + "0" * 15,
        "10" + "0" * 17,
        "24" + "0" * 16,
        "31" + "0" * 16,
        "25" + "0" * 13,
        "30" + "0" * 23,
        "62" + "0" * 16,
        "49" + "0" * 17,
        "４９" + "0" * 16,
        "49000000000000000x",
    ],
)
def test_digits_of_nobody_are_no_code(text: str) -> None:
    assert paycodes.read(text) == Refusal(Flaw.UNREADABLE)


@pytest.mark.parametrize("place", range(2, 18))
def test_one_mistyped_digit_is_found_before_anybody_is_looked_up(place: int) -> None:
    code = paycodes.code_at(KEY, NOW)
    for digit in set("0123456789") - {code[place]}:
        assert paycodes.read(code[:place] + digit + code[place + 1 :]) == Refusal(Flaw.CHECK_DIGIT)


def test_networks_that_are_known_by_hearsay_say_so() -> None:
    assert {one.name for one in paycodes.NETWORKS if not one.sourced} == {"unionpay", "e-cny"}


# --- what may be paid by codes in a day ---------------------------------------------


@pytest.mark.parametrize(
    ("kind", "level", "limit"),
    [(CodeKind.STATIC, level, 50_000) for level in Level]
    + [(kind, Level.B, 500_000) for kind in (CodeKind.DYNAMIC, CodeKind.PAYMENT)]
    + [(kind, Level.C, 100_000) for kind in (CodeKind.DYNAMIC, CodeKind.PAYMENT)],
)
def test_a_code_has_its_limit_of_a_day(kind: CodeKind, level: Level, limit: int) -> None:
    assert codelimits.limit_of(kind, level) == limit
    assert codelimits.limit_of(kind, level, own=Fen(9_000_000)) == limit, "what one sets is for level A"


def test_level_a_has_what_the_person_set_and_until_then_the_limit_of_b() -> None:
    for kind in (CodeKind.DYNAMIC, CodeKind.PAYMENT):
        assert codelimits.limit_of(kind, Level.A) == 500_000
        assert codelimits.limit_of(kind, Level.A, own=Fen(9_000_000)) == 9_000_000
        assert codelimits.limit_of(kind, Level.A, own=Fen(1)) == 1


def test_a_limit_holds_to_the_fen() -> None:
    limit = codelimits.STATIC_PER_DAY
    assert not codelimits.exceeds(Fen(49_999), Fen(1), limit)
    assert codelimits.exceeds(Fen(50_000), Fen(1), limit)
