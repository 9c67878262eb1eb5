"""A receipt as it lies in a file: JSON in exactly one way, so that a receipt has one hash (docs/receipts.md)."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from pswallet.chain.funded import FundedOrder, Part
from pswallet.chain.hashing import address_bytes, checksum
from pswallet.chain.orders import Order, text_word, word_text
from pswallet.receipt.errors import ReceiptMalformed

LARGEST_BYTES = 4_000_000
"""Of a file: a block's largest transaction logs less."""

_Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Address = Annotated[str, Meta(pattern="^0x[0-9a-fA-F]{40}$")]
_Word = Annotated[str, Meta(pattern="^0x[0-9a-f]{64}$")]
_Hex = Annotated[str, Meta(pattern="^0x(?:[0-9a-f]{2}){1,4096}$")]


@dataclass(frozen=True, slots=True)
class Receipt:
    """An order, the payer's signature, and the proof that the chain's token (or its checkout) says it is paid.

    `checkout` is empty for a plain order. `signature` is over the authorization from `payer` with `valid_after` and
    `valid_before` (Unix seconds); `contract_payer` says that no key but a contract stands behind it (ERC-1271).
    `header` is the block's in RLP, `transaction` the place in the block, `log` the place of `AuthorizationUsed` (or
    `OrderPaid`) among the transaction's logs, `nodes` the path in the receipts' trie, from the root.
    """

    chain_id: int
    token: str
    order: Order | FundedOrder
    payer: str
    valid_after: int
    valid_before: int
    signature: bytes
    contract_payer: bool
    header: bytes
    transaction: int
    log: int
    nodes: tuple[bytes, ...]
    checkout: str = ""


class _Order(Struct, forbid_unknown_fields=True):
    merchant: _Address
    till: str
    reference: str
    amount_fen: _Natural
    expiry: _Natural


class _Authorization(Struct, forbid_unknown_fields=True, omit_defaults=True):
    payer: _Address
    valid_after: _Natural
    valid_before: _Natural
    signature: _Hex
    contract: bool = False


class _Part(Struct, forbid_unknown_fields=True):
    funder: _Address
    budget: _Word
    value_fen: _Natural
    minimum_spend_fen: _Natural


class _FundedOrder(Struct, forbid_unknown_fields=True):
    merchant: _Address
    till: str
    reference: str
    own_fen: _Natural
    amount_fen: _Natural
    expiry: _Natural
    parts: Annotated[tuple[_Part, ...], Meta(min_length=1, max_length=3)]


class _Signature(Struct, forbid_unknown_fields=True, omit_defaults=True):
    payer: _Address
    signature: _Hex
    contract: bool = False


class _Proof(Struct, forbid_unknown_fields=True):
    header: bytes
    transaction: _Natural
    log: _Natural
    nodes: tuple[bytes, ...]


class _Plain(Struct, forbid_unknown_fields=True, tag_field="format", tag="pswallet-receipt-1"):
    chain_id: _Natural
    token: _Address
    order: _Order
    authorization: _Authorization
    proof: _Proof


class _Funded(Struct, forbid_unknown_fields=True, tag_field="format", tag="pswallet-funded-receipt-1"):
    chain_id: _Natural
    token: _Address
    checkout: _Address
    order: _FundedOrder
    authorization: _Signature
    proof: _Proof


def write(receipt: Receipt) -> bytes:
    """Return the file's bytes: no spaces, fields in their order, addresses with their checksum, blobs in base64."""
    order = receipt.order
    return msgspec.json.encode(_plain(receipt, order) if isinstance(order, Order) else _funded(receipt, order))


def _plain(receipt: Receipt, order: Order) -> _Plain:
    return _Plain(
        chain_id=receipt.chain_id,
        token=_checked(receipt.token),
        order=_Order(_checked(order.merchant), order.till, order.reference, order.amount, order.expiry),
        authorization=_Authorization(
            payer=_checked(receipt.payer),
            valid_after=receipt.valid_after,
            valid_before=receipt.valid_before,
            signature="0x" + receipt.signature.hex(),
            contract=receipt.contract_payer,
        ),
        proof=_Proof(receipt.header, receipt.transaction, receipt.log, receipt.nodes),
    )


def _funded(receipt: Receipt, order: FundedOrder) -> _Funded:
    return _Funded(
        chain_id=receipt.chain_id,
        token=_checked(receipt.token),
        checkout=_checked(receipt.checkout),
        order=_FundedOrder(
            merchant=_checked(order.merchant),
            till=order.till,
            reference=order.reference,
            own_fen=order.own,
            amount_fen=order.amount,
            expiry=order.expiry,
            parts=tuple(
                _Part(_checked(part.funder), part.budget, part.value, part.minimum_spend) for part in order.parts
            ),
        ),
        authorization=_Signature(
            payer=_checked(receipt.payer),
            signature="0x" + receipt.signature.hex(),
            contract=receipt.contract_payer,
        ),
        proof=_Proof(receipt.header, receipt.transaction, receipt.log, receipt.nodes),
    )


def read(data: bytes) -> Receipt:
    """Read what `write` wrote. Raises ReceiptMalformed for any other bytes, also for a second way to write the same."""
    if len(data) > LARGEST_BYTES:
        raise ReceiptMalformed(reason=f"more than {LARGEST_BYTES} bytes")
    try:
        receipt = _receipt(msgspec.json.decode(data, type=_Plain | _Funded))
        same = write(receipt) == data
    except (msgspec.MsgspecError, ValueError, UnicodeError) as error:
        raise ReceiptMalformed(reason=str(error)) from error
    if not same:
        raise ReceiptMalformed(reason="written in another way than a receipt is")
    return receipt


def require_text(text: str) -> None:
    """Refuse a till's or reference's text that is not the one way to write its 32 bytes. Raises ValueError."""
    if word_text(text_word(text)) != text:
        raise ValueError(f"{text!r} is another way to write a text")


def _receipt(file: _Plain | _Funded) -> Receipt:
    for text in (file.order.till, file.order.reference):
        require_text(text)
    authorization, proof = file.authorization, file.proof
    order: Order | FundedOrder
    if isinstance(file, _Plain):
        said = file.order
        order = Order(said.merchant, said.till, said.reference, said.amount_fen, said.expiry)
        checkout, valid_after, valid_before = "", file.authorization.valid_after, file.authorization.valid_before
    else:
        order, checkout, valid_after, valid_before = _funded_order(file), file.checkout, 0, file.order.expiry
    return Receipt(
        chain_id=file.chain_id,
        token=file.token,
        order=order,
        payer=authorization.payer,
        valid_after=valid_after,
        valid_before=valid_before,
        signature=bytes.fromhex(authorization.signature[2:]),
        contract_payer=authorization.contract,
        header=proof.header,
        transaction=proof.transaction,
        log=proof.log,
        nodes=proof.nodes,
        checkout=checkout,
    )


def _funded_order(file: _Funded) -> FundedOrder:
    order = file.order
    return FundedOrder(
        payer=file.authorization.payer,
        merchant=order.merchant,
        till=order.till,
        reference=order.reference,
        own=order.own_fen,
        amount=order.amount_fen,
        expiry=order.expiry,
        parts=tuple(Part(part.funder, part.budget, part.value_fen, part.minimum_spend_fen) for part in order.parts),
    )


def _checked(address: str) -> str:
    return checksum(address_bytes(address))
