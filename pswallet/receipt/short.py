"""The short form: order, block, transaction and log in a text that fits a QR code.

It proves nothing by itself; one call to any node confirms it.
"""

from base64 import b32decode, b32encode
from dataclasses import dataclass
from typing import Any

import segno
from rlp.exceptions import RLPException

from pswallet.chain.abi import artifact
from pswallet.chain.events import TOPICS, AuthorizationUsed
from pswallet.chain.hashing import address_bytes, checksum
from pswallet.chain.orders import Order, order_id
from pswallet.chain.rpc import Rpc, RpcCall
from pswallet.chain.signing import Domain
from pswallet.chain.tries import encoded, shortest
from pswallet.kit.clock import from_unix
from pswallet.receipt.errors import ReceiptMalformed, ReceiptTransactionFailed, ReceiptUnpaid
from pswallet.receipt.files import Receipt, require_text
from pswallet.receipt.nodes import CannotCheck, ask
from pswallet.receipt.payments import Log, Payment, payer_of, require_in_time
from pswallet.receipt.proofs import decoded, header_of
from pswallet.receipt.verification import require_token

PREFIX = "PSWALLET1:"
"""Of the texts; all of it is of the QR code's alphanumeric mode."""

_LONGEST = 1_000
_FIELDS = 10


@dataclass(frozen=True, slots=True)
class Short:
    """Where a node finds the payment of `order`: `log` is the place among the transaction's own logs."""

    chain_id: int
    token: str
    order: Order
    block: int
    transaction: str
    log: int


def shortened(receipt: Receipt, transaction: str) -> Short:
    """Return the short form of a receipt whose transaction has that hash."""
    block = header_of(receipt.header).number
    return Short(receipt.chain_id, receipt.token, receipt.order, block, transaction, receipt.log)


def located(receipt: Receipt, token: Domain, rpc: Rpc) -> Short:
    """Return the short form of a receipt whose transaction's hash is not known: the node says it, and confirms it.

    Raises ReceiptInvalid, CannotCheck.
    """
    (block,) = ask(rpc, token, [("eth_getBlockByNumber", [hex(header_of(receipt.header).number), False])])
    if block is None or receipt.transaction >= len(block["transactions"]):
        raise CannotCheck("the node does not have that transaction (yet)")
    short = shortened(receipt, block["transactions"][receipt.transaction])
    confirm(short, token, rpc)
    return short


def write_short(short: Short) -> str:
    """Write a short form: RLP of its fields in base32."""
    order = short.order
    fields = [
        shortest(short.chain_id),
        address_bytes(short.token),
        address_bytes(order.merchant),
        order.till.encode("ascii"),
        order.reference.encode("ascii"),
        shortest(order.amount),
        shortest(order.expiry),
        shortest(short.block),
        bytes.fromhex(short.transaction[2:]),
        shortest(short.log),
    ]
    return PREFIX + b32encode(encoded(fields)).decode().rstrip("=")


def code_of(short: Short) -> segno.QRCode:
    """Return the QR code of a short form: level M, version 10 for the longest that there is."""
    return segno.make(write_short(short), error="m", micro=False)


def read_short(text: str) -> Short:
    """Read what `write_short` wrote. Raises ReceiptMalformed for any other text."""
    try:
        if len(text) > _LONGEST or not text.startswith(PREFIX):
            raise ValueError("no short form of a receipt")
        packed = text.removeprefix(PREFIX)
        fields = decoded(b32decode(packed + "=" * (-len(packed) % 8)))
        short = _read(list(fields))
        same = write_short(short) == text
    except (ValueError, TypeError, UnicodeError, RLPException) as error:
        raise ReceiptMalformed(reason=str(error)) from error
    if not same:
        raise ReceiptMalformed(reason="written in another way than a short form is")
    return short


def _read(fields: list[Any]) -> Short:
    if len(fields) != _FIELDS or not all(isinstance(field, bytes) for field in fields) or len(fields[8]) != 32:
        raise ValueError("not the fields of a short form")
    till, reference = (fields[place].decode("ascii") for place in (3, 4))
    require_text(till)
    require_text(reference)
    chain_id, amount, expiry, block, log = (int.from_bytes(fields[place]) for place in (0, 5, 6, 7, 9))
    order = Order(checksum(fields[2]), till, reference, amount, expiry)
    return Short(chain_id, checksum(fields[1]), order, block, "0x" + fields[8].hex(), log)


def find(order: Order, token: Domain, rpc: Rpc, *, blocks: int) -> list[Short]:
    """Return where a node has seen the nonce of `order` used in its last `blocks`, the first one first.

    Whether that paid it, `confirm` says. Raises CannotCheck.
    """
    (head,) = ask(rpc, token, [("eth_blockNumber", [])])
    since = hex(max(0, int(head, 16) - blocks))
    topics = [TOPICS[AuthorizationUsed], None, order_id(token, order)]
    wanted = {"fromBlock": since, "address": token.verifying_contract, "topics": topics}
    (used,) = ask(rpc, token, [("eth_getLogs", [wanted])])
    receipts = ask(rpc, token, [("eth_getTransactionReceipt", [log["transactionHash"]]) for log in used])
    if any(receipt is None for receipt in receipts):
        raise CannotCheck("the chain was reorganised meanwhile: try again")
    return [
        Short(
            token.chain_id, token.verifying_contract, order, int(log["blockNumber"], 16), log["transactionHash"],
            [one["logIndex"] for one in receipt["logs"]].index(log["logIndex"]),
        )
        for log, receipt in zip(used, receipts, strict=True)
    ]  # fmt: skip


def held_fen(address: str, token: Domain, rpc: Rpc) -> int:
    """Return what a node says that `address` holds [fen]. Raises CannotCheck."""
    data = "0x" + artifact("Stablecoin").call("balanceOf", address).hex()
    (held,) = ask(rpc, token, [("eth_call", [{"to": token.verifying_contract, "data": data}, "latest"])])
    return int(held, 16)


def confirm(short: Short, token: Domain, rpc: Rpc) -> Payment:
    """Return the payment that a node knows at that place: one request. It is believed in all that it says.

    Raises ReceiptInvalid, and CannotCheck when the node does not answer, lags, or is of another chain.
    """
    require_token(token, short.chain_id, short.token)
    calls: list[RpcCall] = [
        ("eth_getTransactionReceipt", [short.transaction]),
        ("eth_getBlockByNumber", [hex(short.block), False]),
    ]
    found, block = ask(rpc, token, calls)
    if block is None:
        raise CannotCheck(f"the node does not have block {short.block} (yet)")
    order = order_id(token, short.order)
    if found is None or found["blockHash"] != block["hash"]:
        raise ReceiptUnpaid(order=order, reason="the block has no such transaction")
    if int(found["status"], 16) != 1:
        raise ReceiptTransactionFailed(order=order)
    logs = [_log(log) for log in found["logs"]]
    payer = payer_of(logs, short.log, token.verifying_contract, short.order, order)
    time = int(block["timestamp"], 16)
    require_in_time(short.order, order, time)
    return Payment(short.order, order, payer, short.block, block["hash"], from_unix(time), "chain")


def _log(log: dict[str, Any]) -> Log:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    return Log(bytes.fromhex(log["address"][2:]), topics, bytes.fromhex(log["data"][2:]))
