"""Documents, names and cards. Every number is synthetic."""

from datetime import date

import pytest

from pswallet.kyc import rules
from pswallet.kyc.rules.cards import read_card
from pswallet.kyc.rules.documents import (
    Document,
    Flaw,
    IdKind,
    hkid_check,
    machine_check,
    read_document,
    read_machine_line,
    resident_check,
)
from pswallet.kyc.rules.names import normal_name

TODAY = date(2026, 11, 22)
SPECIMEN = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
"""The specimen of ICAO Doc 9303."""


def read(kind: IdKind, number: str) -> Document | Flaw:
    return read_document(kind, number, today=TODAY)


@pytest.mark.parametrize(
    ("number", "birth_date"),
    [
        ("440310199003070015", date(1990, 3, 7)),
        ("440310199003070023", date(1990, 3, 7)),
        ("44031019881101018X", date(1988, 11, 1)),
        ("440307195501011230", date(1955, 1, 1)),
        ("440307194909303312", date(1949, 9, 30)),
        ("440310201506010049", date(2015, 6, 1)),
        ("440310200812310088", date(2008, 12, 31)),
    ],
)
def test_resident_numbers_tell_the_birth_date(number: str, birth_date: date) -> None:
    assert read(IdKind.RESIDENT_ID, number) == Document(IdKind.RESIDENT_ID, number, birth_date)


@pytest.mark.parametrize(
    ("number", "flaw"),
    [
        ("440310199003070016", Flaw.CHECK_DIGIT),
        ("440310199002300018", Flaw.BIRTH_DATE),  # 30 February
        ("440310203012310016", Flaw.BIRTH_DATE),  # not born yet
        ("44031019900307001", Flaw.FORMAT),
        ("4403101990030700155", Flaw.FORMAT),
        ("810000199003070015", Flaw.REGION),  # a residence permit
        ("990310199003070015", Flaw.REGION),
        ("", Flaw.FORMAT),
    ],
)
def test_resident_numbers_with_a_flaw_are_none(number: str, flaw: Flaw) -> None:
    assert read(IdKind.RESIDENT_ID, number) is flaw


def test_resident_numbers_take_a_small_x_and_spaces() -> None:
    found = read(IdKind.RESIDENT_ID, " 440310 19881101 018x ")
    assert isinstance(found, Document)
    assert found.number == "44031019881101018X"


def test_every_changed_digit_breaks_the_check() -> None:
    number = "440310199003070015"
    for place in range(17):
        for digit in set("0123456789") - {number[place]}:
            assert resident_check(number[:place] + digit + number[place + 1 : 17]) != number[17]


def born(day: date) -> str:
    first_17 = f"440310{day:%Y%m%d}001"
    return first_17 + resident_check(first_17)


def test_a_person_may_be_born_today_but_not_tomorrow() -> None:
    assert isinstance(read(IdKind.RESIDENT_ID, born(TODAY)), Document)
    assert read(IdKind.RESIDENT_ID, born(date(2026, 11, 23))) is Flaw.BIRTH_DATE


def test_a_person_may_be_150_years_old_but_not_151() -> None:
    assert isinstance(read(IdKind.RESIDENT_ID, born(date(1875, 11, 23))), Document)
    assert read(IdKind.RESIDENT_ID, born(date(1875, 11, 22))) is Flaw.BIRTH_DATE


@pytest.mark.parametrize("number", ["810000199003070015", "820000198808080023", "830000199202140032"])
def test_residence_permits_of_hong_kong_macau_and_taiwan(number: str) -> None:
    assert isinstance(read(IdKind.RESIDENCE_PERMIT, number), Document)


def test_a_resident_number_is_no_residence_permit() -> None:
    assert read(IdKind.RESIDENCE_PERMIT, "440310199003070015") is Flaw.REGION


@pytest.mark.parametrize(
    ("number", "canonical"),
    [("A123456(3)", "A1234563"), ("c668668(9)", "C6686689"), ("AB987654(3)", "AB9876543"), ("Z683365(A)", "Z683365A")],
)
def test_hong_kong_cards_hold_their_check_character(number: str, canonical: str) -> None:
    assert read(IdKind.HKID, number) == Document(IdKind.HKID, canonical, None)


