"""Twelve invented people of Pingshan. Names, numbers and phones are synthetic; no such identities were issued."""

from dataclasses import dataclass

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def resident_id(first_17: str) -> str:
    """Complete a resident number with its check character (GB 11643-1999)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return first_17 + _CHECKS[total % 11]


@dataclass(frozen=True)
class Identity:
    """What a person tells at registration. All synthetic."""

    name: str
    phone: str
    id_number: str
    bank_card: str


def _card(place: int) -> str:
    """Make a 19-digit card number with a right Luhn digit."""
    body = f"621700000000000{place:03d}"
    total = 0
    for at, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{body}{-total % 10}"


_NAMES = (
    "曾小萍",
    "黄志强",
    "廖美兰",
    "赖建国",
    "邱玉梅",
    "钟伟明",
    "叶秋香",
    "罗文辉",
    "戴月娥",
    "彭国栋",
    "骆春燕",
    "温树林",
)


def identities() -> list[Identity]:
    """Return the twelve people, always the same."""
    people = []
    for place, name in enumerate(_NAMES):
        first_17 = f"440310{1970 + place * 3}0{1 + place % 9}1{place % 10}{place + 1:03d}"
        people.append(Identity(name, f"+861380013{8000 + place:04d}", resident_id(first_17), _card(place)))
    return people


DISTRICT = Identity("the district", "+8613800138900", "", "")
"""Who pays for vouchers. An office: it shows no card and no face, an operator makes it a sponsor. Invented, too."""
