"""Refunds of funded orders: signed by the merchant or its cashier, bounded on the chain, checked here beforehand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from pswallet.chain.funded import Campaign, FundedOrder
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import REFUND, Domain, digest, is_signed_by
from pswallet.checkout import errors
from pswallet.checkout.models import CheckoutRefundAsked
from pswallet.checkout.service import calls
from pswallet.checkout.service.cashiers import cashiers_of
from pswallet.checkout.service.permits import require_allowance
from pswallet.kit.money import Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFunded:
    """`value_fen` of a funded order back, under the order's next number, signed by its merchant or a cashier.

    `contract_verdict`: what the signer's own contract says of the signature (ERC-1271).
    """

    hash: str
    merchant: str
    number: int
    value_fen: Fen
    signer: str
    signature: str
    contract_verdict: bool | None = None

    def judged(self, verdict: bool) -> RefundFunded:
        """Return the same command with the verdict of the signer's contract."""
        return replace(self, contract_verdict=verdict)


@dataclass(frozen=True, slots=True)
class Refundable:
    """How many refunds a paid order has had or has under way, and what of it is left to refund [fen]."""

    number: int
    left: int


def refund_digest(command: RefundFunded, *, checkout: Domain) -> bytes:
    """Return what the merchant or its cashier signs."""
    message = {"order": command.hash, "number": command.number, "value": command.value_fen}
    return digest(checkout, REFUND, message)


# One statement: what settles meanwhile is counted as done or as waiting, and never as neither.
_COME = text(
    """
    SELECT count(*) AS number, coalesce(sum(value_fen), 0) AS value FROM (
        SELECT value_fen FROM checkout_refunds WHERE hash = :hash
        UNION ALL
        SELECT a.value_fen FROM checkout_refunds_asked a
        WHERE a.hash = :hash
          AND NOT EXISTS (SELECT FROM checkout_refunds r WHERE r.hash = a.hash AND r.number = a.number)
          AND a.tries = (SELECT count(*) FROM checkout_refusals f
            WHERE f.subject = a.hash AND f.kind = 'order-refund' AND f.number = a.number)
    ) AS come
    """
)
"""Refunds that have happened, or wait for the chain: not refused since they were asked for."""


def refundable(session: Session, order_hash: str, *, amount: int) -> Refundable:
    """Return how far the refunds of an order have come of which `amount` fen were paid."""
    come = session.execute(_COME, {"hash": order_hash}).one()
    return Refundable(come.number, amount - int(come.value))


def check_signer(session: Session, command: RefundFunded, *, checkout: Domain, now: datetime) -> None:
    """Raises RefundSignatureInvalid, CashierLimitExceeded. `now` is the last indexed block's time."""
    signed = refund_digest(command, checkout=checkout)
    if not (command.contract_verdict or is_signed_by(command.signer, signed, command.signature)):
        raise errors.RefundSignatureInvalid(signer=command.signer)
    if command.signer == command.merchant:
        return
    # Before what is done: what settles in between is counted twice, which may refuse a refund, and never not at all.
    waiting = _waiting_of(session, command)
    found = cashiers_of(session, command.merchant, now=now, cashier=command.signer)
    if not found or found[0].cap_fen == 0:
        raise errors.RefundSignatureInvalid(signer=command.signer)
    today = found[0].refunded_today_fen + waiting
    if today + command.value_fen > found[0].cap_fen:
        raise errors.CashierLimitExceeded(
            cashier=command.signer, attempted=today + command.value_fen, limit=found[0].cap_fen
        )


_WAITING_OF = text(
    """
    SELECT coalesce(sum(a.value_fen), 0) FROM checkout_refunds_asked a
    WHERE a.merchant = :merchant AND a.signer = :signer
      AND NOT EXISTS (SELECT FROM checkout_refunds r WHERE r.hash = a.hash AND r.number = a.number)
      AND a.tries = (SELECT count(*) FROM checkout_refusals f
        WHERE f.subject = a.hash AND f.kind = 'order-refund' AND f.number = a.number)
    """
)


def _waiting_of(session: Session, command: RefundFunded) -> int:
    # One cashier's refunds stand in line: else two at once would both be below its cap.
    line = f"cashier|{command.merchant}|{command.signer}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(line, 0))))
    asked = {"merchant": command.merchant, "signer": command.signer}
    return int(session.scalar(_WAITING_OF, asked) or 0)


def leave_refund(
    session: Session,
    command: RefundFunded,
    order: FundedOrder,
    campaigns: list[Campaign],
    *,
    order_id: str,
    checkout: Domain,
    now: datetime,
) -> None:
    """Ask the contract for a refund that was checked. Raises AllowanceInsufficient of the merchant's money."""
    require_allowance(session, command.merchant, command.value_fen, spender=checkout.verifying_contract)
    tries = _tries(session, command)
    session.add(
        CheckoutRefundAsked(
            hash=command.hash,
            number=command.number,
            tries=tries,
            merchant=command.merchant,
            signer=command.signer,
            value_fen=command.value_fen,
            signature=command.signature,
            asked_at=now,
        )
    )
    session.flush()
    data = calls.refunding(
        order,
        number=command.number,
        value=command.value_fen,
        signer=command.signer,
        signature=command.signature,
        campaigns=campaigns,
    )
    arguments = {
        "data": data,
        "order": command.hash,
        "number": command.number,
        "subject": command.hash,
        "count": command.number,
        "asker": command.merchant,
        "order_id": order_id,
    }
    # A refusal of another number does not make this call another.
    key = f"order-refund:{command.hash}:{command.number}" + (f":{tries}" if tries else "")
    enqueue(session, [Call(key, CallKind.ORDER_REFUND, arguments)])


def _tries(session: Session, command: RefundFunded) -> int:
    query = text(
        "SELECT count(*) FROM checkout_refusals WHERE subject = :hash AND kind = 'order-refund' AND number = :number"
    )
    return session.scalar(query, {"hash": command.hash, "number": command.number}) or 0
