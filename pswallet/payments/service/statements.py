"""A statement: what an address held before a period, what came in and went out, and what it held at the end."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.kit.money import Fen
from pswallet.payments.service.activity import Period, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The sums of a period [fen]: opening + in - out = closing, as long as the rows are the chain's.

    `last` is where the last line counted stands, None when nothing moved up to the end.
    """

    opening_fen: Fen
    in_fen: Fen
    out_fen: Fen
    closing_fen: Fen
    last: Place | None


# Opening and closing are read off the balances that the entries left, in and out are summed up: they check each other.
# One statement, so that a block which arrives meanwhile is in all four or in none.
_STATEMENT = text(
    """
    SELECT
        COALESCE((SELECT balance_after_fen FROM entries WHERE account = :account AND at < :start
            ORDER BY block DESC, log_index DESC, leg DESC LIMIT 1), 0) AS opening,
        moved.came_in, moved.went_out, COALESCE(last.balance_after_fen, 0) AS closing,
        last.block, last.log_index, last.leg
    FROM (
        SELECT COALESCE(sum(delta_fen) FILTER (WHERE delta_fen > 0), 0) AS came_in,
            COALESCE(-sum(delta_fen) FILTER (WHERE delta_fen < 0), 0) AS went_out
        FROM entries WHERE account = :account AND at >= :start AND at < :end
    ) AS moved
    LEFT JOIN LATERAL (
        SELECT balance_after_fen, block, log_index, leg FROM entries WHERE account = :account AND at < :end
        ORDER BY block DESC, log_index DESC, leg DESC LIMIT 1
    ) AS last ON true
    """
)


def statement(session: Session, account: str, *, period: Period) -> Statement:
    """Return the statement of `account` over `period`, by the block times of what moved."""
    asked = {"account": account, "start": period.start, "end": period.end}
    found = session.execute(_STATEMENT, asked).one()
    return Statement(
        opening_fen=Fen(found.opening),
        in_fen=Fen(int(found.came_in)),
        out_fen=Fen(int(found.went_out)),
        closing_fen=Fen(found.closing),
        last=None if found.block is None else (found.block, found.log_index, found.leg),
    )
