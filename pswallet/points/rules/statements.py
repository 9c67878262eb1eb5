"""A statement of points: what one had before a period, what came in and went out, what one had at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pswallet.points.rules.ledger import BOOKS, Book, Movement

_OWN = {Book.FREE, Book.HELD}


class Period(NamedTuple):
    """From the instant `start` to just before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Points that came to a person or left: `delta` is signed."""

    place: int
    """Counts a person's lines from 0."""
    at: datetime
    kind: str
    delta: int
    balance_after: int
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The sums of a period, and its lines in order: opening + came_in - went_out = closing."""

    opening: int
    came_in: int
    went_out: int
    closing: int
    lines: tuple[Line, ...]


def lines(movements: Sequence[Movement]) -> list[Line]:
    """Return the movements that change what a person has; holding points changes nothing yet."""
    found: list[Line] = []
    balance = 0
    for move in movements:
        source, target = BOOKS[move.kind]
        sign = (target in _OWN) - (source in _OWN)
        if sign:
            balance += sign * move.points
            found.append(Line(len(found), move.at, move.kind, sign * move.points, balance, move.about))
    return found


def statement(movements: Sequence[Movement], *, period: Period) -> Statement:
    """Return the statement of a period. Opening and closing are balances, in and out sums: each checks the other."""
    every = lines(movements)
    before = [line for line in every if line.at < period.start]
    within = [line for line in every if period.start <= line.at < period.end]
    upto = before + within
    return Statement(
        opening=before[-1].balance_after if before else 0,
        came_in=sum(line.delta for line in within if line.delta > 0),
        went_out=-sum(line.delta for line in within if line.delta < 0),
        closing=upto[-1].balance_after if upto else 0,
        lines=tuple(within),
    )
