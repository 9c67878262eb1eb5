"""Which order a movement belongs to, by the merchant's own number of it: what a till's list and a statement share."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.rows import array_literal
from pswallet.payments.models import Entry

# A signed payment's `AuthorizationUsed` is the log before its Transfer: its nonce is a plain order's hash, a funded
# one's, or a refund's. Out of the checkout the payer's own money comes in the log before `OrderPaid`, each funder's
# part in one before that. Behind `OrderRefunded` stand what the merchant gives back, `Returned`, and the payer's own.
_REFERENCES = text(
    """
    SELECT e.block, e.log_index, COALESCE(
        plain.reference, given.reference, funded.reference, own.reference, part.reference, back.reference)
    FROM unnest(
        CAST(:blocks AS bigint[]), CAST(:indexes AS integer[]), CAST(:accounts AS text[]), CAST(:others AS text[]),
        CAST(:deltas AS bigint[])
    ) AS e(block, log_index, account, counterparty, delta_fen)
    LEFT JOIN authorization_uses u ON u.block = e.block AND u.log_index = e.log_index - 1
    LEFT JOIN orders plain ON plain.hash = u.nonce
    LEFT JOIN authorizations a ON a.payer = u.payer AND a.nonce = u.nonce AND a.purpose = 'order-refund'
    LEFT JOIN order_refunds r ON r.authorization_id = a.id
    LEFT JOIN orders given ON given.id = r.order_id
    LEFT JOIN checkout_payments funded ON funded.hash = u.nonce
    LEFT JOIN checkout_payments own
        ON own.block = e.block AND own.log_index = e.log_index + 1 AND own.merchant = e.account
    LEFT JOIN LATERAL (
        SELECT p.reference FROM checkout_payments p
        JOIN checkout_parts k ON k.hash = p.hash AND k.funder = e.counterparty AND k.value_fen = e.delta_fen
        WHERE p.block = e.block AND p.log_index > e.log_index AND p.merchant = e.account
        ORDER BY p.log_index LIMIT 1
    ) AS part ON u.nonce IS NULL
    LEFT JOIN checkout_refunds c ON u.nonce IS NULL AND c.block = e.block
        AND c.log_index = e.log_index - CASE WHEN e.delta_fen < 0 THEN 1 ELSE 3 END
    LEFT JOIN checkout_payments back ON back.hash = c.hash
        AND e.account = CASE WHEN e.delta_fen < 0 THEN back.merchant ELSE back.payer END
    """
)


def references_of(session: Session, entries: Sequence[Entry]) -> dict[tuple[int, int], str]:
    """Return the number of the order behind each of one account's `entries` that has one, by block and log index."""
    if not entries:
        return {}
    asked = {
        "blocks": array_literal([entry.block for entry in entries]),
        "indexes": array_literal([entry.log_index for entry in entries]),
        "accounts": array_literal([entry.account for entry in entries]),
        "others": array_literal([entry.counterparty for entry in entries]),
        "deltas": array_literal([entry.delta_fen for entry in entries]),
    }
    rows = session.execute(_REFERENCES, asked)
    return {(block, log_index): reference for block, log_index, reference in rows if reference is not None}
