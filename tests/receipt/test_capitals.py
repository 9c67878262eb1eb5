"""Amounts in capital figures are those of the rules, and say the same amount to whoever reads them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.kit.money import MAX_FEN
from pswallet.receipt.capitals import capitals


@pytest.mark.parametrize(
    ("fen", "written"),
    [
        (140_950, "壹仟肆佰零玖元伍角"),
        (600_714, "陆仟零柒元壹角肆分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (10_000, "壹佰元整"),
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角"),
        (11, "壹角壹分"),
        (100, "壹元整"),
        (1_000, "壹拾元整"),
        (1_500, "壹拾伍元整"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),
        (10_000_100, "壹拾万零壹元整"),
        (100_000_000_00, "壹亿元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (110_000_000_00, "壹亿壹仟万元整"),
        (101_000_000_00, "壹亿零壹佰万元整"),
        (1_000_000_010_000_00, "壹万亿零壹万元整"),
        (MAX_FEN, "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"),
    ],
)
def test_an_amount_is_written_as_the_rules_say(fen: int, written: str):
    assert capitals(fen) == written


@pytest.mark.parametrize("fen", [-1, MAX_FEN + 1])
def test_what_is_no_amount_is_not_written(fen: int):
    with pytest.raises(ValueError, match="capitals"):
        capitals(fen)


DIGITS = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1_000}


def number(text: str) -> int:
    """Read a whole number, as somebody reads it aloud."""
    for name, size in (("亿", 10**8), ("万", 10**4)):
        if name in text:
            high, _, low = text.rpartition(name)
            return number(high) * size + number(low)
    return sum(
        DIGITS[digit] * PLACES.get(place, 1) for digit, place in re.findall("([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)", text)
    )


def fen_of(text: str) -> int:
    """Read an amount."""
    found = re.fullmatch(r"(?:(.+)元)?(?:整|零?(?:(.)角)?(?:(.)分)?)", text)
    assert found, text
    yuan, tenths, hundredths = found.groups()
    return number(yuan or "") * 100 + DIGITS.get(tenths, 0) * 10 + DIGITS.get(hundredths, 0)


@given(st.one_of(st.integers(0, MAX_FEN), st.integers(0, 10_000_000), st.integers(0, 62).map(lambda power: 2**power)))
def test_who_reads_the_capitals_reads_the_amount(fen: int):
    written = capitals(fen)
    assert fen_of(written) == fen
    assert "零零" not in written


@given(
    st.lists(st.sampled_from([0, 0, 1, 9]), min_size=1, max_size=18).map(lambda digits: int("".join(map(str, digits))))
)
def test_gaps_of_any_length_are_read_again(fen: int):
    assert fen_of(capitals(fen)) == fen
