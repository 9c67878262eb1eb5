"""A merchant's plain order as it is signed and hashed, its texts as the chain holds them, and its refunds' numbers.

No contract knows it: the payer's ERC-3009 authorization whose nonce is the order's hash is payment and receipt at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pswallet.chain.signing import ORDER, ORDER_REFUND, TRANSFER_WITH_AUTHORIZATION, Domain, digest

LONGEST_TEXT = 32
"""Of a till's or a reference's text [characters]."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the merchant asks for.

    `till` and `reference` are the merchant's own numbers (printable ASCII, 1 to 32 characters), `amount` is fen,
    `expiry` Unix seconds: paid is what a block before it says.
    """

    merchant: str
    till: str
    reference: str
    amount: int
    expiry: int

    def message(self) -> dict[str, Any]:
        """Return the EIP-712 message. Raises ValueError for a text that no order can carry."""
        return {
            "merchant": self.merchant,
            "till": text_word(self.till),
            "reference": text_word(self.reference),
            "amount": self.amount,
            "expiry": self.expiry,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the order as JSON carries it; integers as they are."""
        return {
            "merchant": self.merchant,
            "till": self.till,
            "reference": self.reference,
            "amount_fen": self.amount,
            "expiry": self.expiry,
        }

    @classmethod
    def from_json(cls, order: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises KeyError for a missing field."""
        return cls(
            merchant=order["merchant"],
            till=order["till"],
            reference=order["reference"],
            amount=order["amount_fen"],
            expiry=order["expiry"],
        )


def order_id(token: Domain, order: Order) -> str:
    """Return the order's hash in the token's domain ("0x…"): the nonce of the authorization that pays it.

    Raises ValueError for a field that its type cannot hold.
    """
    return "0x" + digest(token, ORDER, order.message()).hex()


def refund_id(token: Domain, order: str, number: int) -> str:
    """Return the nonce ("0x…") of the merchant's authorization that gives back from `order`; `number` counts from 0."""
    return "0x" + digest(token, ORDER_REFUND, {"order": order, "number": number}).hex()


def payment_digest(
    token: Domain, order: Order, payer: str, *, valid_after: int = 0, valid_before: int | None = None
) -> bytes:
    """Return the 32 bytes that `payer` signs to pay: an authorization to the merchant whose nonce is the order's hash.

    It is good until the order's expiry if not said otherwise.
    """
    message = {
        "from": payer,
        "to": order.merchant,
        "value": order.amount,
        "validAfter": valid_after,
        "validBefore": order.expiry if valid_before is None else valid_before,
        "nonce": order_id(token, order),
    }
    return digest(token, TRANSFER_WITH_AUTHORIZATION, message)


def text_word(text: str) -> bytes:
    """Write a text as bytes32: ASCII from the left, zeros behind.

    What `shown_text` wrote in hexadecimal is read back. Raises ValueError for all but 1 to 32 printable characters.
    """
    if len(text) == 66 and text.startswith("0x"):
        return bytes.fromhex(text[2:])
    if not (1 <= len(text) <= LONGEST_TEXT and text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} is not 1 to {LONGEST_TEXT} printable ASCII characters")
    return text.encode("ascii").ljust(32, b"\0")


def word_text(word: bytes) -> str:
    """Read what `text_word` wrote. Raises ValueError for any other 32 bytes."""
    text = word.rstrip(b"\0").decode("ascii", "replace")
    if text_word(text) != word:
        raise ValueError(f"0x{word.hex()} is not a text of printable ASCII characters")
    return text


def shown_text(word: bytes) -> str:
    """Read 32 bytes that anybody may have written: the text that `text_word` writes, else hexadecimal with 0x.

    No text is lost, and none is taken for another: an ASCII text never begins with 0x and has 64 digits.
    """
    try:
        return word_text(word)
    except ValueError:
        return "0x" + word.hex()
