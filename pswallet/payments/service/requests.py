"""Asking for money: one payer for everything, or an AA split (AA收款) among several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.chain.signing import Domain
from pswallet.kit.ids import new_id
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import insert_rows
from pswallet.payments import rules
from pswallet.payments.errors import (
    NotAskedToPay,
    PayersOutOfRange,
    PaymentRequestUnknown,
    ShareAlreadyPaid,
    ShareMismatch,
)
from pswallet.payments.models import PaymentRequest, PaymentShare, SharePayment
from pswallet.payments.service.intake import Accepted, SignedPayment, transfer
from pswallet.payments.service.reading import Transfer, transfers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForPayment:
    """`kind` is "request" (one payer, the whole total) or "split" (several, even to a fen)."""

    creator: str
    kind: str
    total_fen: Fen
    payers: Sequence[str]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareView:
    """One payer's share: `own` (the asker's part of a split), unpaid, submitted or paid."""

    payer: str
    amount_fen: Fen
    status: str
    transfer_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequestView:
    """A request and how far it is paid."""

    id: str
    creator: str
    kind: str
    total_fen: Fen
    note: str
    created_at: datetime
    shares: list[ShareView]


def create_request(session: Session, ask: AskForPayment, *, now: datetime) -> PaymentRequestView:
    """Ask for a payment. Raises ZeroAmount or PayersOutOfRange."""
    if ask.total_fen <= 0:
        raise token_errors.ZeroAmount()
    distinct = list(dict.fromkeys(ask.payers))
    try:
        amounts = rules.shares_asked(ask.total_fen, len(distinct), split=ask.kind == "split")
    except ValueError as wrong:
        raise PayersOutOfRange(payers=len(distinct), total_fen=ask.total_fen) from wrong
    if len(distinct) != len(ask.payers) or distinct == [ask.creator]:
        raise PayersOutOfRange(payers=len(ask.payers), total_fen=ask.total_fen)
    request_id = new_id("req")
    session.add(
        PaymentRequest(
            id=request_id,
            creator=ask.creator,
            kind=ask.kind,
            total_fen=ask.total_fen,
            note=ask.note,
            created_at=now,
        )
    )
    session.flush()
    rows = [
        {"request_id": request_id, "payer": payer, "place": place, "value_fen": amount}
        for place, (payer, amount) in enumerate(zip(distinct, amounts, strict=True))
    ]
    insert_rows(session, PaymentShare, rows)
    return find_request(session, request_id, viewer=ask.creator)


def find_request(session: Session, request_id: str, *, viewer: str) -> PaymentRequestView:
    """Return a request to its creator or one of its payers. Raises PaymentRequestUnknown."""
    request = session.get(PaymentRequest, request_id)
    query = select(PaymentShare).where(PaymentShare.request_id == request_id).order_by(PaymentShare.place)
    shares = list(session.scalars(query))
    if request is None or viewer not in {request.creator, *(share.payer for share in shares)}:
        raise PaymentRequestUnknown(id=request_id)
    payments = _payments(session, request_id)
    return PaymentRequestView(
        id=request.id,
        creator=request.creator,
        kind=request.kind,
        total_fen=Fen(request.total_fen),
        note=request.note,
        created_at=request.created_at,
        shares=[_share(share, request.creator, payments.get(share.payer)) for share in shares],
    )


def pay_share(session: Session, request_id: str, payment: SignedPayment, *, domain: Domain, now: datetime) -> Accepted:
    """Pay the payer's share by its authorization to the creator.

    Raises PaymentRequestUnknown, NotAskedToPay, ShareMismatch, ShareAlreadyPaid, or what `transfer` refuses for.
    """
    # The share's row is the right to pay it: two devices paying at once must not both get through.
    share = session.scalar(
        select(PaymentShare)
        .where(PaymentShare.request_id == request_id, PaymentShare.payer == payment.payer)
        .with_for_update()
    )
    request = session.get(PaymentRequest, request_id)
    if request is None:
        raise PaymentRequestUnknown(id=request_id)
    if share is None or payment.payer == request.creator:
        raise NotAskedToPay(id=request_id)
    if (payment.recipient, payment.value_fen) != (request.creator, share.value_fen):
        raise ShareMismatch(id=request_id, to=request.creator, amount_fen=share.value_fen)
    before = _payments(session, request_id).get(payment.payer)
    if before is not None and before.status in ("submitted", "confirmed"):
        raise ShareAlreadyPaid(id=request_id, transfer=before.id)
    outcome = transfer(session, [payment], domain=domain, now=now)[0]
    if isinstance(outcome, Problem):
        raise outcome
    session.add(SharePayment(authorization_id=outcome.id, request_id=request_id, payer=payment.payer))
    session.flush()
    return outcome


def _payments(session: Session, request_id: str) -> dict[str, Transfer]:
    """Return the last payment that each payer tried."""
    query = select(SharePayment).where(SharePayment.request_id == request_id).order_by(SharePayment.authorization_id)
    tried = {payment.payer: payment.authorization_id for payment in session.scalars(query)}
    found = transfers_of(session, list(tried.values()))
    return {payer: found[transfer_id] for payer, transfer_id in tried.items()}


def _share(share: PaymentShare, creator: str, payment: Transfer | None) -> ShareView:
    status = {"confirmed": "paid", "submitted": "submitted"}.get(payment.status if payment else "", "unpaid")
    return ShareView(
        payer=share.payer,
        amount_fen=Fen(share.value_fen),
        status="own" if share.payer == creator else status,
        transfer_id=payment.id if payment and status != "unpaid" else None,
    )
