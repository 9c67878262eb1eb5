"""What one has in points, and how it came to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pswallet.points import rules
from pswallet.points.rules import BOOKS, Book, Lot, Period, Standing, Statement
from pswallet.points.service.histories import everybody, history_of


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


def totals(session: Session, *, at: datetime) -> dict[Book, int]:
    """Return what stands in each book over everybody at `at`; issued is below zero, and all sum to 0."""
    found: Counter[Book] = Counter()
    for _, history in everybody(session, at=at):
        for move in rules.fold(history, at=at).movements:
            source, target = BOOKS[move.kind]
            found[source] -= move.points
            found[target] += move.points
    return {book: found[book] for book in Book}
