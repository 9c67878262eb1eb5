"""Reminding people of points that end soon: 30 days, 7 days and a day before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pswallet.accounts.service import may_receive
from pswallet.kit.clock import shanghai_day
from pswallet.notifications.service import OffChainNotice, notify_off_chain
from pswallet.points.models import PointsPurchase, PointsReminder
from pswallet.points.rules import fold, next_end, reminder_due
from pswallet.points.service.histories import histories


def remind_of_ends(session: Session, *, now: datetime, limit: int) -> int:
    """Remind up to `limit` accounts of what they lose at the next end; return how many were looked at.

    A reminder that was missed while no worker was there is not made up for: only the latest due one is given.
    """
    end = next_end(now)
    due = reminder_due(end, now=now)
    if due is None:
        return 0
    accounts = _not_reminded(session, end, days=due.days, limit=limit)
    _tell(session, accounts, end, now=now)
    _note(session, accounts, end, days=due.days)
    return len(accounts)


def _not_reminded(session: Session, end: datetime, *, days: int, limit: int) -> list[str]:
    reminded = select(PointsReminder.account).where(PointsReminder.ends_at == end, PointsReminder.days_before <= days)
    query = select(PointsPurchase.account).where(
        PointsPurchase.ends_at == end,
        PointsPurchase.account.not_in(reminded),
        may_receive(PointsPurchase.account),  # not who has left, or cannot spend them
    )
    return list(session.scalars(query.distinct().order_by(PointsPurchase.account).limit(limit)))


def _tell(session: Session, accounts: Sequence[str], end: datetime, *, now: datetime) -> None:
    last_day = shanghai_day(end - timedelta(seconds=1)).isoformat()
    found = histories(session, accounts)
    lots = {account: fold(found[account], at=now).lots for account in accounts}
    notices = [
        OffChainNotice(account, "points-ending", {"points": lot.points, "last_day": last_day})
        for account in accounts
        for lot in lots[account]
        if lot.ends_at == end
    ]
    notify_off_chain(session, notices)


def _note(session: Session, accounts: Sequence[str], end: datetime, *, days: int) -> None:
    if accounts:
        rows = [{"account": account, "ends_at": end, "days_before": days} for account in accounts]
        noted = insert(PointsReminder).values(rows)
        session.execute(
            noted.on_conflict_do_update(
                index_elements=["account", "ends_at"], set_={"days_before": noted.excluded.days_before}
            )
        )
