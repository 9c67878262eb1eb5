"""Merchant-presented codes (EMVCo QR Code Specification, MPM v1.1): built, read, and why one is refused. Pure.

A code tells which merchant and which order to look up. Its name and its amount are printed for other wallets' screens
and are never believed: whoever reads it asks the database. Lengths count characters, the checksum counts UTF-8 bytes.
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pswallet.merchants.rules.flaws import Flaw, Refusal
from pswallet.merchants.rules.tlv import Field, Fields, read_text, write_text

FORMAT, INITIATION, MCC, CURRENCY, AMOUNT, COUNTRY, NAME, CITY = "00", "01", "52", "53", "54", "58", "59", "60"
POSTAL_CODE, ADDITIONAL, CHECKSUM, LOCAL, OURSELVES = "61", "62", "63", "64", "80"
BILL, STORE, TERMINAL = "01", "03", "07"
"""Parts of ADDITIONAL."""
GUID, MERCHANT, OUR_STORE = "00", "01", "02"
"""Parts of our own account."""
EXPIRY, SIGNATURE = "01", "02"
"""Parts of OURSELVES, a template that the specification leaves to everybody: the account has no room for them."""

OURS = "cn.pswallet"
NETWORKS = {OURS: "pswallet", "hk.com.hkicl": "fps"}
"""The networks that we can name, by the globally unique identifier of their account."""

CURRENCIES = {"156": "CNY", "344": "HKD", "446": "MOP"}
"""ISO 4217 numeric."""

LONGEST_NAME, LONGEST_CITY = 25, 15
"""Characters."""

_ACCOUNTS = [f"{tag:02d}" for tag in range(2, 52)]
_TEMPLATES = frozenset([*(f"{tag:02d}" for tag in (*range(26, 52), *range(80, 100))), ADDITIONAL, LOCAL])
_NEEDED = (MCC, CURRENCY, COUNTRY, NAME, CITY)
_FORMS = {
    FORMAT: r"01",
    INITIATION: r"1[12]",
    MCC: r"[0-9]{4}",
    CURRENCY: r"[0-9]{3}",
    AMOUNT: r"(?=.{1,13}$)-?[0-9]+(?:\.[0-9]+)?",
    "55": r"0[123]",
    COUNTRY: r"[A-Z]{2}",
    NAME: rf"[ -~]{{1,{LONGEST_NAME}}}",
    CITY: rf"[ -~]{{1,{LONGEST_CITY}}}",
    POSTAL_CODE: r"[ -~]{1,10}",
}


class Initiation(StrEnum):
    """Whether a code serves many payments or one."""

    STATIC = "static"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class MerchantCode:
    """A merchant-presented code: its fields in the order of its text, without the checksum."""

    fields: Fields

    @property
    def initiation(self) -> Initiation:
        """Static, unless the code says that it serves one payment."""
        return Initiation.DYNAMIC if self.text(INITIATION) == "12" else Initiation.STATIC

    @property
    def currency(self) -> str:
        """ISO 4217, alphabetic."""
        return CURRENCIES[self.text(CURRENCY)]

    @property
    def amount(self) -> int | None:
        """What the text asks for, in hundredths of the currency's unit; None if it leaves it open."""
        whole, _, cents = self.text(AMOUNT).partition(".")
        return int(whole) * 100 + int(cents.ljust(2, "0") or "0") if whole else None

    @property
    def guids(self) -> list[str]:
        """The identifiers of the accounts in templates."""
        return [self.text(field.tag, GUID) for field in self.fields if _is_account(field)]

    @property
    def network(self) -> str | None:
        """The network that the code is for, ours before any other; None if we know none of them."""
        known = [NETWORKS[guid] for guid in self.guids if guid in NETWORKS]
        return min(known, key=lambda name: name != NETWORKS[OURS], default=None)

    def own(self, part: str) -> str:
        """Return a part of our own account; "" if there is none."""
        mine = [field.tag for field in self.fields if _is_account(field) and self.text(field.tag, GUID) == OURS]
        return self.text(mine[0], part) if mine else ""

    def text(self, tag: str, part: str | None = None) -> str:
        """Return the text of a field, or of a part of its template; "" if it is not there."""
        value = next((field.value for field in self.fields if field.tag == tag), "")
        if part is not None:
            value = next((field.value for field in value if isinstance(field, Field) and field.tag == part), "")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Who shows a code. `name` and `city` in ASCII; `local` is name and city in Chinese, if any."""

    merchant: str
    store: str
    till: str
    mcc: str
    name: str
    city: str
    postal_code: str = ""
    local: tuple[str, str] | None = None


def static(shop: Shop) -> str:
    """Write the code of a sticker: it serves every payment and names no amount. Raises ValueError for what is none."""
    return write([*_head(shop, "11"), *_tail(shop, ((STORE, shop.store), (TERMINAL, shop.till)))])


def dynamic(shop: Shop, *, reference: str, amount: int, expiry: int | None = None) -> str:
    """Write the code of one order of `amount` [fen] that ends at `expiry` [Unix seconds].

    Raises ValueError for what is none.
    """
    price = Field(AMOUNT, f"{amount // 100}.{amount % 100:02d}")
    fields = [*_head(shop, "12"), price, *_tail(shop, ((BILL, reference), (TERMINAL, shop.till)))]
    if expiry is not None:
        fields.append(Field(OURSELVES, _parts([(GUID, OURS), (EXPIRY, str(expiry))])))
    return write(fields)


def signed(text: str, signature: str) -> str:
    """Write a dynamic code that ends with its signature."""
    return write([_with_part(field, SIGNATURE, signature) for field in read_code(text).fields])


def unsigned(code: MerchantCode) -> str:
    """Write a code without its signature: what the signature is over."""
    return write([_with_part(field, SIGNATURE, "") for field in code.fields])


def read_code(text: str) -> MerchantCode:
    """Read a code that we wrote. Raises ValueError for what is none."""
    found = read(text)
    if isinstance(found, Refusal):
        raise ValueError(f"no merchant code: {found.flaw} {found.at}".rstrip())
    return found


def write(fields: Sequence[Field]) -> str:
    """Write a code with its checksum. Raises ValueError for fields that `read` would refuse."""
    unchecked = write_text(fields) + f"{CHECKSUM}04"
    text = unchecked + checksum(unchecked)
    read_code(text)
    return text


def looks_alike(text: str) -> bool:
    """Return whether `text` begins as a merchant-presented code: by a tag and a length, and is no row of digits."""
    return re.match(r"[0-9]{4}.*[^0-9 -]", text) is not None


def read(text: str) -> MerchantCode | Refusal:
    """Read a code of whatever network, or say why it is none."""
    fields = read_text(text, _TEMPLATES)
    if isinstance(fields, Refusal):
        return fields
    framed = _frame(text, fields)
    if framed is not None:
        return framed
    flaw = next(_flaws(fields), None)
    return flaw or MerchantCode(fields[:-1])


def checksum(text: str) -> str:
    """Return the checksum of everything up to and with "6304" (CRC-16: 0x1021, from 0xFFFF, not reflected)."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def _head(shop: Shop, initiation: str) -> list[Field]:
    account = _parts([(GUID, OURS), (MERCHANT, shop.merchant), (OUR_STORE, shop.store)])
    given = [(FORMAT, "01"), (INITIATION, initiation), (MCC, shop.mcc), (CURRENCY, "156")]
    head = [Field(tag, text) for tag, text in given]
    return [*head[:2], Field("26", account), *head[2:]]


