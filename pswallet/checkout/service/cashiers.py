"""Cashiers: whom a merchant lets refund funded orders, each up to a cap a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from pswallet.chain.outbox import Call, CallKind, enqueue, under_way
from pswallet.chain.signing import CASHIER, Domain, digest, is_signed_by
from pswallet.checkout import errors
from pswallet.checkout.models import CheckoutCashier
from pswallet.checkout.service import calls
from pswallet.checkout.service.refused import again
from pswallet.kit.clock import shanghai_day_start
from pswallet.kit.money import Fen


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCashier:
    """A merchant's signed act on a cashier: its cap a day [fen], 0 to dismiss; `number` counts the acts on it from 0.

    `contract_verdict`: what the merchant's own contract says of the signature (ERC-1271).
    """

    merchant: str
    cashier: str
    cap_fen: Fen
    number: int
    signature: str
    contract_verdict: bool | None = None

    def judged(self, verdict: bool) -> SetCashier:
        """Return the same command with the verdict of the merchant's contract."""
        return replace(self, contract_verdict=verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierView:
    """A cashier as the chain has it; `number` is what the next act on it is signed with."""

    cashier: str
    cap_fen: Fen
    refunded_today_fen: Fen
    number: int


def cashier_digest(command: SetCashier, *, checkout: Domain) -> bytes:
    """Return what the merchant signs."""
    message = {
        "merchant": command.merchant,
        "cashier": command.cashier,
        "cap": command.cap_fen,
        "number": command.number,
    }
    return digest(checkout, CASHIER, message)


def set_cashier(session: Session, command: SetCashier, *, checkout: Domain) -> None:
    """Ask the contract to let a cashier refund, or to dismiss it. Acts that wait for the chain count.

    Raises CashierNumberMismatch, MerchantSignatureInvalid.
    """
    subject = f"{command.merchant}:{command.cashier}"
    # Two acts at once would both have the next number, and one of them, a dismissal perhaps, be lost.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"acts|{subject}", 0))))
    expected = _acts(session, command.merchant, command.cashier, subject)
    if command.number != expected:
        raise errors.CashierNumberMismatch(expected=expected)
    signed = cashier_digest(command, checkout=checkout)
    if not (command.contract_verdict or is_signed_by(command.merchant, signed, command.signature)):
        raise errors.MerchantSignatureInvalid(merchant=command.merchant)
    merchant, cashier, cap, number = command.merchant, command.cashier, command.cap_fen, command.number
    arguments = {
        "data": calls.naming(merchant, cashier, cap, number, command.signature),
        "merchant": merchant,
        "cashier": cashier,
        "number": number,
        "subject": subject,
    }
    key = again(session, f"cashier:{merchant}:{cashier}:{number}", CallKind.CASHIER_SET, subject)
    enqueue(session, [Call(key, CallKind.CASHIER_SET, arguments)])


def _acts(session: Session, merchant: str, cashier: str, subject: str) -> int:
    # What waits first: what settles in between is counted twice, which may refuse an act, and never not at all.
    waiting = under_way(session, CallKind.CASHIER_SET, subject)
    query = select(func.count()).where(CheckoutCashier.merchant == merchant, CheckoutCashier.cashier == cashier)
    return waiting + (session.scalar(query) or 0)


_CASHIERS = text(
    """
    SELECT DISTINCT ON (c.cashier) c.cashier, c.cap_fen, c.number + 1 AS number, (
        SELECT coalesce(sum(r.value_fen), 0) FROM checkout_refunds r
        WHERE r.merchant = c.merchant AND r.signer = c.cashier AND r.at >= :midnight
    ) AS today
    FROM checkout_cashiers c WHERE c.merchant = :merchant AND (:cashier = '' OR c.cashier = :cashier)
    ORDER BY c.cashier, c.number DESC
    """
)


def cashiers_of(session: Session, merchant: str, *, now: datetime, cashier: str = "") -> list[CashierView]:
    """Return a merchant's cashiers (or the one named), dismissed ones too. `now` is the last indexed block's time."""
    asked = {"merchant": merchant, "cashier": cashier, "midnight": shanghai_day_start(now)}
    rows = session.execute(_CASHIERS, asked)
    return [
        CashierView(
            cashier=row.cashier,
            cap_fen=Fen(row.cap_fen),
            refunded_today_fen=Fen(int(row.today)),
            number=row.number,
        )
        for row in rows
    ]
