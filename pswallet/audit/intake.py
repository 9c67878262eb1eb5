"""Holds what people asked for to their signatures, to itself, and to what the chain did with it.

The facts beside it were held to the logs before: here they are the chain's word.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from eth_abi.abi import encode
from sqlalchemy import Connection, Row, TextClause, text

from pswallet.audit.code import Addresses
from pswallet.audit.node import Node
from pswallet.audit.report import Findings
from pswallet.chain.orders import Order, order_id, refund_id
from pswallet.chain.rpc import RpcError
from pswallet.chain.signing import (
    RECEIVE_WITH_AUTHORIZATION,
    RED_PACKET,
    TRANSFER_WITH_AUTHORIZATION,
    Domain,
    SignatureMalformed,
    digest,
    escrow_domain,
    keccak,
    recover,
    token_domain,
)
from pswallet.kit.clock import to_unix

_AT_ONCE = 1_000
_MAGIC = bytes.fromhex("1626ba7e")  # ERC-1271: isValidSignature's selector, and its yes

_AUTHORIZATIONS = text(
    """
    SELECT a.*, u.block, u.log_index, e.counterparty AS paid_to, -e.delta_fen AS paid FROM authorizations a
    LEFT JOIN authorization_uses u ON u.payer = a.payer AND u.nonce = a.nonce
    LEFT JOIN entries e ON e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0
    """
)
_PACKETS = text("SELECT p.*, o.block, o.log_index FROM red_packets p LEFT JOIN packet_openings o ON o.packet = p.id")
_ENTRIES = text("SELECT id, entry FROM bank_entries")
_ORDERS = text("SELECT * FROM orders")
_REFUNDS = text(
    "SELECT r.*, o.hash, o.merchant, a.payer AS signer, a.recipient, a.value_fen AS signed_fen, a.nonce,"
    " u.block, u.log_index FROM order_refunds r JOIN orders o ON o.id = r.order_id"
    " JOIN authorizations a ON a.id = r.authorization_id"
    " LEFT JOIN authorization_uses u ON u.payer = a.payer AND u.nonce = a.nonce"
)


class Contradiction(NamedTuple):
    """Rows that cannot be: each that `query` finds is a difference, told by `told` out of its columns.

    `block` and `log_index` among them are those of the fact that it became, NULL if it became none.
    """

    told: str
    query: TextClause


CONTRADICTIONS = (
    Contradiction(
        "bank_entries, {id}: {value_fen} fen for {account}; the token minted {minted} fen to {minted_to}",
        text(
            "SELECT m.block, m.log_index, b.id, b.account, b.value_fen, m.account AS minted_to, m.value_fen AS minted"
            " FROM bank_entries b JOIN bank_mints m ON m.entry = b.entry"
            " WHERE (m.account, m.value_fen) IS DISTINCT FROM (b.account, b.value_fen)"
        ),
    ),
    Contradiction(
        "payment_shares, {payer} of {request_id}: {value_fen} fen; the total of {total_fen} asks for {due}",
        text(
            "SELECT CAST(NULL AS bigint) AS block, CAST(NULL AS int) AS log_index, * FROM (SELECT s.*, r.total_fen,"
            " r.total_fen / n.payers + CAST(s.place < r.total_fen % n.payers AS int) AS due"
            " FROM payment_shares s JOIN payment_requests r ON r.id = s.request_id"
            " JOIN (SELECT request_id, count(*) AS payers FROM payment_shares GROUP BY request_id) n"
            " ON n.request_id = s.request_id) asked WHERE value_fen <> due"
        ),
    ),
    Contradiction(
        "share_payments, {payer} of {request_id}: asked for {asked} fen to {creator}; {value_fen} to {recipient} given",
        text(
            "SELECT u.block, u.log_index, p.request_id, p.payer, s.value_fen AS asked, r.creator, a.value_fen,"
            " a.recipient"
            " FROM share_payments p JOIN authorizations a ON a.id = p.authorization_id"
            " LEFT JOIN payment_requests r ON r.id = p.request_id"
            " LEFT JOIN payment_shares s ON s.request_id = p.request_id AND s.payer = p.payer"
            " LEFT JOIN authorization_uses u ON u.payer = a.payer AND u.nonce = a.nonce"
            " WHERE (a.payer, a.recipient, a.value_fen) IS DISTINCT FROM (s.payer, r.creator, s.value_fen)"
        ),
    ),
    Contradiction(
        "order_refunds of {order_id}: {refunded} fen went back to {payer}, who paid {paid}",
        text(
            "SELECT CAST(NULL AS bigint) AS block, CAST(NULL AS int) AS log_index, * FROM"
            " (SELECT r.order_id, r.payer, sum(r.value_fen) AS refunded,"
            " coalesce((SELECT sum(-e.delta_fen) FROM authorization_uses u JOIN entries e ON e.account = u.payer"
            " AND e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0 WHERE u.nonce = max(o.hash)"
            " AND u.payer = r.payer AND e.counterparty = max(o.merchant)), 0) AS paid"
            " FROM order_refunds r JOIN orders o ON o.id = r.order_id JOIN authorizations a ON a.id ="
            " r.authorization_id JOIN authorization_uses v ON v.payer = a.payer AND v.nonce = a.nonce"
            " GROUP BY r.order_id, r.payer) sums WHERE refunded > paid"
        ),
    ),
    Contradiction(
        "notifications, {kind} to {address}: it names the order {named}, of which that log is no payment",
        text(
            "SELECT n.block, n.log_index, n.kind, n.address, n.body->>'order' AS named FROM notifications n"
            " WHERE n.kind LIKE 'order-%' AND NOT EXISTS (SELECT FROM orders o"
            " LEFT JOIN order_refunds r ON r.order_id = o.id LEFT JOIN authorizations a ON a.id = r.authorization_id"
            " JOIN authorization_uses u ON u.nonce = o.hash OR (u.payer = a.payer AND u.nonce = a.nonce)"
            " WHERE o.id = n.body->>'order' AND o.reference = n.body->>'reference'"
            " AND (u.block, u.log_index + 1) = (n.block, n.log_index))"
        ),
    ),
    Contradiction(
        "packet_claims, {account} of {packet}: {bound_fen} fen at most, not {largest_share_fen}; drawn {value_fen}",
        text(
            "SELECT s.block, s.log_index, c.account, c.packet, c.bound_fen, p.largest_share_fen, s.value_fen"
            " FROM packet_claims c"
            " LEFT JOIN red_packets p ON p.id = c.packet"
            " LEFT JOIN packet_shares s ON s.packet = c.packet AND s.account = c.account"
            " WHERE c.bound_fen IS DISTINCT FROM p.largest_share_fen OR s.value_fen > c.bound_fen"
        ),
    ),
    Contradiction(
        "notifications, money-refused to {address}: told {body}, and the bank has no such entry refused",
        text(
            "SELECT n.block, n.log_index, n.address, n.body FROM notifications n"
            " WHERE n.kind = 'money-refused' AND NOT EXISTS"
            " (SELECT FROM bank_mint_refusals f JOIN bank_entries b ON b.entry = f.entry WHERE f.block = n.block"
            " AND f.log_index = n.log_index AND b.account = n.address"
            " AND CAST(b.value_fen AS text) = n.body->>'amount_fen')"
        ),
    ),
)
"""What one row says against another, where a signature or a fact holds one of the two."""


class Intake:
    """One look at every row that people's requests became. `block`: the head, at which contracts are asked."""

    def __init__(
        self, findings: Findings, connection: Connection, node: Node, addresses: Addresses, block: int
    ) -> None:
        self._findings, self._connection, self._node, self._block = findings, connection, node, block
        self._token, self._escrow = token_domain(addresses), escrow_domain(addresses)

    def compare(self) -> None:
        """Report every row that its signature, another row or the chain contradicts."""
        self._each(_AUTHORIZATIONS, self._authorization)
        self._each(_PACKETS, self._packet)
        self._each(_ENTRIES, _entry)
        self._each(_ORDERS, self._order)
        self._each(_REFUNDS, self._refund)
        for contradiction in CONTRADICTIONS:
            self._findings.looked_at("database", 1)
            for row in self._connection.execute(contradiction.query):
                self._add(contradiction.told.format_map(row._mapping), row)

    def _each(self, query: TextClause, wrong: Callable[[Row[Any]], Iterator[str]]) -> None:
        """Look at every row of a query, a few at a time."""
        for row in self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
            self._findings.looked_at("database", 1)
            for told in wrong(row):
                self._add(told, row)

    def _add(self, told: str, row: Row[Any]) -> None:
        """Report a row, with the log of the fact that it became, if it did."""
        block: int | None = row._mapping.get("block")
        transaction = None if block is None else self._node.transaction_at(block, row._mapping["log_index"])
        self._findings.add("database", told, block, transaction)

    def _authorization(self, row: Row[Any]) -> Iterator[str]:
        """Yield that its payer did not sign this. A nonce that another message of his used is no contradiction."""
        struct = RECEIVE_WITH_AUTHORIZATION if row.purpose == "packet" else TRANSFER_WITH_AUTHORIZATION
        message = {
            "from": row.payer,
            "to": row.recipient,
            "value": row.value_fen,
            "validAfter": row.valid_after,
            "validBefore": row.valid_before,
            "nonce": row.nonce,
        }
        hashed = _digest(self._token, struct, message)
        if hashed is None or not self._signed(row, hashed):
            paid = "" if row.paid is None else f"; the chain moved {row.paid} fen to {row.paid_to}"
            yield f"authorizations, {row.id}: {row.payer} signed no {row.value_fen} fen to {row.recipient}{paid}"

    def _signed(self, row: Row[Any], hashed: bytes) -> bool:
        signature = _bytes(row.signature)
        try:
            if recover(hashed, signature) == row.payer:
                return True
        except SignatureMalformed:
            pass  # a contract may accept anything
        if not self._node.code(row.payer, self._block):
            return False
        # The token asked the payer's contract when it was carried out; today the contract may have another owner.
        return (row.paid_to, row.paid) == (row.recipient, row.value_fen) or self._accepts(row.payer, hashed, signature)

    def _accepts(self, contract: str, hashed: bytes, signature: bytes) -> bool:
        question = "0x" + (_MAGIC + encode(["bytes32", "bytes"], [hashed, signature])).hex()
        try:
            answer = self._node.read(contract, question, self._block)
        except RpcError:  # it reverted
            return False
        return bytes.fromhex(answer[2:])[:32] == _MAGIC.ljust(32, b"\0")

    def _packet(self, row: Row[Any]) -> Iterator[str]:
        """Yield where a packet's columns and terms are not those that its id is the hash of."""
        terms = row.terms
        hashed = _digest(self._escrow, RED_PACKET, terms)
        if hashed is None or row.id != "0x" + hashed.hex():
            yield f"red_packets, {row.id}: its terms hash to something else"
            return
        most = terms["total"] // max(terms["shares"], 1)
        if terms["lucky"]:
            most = min(terms["maxShare"], terms["total"] - terms["shares"] + 1)
        due = {
            "creator": terms["creator"],
            "total_fen": terms["total"],
            "shares": terms["shares"],
            "lucky": terms["lucky"],
            "claim_key": terms["claimKey"],
            "largest_share_fen": most,
        }
        found = {name: row._mapping[name] for name in due} | {"expiry": int(row.expires_at.timestamp())}
        for name, value in {**due, "expiry": terms["expiry"]}.items():
            if found[name] != value:
                yield f"red_packets, {row.id}: {name} is {found[name]}, its terms say {value}"

    def _order(self, row: Row[Any]) -> Iterator[str]:
        """Yield that an order's hash is not that of what it says."""
        if row.hash != _order_id(self._token, row):
            yield f"orders, {row.id}: {row.amount_fen} fen to {row.merchant} hash to something else"

    def _refund(self, row: Row[Any]) -> Iterator[str]:
        """Yield that a refund is not what its merchant signed."""
        kept = (row.merchant, row.payer, row.value_fen, _refund_id(self._token, row.hash, row.number))
        if kept != (row.signer, row.recipient, row.signed_fen, row.nonce):
            yield f"order_refunds, {row.number} of {row.order_id}: {row.signer} signed another"


def _order_id(token: Domain, row: Row[Any]) -> str | None:
    try:
        return order_id(token, Order(row.merchant, row.till, row.reference, row.amount_fen, to_unix(row.expires_at)))
    except (ValueError, OverflowError):
        return None


def _refund_id(token: Domain, order: str, number: int) -> str | None:
    try:
        return refund_id(token, order, number)
    except (ValueError, OverflowError):
        return None


def _entry(row: Row[Any]) -> Iterator[str]:
    if row.entry != "0x" + keccak(f"pswallet bank entry {row.id}".encode()).hex():
        yield f"bank_entries, {row.id}: on chain it is not {row.entry}"


def _bytes(value: str) -> bytes:
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return b""


def _digest(domain: Domain, struct: Any, message: Any) -> bytes | None:
    """Return what is signed; None for what no signature can be about."""
    try:
        return digest(domain, struct, message)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
