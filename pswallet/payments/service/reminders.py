"""Reminding of what a payment request asks for: by its asker, a day apart for each payer, and once before its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pswallet.notifications.service import OffChainNotice, notify_off_chain
from pswallet.payments import rules
from pswallet.payments.errors import NobodyToRemind, NotTheAsker, PaymentRequestExpired, RemindedTooSoon
from pswallet.payments.models import PaymentRequest, PaymentShare
from pswallet.payments.service.requests import PaymentRequestView, find_request, payments_of


def remind(session: Session, request_id: str, asker: str, *, now: datetime) -> list[str]:
    """Remind who has neither paid nor declined and was not reminded within 24 hours; return their addresses.

    `now` is the last indexed block's time. Raises PaymentRequestUnknown, NotTheAsker, PaymentRequestExpired,
    NobodyToRemind, RemindedTooSoon.
    """
    request = find_request(session, request_id, viewer=asker)
    if request.creator != asker:
        raise NotTheAsker(id=request_id)
    if now >= request.expires_at:
        raise PaymentRequestExpired(id=request_id, expired_at=request.expires_at.isoformat())
    waiting = _open_shares(session, [request_id])
    if not waiting:
        raise NobodyToRemind(id=request_id)
    due = [share for share in waiting if rules.may_remind(share.reminded_at, now=now)]
    if not due:
        first = min(share.reminded_at for share in waiting if share.reminded_at) + rules.REMINDER_INTERVAL
        raise RemindedTooSoon(id=request_id, retry_after_s=max(1, math.ceil((first - now).total_seconds())))
    _tell(session, due, {request_id: request}, now=now)
    return [share.payer for share in due]


def remind_before_end(session: Session, *, now: datetime, limit: int) -> int:
    """Remind once of the open shares of up to `limit` requests that end soon; return how many payers were told.

    A request that ended while no worker was there is passed over.
    """
    ending = (
        select(PaymentRequest.id).where(PaymentRequest.remind_at <= now).order_by(PaymentRequest.remind_at).limit(limit)
    )
    ended = update(PaymentRequest).where(PaymentRequest.id.in_(ending)).values(remind_at=None)
    rows = session.execute(ended.returning(PaymentRequest.id, PaymentRequest.creator, PaymentRequest.expires_at)).all()
    alive = {row.id: find_request(session, row.id, viewer=row.creator) for row in rows if now < row.expires_at}
    due = _open_shares(session, list(alive))
    _tell(session, due, alive, now=now)
    return len(due)


def _open_shares(session: Session, requests: Sequence[str]) -> list[PaymentShare]:
    """Return the shares that are neither paid, nor being paid, nor declined, nor the asker's own; locked."""
    query = (
        select(PaymentShare, PaymentRequest.creator)
        .join(PaymentRequest, PaymentRequest.id == PaymentShare.request_id)
        .where(PaymentShare.request_id.in_(requests), PaymentShare.payer != PaymentRequest.creator)
        .order_by(PaymentShare.request_id, PaymentShare.payer)
        .with_for_update(of=PaymentShare)
        .execution_options(populate_existing=True)  # what was read before the lock may be old
    )
    found = [row[0] for row in session.execute(query)]
    # Looked at under the lock: a payment is accepted under it too.
    paid = {share for share, one in payments_of(session, requests).items() if one.status in ("submitted", "confirmed")}
    return [one for one in found if one.declined_at is None and (one.request_id, one.payer) not in paid]


def _tell(
    session: Session, due: Sequence[PaymentShare], requests: dict[str, PaymentRequestView], *, now: datetime
) -> None:
    """Note who was reminded, and tell them; the note of the request stays out of it, for it is personal."""
    for share in due:
        share.reminded_at = now
    session.flush()
    notices = [
        OffChainNotice(
            share.payer,
            "payment-reminded",
            {
                "request": share.request_id,
                "from": requests[share.request_id].creator,
                "amount_fen": share.value_fen,
                "expires_at": requests[share.request_id].expires_at.isoformat(),
            },
        )
        for share in due
    ]
    notify_off_chain(session, notices)
