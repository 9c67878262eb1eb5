"""Customer-presented codes (EMVCo QR Code Specification, CPM): BER-TLV in base64. Pure.

Ours carries the payment code of the same minute, so that a scanner and eighteen typed digits say the same.
"""

import base64
import binascii
from collections.abc import Sequence

from pswallet.merchants.rules.flaws import Flaw, Refusal
from pswallet.merchants.rules.tlv import Element, Elements, read_ber, write_ber

PAYLOAD, APPLICATION, AID, LABEL, COMMON, LANGUAGES, TRANSPARENT = "85", "61", "4F", "50", "62", "5F2D", "64"
VERSION = b"CPV01"
OUR_AID = b"\xf0PSWALLET"
"""Of the proprietary class, which nobody registers."""
_OUR_DIGITS = "C1"
"""Private tag in TRANSPARENT: the payment code."""


def customer_code(digits: str) -> str:
    """Write our code for the payment code `digits`."""
    application = Element(APPLICATION, (Element(AID, OUR_AID), Element(LABEL, b"PSWALLET")))
    transparent = Element(TRANSPARENT, (Element(_OUR_DIGITS, digits.encode()),))
    common = Element(COMMON, (Element(LANGUAGES, b"zhen"), transparent))
    return write([Element(PAYLOAD, VERSION), application, common])


def write(elements: Sequence[Element]) -> str:
    """Write elements as a code."""
    return base64.b64encode(write_ber(elements)).decode()


def read(text: str) -> Elements | Refusal:
    """Read a code of whatever application, or say why it is none."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return Refusal(Flaw.UNREADABLE)
    elements = read_ber(content)
    if isinstance(elements, Refusal):
        return elements
    if not elements or elements[0].tag != PAYLOAD:
        return Refusal(Flaw.FORMAT_NOT_FIRST)
    if elements[0].value != VERSION:
        return Refusal(Flaw.FIELD_INVALID, PAYLOAD)
    return elements if _bytes(elements, APPLICATION, AID) else Refusal(Flaw.FIELD_MISSING, f"{APPLICATION}.{AID}")


def payment_code(elements: Elements) -> str | Refusal:
    """Return the payment code in a code of ours, or say why there is none."""
    if _bytes(elements, APPLICATION, AID) != OUR_AID:
        return Refusal(Flaw.ISSUER_UNKNOWN, f"{APPLICATION}.{AID}")
    digits = _bytes(elements, COMMON, TRANSPARENT, _OUR_DIGITS)
    return digits.decode() if digits.isdigit() else Refusal(Flaw.FIELD_MISSING, f"{COMMON}.{TRANSPARENT}.{_OUR_DIGITS}")


def _bytes(elements: Elements, *path: str) -> bytes:
    """Return the bytes at a path of tags; empty if nothing is there."""
    found = next((one.value for one in elements if one.tag == path[0]), b"")
    if isinstance(found, tuple):
        return _bytes(found, *path[1:]) if path[1:] else b""
    return b"" if path[1:] else found
