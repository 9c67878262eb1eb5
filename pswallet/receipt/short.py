"""The short form: order, block, transaction and log in a text that fits a QR code.

It proves nothing by itself; one call to any node confirms it.
"""

from base64 import b32decode, b32encode
from dataclasses import dataclass
from typing import Any

import segno
from rlp.exceptions import RLPException

from pswallet.chain.abi import artifact
from pswallet.chain.events import TOPICS, AuthorizationUsed, OrderPaid
from pswallet.chain.funded import FundedOrder, Part
from pswallet.chain.hashing import address_bytes, checksum
from pswallet.chain.logs import decode
from pswallet.chain.orders import Order, order_id
from pswallet.chain.rpc import Rpc, RpcCall
from pswallet.chain.signing import Domain
from pswallet.chain.tries import encoded, shortest
from pswallet.kit.clock import from_unix
from pswallet.receipt.errors import ReceiptMalformed, ReceiptTransactionFailed, ReceiptUnpaid
from pswallet.receipt.files import Receipt, require_text
from pswallet.receipt.nodes import CannotCheck, ask
from pswallet.receipt.payments import AnyOrder, Log, Payment, identity_of, paid_by, require_in_time
from pswallet.receipt.proofs import decoded, header_of
from pswallet.receipt.verification import domain_of, require_token

PREFIX = "PSWALLET1:"
"""Of the texts; all of it is of the QR code's alphanumeric mode."""

LARGEST_CODE = 15
"""Version of a QR code that a till's printer and a telephone still manage."""

_LONGEST = 1_000
_HASH_BYTES = 32
_PLAIN, _FUNDED = 10, 14
"""How many fields there are."""


@dataclass(frozen=True, slots=True)
class Short:
    """Where a node finds the payment of `order`: `log` is the place among the transaction's own logs.

    `checkout` is empty for a plain order.
    """

    chain_id: int
    token: str
    order: AnyOrder
    block: int
    transaction: str
    log: int
    checkout: str = ""


def shortened(receipt: Receipt, transaction: str) -> Short:
    """Return the short form of a receipt whose transaction has that hash."""
    block = header_of(receipt.header).number
    return Short(receipt.chain_id, receipt.token, receipt.order, block, transaction, receipt.log, receipt.checkout)


def located(receipt: Receipt, token: Domain, rpc: Rpc, checkout: Domain | None = None) -> Short:
    """Return the short form of a receipt whose transaction's hash is not known: the node says it, and confirms it.

    Raises ReceiptInvalid, CannotCheck.
    """
    (block,) = ask(rpc, token, [("eth_getBlockByNumber", [hex(header_of(receipt.header).number), False])])
    if block is None or receipt.transaction >= len(block["transactions"]):
        raise CannotCheck("the node does not have that transaction (yet)")
    short = shortened(receipt, block["transactions"][receipt.transaction])
    confirm(short, token, rpc, checkout)
    return short


def write_short(short: Short) -> str:
    """Write a short form: RLP of its fields in base32."""
    place = [shortest(short.block), bytes.fromhex(short.transaction[2:]), shortest(short.log)]
    fields = [shortest(short.chain_id), address_bytes(short.token), *_said(short), *place]
    return PREFIX + b32encode(encoded(fields)).decode().rstrip("=")


def _said(short: Short) -> list[Any]:
    """Return an order's fields; of a funded one the checkout and the payer before, its own money and its parts too."""
    order = short.order
    texts = [order.till.encode("ascii"), order.reference.encode("ascii")]
    amounts = [shortest(order.amount), shortest(order.expiry)]
    if isinstance(order, Order):
        return [address_bytes(order.merchant), *texts, *amounts]
    parts = [
        [address_bytes(one.funder), bytes.fromhex(one.budget[2:]), shortest(one.value), shortest(one.minimum_spend)]
        for one in order.parts
    ]
    parties = [address_bytes(each) for each in (short.checkout, order.payer, order.merchant)]
    return [*parties, *texts, shortest(order.own), *amounts, parts]


def code_of(short: Short) -> segno.QRCode:
    """Return the QR code of a short form, of version 15 at most: level M, or L for a funded order's longest texts."""
    code = segno.make(write_short(short), error="m", micro=False)
    return code if int(code.version) <= LARGEST_CODE else segno.make(write_short(short), error="l", micro=False)


def read_short(text: str) -> Short:
    """Read what `write_short` wrote. Raises ReceiptMalformed for any other text."""
    try:
        if len(text) > _LONGEST or not text.startswith(PREFIX):
            raise ValueError("no short form of a receipt")
        packed = text.removeprefix(PREFIX)
        fields = decoded(b32decode(packed + "=" * (-len(packed) % 8)))
        short = _read(list(fields))
        same = write_short(short) == text
    except (ValueError, TypeError, AttributeError, OverflowError, RLPException) as error:
        raise ReceiptMalformed(reason=str(error)) from error
    if not same:
        raise ReceiptMalformed(reason="written in another way than a short form is")
    return short


