"""What a scanned or typed text says, and the codes that a till shows.

An order's code is signed by the gateway, not by the till (docs/decisions/0011): the order lies here, and whoever scans
it is told merchant and price from the database. The text is believed in neither; it only says what to look up.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from pswallet.kit import clock
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.vault import Vault
from pswallet.merchants import errors
from pswallet.merchants.rules import cpm, emv, paycodes
from pswallet.merchants.rules.emv import Initiation, MerchantCode, Shop
from pswallet.merchants.rules.flaws import Flaw, Refusal

Read = TypeVar("Read")

ORDER_CODE_LIFETIME = timedelta(seconds=120)
LONGEST = 512
"""Characters of a scanned text: more than any code of ours has."""

_FLAWS: dict[Flaw, type[Problem]] = {
    Flaw.UNREADABLE: errors.CodeUnreadable,
    Flaw.LENGTH: errors.CodeLengthWrong,
    Flaw.TAG_REPEATED: errors.CodeTagRepeated,
    Flaw.FORMAT_NOT_FIRST: errors.CodeFormatNotFirst,
    Flaw.CHECKSUM_NOT_LAST: errors.CodeChecksumNotLast,
    Flaw.CHECKSUM: errors.CodeChecksumWrong,
    Flaw.FIELD_MISSING: errors.CodeFieldMissing,
    Flaw.FIELD_INVALID: errors.CodeFieldInvalid,
    Flaw.CURRENCY_UNKNOWN: errors.CodeCurrencyUnknown,
    Flaw.AMOUNT_DECIMALS: errors.CodeAmountTooPrecise,
    Flaw.AMOUNT_NOT_POSITIVE: errors.CodeAmountNotPositive,
    Flaw.ISSUER_UNKNOWN: errors.CodeIssuerUnknown,
    Flaw.CHECK_DIGIT: errors.PaymentCodeMistyped,
    Flaw.OTHER_NETWORK: errors.PaymentCodeForeign,
}
REFUSALS = (*_FLAWS.values(), errors.CodeSignatureInvalid, errors.OrderCodeExpired)
"""All that a scanned text may be refused with."""

DIGITS_REFUSALS = (
    errors.CodeUnreadable,
    errors.CodeLengthWrong,
    errors.CodeTagRepeated,
    errors.CodeFormatNotFirst,
    errors.CodeFieldMissing,
    errors.CodeFieldInvalid,
    errors.CodeIssuerUnknown,
    errors.PaymentCodeMistyped,
    errors.PaymentCodeForeign,
)
"""All that what should be a payment code may be refused with."""


class ScanKind(StrEnum):
    """Who shows the code."""

    MERCHANT = "merchant-code"
    CUSTOMER = "payment-code"


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What a text says: whose code, and what to look up. No name, no price, no payer: those are asked for."""

    kind: ScanKind
    network: str
    initiation: Initiation | None = None
    merchant: str | None = None
    store: str | None = None
    till: str | None = None
    reference: str | None = None
    expires_at: datetime | None = None


def read_scan(vault: Vault, text: str, *, now: datetime) -> Scan:
    """Say what a scanned or typed `text` is; another network's by its name.

    Raises a Problem for each of `rules.flaws`; CodeSignatureInvalid, OrderCodeExpired for an order's code of ours.
    """
    plain = text.strip()
    if not emv.looks_alike(plain):
        return _scan_of_digits(plain)
    code = _or_refuse(emv.read(plain))
    if code.network is None:
        raise errors.CodeIssuerUnknown(at="02-51")
    if code.network != emv.NETWORKS[emv.OURS]:
        return Scan(kind=ScanKind.MERCHANT, network=code.network, initiation=code.initiation)
    return _scan_of_ours(vault, code, now=now)


def digits_of(text: str) -> str:
    """Return the payment code of ours in a scanned or typed `text`: eighteen digits, or a customer's QR code.

    Raises CodeUnreadable, PaymentCodeMistyped, PaymentCodeForeign, CodeIssuerUnknown, and what a customer's code may be
    refused with.
    """
    plain = text.strip()
    if re.fullmatch(r"[0-9 -]*", plain):
        return _or_refuse(paycodes.read(plain))
    return _or_refuse(paycodes.read(_or_refuse(cpm.payment_code(_or_refuse(cpm.read(plain))))))


def problem_of(refusal: Refusal) -> Problem:
    """Return the Problem of a flaw, with its place."""
    place = "network" if refusal.flaw is Flaw.OTHER_NETWORK else "at"
    return _FLAWS[refusal.flaw](**({place: refusal.at} if refusal.at else {}))


def sticker(shop: Shop) -> str:
    """Write the static code of a till: for a sticker, good for every payment. Raises ValueError for what is none."""
    return emv.static(shop)


def order_code(vault: Vault, shop: Shop, *, reference: str, amount: Fen, now: datetime) -> str:
    """Write the signed code of one order, good for two minutes. Raises ValueError for what is none."""
    expiry = clock.to_unix(now + ORDER_CODE_LIFETIME)
    text = emv.dynamic(shop, reference=reference, amount=amount, expiry=expiry)
    return emv.signed(text, _signature(vault, text))


def _scan_of_digits(text: str) -> Scan:
    try:
        digits_of(text)
    except errors.PaymentCodeForeign as foreign:
        return Scan(kind=ScanKind.CUSTOMER, network=foreign.details["network"])
    return Scan(kind=ScanKind.CUSTOMER, network=paycodes.NETWORKS[0].name)


def _scan_of_ours(vault: Vault, code: MerchantCode, *, now: datetime) -> Scan:
    merchant = code.own(emv.MERCHANT)
    if not merchant:
        raise errors.CodeFieldMissing(at=f"26.{emv.MERCHANT}")
    # Only a signed code names an order: else whoever wrote "static" into one could name any.
    of_order = code.initiation is Initiation.DYNAMIC
    expires_at = _expiry(vault, code, now=now) if of_order else None
    return Scan(
        kind=ScanKind.MERCHANT,
        network=emv.NETWORKS[emv.OURS],
        initiation=code.initiation,
        merchant=merchant,
        store=code.own(emv.OUR_STORE) or None,
        till=code.text(emv.ADDITIONAL, emv.TERMINAL) or None,
        reference=code.text(emv.ADDITIONAL, emv.BILL) if of_order else None,
        expires_at=expires_at,
    )


def _expiry(vault: Vault, code: MerchantCode, *, now: datetime) -> datetime:
    """Return until when an order's code is good. Raises CodeSignatureInvalid, OrderCodeExpired."""
    given = code.text(emv.OURSELVES, emv.SIGNATURE)
    if not hmac.compare_digest(given.encode(), _signature(vault, emv.unsigned(code)).encode()):
        raise errors.CodeSignatureInvalid()
    expires_at = clock.from_unix(int(code.text(emv.OURSELVES, emv.EXPIRY)))
    if now >= expires_at:
        raise errors.OrderCodeExpired(expired_at=expires_at.isoformat())
    return expires_at


def _signature(vault: Vault, unsigned: str) -> str:
    """Return 128 bits of a keyed hash: a guess is found out by asking us, 2^128 times."""
    return vault.index("order-code", unsigned)[:32]


def _or_refuse(found: Read | Refusal) -> Read:
    """Return what was read. Raises the Problem of a flaw."""
    if isinstance(found, Refusal):
        raise problem_of(found)
    return found
