"""Holds each refusal to the transaction that failed, and to what happened: what is on the chain was not refused."""

from functools import lru_cache

from sqlalchemy import Connection, Row, text

from pswallet.audit.decode import Log, events
from pswallet.audit.ledger import Moment
from pswallet.audit.node import Node
from pswallet.audit.report import Findings
from pswallet.bank.models import BankMintRefusal
from pswallet.checkout.models import CheckoutRefusal
from pswallet.kit.db import Base
from pswallet.payments.models import AuthorizationRefusal
from pswallet.redpackets.models import PacketRefusal
from pswallet.vouchers.models import VoucherRefusal

TABLES: tuple[type[Base], ...] = (
    AuthorizationRefusal,
    BankMintRefusal,
    CheckoutRefusal,
    PacketRefusal,
    VoucherRefusal,
)
"""What the chain refused; their log is that of the failure, -1 where the whole transaction failed."""

_FAILURES = {
    next(topic for topic, name in events(contract).items() if name == event)
    for contract, event in (("Batch", "CallFailed"), ("RedPacketEscrow", "ClaimSkipped"))
}
_UNEXPLAINED = "CallReverted"  # its transaction may have been given up for an empty one: the chain then has no trace
_REFUSED = text(
    """
    SELECT 'authorization_refusals' AS name, r.block, r.log_index, r.error, r.nonce AS key,
        ARRAY[coalesce(p.terms->>'salt', '0x' || encode(convert_to(f.terms->>'reference', 'UTF8'), 'hex'), r.nonce),
            r.payer] AS carried
    FROM authorization_refusals r LEFT JOIN red_packets p ON p.id = r.nonce
    LEFT JOIN funded_orders f ON f.hash = r.nonce WHERE r.block BETWEEN :first AND :last
    UNION ALL
    SELECT 'bank_mint_refusals', block, log_index, error, key, ARRAY[entry]
    FROM bank_mint_refusals WHERE block BETWEEN :first AND :last
    UNION ALL
    SELECT 'packet_refusals', r.block, r.log_index, r.error, r.key,
        ARRAY[coalesce(p.terms->>'salt', o.terms->>'salt', ''), r.account]
    FROM packet_refusals r LEFT JOIN red_packets p ON p.id = r.packet LEFT JOIN packet_openings o ON o.packet = r.packet
    WHERE r.block BETWEEN :first AND :last
    UNION ALL
    SELECT 'checkout_refusals', r.block, r.log_index, r.error, r.key, ARRAY[coalesce(b.terms->>'salt',
        '0x' || encode(convert_to(coalesce(f.terms->>'reference', p.reference), 'UTF8'), 'hex'),
        split_part(r.subject, ':', 1)), '0x' || substr(split_part(r.subject, ':', 2), 3)]
    FROM checkout_refusals r LEFT JOIN checkout_budgets b ON b.id = r.subject
    LEFT JOIN funded_orders f ON f.hash = r.subject LEFT JOIN checkout_payments p ON p.hash = r.subject
    WHERE r.block BETWEEN :first AND :last
    UNION ALL
    SELECT 'voucher_refusals', r.block, r.log_index, r.error, r.key, ARRAY[coalesce(c.terms->>'salt', ''), r.account]
    FROM voucher_refusals r LEFT JOIN campaigns c ON c.id = r.campaign WHERE r.block BETWEEN :first AND :last
    """
)
"""Each refusal, and what the calldata of its transaction must carry: the nonce, the entry, the salt of a packet, a
campaign or a budget, an order's reference, the accounts.
"""

