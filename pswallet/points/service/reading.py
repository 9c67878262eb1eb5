"""What one has in points, and how it came to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pswallet.points import rules
from pswallet.points.rules import Lot, Period, Standing, Statement
from pswallet.points.service.histories import history_of


@dataclass(frozen=True, slots=True)
class Summary:
    """How an account's points stand. `free` below zero is a debt, which later earnings pay first."""

    free: int
    held: int
    lots: tuple[Lot, ...]
    standing: Standing


def summary(session: Session, account: str, *, now: datetime) -> Summary:
    """Return how an account's points stand at `now`, the chain's time."""
    history = history_of(session, account)
    moment = history.last_act(now)
    books = rules.fold(history, at=moment)
    return Summary(books.free, books.held, books.lots, rules.standing(history, at=moment))


def statement(session: Session, account: str, *, period: Period, now: datetime) -> Statement:
    """Return what came, went and was left of an account's points in a period, up to `now`."""
    history = history_of(session, account)
    return rules.statement(rules.fold(history, at=history.last_act(now)).movements, period=period)
