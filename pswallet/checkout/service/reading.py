"""Funded orders as the chain tells them: paid, and what came back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet.chain.funded import FundedOrder, Part
from pswallet.checkout.models import CheckoutPart, CheckoutPayment
from pswallet.kit.clock import to_unix
from pswallet.kit.money import Fen
from pswallet.kit.rows import array_literal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundedRefund:
    """Money of a funded order that came back, or waits to: then `status` is submitted, and nobody's share is known."""

    number: int
    value_fen: Fen
    own_fen: Fen | None
    parts_fen: tuple[int, ...]
    signer: str
    status: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundedPayment:
    """A funded order that is paid."""

    hash: str
    order: FundedOrder
    block: int
    log_index: int
    transaction: str
    at: datetime
    refunds: tuple[FundedRefund, ...]


_REFUNDS = text(
    """
    SELECT a.hash, a.number, a.value_fen, NULL AS own_fen, NULL AS parts_fen, a.signer, (
        SELECT f.error FROM checkout_refusals f
        WHERE f.subject = a.hash AND f.kind = 'order-refund' AND f.number = a.number
        ORDER BY f.block, f.log_index OFFSET a.tries LIMIT 1
    ) AS error, false AS done
    FROM checkout_refunds_asked a WHERE a.hash = ANY(CAST(:hashes AS text[]))
      AND NOT EXISTS (SELECT FROM checkout_refunds r WHERE r.hash = a.hash AND r.number = a.number)
    UNION ALL
    SELECT r.hash, r.number, r.value_fen, r.own_fen, r.parts_fen, r.signer, NULL, true
    FROM checkout_refunds r WHERE r.hash = ANY(CAST(:hashes AS text[]))
    ORDER BY 1, 2
    """
)


def funded_payments(session: Session, hashes: Collection[str]) -> list[FundedPayment]:
    """Return those of the funded orders that are paid, in the chain's order."""
    if not hashes:
        return []
    query = select(CheckoutPayment).where(CheckoutPayment.hash.in_(hashes))
    rows = list(session.scalars(query.order_by(CheckoutPayment.block, CheckoutPayment.log_index)))
    parts: dict[str, list[Part]] = defaultdict(list)
    found = select(CheckoutPart).where(CheckoutPart.hash.in_([row.hash for row in rows])).order_by(CheckoutPart.place)
    for part in session.scalars(found):
        parts[part.hash].append(Part(part.funder, part.budget, part.value_fen, part.minimum_spend_fen))
    refunds: dict[str, list[FundedRefund]] = defaultdict(list)
    for row in session.execute(_REFUNDS, {"hashes": array_literal([one.hash for one in rows])}):
        refunds[row.hash].append(
            FundedRefund(
                number=row.number,
                value_fen=Fen(row.value_fen),
                own_fen=None if row.own_fen is None else Fen(row.own_fen),
                parts_fen=tuple(row.parts_fen or ()),
                signer=row.signer,
                status="confirmed" if row.done else "refused" if row.error else "submitted",
                error=row.error,
            )
        )
    return [_payment(row, tuple(parts[row.hash]), tuple(refunds[row.hash])) for row in rows]


def _payment(row: CheckoutPayment, parts: tuple[Part, ...], refunds: tuple[FundedRefund, ...]) -> FundedPayment:
    order = FundedOrder(
        payer=row.payer,
        merchant=row.merchant,
        till=row.till,
        reference=row.reference,
        own=row.own_fen,
        amount=row.amount_fen,
        expiry=to_unix(row.expires_at),
        parts=parts,
    )
    return FundedPayment(
        hash=row.hash,
        order=order,
        block=row.block,
        log_index=row.log_index,
        transaction=row.transaction,
        at=row.at,
        refunds=refunds,
    )
