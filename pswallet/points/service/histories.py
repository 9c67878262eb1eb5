"""What happened to people's points, read from the tables for the ledger to fold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from pswallet.kit.db import Base
from pswallet.kit.rows import TEXTS
from pswallet.points.models import PointsHold, PointsPurchase, PointsRedemption, PointsRefund
from pswallet.points.rules import History, Hold, Purchase, Redemption, Refund

_AT_ONCE = 1_000
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('points|' || :account, 0))")


def history_of(session: Session, account: str) -> History:
    """Return all that happened to one account's points."""
    return histories(session, [account])[account]


def locked_history(session: Session, account: str) -> History:
    """Return an account's history once nobody else spends its points: until the end of the transaction."""
    # The lock is a statement of its own: the next one sees what was committed while this one waited.
    session.execute(_LOCK, {"account": account})
    return history_of(session, account)


def histories(session: Session, accounts: Collection[str]) -> dict[str, History]:
    """Return the history of each account, with four queries however many they are."""
    purchases, refunds = _rows(session, PointsPurchase, accounts), _rows(session, PointsRefund, accounts)
    holds, redemptions = _rows(session, PointsHold, accounts), _rows(session, PointsRedemption, accounts)
    return {
        account: History(
            [_purchase(row) for row in purchases[account]],
            [_refund(row) for row in refunds[account]],
            [_hold(row) for row in holds[account]],
            [Redemption(id=row.id, at=row.at, points=row.points) for row in redemptions[account]],
        )
        for account in accounts
    }


def everybody(session: Session, *, at: datetime) -> Iterator[tuple[str, History]]:
    """Yield each account that had earned points by `at` with its history, a thousand accounts a query."""
    last = ""
    while accounts := _accounts_after(session, last, at=at):
        yield from histories(session, accounts).items()
        last = accounts[-1]


def _accounts_after(session: Session, last: str, *, at: datetime) -> list[str]:
    query = select(PointsPurchase.account).where(PointsPurchase.account > last, PointsPurchase.at <= at).distinct()
    return list(session.scalars(query.order_by(PointsPurchase.account).limit(_AT_ONCE)))


def _rows(session: Session, table: type[Base], accounts: Collection[str]) -> dict[str, list[Any]]:
    columns = table.__table__.columns
    query = select(*columns).where(columns["account"] == func.any(bindparam("accounts", type_=TEXTS)))
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(query, {"accounts": list(accounts)}):
        found[row.account].append(row)
    return found


def _purchase(row: Any) -> Purchase:
    return Purchase(order=row.order_id, at=row.at, earned=row.earned, points_paid=row.points_paid, ends_at=row.ends_at)


def _refund(row: Any) -> Refund:
    return Refund(order=row.order_id, at=row.at, clawed_back=row.clawed_back, returned=row.returned)


def _hold(row: Any) -> Hold:
    return Hold(id=row.quote_id, at=row.at, points=row.points, until=row.until, order=row.order_id)
