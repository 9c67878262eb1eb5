"""The unified social credit code (统一社会信用代码, GB 32100-2015) of a business. Pure."""

import re
import unicodedata
from enum import StrEnum

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_FORM = re.compile(rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class Flaw(StrEnum):
    """Why a code is none."""

    FORMAT = "format"
    BODY_CHECK = "body_check"
    CHECK = "check"


def read_credit_code(text: str) -> str | Flaw:
    """Return a code in its normal form (half-width, upper case, no spaces), or why it is none.

    Its region says where it was given, not where a shop is.
    """
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if not _FORM.fullmatch(code):
        return Flaw.FORMAT
    if body_check(code[8:16]) != code[16]:
        return Flaw.BODY_CHECK
    return code if code_check(code[:17]) == code[17] else Flaw.CHECK


def body_check(body: str) -> str:
    """Return the check character of an organisation code's first eight (GB 11714)."""
    total = sum(weight * int(letter, 36) for weight, letter in zip(_BODY_WEIGHTS, body, strict=True))
    rest = 11 - total % 11
    return "X" if rest == 10 else str(rest % 11)


def code_check(first_17: str) -> str:
    """Return the check character of a code's first 17: weights 3^place modulo 31."""
    total = sum(pow(3, place, 31) * _ALPHABET.index(letter) for place, letter in enumerate(first_17))
    return _ALPHABET[-total % 31]
