"""The electronic receipt (电子回单) that a merchant files: what a verified receipt proves, and beside it what he adds.

Its JSON is canonical and has a hash; a print shows the same fields, that hash, and the QR code that checks the payment.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from pswallet.chain.orders import Order
from pswallet.kit.clock import shanghai_day, to_unix
from pswallet.kit.money import format_yuan
from pswallet.receipt.capitals import capitals
from pswallet.receipt.errors import ReceiptMalformed
from pswallet.receipt.files import Receipt, write
from pswallet.receipt.payments import AnyOrder, Payment, moment
from pswallet.receipt.short import Short, read_short, write_short

NOT_AN_INVOICE = "本回单不作为发票 · Not a tax invoice"
_TAIL = 4


class Added(Struct, frozen=True):
    """What no chain knows and the issuer answers for; empty where it is not said."""

    merchant_name: str = ""
    merchant_code: str = ""
    payer_name: str = ""
    issuer: str = ""
    remark: str = ""


class Part(Struct, frozen=True):
    """A part of the price and who pays it [fen]: "own" is the payer, who pays a plain order alone."""

    funder: str
    amount_fen: int


class Slip(Struct, frozen=True):
    """The fields of a receipt, in the order in which they are printed. `receipt_sha256` is of the receipt's file."""

    receipt_number: str
    order_number: str
    till: str
    kind: Literal["payment"]
    result: Literal["paid"]
    time: str
    payer: str
    merchant: str
    added: Added
    currency: Literal["CNY"]
    amount_fen: int
    amount: str
    amount_in_capitals: str
    price_fen: int
    parts: tuple[Part, ...]
    fee_fen: int
    chain_id: int
    block: int
    block_hash: str
    transaction: str
    order_id: str
    payer_signature: str
    receipt_sha256: str
    verification_code: str
    check: str
    note: str


def slip_of(receipt: Receipt, payment: Payment, short: Short, added: Added) -> Slip:
    """Return the slip of a receipt that was verified to prove `payment`, with its short form.

    The payer is shown by the name's last character and the account's tail alone.
    """
    digest = hashlib.sha256(write(receipt)).hexdigest()
    amount = payment.order.amount
    return Slip(
        receipt_number=_number(payment.time, digest),
        order_number=payment.order.reference,
        till=payment.order.till,
        kind="payment",
        result="paid",
        time=moment(to_unix(payment.time)),
        payer=masked(payment.payer),
        merchant=payment.order.merchant,
        added=msgspec.structs.replace(added, payer_name=masked_name(added.payer_name)),
        currency="CNY",
        amount_fen=amount,
        amount=format_yuan(amount),
        amount_in_capitals=capitals(amount),
        price_fen=amount,
        parts=_parts(payment.order),
        fee_fen=0,
        chain_id=receipt.chain_id,
        block=payment.block,
        block_hash=payment.block_hash,
        transaction=short.transaction,
        order_id=payment.order_id,
        payer_signature="0x" + receipt.signature.hex(),
        receipt_sha256=digest,
        verification_code=_code(digest),
        check=write_short(short),
        note=NOT_AN_INVOICE,
    )


def _parts(order: AnyOrder) -> tuple[Part, ...]:
    if isinstance(order, Order):
        return (Part("own", order.amount),)
    return (Part("own", order.own), *(Part(part.funder, part.value) for part in order.parts))


def to_json(slip: Slip) -> bytes:
    """Return the slip's bytes: the same for the same payment and additions."""
    return msgspec.json.encode(slip)


def read_slip(data: bytes) -> Slip:
    """Read what `to_json` wrote of a slip.

    Raises ReceiptMalformed for any other bytes, and where it says something else than the short form that checks it.
    """
    try:
        slip = msgspec.json.decode(data, type=Slip)
        same = to_json(slip) == data and slip == _as_checked(slip, read_short(slip.check))
    except ValueError as error:
        raise ReceiptMalformed(reason=str(error)) from error
    if not same:
        raise ReceiptMalformed(reason="a slip that its short form does not check")
    return slip


def _as_checked(slip: Slip, short: Short) -> Slip:
    """Return the slip with what its short form and its own other fields say: a right one is as it was."""
    order = short.order
    return msgspec.structs.replace(
        slip,
        receipt_number=_number(datetime.fromisoformat(slip.time), slip.receipt_sha256),
        order_number=order.reference,
        till=order.till,
        merchant=order.merchant,
        amount_fen=order.amount,
        amount=format_yuan(order.amount),
        amount_in_capitals=capitals(order.amount),
        price_fen=order.amount,
        parts=_parts(order),
        fee_fen=0,
        chain_id=short.chain_id,
        block=short.block,
        transaction=short.transaction,
        verification_code=_code(slip.receipt_sha256),
        note=NOT_AN_INVOICE,
    )


def _number(time: datetime, digest: str) -> str:
    return f"{shanghai_day(time):%Y%m%d}{int.from_bytes(bytes.fromhex(digest)[:6]):015}"


def _code(digest: str) -> str:
    return " ".join(digest[place : place + _TAIL] for place in range(0, 16, _TAIL)).upper()


def hash_of(slip: Slip) -> str:
    """Return the SHA-256 of the slip's JSON, which its print shows."""
    return hashlib.sha256(to_json(slip)).hexdigest()


def masked(address: str) -> str:
    """Show an account by its ends: 0x1234…abcd."""
    return f"{address[: 2 + _TAIL]}…{address[-_TAIL:]}"


def masked_name(name: str) -> str:
    """Show a name by its last character: 王小美 is **美."""
    return "*" * (len(name) - 1) + name[-1:]