def _read(fields: list[Any]) -> Short:
    if len(fields) not in (_PLAIN, _FUNDED) or len(fields[-2]) != _HASH_BYTES:
        raise ValueError("not the fields of a short form")
    chain_id, block, log = (int.from_bytes(fields[place]) for place in (0, -3, -1))
    said = fields[2:-3]
    order, checkout = (_plain(*said), "") if len(fields) == _PLAIN else (_funded(*said[1:]), checksum(said[0]))
    for text in (order.till, order.reference):
        require_text(text)
    return Short(chain_id, checksum(fields[1]), order, block, "0x" + fields[-2].hex(), log, checkout)


def find(order: Order, token: Domain, rpc: Rpc, *, blocks: int, checkout: Domain | None = None) -> list[Short]:
    """Return where a node may have seen `order` paid in its last `blocks`, the first place first.

    By its own nonce, or, if a `checkout` is trusted, with others' help. Whether a place paid it, `confirm` says.
    Raises CannotCheck.
    """
    (head,) = ask(rpc, token, [("eth_blockNumber", [])])
    since = hex(max(0, int(head, 16) - blocks))
    contracts = [(token, [TOPICS[AuthorizationUsed], None, order_id(token, order)])]
    if checkout is not None:
        merchant = "0x" + address_bytes(order.merchant).rjust(32, b"\0").hex()
        contracts.append((checkout, [TOPICS[OrderPaid], None, None, merchant]))
    wanted = [
        ("eth_getLogs", [{"fromBlock": since, "address": one.verifying_contract, "topics": topics}])
        for one, topics in contracts
    ]
    logs = [log for some in ask(rpc, token, wanted) for log in some if _may_pay(log, order)]
    logs.sort(key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))
    receipts = ask(rpc, token, [("eth_getTransactionReceipt", [log["transactionHash"]]) for log in logs])
    if any(receipt is None for receipt in receipts):
        raise CannotCheck("the chain was reorganised meanwhile: try again")
    return [_short(log, receipt, order, token, checkout) for log, receipt in zip(logs, receipts, strict=True)]


def _may_pay(log: dict[str, Any], order: Order) -> bool:
    """Whether a log is the order's own nonce, or a funded order of the same terms."""
    terms = _terms(log)
    if terms is None:
        return True
    said = (terms.merchant, terms.till, terms.reference, terms.amount, terms.expiry)
    return said == (order.merchant, order.till, order.reference, order.amount, order.expiry)


def _terms(log: dict[str, Any]) -> FundedOrder | None:
    event = decode(log, from_unix(0))
    return event.terms if isinstance(event, OrderPaid) else None


def _short(log: dict[str, Any], receipt: dict[str, Any], order: Order, token: Domain, checkout: Domain | None) -> Short:
    place = [one["logIndex"] for one in receipt["logs"]].index(log["logIndex"])
    terms = _terms(log)
    return Short(
        chain_id=token.chain_id,
        token=token.verifying_contract,
        order=terms or order,
        block=int(log["blockNumber"], 16),
        transaction=log["transactionHash"],
        log=place,
        checkout=checkout.verifying_contract if terms and checkout else "",
    )


def held_fen(address: str, token: Domain, rpc: Rpc) -> int:
    """Return what a node says that `address` holds [fen]. Raises CannotCheck."""
    data = "0x" + artifact("Stablecoin").call("balanceOf", address).hex()
    (held,) = ask(rpc, token, [("eth_call", [{"to": token.verifying_contract, "data": data}, "latest"])])
    return int(held, 16)


def _plain(merchant: bytes, till: bytes, reference: bytes, amount: bytes, expiry: bytes) -> AnyOrder:
    return Order(
        checksum(merchant),
        till.decode("ascii"),
        reference.decode("ascii"),
        int.from_bytes(amount),
        int.from_bytes(expiry),
    )


def _funded(
    payer: bytes, merchant: bytes, till: bytes, reference: bytes, own: bytes, amount: bytes, expiry: bytes, parts: Any
) -> AnyOrder:
    return FundedOrder(
        payer=checksum(payer),
        merchant=checksum(merchant),
        till=till.decode("ascii"),
        reference=reference.decode("ascii"),
        own=int.from_bytes(own),
        amount=int.from_bytes(amount),
        expiry=int.from_bytes(expiry),
        parts=tuple(
            Part(checksum(funder), "0x" + budget.hex(), int.from_bytes(value), int.from_bytes(minimum))
            for funder, budget, value, minimum in parts
        ),
    )


def confirm(short: Short, token: Domain, rpc: Rpc, checkout: Domain | None = None) -> Payment:
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
    order = short.order
    domain = domain_of(order, token, checkout, short.checkout)
    identity = identity_of(domain, order)
    if found is None or found["blockHash"] != block["hash"]:
        raise ReceiptUnpaid(order=identity, reason="the block has no such transaction")
    if int(found["status"], 16) != 1:
        raise ReceiptTransactionFailed(order=identity)
    payer = paid_by([_log(log) for log in found["logs"]], short.log, (token, domain), order, identity)
    time = int(block["timestamp"], 16)
    require_in_time(order, identity, time)
    return Payment(order, identity, payer, short.block, block["hash"], from_unix(time), "chain")


def _log(log: dict[str, Any]) -> Log:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    return Log(bytes.fromhex(log["address"][2:]), topics, bytes.fromhex(log["data"][2:]))