_HAPPENED = text(
    """
    SELECT r.block, 'authorization_refusals' AS name, r.nonce AS key, u.block AS at FROM authorization_refusals r
    JOIN authorization_uses u ON u.payer = r.payer AND u.nonce = r.nonce
    JOIN entries e ON e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0
    LEFT JOIN authorizations a ON a.payer = r.payer AND a.nonce = r.nonce
    WHERE a.id IS NULL OR (a.recipient = e.counterparty AND a.value_fen = -e.delta_fen)
    UNION ALL
    SELECT r.block, 'bank_mint_refusals', r.key, m.block
    FROM bank_mint_refusals r JOIN bank_mints m ON m.entry = r.entry
    UNION ALL
    SELECT r.block, 'packet_refusals', r.key, h.block FROM packet_refusals r JOIN (
        SELECT 'packet-create' AS kind, packet, '' AS account, block FROM packet_openings
        UNION ALL SELECT 'packet-claim', packet, account, block FROM packet_shares
        UNION ALL SELECT 'packet-collect', packet, account, block FROM packet_collections
        UNION ALL SELECT 'packet-refund', packet, '', block FROM packet_refunds
    ) h ON h.kind = r.kind AND h.packet = r.packet AND h.account = r.account
    UNION ALL
    SELECT r.block, 'checkout_refusals', r.key, h.block FROM checkout_refusals r JOIN (
        SELECT 'budget-open' AS kind, budget AS subject, CAST(NULL AS int) AS number, block FROM budget_openings
        UNION ALL SELECT 'order-pay', hash, NULL, block FROM checkout_payments
        UNION ALL SELECT 'order-refund', hash, number, block FROM checkout_refunds
    ) h ON (h.kind, h.subject) = (r.kind, r.subject) AND h.number IS NOT DISTINCT FROM r.number
    UNION ALL
    SELECT r.block, 'voucher_refusals', r.key, h.block FROM voucher_refusals r JOIN (
        SELECT 'campaign-open' AS kind, campaign, '' AS account, CAST(NULL AS int) AS count, block
        FROM campaign_openings
        UNION ALL SELECT 'campaign-close', campaign, '', NULL, block FROM campaign_closings
        UNION ALL SELECT 'voucher', campaign, account, count, block FROM voucher_entries WHERE kind = 'issued'
    ) h ON (h.kind, h.campaign, h.account) = (r.kind, r.campaign, r.account) AND h.count IS NOT DISTINCT FROM r.count
    """
)
"""Refused keys that happened. A nonce that another message of its payer used is not the refused payment's."""


class Refusals:
    """Compares the refusals of one range at a time with the failures that its logs tell of."""

    def __init__(self) -> None:
        self._failures: dict[tuple[int, int], str] = {}

    def note(self, log: Log, now: Moment) -> None:
        """Note where a call failed, and in which transaction."""
        if log["topics"][:1] and log["topics"][0] in _FAILURES:
            self._failures[now.block, int(log["logIndex"], 16)] = now.transaction

    def compare(self, findings: Findings, connection: Connection, node: Node, first: int, last: int) -> None:
        """Report each refusal of the blocks `first` to `last` behind which no failed transaction stands."""
        calldata, reverted = lru_cache(64)(node.calldata), lru_cache(64)(node.reverted_calldata)
        for row in connection.execute(_REFUSED, {"first": first, "last": last}):
            findings.looked_at("database", 1)
            if row.log_index < 0 and row.error == _UNEXPLAINED:
                continue
            transaction = self._failures.get((row.block, row.log_index))
            carriers = reverted(row.block) if row.log_index < 0 else [calldata(transaction)] if transaction else []
            if not any(_carries(sent, row) for sent in carriers):
                told = f"{row.name} says that {row.key} was refused ({row.error}), and no such call failed there"
                findings.add("database", told, row.block, transaction)
        self._failures.clear()


def compare_happened(findings: Findings, connection: Connection) -> None:
    """Report each refusal of what happened. What was refused first may be carried by anybody later."""
    for row in connection.execute(_HAPPENED):
        if row.at <= row.block:
            told = f"{row.name} says that {row.key} was refused; it happened in block {row.at}"
            findings.add("database", told, row.block)


def _carries(sent: bytes, row: Row[tuple[object, ...]]) -> bool:
    return all(part[2:].lower() in sent.hex() for part in row.carried)
