"""Asking for money: one payer for everything, or an AA split (AA收款) among several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import standing
from pswallet.chain.signing import Domain
from pswallet.kit.ids import new_id
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import insert_rows
from pswallet.notifications.service import OffChainNotice, notify_off_chain
from pswallet.payments import rules
from pswallet.payments.errors import (
    NotAskedToPay,
    PayersOutOfRange,
    PaymentRequestExpired,
    PaymentRequestUnknown,
    ShareAlreadyPaid,
    ShareMismatch,
)
from pswallet.payments.models import PaymentRequest, PaymentShare, SharePayment
from pswallet.payments.service.intake import Accepted, SignedPayment, transfer
from pswallet.payments.service.ledger import limits_by_tier
from pswallet.payments.service.reading import Transfer, transfers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForPayment:
    """`kind` is "request" (one payer, the whole total) or "split" (several, even to a fen)."""

    creator: str
    kind: str
    total_fen: Fen
    payers: Sequence[str]
    note: str
    expires_in: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareView:
    """One payer's share: `own` (the asker's part of a split), unpaid, declined, submitted or paid."""

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
    expires_at: datetime
    shares: list[ShareView]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A page of requests; `older` is the id before which the next page begins, None at the end."""

    requests: list[PaymentRequestView]
    older: str | None


def create_request(session: Session, ask: AskForPayment, *, now: datetime) -> PaymentRequestView:
    """Ask for a payment, and tell its payers. `now` is the last indexed block's time, here and below.

    Raises ZeroAmount, PayersOutOfRange; AccountNotRegistered for a payer whom the chain does not know and
    PaymentLimitExceeded for a share above every tier's: nobody could pay them.
    """
    if ask.total_fen <= 0:
        raise token_errors.ZeroAmount()
    distinct = list(dict.fromkeys(ask.payers))
    try:
        amounts = rules.shares_asked(ask.total_fen, len(distinct), split=ask.kind == "split")
    except ValueError as wrong:
        raise PayersOutOfRange(payers=len(distinct), total_fen=ask.total_fen) from wrong
    if len(distinct) != len(ask.payers) or distinct == [ask.creator]:
        raise PayersOutOfRange(payers=len(ask.payers), total_fen=ask.total_fen)
    _check_payable(session, dict(zip(distinct, amounts, strict=True)), creator=ask.creator)
    request_id, expires_at = new_id("req"), now + ask.expires_in
    session.add(
        PaymentRequest(
            id=request_id,
            creator=ask.creator,
            kind=ask.kind,
            total_fen=ask.total_fen,
            note=ask.note,
            created_at=now,
            expires_at=expires_at,
            remind_at=rules.last_reminder_at(now, expires_at),
        )
    )
    session.flush()
    rows = [
        {"request_id": request_id, "payer": payer, "place": place, "value_fen": amount}
        for place, (payer, amount) in enumerate(zip(distinct, amounts, strict=True))
    ]
    insert_rows(session, PaymentShare, rows)
    _tell(session, request_id, ask.creator, rows)
    return find_request(session, request_id, viewer=ask.creator)


def _check_payable(session: Session, shares: dict[str, Fen], *, creator: str) -> None:
    limits = limits_by_tier(session)
    parties = standing(session, list(shares))
    for payer, amount in shares.items():
        if payer == creator:
            continue
        if parties[payer].tier not in limits:
            raise token_errors.AccountNotRegistered(account=payer)
        # Of any tier: the payer's may rise before it pays.
        largest = max(one.per_payment for one in limits.values())
        if amount > largest:
            raise token_errors.PaymentLimitExceeded(account=payer, attempted=amount, limit=largest)


def _tell(session: Session, request_id: str, creator: str, rows: Sequence[dict[str, Any]]) -> None:
    """Tell each payer in its own stream; the note stays out of it, for it is personal."""
    notices = [
        OffChainNotice(
            row["payer"],
            "payment-requested",
            {"request": request_id, "from": creator, "amount_fen": row["value_fen"]},
        )
        for row in rows
        if row["payer"] != creator
    ]
    notify_off_chain(session, notices)


def find_request(session: Session, request_id: str, *, viewer: str) -> PaymentRequestView:
    """Return a request to its creator or one of its payers. Raises PaymentRequestUnknown."""
    request = session.get(PaymentRequest, request_id)
    found = _views(session, [request] if request else [])
    if not found or viewer not in {found[0].creator, *(share.payer for share in found[0].shares)}:
        raise PaymentRequestUnknown(id=request_id)
    return found[0]


def requests_made(session: Session, account: str, *, before: str | None, limit: int) -> RequestPage:
    """Return up to `limit` requests of `account` that are older than `before` (an id), newest first."""
    query = select(PaymentRequest).where(PaymentRequest.creator == account)
    if before is not None:
        query = query.where(PaymentRequest.id < before)
    return _page(session, query.order_by(PaymentRequest.id.desc()), limit=limit)


def requests_to_pay(session: Session, account: str, *, before: str | None, limit: int) -> RequestPage:
    """Return up to `limit` requests that ask `account`, older than `before` (an id), newest first.

    The part of a split that an asker bears itself asks nobody.
    """
    query = (
        select(PaymentRequest)
        .join(PaymentShare, PaymentShare.request_id == PaymentRequest.id)
        .where(PaymentShare.payer == account, PaymentRequest.creator != account)
    )
    if before is not None:
        query = query.where(PaymentShare.request_id < before)
    return _page(session, query.order_by(PaymentShare.request_id.desc()), limit=limit)


