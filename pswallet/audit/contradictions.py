"""What one row of the gateway says against another, where a signature or a fact of the chain holds one of the two."""

from typing import NamedTuple

from sqlalchemy import TextClause, text


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
            " WHERE n.kind IN ('order-paid', 'order-received', 'order-refunded') AND NOT EXISTS (SELECT FROM orders o"
            " LEFT JOIN order_refunds r ON r.order_id = o.id LEFT JOIN authorizations a ON a.id = r.authorization_id"
            " JOIN authorization_uses u ON u.nonce = o.hash OR (u.payer = a.payer AND u.nonce = a.nonce)"
            " WHERE o.id = n.body->>'order' AND o.reference = n.body->>'reference'"
            " AND (u.block, u.log_index + 1) = (n.block, n.log_index)) AND NOT EXISTS"
            " (SELECT FROM checkout_payments p LEFT JOIN checkout_refunds r ON r.hash = p.hash"
            " LEFT JOIN orders o ON o.merchant = p.merchant AND o.reference = p.reference AND o.till = p.till"
            " AND o.amount_fen = p.amount_fen AND o.expires_at = p.expires_at"
            " WHERE coalesce(o.id, p.hash) = n.body->>'order' AND p.reference = n.body->>'reference'"
            " AND ((p.block, p.log_index) = (n.block, n.log_index) OR (r.block, r.log_index) = (n.block, n.log_index)))"
        ),
    ),
    Contradiction(
        "authorization_refusals, {nonce} of {payer}: try {number} was refused; it was signed again {tries} times",
        text(
            "SELECT r.block, r.log_index, r.nonce, r.payer, r.number, a.tries FROM authorization_refusals r"
            " JOIN authorizations a ON a.payer = r.payer AND a.nonce = r.nonce WHERE r.number > a.tries"
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
    Contradiction(
        "voucher_claims, {account} of {campaign}: {value_fen} fen for {count} of {face_fen} fen, {per_person} a person",
        text(
            "SELECT e.block, e.log_index, c.*, t.face_fen, t.per_person FROM voucher_claims c"
            " LEFT JOIN campaigns t ON t.id = c.campaign"
            " LEFT JOIN voucher_entries e ON e.campaign = c.campaign AND e.account = c.account AND e.kind = 'issued'"
            " AND e.count = c.count WHERE (c.value_fen > 0 AND c.value_fen % t.face_fen = 0 AND c.count <= t.per_person"
            " AND c.value_fen <= c.count * t.face_fen) IS NOT TRUE"
        ),
    ),
)
"""What one row says against another, where a signature or a fact holds one of the two."""
