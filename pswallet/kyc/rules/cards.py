"""Bank card numbers. Pure. No CVV is ever asked for or kept."""

import re
import unicodedata


def read_card(text: str) -> str | None:
    """Return a card number of 13 to 19 digits whose Luhn digit holds, without its spaces; None for anything else."""
    number = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text))
    return number if re.fullmatch(r"[0-9]{13,19}", number) and luhn_holds(number) else None


def luhn_holds(number: str) -> bool:
    """Return whether the last digit of `number` is its Luhn digit (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
