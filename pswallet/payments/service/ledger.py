"""What the ledger says of addresses: last entries, limits of tiers, what is on its way. All set-based."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pswallet.chain.outbox import payments_under_way
from pswallet.kit.clock import shanghai_day, to_unix
from pswallet.kit.rows import array_literal
from pswallet.payments.rules import Limits, Purse


class LastEntry(NamedTuple):
    """An address's balance and counters after its last entry [fen]."""

    balance_after_fen: int
    sent_today_fen: int
    sent_this_year_fen: int
    sent_ever_fen: int
    at: datetime


_LAST_ENTRIES = text(
    """
    SELECT (SELECT max(number) FROM chain_blocks), asked.account, last.*
    FROM unnest(CAST(:addresses AS text[])) AS asked(account)
    LEFT JOIN LATERAL (
        SELECT balance_after_fen, sent_today_fen, sent_this_year_fen, sent_ever_fen, at FROM entries
        WHERE entries.account = asked.account
        ORDER BY block DESC, log_index DESC, leg DESC LIMIT 1
    ) AS last ON true
    """
)

_LIMITS = text("SELECT DISTINCT ON (tier) * FROM tier_limits ORDER BY tier, block DESC, log_index DESC")

_CARRIED = text(
    """
    WITH RECURSIVE line AS (
        SELECT asked.account AS heir, s.*
        FROM unnest(CAST(:addresses AS text[])) AS asked(account)
        CROSS JOIN LATERAL (
            SELECT account, successor, block, log_index FROM successions WHERE successor = asked.account
            ORDER BY block DESC, log_index DESC LIMIT 1
        ) AS s
        UNION ALL
        SELECT line.heir, s.*
        FROM line
        CROSS JOIN LATERAL (
            SELECT account, successor, block, log_index FROM successions
            WHERE successor = line.account AND (block, log_index) < (line.block, line.log_index)
            ORDER BY block DESC, log_index DESC LIMIT 1
        ) AS s
    )
    SELECT line.heir, side.sign, last.*
    FROM line
    CROSS JOIN LATERAL (VALUES (line.account, 1), (line.successor, -1)) AS side(account, sign)
    CROSS JOIN LATERAL (
        SELECT sent_today_fen, sent_this_year_fen, sent_ever_fen, at FROM entries
        WHERE entries.account = side.account AND (block, log_index) < (line.block, line.log_index)
        ORDER BY block DESC, log_index DESC, leg DESC LIMIT 1
    ) AS last
    """
)
"""What each address takes over: at every replacement in its line, plus what the account before it had sent by then,
minus what it had sent itself."""

_PAUSE = text("SELECT expires_at FROM payment_pauses ORDER BY block DESC, log_index DESC LIMIT 1")

_PENDING = text(
    """
    SELECT payer, recipient, value_fen
    FROM unnest(CAST(:payers AS text[]), CAST(:nonces AS text[])) AS asked(payer, nonce)
    JOIN authorizations USING (payer, nonce)
    WHERE (payer = ANY(CAST(:addresses AS text[])) OR recipient = ANY(CAST(:addresses AS text[])))
      AND valid_before > :chain_time
    """
)


def last_entries(session: Session, addresses: Collection[str]) -> dict[str, LastEntry]:
    """Return the last entry of each address that has one."""
    return _last_entries(session, addresses)[0]


def _last_entries(session: Session, addresses: Collection[str]) -> tuple[dict[str, LastEntry], int | None]:
    """Return the last entries, and the last block that the indexer had read then; None: of nobody."""
    rows = session.execute(_LAST_ENTRIES, {"addresses": array_literal(addresses)}).all()
    found = {address: LastEntry(*entry) for _, address, *entry in rows if entry[-1] is not None}
    return found, rows[0][0] if rows else None


def paused_until(session: Session, *, now: datetime) -> datetime | None:
    """Return when the pause that holds at `now` (the last block's time) ends by itself, or None."""
    newest = session.scalar(_PAUSE)
    return newest if newest is not None and now < newest else None


def limits_by_tier(session: Session) -> dict[int, Limits]:
    """Return the limits of each tier as the token's last events set them."""
    return {row.tier: _limits(row) for row in session.execute(_LIMITS)}


def _limits(row: Row[Any]) -> Limits:
    return Limits(
        max_balance=row.max_balance_fen,
        per_payment=row.per_payment_fen,
        per_day=row.per_day_fen,
        per_year=row.per_year_fen,
        one_factor_per_day=row.one_factor_per_day_fen,
        lifetime=row.lifetime,
    )


def purses(session: Session, lifetime: dict[str, bool], *, now: datetime) -> dict[str, Purse]:
    """Return what each address has and has sent as of `now`, payments on their way included.

    What an account had sent before it was replaced counts for its successor, as on chain.
    `lifetime` names the addresses, and for each whether its yearly limit is one for life (visitors).
    """
    found = {address: Purse() for address in lifetime}
    entries, block = _last_entries(session, lifetime)
    # As of the entries' block: what settles from here on is on its way, and is counted once.
    pending = _pending(session, lifetime, now=now, at=block)
    for address, entry in entries.items():
        sent_today, sent_this_year = _sent(entry, now, lifetime=lifetime[address])
        found[address] = Purse(entry.balance_after_fen, sent_today, sent_this_year)
    for row in session.execute(_CARRIED, {"addresses": array_literal(lifetime)}):
        sent_today, sent_this_year = _sent(row, now, lifetime=lifetime[row.heir])
        found[row.heir].sent_today += row.sign * sent_today
        found[row.heir].sent_this_year += row.sign * sent_this_year
    for payer, recipient, value in pending:
        if payer in found:
            found[payer].pay(value)
        if recipient in found:
            found[recipient].expect(value)
    return found


def pending_payments(session: Session, address: str, *, now: datetime) -> int:
    """Return how many payments to or from an address are on their way at `now` (the last block's time)."""
    return len(_pending(session, [address], now=now))


def _pending(
    session: Session, addresses: Collection[str], *, now: datetime, at: int | None = None
) -> Sequence[Row[str, str, int]]:
    """Return payer, recipient and value of what is on its way to or from `addresses`, or was at the block `at`.

    Asked of the outbox, not of all that was signed lately: a shop has thousands of payments that are done but whose
    signatures would still be good.
    """
    under_way = payments_under_way(session, at=at)
    values = {
        "payers": array_literal([payer for payer, _ in under_way]),
        "nonces": array_literal([nonce for _, nonce in under_way]),
        "addresses": array_literal(addresses),
        "chain_time": to_unix(now),
    }
    return session.execute(_PENDING, values).all()


def _sent(entry: LastEntry | Row[Any], now: datetime, *, lifetime: bool) -> tuple[int, int]:
    """Return what the counters of `entry` mean at `now`: sent today, and this year or ever [fen]."""
    today, day = shanghai_day(now), shanghai_day(entry.at)
    this_year = entry.sent_this_year_fen if day.year == today.year else 0
    return entry.sent_today_fen if day == today else 0, entry.sent_ever_fen if lifetime else this_year