def _tail(shop: Shop, additional: Sequence[tuple[str, str]]) -> Iterator[Field]:
    yield from (Field(COUNTRY, "CN"), Field(NAME, shop.name), Field(CITY, shop.city))
    if shop.postal_code:
        yield Field(POSTAL_CODE, shop.postal_code)
    yield Field(ADDITIONAL, _parts(additional))
    if shop.local:
        name, city = shop.local
        yield Field(LOCAL, _parts([("00", "ZH"), ("01", name), ("02", city)]))


def _parts(given: Sequence[tuple[str, str]]) -> Fields:
    return tuple(Field(tag, text) for tag, text in given if text)


def _with_part(field: Field, tag: str, text: str) -> Field:
    if field.tag != OURSELVES or isinstance(field.value, str):
        return field
    others = tuple(part for part in field.value if part.tag != tag)
    return Field(field.tag, (*others, *_parts([(tag, text)])))


def _frame(text: str, fields: Fields) -> Refusal | None:
    if not fields or fields[0].tag != FORMAT:
        return Refusal(Flaw.FORMAT_NOT_FIRST)
    if fields[-1].tag != CHECKSUM:
        return Refusal(Flaw.CHECKSUM_NOT_LAST)
    return None if checksum(text[:-4]) == fields[-1].value else Refusal(Flaw.CHECKSUM)


def _flaws(fields: Fields) -> Iterator[Refusal]:
    tags = {field.tag for field in fields}
    for field in fields:
        form = _FORMS.get(field.tag)
        if form and isinstance(field.value, str) and not re.fullmatch(form, field.value):
            yield Refusal(Flaw.FIELD_INVALID, field.tag)
    if tags.isdisjoint(_ACCOUNTS):
        yield Refusal(Flaw.FIELD_MISSING, "02-51")
    yield from (Refusal(Flaw.FIELD_MISSING, tag) for tag in _NEEDED if tag not in tags)
    code = MerchantCode(fields)
    unnamed = (field.tag for field in fields if _is_account(field) and not code.text(field.tag, GUID))
    yield from (Refusal(Flaw.FIELD_MISSING, f"{tag}.{GUID}") for tag in unnamed)
    if code.text(CURRENCY) not in CURRENCIES:
        yield Refusal(Flaw.CURRENCY_UNKNOWN, CURRENCY)
    yield from _flaws_of_amount(code.text(AMOUNT))


def _flaws_of_amount(amount: str) -> Iterator[Refusal]:
    if amount and not amount.strip("-0."):
        yield Refusal(Flaw.AMOUNT_NOT_POSITIVE, AMOUNT)
    if amount.startswith("-"):
        yield Refusal(Flaw.AMOUNT_NOT_POSITIVE, AMOUNT)
    if len(amount.partition(".")[2]) > 2:
        yield Refusal(Flaw.AMOUNT_DECIMALS, AMOUNT)


def _is_account(field: Field) -> bool:
    return isinstance(field.value, tuple) and field.tag in _ACCOUNTS
