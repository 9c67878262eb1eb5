"""The invented people and shops: keys, phones, papers and credit codes, each the same for a seed. All synthetic."""

from pswallet.chain.hashing import keccak
from pswallet.client import Key
from pswallet.demo.people import resident_id
from pswallet.merchants.rules import MerchantKind
from pswallet.merchants.rules.credit_code import body_check, code_check
from pswallet.merchants.service import Application

CATEGORIES = ("5411", "5499", "5812", "5814", "5462", "5912", "5651", "5732", "5942", "5311")
"""Of the shops, in turn."""
_REGION = "440303"
"""Luohu."""
_FIRST_PHONE = {"person": 0, "shop": 5_000_000, "office": 6_000_000}
"""The end of each role's first phone: nobody has another's."""


def key_of(seed: int, role: str, number: int) -> Key:
    """Return the key of a person, shop or other `role`."""
    return Key.of(keccak(f"pswallet replay, synthetic key: {seed} {role} {number}".encode()))


def phone_of(role: str, number: int) -> str:
    """Return a phone that nobody else of the replay has (E.164)."""
    return f"+86138{_FIRST_PHONE[role] + number:08d}"


def id_number_of(number: int) -> str:
    """Return the resident number of a shop's owner (GB 11643-1999)."""
    day, serial = divmod(number, 999)
    return resident_id(f"{_REGION}{1960 + day // 28}01{1 + day % 28:02d}{serial + 1:03d}")


def credit_code_of(number: int) -> str:
    """Return the unified social credit code of a shop (GB 32100-2015), a sole trader's."""
    body = f"MA{number:06d}"
    first_17 = f"92{_REGION}{body}{body_check(body)}"
    return first_17 + code_check(first_17)


def category_of(number: int) -> str:
    """Return the category of a shop (ISO 18245)."""
    return CATEGORIES[number % len(CATEGORIES)]


def business_of(number: int) -> Application:
    """Return what a shop says of itself."""
    return Application(
        credit_code=credit_code_of(number),
        name=f"罗湖第{number + 1}号店",
        kind=MerchantKind.OFFLINE_POS,
        mcc=category_of(number),
        city="深圳",
        place=f"罗湖区人民南路{number + 1}号",
    )
