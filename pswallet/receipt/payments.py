"""What *paid* means, read off a transaction's logs; the same for a whole receipt and for its short form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from pswallet.chain.events import TOPICS, AuthorizationCanceled, AuthorizationUsed, OrderPaid, Transfer
from pswallet.chain.funded import FundedOrder, funded_order_id
from pswallet.chain.hashing import address_bytes, checksum
from pswallet.chain.orders import Order, order_id
from pswallet.chain.signing import Domain
from pswallet.kit import clock
from pswallet.receipt.errors import (
    ReceiptCancelled,
    ReceiptDiffers,
    ReceiptLate,
    ReceiptSelfPaid,
    ReceiptUnpaid,
)

AnyOrder = Order | FundedOrder
"""A plain order, or one that others help to pay."""

Signer = Literal["key", "contract", "chain"]
"""Who vouches for the payer: the key that signed; a contract, whose word only the chain knows; the chain alone."""


class Log(NamedTuple):
    """One log in bytes: who said it, its topics and its data."""

    address: bytes
    topics: Sequence[bytes]
    data: bytes


@dataclass(frozen=True, slots=True)
class Payment:
    """What a receipt proves: `payer` paid `order` in that block, if the block's hash is the chain's."""

    order: AnyOrder
    order_id: str
    payer: str
    block: int
    block_hash: str
    time: datetime
    signer: Signer


_USED, _CANCELLED, _TRANSFER, _PAID = (
    bytes.fromhex(TOPICS[kind][2:]) for kind in (AuthorizationUsed, AuthorizationCanceled, Transfer, OrderPaid)
)


def identity_of(domain: Domain, order: AnyOrder) -> str:
    """Return an order's hash in the domain of its token or checkout. Raises ValueError as the hashes do."""
    return order_id(domain, order) if isinstance(order, Order) else funded_order_id(domain, order)


def paid_by(logs: Sequence[Log], place: int, domains: tuple[Domain, Domain], order: AnyOrder, identity: str) -> str:
    """Return who paid `order` by the log at `place`. Raises as the two that follow.

    `domains`: the token's and the order's own, which is the token's or the checkout's.
    """
    token, contract = (one.verifying_contract for one in domains)
    if isinstance(order, Order):
        return payer_of(logs, place, token, order, identity)
    return funded_payer_of(logs, place, token, contract, order, identity)


def payer_of(logs: Sequence[Log], place: int, token: str, order: Order, order_id: str) -> str:
    """Return who paid `order` by the log at `place` and the one after it: `AuthorizationUsed`, then at once `Transfer`.

    Raises ReceiptUnpaid, ReceiptCancelled, ReceiptSelfPaid, ReceiptDiffers. The time is not looked at.
    """
    payer = _payer(_at(logs, place), address_bytes(token), bytes.fromhex(order_id[2:]))
    paid = _at(logs, place + 1)
    if paid.address != address_bytes(token) or len(paid.topics) != 3 or paid.topics[:2] != [_TRANSFER, payer]:
        raise ReceiptDiffers(order=order_id, reason="no payment by the payer follows at once")
    if paid.topics[2] == payer:
        raise ReceiptSelfPaid(order=order_id)
    if paid.topics[2] != _word(order.merchant):
        raise ReceiptDiffers(order=order_id, merchant=checksum(paid.topics[2][12:]))
    if paid.data != order.amount.to_bytes(32):
        raise ReceiptDiffers(order=order_id, amount_fen=int.from_bytes(paid.data))
    return checksum(payer[12:])


def funded_payer_of(
    logs: Sequence[Log], place: int, token: str, checkout: str, order: FundedOrder, order_id: str
) -> str:
    """Return who paid a funded order by the checkout's `OrderPaid` at `place`, and the money directly before it.

    Its hash holds every term and part. Raises ReceiptUnpaid; ReceiptDiffers if the token moved anything else.
    """
    paid = _at(logs, place)
    wanted = [_PAID, bytes.fromhex(order_id[2:]), _word(order.payer), _word(order.merchant)]
    if paid.address != address_bytes(checkout) or list(paid.topics) != wanted:
        raise ReceiptUnpaid(order=order_id)
    for sender, recipient, value in reversed(_moves(order, checkout)):
        place -= 1
        moved = _at(logs, place)
        told = [_TRANSFER, _word(sender), _word(recipient)], value.to_bytes(32)
        if moved.address != address_bytes(token) or (list(moved.topics), moved.data) != told:
            raise ReceiptDiffers(order=order_id, sender=sender, recipient=recipient, amount_fen=value)
        if _at(logs, place - 1).address == address_bytes(sender):
            place -= 1  # the vouchers' contract says whose voucher it is, then pays
    return order.payer


def _moves(order: FundedOrder, checkout: str) -> list[tuple[str, str, int]]:
    """Return what the token moves for a funded order, in its order: from, to, fen."""
    parts = [(part.funder, order.merchant, part.value) for part in order.parts]
    if not order.own:
        return parts
    return [(order.payer, checkout, order.own), *parts, (checkout, order.merchant, order.own)]


def require_in_time(order: AnyOrder, order_id: str, time: int) -> None:
    """Refuse a payment in a block of Unix `time` that is not before the order's expiry. Raises ReceiptLate."""
    if time >= order.expiry:
        raise ReceiptLate(order=order_id, block_time=moment(time), expiry=moment(order.expiry))


def moment(time: int) -> str:
    """Write a Unix time as people of the city read it, to the second."""
    return clock.from_unix(time).astimezone(clock.SHANGHAI).isoformat(sep=" ")


def _payer(used: Log, token: bytes, order: bytes) -> bytes:
    """Return the authorizer's word if this log says that the order's nonce was used for a payment."""
    if used.address != token or len(used.topics) != 3 or used.topics[2] != order:
        raise ReceiptUnpaid(order="0x" + order.hex())
    if used.topics[0] == _CANCELLED:
        raise ReceiptCancelled(order="0x" + order.hex())
    if used.topics[0] != _USED:
        raise ReceiptUnpaid(order="0x" + order.hex())
    return used.topics[1]


def _at(logs: Sequence[Log], place: int) -> Log:
    try:  # not by their count, for which all would have to be read
        return logs[place] if place >= 0 else _NOTHING
    except IndexError:
        return _NOTHING


_NOTHING = Log(b"", [], b"")


def _word(address: str) -> bytes:
    return address_bytes(address).rjust(32, b"\0")
