"""Identity documents: formats, check digits and dates. Pure: a Document, or the reason why there is none.

Sources: GB 11643-1999 (resident numbers), ICAO Doc 9303 (machine-readable passports), the card rules of
Hong Kong and Macau.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pswallet.kyc.rules import age_on

OLDEST_YEARS = 150
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71]
)
_PERMIT_REGIONS = frozenset({"810000", "820000", "830000"})


class IdKind(StrEnum):
    """Which document proves the identity."""

    RESIDENT_ID = "resident-id"
    RESIDENCE_PERMIT = "residence-permit"
    MAINLAND_TRAVEL_PERMIT = "mainland-travel-permit"
    TAIWAN_TRAVEL_PERMIT = "taiwan-travel-permit"
    HKID = "hkid"
    MACAU_BIR = "macau-bir"
    CHINESE_PASSPORT = "chinese-passport"
    FOREIGN_PASSPORT = "foreign-passport"
    FOREIGN_RESIDENT_CARD = "foreign-resident-card"


class Flaw(StrEnum):
    """Why a number is none of its kind."""

    FORMAT = "format"
    REGION = "region"
    BIRTH_DATE = "birth_date"
    CHECK_DIGIT = "check_digit"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Document:
    """A well-formed document. `birth_date` is None where the number carries none."""

    kind: IdKind
    number: str
    birth_date: date | None


def read_document(kind: IdKind, number: str, *, today: date) -> Document | Flaw:
    """Read `number` as a document of `kind`, in its canonical form (upper case, no spaces or brackets)."""
    plain = re.sub(r"[\s()\-]", "", unicodedata.normalize("NFKC", number)).upper()
    return _READERS[kind](plain, today)


def read_machine_line(line: str, *, today: date) -> Document | Flaw:
    """Read the second line of a passport's machine-readable zone (44 characters) with all five check digits.

    A birth year of two digits means the last such year that is not in the future.
    """
    plain = line.strip().upper()
    if not re.fullmatch(r"[A-Z0-9<]{9}[0-9][A-Z<]{3}[0-9]{7}[MFX<][0-9]{7}[A-Z0-9<]{14}[0-9<][0-9]", plain):
        return Flaw.FORMAT
    whole = plain[0:10] + plain[13:20] + plain[21:43]
    fields = ((plain[0:9], plain[9]), (plain[13:19], plain[19]), (plain[21:27], plain[27]))
    personal_holds = plain[42] in (machine_check(plain[28:42]), "<" if plain[28:42].strip("<") == "" else "")
    if not personal_holds or machine_check(whole) != plain[43]:
        return Flaw.CHECK_DIGIT
    if any(machine_check(field) != check for field, check in fields):
        return Flaw.CHECK_DIGIT
    expiry = _date("20" + plain[21:27])
    if expiry is None or expiry < today:
        return Flaw.EXPIRED
    birth = _short_date(plain[13:19], today)
    if birth is None:
        return Flaw.BIRTH_DATE
    kind = IdKind.CHINESE_PASSPORT if plain[10:13] == "CHN" else IdKind.FOREIGN_PASSPORT
    return Document(kind, plain[0:9].rstrip("<"), birth)


def machine_check(field: str) -> str:
    """Return the check digit of a machine-readable field (ICAO 9303: weights 7, 3, 1, modulo 10)."""
    values = (0 if letter == "<" else int(letter, 36) for letter in field)
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def resident_check(first_17: str) -> str:
    """Return the check character of a resident number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, first_17, strict=True))
    return _RESIDENT_CHECKS[total % 11]


def hkid_check(letters: str, digits: str) -> str:
    """Return the check character of a Hong Kong identity card: one or two letters, six digits."""
    values = [36 if letter == " " else int(letter, 36) for letter in letters.rjust(2)] + [int(d) for d in digits]
    rest = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "0" if rest == 0 else "A" if rest == 1 else str(11 - rest)


def _eighteen(kind: IdKind, number: str, region_holds: bool, today: date) -> Document | Flaw:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return Flaw.FORMAT
    if not region_holds:
        return Flaw.REGION
    if resident_check(number[:17]) != number[17]:
        return Flaw.CHECK_DIGIT
    birth = _date(number[6:14])
    if birth is None or not 0 <= age_on(birth, today) <= OLDEST_YEARS:
        return Flaw.BIRTH_DATE
    return Document(kind, number, birth)


def _resident(number: str, today: date) -> Document | Flaw:
    return _eighteen(IdKind.RESIDENT_ID, number, _starts(number, 2, _PROVINCES), today)


def _permit(number: str, today: date) -> Document | Flaw:
    return _eighteen(IdKind.RESIDENCE_PERMIT, number, number[:6] in _PERMIT_REGIONS, today)


def _foreign_resident(number: str, today: date) -> Document | Flaw:
    # 9, two digits of the province, three of the country (ISO 3166 numeric), then as a resident number.
    holds = number[:1] == "9" and _starts(number[1:], 2, _PROVINCES) and number[3:6] != "000"
    return _eighteen(IdKind.FOREIGN_RESIDENT_CARD, number, holds, today)


def _hkid(number: str, today: date) -> Document | Flaw:
    found = re.fullmatch(r"([A-Z]{1,2})([0-9]{6})([0-9A])", number)
    if found is None:
        return Flaw.FORMAT
    letters, digits, check = found.groups()
    return Document(IdKind.HKID, number, None) if hkid_check(letters, digits) == check else Flaw.CHECK_DIGIT


def _pattern(kind: IdKind, pattern: str) -> Callable[[str, date], Document | Flaw]:
    form = re.compile(pattern)

    def read(number: str, today: date) -> Document | Flaw:
        return Document(kind, number, None) if form.fullmatch(number) else Flaw.FORMAT

    return read


_READERS: dict[IdKind, Callable[[str, date], Document | Flaw]] = {
    IdKind.RESIDENT_ID: _resident,
    IdKind.RESIDENCE_PERMIT: _permit,
    IdKind.FOREIGN_RESIDENT_CARD: _foreign_resident,
    IdKind.HKID: _hkid,
    IdKind.MAINLAND_TRAVEL_PERMIT: _pattern(IdKind.MAINLAND_TRAVEL_PERMIT, r"[HM][0-9]{8}(?:[0-9]{2})?"),
    IdKind.TAIWAN_TRAVEL_PERMIT: _pattern(IdKind.TAIWAN_TRAVEL_PERMIT, r"[0-9]{8}"),
    IdKind.MACAU_BIR: _pattern(IdKind.MACAU_BIR, r"[157][0-9]{7}"),
    IdKind.CHINESE_PASSPORT: _pattern(IdKind.CHINESE_PASSPORT, r"E[0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|G[0-9]{8}"),
    IdKind.FOREIGN_PASSPORT: _pattern(IdKind.FOREIGN_PASSPORT, r"[A-Z0-9]{5,9}"),
}


def _starts(number: str, digits: int, allowed: frozenset[int]) -> bool:
    return number[:digits].isdigit() and int(number[:digits]) in allowed


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _short_date(digits: str, today: date) -> date | None:
    for century in ("20", "19"):
        found = _date(century + digits)
        if found is not None and found <= today:
            return found
    return None