def test_hong_kong_cards_with_another_check_character_are_none() -> None:
    assert hkid_check("A", "123456") == "3"
    assert read(IdKind.HKID, "A123456(4)") is Flaw.CHECK_DIGIT
    assert read(IdKind.HKID, "A12345(3)") is Flaw.FORMAT


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (IdKind.MAINLAND_TRAVEL_PERMIT, "H12345678", "X12345678"),
        (IdKind.MAINLAND_TRAVEL_PERMIT, "M1234567801", "M123456780"),
        (IdKind.TAIWAN_TRAVEL_PERMIT, "01234567", "0123456"),
        (IdKind.MACAU_BIR, "1234567(8)", "2234567(8)"),
        (IdKind.CHINESE_PASSPORT, "E12345678", "F12345678"),
        (IdKind.CHINESE_PASSPORT, "EA1234567", "EI1234567"),
        (IdKind.CHINESE_PASSPORT, "G12345678", "G1234567"),
        (IdKind.FOREIGN_PASSPORT, "L898902C3", "L898902C31"),
    ],
)
def test_documents_without_a_check_digit_hold_their_format(kind: IdKind, good: str, bad: str) -> None:
    assert isinstance(read(kind, good), Document)
    assert read(kind, bad) is Flaw.FORMAT


def test_foreign_permanent_resident_cards_tell_the_birth_date() -> None:
    found = read(IdKind.FOREIGN_RESIDENT_CARD, "944840199003070012")
    assert found == Document(IdKind.FOREIGN_RESIDENT_CARD, "944840199003070012", date(1990, 3, 7))
    assert read(IdKind.FOREIGN_RESIDENT_CARD, "944840199003070013") is Flaw.CHECK_DIGIT
    assert read(IdKind.FOREIGN_RESIDENT_CARD, "844840199003070012") is Flaw.REGION


def test_the_machine_readable_line_tells_number_and_birth_date() -> None:
    assert machine_check("L898902C3") == "6"
    found = read_machine_line(SPECIMEN, today=date(2012, 4, 15))
    assert found == Document(IdKind.FOREIGN_PASSPORT, "L898902C3", date(1974, 8, 12))


def test_a_passport_expires_on_the_day_after_its_last() -> None:
    assert read_machine_line(SPECIMEN, today=date(2012, 4, 16)) is Flaw.EXPIRED


@pytest.mark.parametrize("place", [0, 9, 13, 19, 21, 27, 28, 42, 43])
def test_one_changed_character_breaks_the_machine_readable_line(place: int) -> None:
    changed = "8" if SPECIMEN[place] != "8" else "7"
    line = SPECIMEN[:place] + changed + SPECIMEN[place + 1 :]
    assert read_machine_line(line, today=date(2012, 4, 15)) is Flaw.CHECK_DIGIT


def test_anything_else_is_no_machine_readable_line() -> None:
    assert read_machine_line(SPECIMEN[:-1], today=TODAY) is Flaw.FORMAT


@pytest.mark.parametrize(
    "number",
    ["6200000000000005", "6205500000000000004", "6222020000000000000", "6217000000000000004", "6225880000000001"],
)
def test_cards_hold_their_luhn_digit(number: str) -> None:
    assert read_card(number) == number
    assert read_card(f"{number[:4]} {number[4:]}") == number
    wrong = str((int(number[-1]) + 1) % 10)
    assert read_card(number[:-1] + wrong) is None


def test_cards_have_13_to_19_digits() -> None:
    assert read_card("4222222222222") == "4222222222222"
    assert read_card("422222222222") is None
    assert read_card("62000000000000000004") is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("曾小萍", "曾小萍"),
        (" 曾小萍 ", "曾小萍"),
        ("买买提•阿不都", "买买提·阿不都"),
        ("买买提・阿不都", "买买提·阿不都"),
        ("买买提．阿不都", "买买提·阿不都"),
        ("𠮷田", "𠮷田"),
        ("john  smith", "JOHN SMITH"),
        ("O'Neil-Brown", "O'NEIL-BROWN"),
    ],
)
def test_names_have_one_normal_form(typed: str, name: str) -> None:
    assert normal_name(typed) == name


@pytest.mark.parametrize(
    "typed", ["曾", "·曾小", "曾·", "曾··小", "曾小萍1", "曾 小萍", "", "J", "李" * 21, "<b>x</b>"]
)
def test_other_texts_are_no_names(typed: str) -> None:
    assert normal_name(typed) is None


def test_a_name_has_at_most_20_characters() -> None:
    assert normal_name("李" * 20) == "李" * 20


def test_a_birthday_makes_one_older() -> None:
    assert rules.age_on(date(2012, 11, 22), TODAY) == 14
    assert rules.age_on(date(2012, 11, 23), TODAY) == 13
    assert rules.age_on(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert rules.age_on(date(2012, 2, 29), date(2026, 3, 1)) == 14


def test_a_card_or_a_face_alone_gives_the_basic_tier() -> None:
    assert rules.tier_for(card_matched=True, face_matched=False) == rules.BASIC
    assert rules.tier_for(card_matched=False, face_matched=True) == rules.BASIC
    assert rules.tier_for(card_matched=True, face_matched=True) == rules.STANDARD
