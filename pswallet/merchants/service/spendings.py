"""What a person paid by codes today, counted against the limits. Codes go by the wall clock, days by Asia/Shanghai.

A counted sum is one row: payments that come at once stand in line for it, and none passes the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pswallet.accounts.errors import ZeroAmount
from pswallet.kit import clock
from pswallet.kit.money import Fen
from pswallet.merchants.errors import CodeLimitExceeded
from pswallet.merchants.models import CodeLimit, CodeSpending
from pswallet.merchants.rules import codelimits
from pswallet.merchants.rules.codelimits import CodeKind, Level


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be paid by codes of a kind and level today, and what was [fen]."""

    kind: CodeKind
    level: Level
    limit: Fen
    spent: Fen


def spend(session: Session, *, owner: str, kind: CodeKind, level: Level, amount: Fen, now: datetime) -> Fen:
    """Count `amount` for `owner` (an account's id); return the day's sum. Raises ZeroAmount, CodeLimitExceeded."""
    if amount <= 0:
        raise ZeroAmount()
    limit = _limit(session, owner, kind, level)
    day = clock.shanghai_day(now)
    counted = (
        insert(CodeSpending)
        .values(owner=owner, kind=kind, level=level, day=day, spent_fen=amount)
        .on_conflict_do_update(
            index_elements=["owner", "kind", "level", "day"],
            set_={"spent_fen": CodeSpending.spent_fen + amount},
            where=CodeSpending.spent_fen + amount <= limit,
        )
        .returning(CodeSpending.spent_fen)
    )
    # The day's first payment meets no row that could refuse it.
    sum_now = None if codelimits.exceeds(Fen(0), amount, limit) else session.execute(counted).scalar()
    if sum_now is None:
        raise CodeLimitExceeded(
            kind=kind,
            level=level,
            limit_fen=limit,
            spent_fen=_spent(session, owner, kind, level, now),
            attempted_fen=amount,
        )
    return Fen(sum_now)


def give_back(session: Session, *, owner: str, kind: CodeKind, level: Level, amount: Fen, spent_at: datetime) -> None:
    """Take back what was counted at `spent_at` for a payment that did not come about; never below zero."""
    session.execute(
        update(CodeSpending)
        .where(*_of(owner, kind, level, spent_at), CodeSpending.spent_fen >= amount)
        .values(spent_fen=CodeSpending.spent_fen - amount)
    )


def set_limit(session: Session, *, owner: str, per_day: Fen) -> None:
    """Set what `owner` lets codes of level A pay in a day [fen]; a lower one holds at once."""
    kept = insert(CodeLimit).values(owner=owner, per_day_fen=per_day)
    session.execute(
        kept.on_conflict_do_update(index_elements=["owner"], set_={"per_day_fen": kept.excluded.per_day_fen})
    )


def limits_of(session: Session, *, owner: str, now: datetime) -> list[Allowance]:
    """Return today's limit and sum of every kind and level, in order."""
    return [
        Allowance(kind, level, _limit(session, owner, kind, level), _spent(session, owner, kind, level, now))
        for kind in CodeKind
        for level in Level
    ]


def own_limits(session: Session, owners: Sequence[str]) -> dict[str, Fen]:
    """Return what those of `owners` who set one let codes of level A pay in a day [fen]."""
    rows = session.execute(select(CodeLimit.owner, CodeLimit.per_day_fen).where(CodeLimit.owner.in_(owners)))
    return {owner: Fen(per_day) for owner, per_day in rows}


def _limit(session: Session, owner: str, kind: CodeKind, level: Level) -> Fen:
    own = own_limits(session, [owner]) if level is Level.A else {}
    return codelimits.limit_of(kind, level, own=own.get(owner))


def _spent(session: Session, owner: str, kind: CodeKind, level: Level, now: datetime) -> Fen:
    return Fen(session.scalar(select(CodeSpending.spent_fen).where(*_of(owner, kind, level, now))) or 0)


def _of(owner: str, kind: CodeKind, level: Level, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        CodeSpending.owner == owner,
        CodeSpending.kind == kind,
        CodeSpending.level == level,
        CodeSpending.day == clock.shanghai_day(moment),
    )