def _page(session: Session, query: Select[PaymentRequest], *, limit: int) -> RequestPage:
    found = list(session.scalars(query.limit(limit + 1)))
    page = found[:limit]
    return RequestPage(_views(session, page), page[-1].id if len(found) > limit else None)


def _views(session: Session, requests: Sequence[PaymentRequest]) -> list[PaymentRequestView]:
    """Return what people see of `requests`, in their order."""
    ids = [request.id for request in requests]
    query = select(PaymentShare).where(PaymentShare.request_id.in_(ids)).order_by(PaymentShare.place)
    shares: dict[str, list[PaymentShare]] = {name: [] for name in ids}
    for share in session.scalars(query):
        shares[share.request_id].append(share)
    payments = payments_of(session, ids)
    return [
        PaymentRequestView(
            id=request.id,
            creator=request.creator,
            kind=request.kind,
            total_fen=Fen(request.total_fen),
            note=request.note,
            created_at=request.created_at,
            expires_at=request.expires_at,
            shares=[
                _share(share, request.creator, payments.get((request.id, share.payer))) for share in shares[request.id]
            ],
        )
        for request in requests
    ]


def pay_share(session: Session, request_id: str, payment: SignedPayment, *, domain: Domain, now: datetime) -> Accepted:
    """Pay the payer's share by its authorization to the creator.

    Who declined may still pay. Raises PaymentRequestUnknown, NotAskedToPay, ShareMismatch, ShareAlreadyPaid,
    PaymentRequestExpired, or what `transfer` refuses for.
    """
    request, share = _asked_of(session, request_id, payment.payer)
    if (payment.recipient, payment.value_fen) != (request.creator, share.value_fen):
        raise ShareMismatch(id=request_id, to=request.creator, amount_fen=share.value_fen)
    _check_open(session, request, payment.payer, now=now)
    outcome = transfer(session, [payment], domain=domain, now=now, purpose="request")[0]
    if isinstance(outcome, Problem):
        raise outcome
    session.add(SharePayment(authorization_id=outcome.id, request_id=request_id, payer=payment.payer))
    session.flush()
    return outcome


def decline_share(session: Session, request_id: str, payer: str, *, now: datetime) -> PaymentRequestView:
    """Say that `payer` will not pay its share: the asker is told once, and no reminder follows.

    Raises PaymentRequestUnknown, NotAskedToPay, ShareAlreadyPaid, PaymentRequestExpired.
    """
    find_request(session, request_id, viewer=payer)  # to others it does not exist
    request, share = _asked_of(session, request_id, payer)
    _check_open(session, request, payer, now=now)
    if share.declined_at is None:
        share.declined_at = now
        session.flush()
        body = {"request": request_id, "by": payer}
        notify_off_chain(session, [OffChainNotice(request.creator, "payment-declined", body)])
    return find_request(session, request_id, viewer=payer)


def _asked_of(session: Session, request_id: str, payer: str) -> tuple[PaymentRequest, PaymentShare]:
    """Return a request and what it asks of `payer`, locked. Raises PaymentRequestUnknown, NotAskedToPay."""
    # The share's row is the right to pay it: two devices paying at once must not both get through.
    share = session.scalar(
        select(PaymentShare)
        .where(PaymentShare.request_id == request_id, PaymentShare.payer == payer)
        .with_for_update()
        .execution_options(populate_existing=True)  # what was read before the lock may be old
    )
    request = session.get(PaymentRequest, request_id)
    if request is None:
        raise PaymentRequestUnknown(id=request_id)
    if share is None or payer == request.creator:
        raise NotAskedToPay(id=request_id)
    return request, share


def _check_open(session: Session, request: PaymentRequest, payer: str, *, now: datetime) -> None:
    """Raise ShareAlreadyPaid or PaymentRequestExpired when `payer` can do nothing about its share any more."""
    before = payments_of(session, [request.id]).get((request.id, payer))
    if before is not None and before.status in ("submitted", "confirmed"):
        raise ShareAlreadyPaid(id=request.id, transfer=before.id)
    if now >= request.expires_at:
        raise PaymentRequestExpired(id=request.id, expired_at=request.expires_at.isoformat())


def payments_of(session: Session, requests: Sequence[str]) -> dict[tuple[str, str], Transfer]:
    """Return the last payment that each payer of each request tried."""
    query = select(SharePayment).where(SharePayment.request_id.in_(requests)).order_by(SharePayment.authorization_id)
    tried = {(one.request_id, one.payer): one.authorization_id for one in session.scalars(query)}
    found = transfers_of(session, list(tried.values()))
    return {share: found[transfer_id] for share, transfer_id in tried.items()}


def _share(share: PaymentShare, creator: str, payment: Transfer | None) -> ShareView:
    open_ = "unpaid" if share.declined_at is None else "declined"
    status = {"confirmed": "paid", "submitted": "submitted"}.get(payment.status if payment else "", open_)
    return ShareView(
        payer=share.payer,
        amount_fen=Fen(share.value_fen),
        status="own" if share.payer == creator else status,
        transfer_id=payment.id if payment and status in ("paid", "submitted") else None,
    )
