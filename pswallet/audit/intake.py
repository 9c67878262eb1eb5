"""Holds what people asked for to their signatures, to itself, and to what the chain did with it.

The facts beside it were held to the logs before: here they are the chain's word.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from eth_abi.abi import encode
from sqlalchemy import Connection, Row, TextClause, text

from pswallet.audit.code import Addresses
from pswallet.audit.contradictions import CONTRADICTIONS, Contradiction
from pswallet.audit.node import Node
from pswallet.audit.report import Findings
from pswallet.chain.funded import Budget, Campaign, FundedOrder, budget_id, campaign_id, funded_order_id
from pswallet.chain.orders import Order, order_id, refund_id
from pswallet.chain.rpc import RpcError
from pswallet.chain.signing import (
    RECEIVE_WITH_AUTHORIZATION,
    RED_PACKET,
    REFUND,
    TRANSFER_WITH_AUTHORIZATION,
    Domain,
    SignatureMalformed,
    checkout_domain,
    digest,
    escrow_domain,
    keccak,
    recover,
    token_domain,
    voucher_domain,
)
from pswallet.kit.clock import from_unix, to_unix

Terms = TypeVar("Terms")

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
_CAMPAIGNS = text(
    "SELECT c.*, o.block, o.log_index FROM campaigns c LEFT JOIN campaign_openings o ON o.campaign = c.id"
)
_FUNDED = text(
    "SELECT f.*, o.merchant AS recipient, o.till, o.reference, o.amount_fen AS value_fen, o.expires_at AS until,"
    " p.block, p.log_index, p.merchant AS paid_to, p.amount_fen AS paid FROM funded_orders f"
    " JOIN orders o ON o.id = f.order_id LEFT JOIN checkout_payments p ON p.hash = f.hash"
)
_BUDGETS = text(
    "SELECT b.*, b.funder AS payer, b.id AS recipient, 0 AS value_fen, o.block, o.log_index, o.budget AS paid_to,"
    " 0 AS paid FROM checkout_budgets b LEFT JOIN budget_openings o ON o.budget = b.id"
)
_FUNDED_REFUNDS = text(
    "SELECT a.*, a.signer AS payer, a.signer AS recipient, r.block, r.log_index, r.signer AS paid_to,"
    " r.value_fen AS paid FROM checkout_refunds_asked a"
    " LEFT JOIN checkout_refunds r ON r.hash = a.hash AND r.number = a.number"
)
_ENTRIES = text("SELECT id, entry FROM bank_entries")
_ORDERS = text(
    "SELECT o.*, u.block, u.log_index FROM orders o LEFT JOIN LATERAL"
    " (SELECT block, log_index FROM authorization_uses WHERE nonce = o.hash ORDER BY block LIMIT 1) u ON true"
)
_REFUNDS = text(
    "SELECT r.*, o.hash, o.merchant, a.payer AS signer, a.recipient, a.value_fen AS signed_fen, a.nonce,"
    " u.block, u.log_index FROM order_refunds r JOIN orders o ON o.id = r.order_id"
    " JOIN authorizations a ON a.id = r.authorization_id"
    " LEFT JOIN authorization_uses u ON u.payer = a.payer AND u.nonce = a.nonce"
)


class Intake:
    """One look at every row that people's requests became. `block`: the head, at which contracts are asked."""

    def __init__(
        self, findings: Findings, connection: Connection, node: Node, addresses: Addresses, block: int
    ) -> None:
        self._findings, self._connection, self._node, self._block = findings, connection, node, block
        self._token, self._escrow = token_domain(addresses), escrow_domain(addresses)
        self._voucher, self._checkout = voucher_domain(addresses), checkout_domain(addresses)

    def compare(self) -> None:
        """Report every row that its signature, another row or the chain contradicts."""
        self._each(_AUTHORIZATIONS, self._authorization)
        self._each(_PACKETS, self._packet)
        self._each(_CAMPAIGNS, self._campaign)
        self._each(_ENTRIES, _entry)
        self._each(_ORDERS, self._order)
        self._each(_REFUNDS, self._refund)
        self._each(_FUNDED, self._funded_order)
        self._each(_BUDGETS, self._budget)
        self._each(_FUNDED_REFUNDS, self._funded_refund)
        self.look_for(CONTRADICTIONS)

    def look_for(self, contradictions: Sequence[Contradiction]) -> None:
        """Report every row that cannot be."""
        for contradiction in contradictions:
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
        struct = TRANSFER_WITH_AUTHORIZATION
        if row.purpose in ("packet", "checkout"):
            struct = RECEIVE_WITH_AUTHORIZATION
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
        due["expires_at"] = from_unix(terms["expiry"])
        yield from _differing("red_packets", row, due)

    def _campaign(self, row: Row[Any]) -> Iterator[str]:
        """Yield where a campaign's columns and terms are not those that its id is the hash of."""
        terms = _read(Campaign.from_json, row.terms)
        if terms is None or row.id != _hash(campaign_id, self._voucher, terms):
            yield f"campaigns, {row.id}: its terms hash to something else"
            return
        due = {
            "sponsor": terms.sponsor,
            "budget_fen": terms.budget,
            "face_fen": terms.face,
            "per_person": terms.per_person,
            "starts_at": from_unix(terms.start),
            "ends_at": from_unix(terms.end),
            "shops": terms.merchants,
        }
        yield from _differing("campaigns", row, due)

    def _order(self, row: Row[Any]) -> Iterator[str]:
        """Yield that an order's hash is not that of what it says."""
        if row.hash != _hash(order_id, self._token, _order(row)):
            yield f"orders, {row.id}: {row.amount_fen} fen to {row.merchant} hash to something else"

    def _refund(self, row: Row[Any]) -> Iterator[str]:
        """Yield that a refund is not what its merchant signed."""
        kept = (row.merchant, row.payer, row.value_fen, _hash(refund_id, self._token, row.hash, row.number))
        if kept != (row.signer, row.recipient, row.signed_fen, row.nonce):
            yield f"order_refunds, {row.number} of {row.order_id}: {row.signer} signed another"

    def _funded_order(self, row: Row[Any]) -> Iterator[str]:
        """Yield where a funded order is not its order, or not what its payer signed."""
        terms = _read(FundedOrder.from_json, row.terms)
        if terms is None or row.hash != _hash(funded_order_id, self._checkout, terms):
            yield f"funded_orders, {row.hash}: its terms hash to something else"
            return
        asked = (terms.payer, terms.merchant, terms.till, terms.reference, terms.amount, from_unix(terms.expiry))
        if asked != (row.payer, row.recipient, row.till, row.reference, row.value_fen, row.until):
            yield f"funded_orders, {row.hash}: {row.order_id} is another order"
        if row.points_place is not None and not 0 <= row.points_place < len(terms.parts):
            yield f"funded_orders, {row.hash}: it has no part {row.points_place}"
        signed = self._own_money(terms, row.hash) if terms.own else bytes.fromhex(row.hash[2:])
        if not self._signed(row, signed):
            yield f"funded_orders, {row.hash}: {row.payer} did not sign it"

    def _own_money(self, terms: FundedOrder, order: str) -> bytes:
        """Return what a payer signs who adds own money."""
        message = {
            "from": terms.payer,
            "to": self._checkout.verifying_contract,
            "value": terms.own,
            "validAfter": 0,
            "validBefore": terms.expiry,
            "nonce": order,
        }
        return digest(self._token, RECEIVE_WITH_AUTHORIZATION, message)

    def _budget(self, row: Row[Any]) -> Iterator[str]:
        """Yield that a budget is not what its funder signed."""
        terms = _read(lambda terms: Budget(**terms), row.terms)
        if terms is None or row.id != _hash(budget_id, self._checkout, terms) or terms.funder != row.funder:
            yield f"checkout_budgets, {row.id}: its terms hash to something else"
        elif not self._signed(row, bytes.fromhex(row.id[2:])):
            yield f"checkout_budgets, {row.id}: {row.funder} did not sign it"

    def _funded_refund(self, row: Row[Any]) -> Iterator[str]:
        """Yield that a refund of a funded order is not what its merchant or cashier signed."""
        message = {"order": row.hash, "number": row.number, "value": row.value_fen}
        hashed = _digest(self._checkout, REFUND, message)
        if hashed is None or not self._signed(row, hashed):
            yield f"checkout_refunds_asked, {row.number} of {row.hash}: {row.signer} signed no {row.value_fen} fen"


def _order(row: Row[Any]) -> Order:
    return Order(row.merchant, row.till, row.reference, row.amount_fen, to_unix(row.expires_at))


def _read(kind: Callable[[dict[str, Any]], Terms], terms: dict[str, Any]) -> Terms | None:
    """Return terms as they are signed; None for JSON of other fields."""
    try:
        return kind(terms)
    except (KeyError, TypeError):
        return None


def _hash(of: Callable[..., str], domain: Domain, *terms: Any) -> str | None:
    """Return what terms hash to; None for what no terms can be."""
    try:
        return of(domain, *terms)
    except (TypeError, ValueError, OverflowError):
        return None


def _differing(table: str, row: Row[Any], due: dict[str, Any]) -> Iterator[str]:
    """Yield each column that says something else than the terms beside it."""
    for name, value in due.items():
        if row._mapping[name] != value:
            yield f"{table}, {row.id}: {name} is {row._mapping[name]}, its terms say {value}"


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
