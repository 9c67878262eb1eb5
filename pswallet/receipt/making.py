"""Make a receipt from what any node tells: the block's header and its transactions' receipts."""

from collections.abc import Mapping, Sequence
from typing import Any

from trie import HexaryTrie

from pswallet.chain.events import TOPICS, AuthorizationUsed, OrderPaid
from pswallet.chain.funded import FundedOrder, funded_order_id
from pswallet.chain.hashing import address_bytes
from pswallet.chain.orders import Order, order_id
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import Domain
from pswallet.chain.tries import bloom_of, encoded, encoded_header, encoded_receipt
from pswallet.receipt.errors import ReceiptForeign, ReceiptUnpaid
from pswallet.receipt.files import Receipt
from pswallet.receipt.nodes import CannotCheck, ask
from pswallet.receipt.payments import AnyOrder
from pswallet.receipt.proofs import key_of
from pswallet.receipt.verification import verify


def build(
    rpc: Rpc,
    token: Domain,
    order: AnyOrder,
    *,
    payer: str,
    signature: bytes,
    transaction: str,
    valid_after: int = 0,
    valid_before: int | None = None,
    contract_payer: bool = False,
    checkout: Domain | None = None,
) -> Receipt:
    """Return the receipt of `order`, paid by `payer`'s `signature` in `transaction`; it is verified before.

    The signed authorization is good until the order's expiry if not said otherwise. A funded order needs its
    `checkout`. Raises ReceiptInvalid when the
    order is not paid there, CannotCheck when the node does not know the transaction or contradicts itself.
    """
    header, receipts, place = _block(rpc, token, transaction)
    logs = receipts[place]["logs"]
    receipt = Receipt(
        chain_id=token.chain_id,
        token=token.verifying_contract,
        order=order,
        payer=payer,
        valid_after=valid_after,
        valid_before=order.expiry if valid_before is None else valid_before,
        signature=signature,
        contract_payer=contract_payer,
        header=encoded_header(header),
        transaction=place,
        log=_used_at(logs, token, payer, order_id(token, order))
        if isinstance(order, Order)
        else _paid_at(logs, checkout, order),
        nodes=path_of(receipts, place),
        checkout=checkout.verifying_contract if checkout and isinstance(order, FundedOrder) else "",
    )
    verify(receipt, token, bytes.fromhex(header["hash"][2:]), checkout)
    return receipt


def _block(rpc: Rpc, token: Domain, transaction: str) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """Return the header of a transaction's block, the receipts of all that are in it, and its place."""
    (known,) = ask(rpc, token, [("eth_getTransactionReceipt", [transaction])])
    if known is None:
        raise CannotCheck(f"the node knows no transaction {transaction} in a block")
    (header,) = ask(rpc, token, [("eth_getBlockByNumber", [known["blockNumber"], False])])
    if header is None or header["hash"] != known["blockHash"]:
        raise CannotCheck("the chain was reorganised meanwhile: try again")
    return header, _receipts(rpc, token, header), int(known["transactionIndex"], 16)


def _receipts(rpc: Rpc, token: Domain, header: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        found = rpc.call("eth_getBlockReceipts", [header["number"]])
    except RpcError:  # a younger method that some nodes lack
        found = ask(rpc, token, [("eth_getTransactionReceipt", [one]) for one in header["transactions"]])
    if not found or any(one is None or one["blockHash"] != header["hash"] for one in found):
        raise CannotCheck("the chain was reorganised meanwhile: try again")
    return list(found)


def _used_at(logs: Sequence[dict[str, Any]], token: Domain, payer: str, order: str) -> int:
    """Return where among a transaction's logs the token says that `payer` used the order's nonce."""
    wanted = [TOPICS[AuthorizationUsed], "0x" + address_bytes(payer).rjust(32, b"\0").hex(), order]
    address = token.verifying_contract.lower()
    for place, log in enumerate(logs):
        if log["address"].lower() == address and log["topics"] == wanted:
            return place
    raise ReceiptUnpaid(order=order)


def _paid_at(logs: Sequence[dict[str, Any]], checkout: Domain | None, order: FundedOrder) -> int:
    """Return where among a transaction's logs the checkout says that the funded order is paid."""
    if checkout is None:
        raise ReceiptForeign(reason="a funded order needs its checkout")
    wanted, address = [TOPICS[OrderPaid], funded_order_id(checkout, order)], checkout.verifying_contract.lower()
    for place, log in enumerate(logs):
        if log["address"].lower() == address and log["topics"][:2] == wanted:
            return place
    raise ReceiptUnpaid(order=wanted[1])


def path_of(receipts: Sequence[Mapping[str, Any]], place: int) -> tuple[bytes, ...]:
    """Return the nodes of the receipts' trie from its root to the receipt at `place`."""
    trie = HexaryTrie({})
    for number, receipt in enumerate(receipts):
        trie[key_of(number)] = encoded_receipt(receipt, bloom_of(receipt["logs"]))
    return tuple(encoded(node) for node in trie.get_proof(key_of(place)))
