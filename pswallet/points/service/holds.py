"""Points as a part of a purchase's price: kept for a quote, then for its order, until the chain says it is paid.

A hold ends by itself, so nothing sticks when a caller is gone. That an order is paid is a fact of the projection's; it
takes what is held for it, and needs no word from here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from pswallet.points.errors import PointsHoldLapsed, PointsInsufficient
from pswallet.points.models import PointsHold
from pswallet.points.rules import Books, History, fold
from pswallet.points.service.histories import locked_history


def reserve(session: Session, quote: str, *, account: str, points: int, until: datetime, now: datetime) -> None:
    """Keep `points` of an account for a quote; asked twice, it keeps them once.

    Times are the chain's. Raises PointsInsufficient; ValueError unless points > 0 and `until` is ahead.
    """
    if points <= 0 or until <= now:
        raise ValueError(f"{points} points from {now} until {until} are no hold")
    history = locked_history(session, account)
    if session.get(PointsHold, quote) is not None:
        return
    moment = history.last_act(now)
    require_free(fold(history, at=moment), points)
    session.add(PointsHold(quote_id=quote, account=account, points=points, at=moment, until=until))
    session.flush()


def commit(session: Session, quote: str, *, order: str, until: datetime, now: datetime) -> None:
    """Keep a quote's points for its order, which can be paid before `until`. Twice does nothing.

    Raises PointsHoldLapsed when the quote's time is over, or its points were released.
    """
    hold = session.get(PointsHold, quote)
    if hold is None:
        raise PointsHoldLapsed(quote=quote)
    history: History = locked_history(session, hold.account)
    session.refresh(hold)
    if hold.order_id == order:
        return
    if hold.order_id is not None or hold.until <= history.last_act(now):
        raise PointsHoldLapsed(quote=quote)
    hold.order_id, hold.until = order, until
    session.flush()


def release(session: Session, quote: str, *, now: datetime) -> None:
    """Give a quote's points back at once, unless its order is paid. Twice, or after its end, does nothing."""
    ended = update(PointsHold).where(PointsHold.quote_id == quote, PointsHold.until > now)
    session.execute(ended.values(until=now))


def require_free(books: Books, points: int) -> None:
    """Refuse to spend more than is free. Raises PointsInsufficient."""
    if books.free < points:
        raise PointsInsufficient(points=points, free=books.free)
