"""Where features leave the contract calls they want made, and ask how far the chain has been read.

Leaving a call is part of the caller's transaction: no row without its call, no call without its row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from pswallet.chain.models import ChainBlock, ChainCall

RELAYER_CHANNEL = "pswallet_outbox"
"""NOTIFY wakes the relayer: calls wait."""

INDEXER_CHANNEL = "pswallet_sent"
"""NOTIFY wakes the indexer: transactions are on their way."""


_BLOCKS_TO_MINE = 2
"""A transaction is in the next block but one at the latest, when the chain has room."""


class CallKind(StrEnum):
    """What a call does on chain, and so which key sends it and in what form."""

    AUTHORIZATION = "authorization"
    PACKET_CREATE = "packet-create"
    PACKET_CLAIM = "packet-claim"
    PACKET_REFUND = "packet-refund"
    PACKET_COLLECT = "packet-collect"
    SET_TIER = "tier"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    MINT = "mint"
    ATTEST_RESERVE = "reserve"
    BUDGET_OPEN = "budget-open"
    ORDER_PAY = "order-pay"
    ORDER_REFUND = "order-refund"
    CASHIER_SET = "cashier"
    CAMPAIGN_OPEN = "campaign-open"
    WINNERS_LIST = "winners"
    VOUCHER_ISSUE = "voucher"
    CAMPAIGN_CLOSE = "campaign-close"
    PERMIT = "permit"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Call:
    """A contract call. `key` names it for ever: leaving the same key twice is one call.

    Calls of one `lane` go through one sender in the order they were left; a packet's lane is its id. The arguments of
    calls to the checkout and the vouchers are `data`, the calldata ("0x…"), beside what projections want to know.
    """

    key: str
    kind: CallKind
    arguments: dict[str, Any]
    lane: str | None = None
    trace: str | None = None
    """The `traceparent` of the request that wants it; None: the session's, see `carry_trace`."""


def authorization_key(payer: str, nonce: str, recipient: str, value: int) -> str:
    """Name a signed payment: its nonce alone would also name another message that the payer gave the same nonce."""
    return f"authorization:{payer}:{nonce}:{recipient}:{value}"


@dataclass(frozen=True, slots=True)
class IndexedBlock:
    """The last block read: money rules use its time."""

    number: int
    hash: str
    time: datetime


# %b: binary parameters. As text, psycopg searches each item for quotes: ten times the work.
_ENQUEUE = """
    INSERT INTO chain_calls (key, kind, arguments, lane, position, trace)
    SELECT * FROM unnest(%(keys)b::text[], %(kinds)b::text[], %(arguments)b::text[]::jsonb[],
        %(lanes)b::text[], %(positions)b::int[], %(traces)b::text[])
    ON CONFLICT (key) DO NOTHING
"""


_BEHIND = text(
    """
    WITH waiting AS (
        SELECT left_at FROM chain_calls
        WHERE transaction_id IS NULL AND settled_block IS NULL AND (retry_at IS NULL OR retry_at <= now())
        ORDER BY id OFFSET :but LIMIT 1
    ), under_way AS (
        SELECT c.left_at, sum(cardinality(t.call_ids)) OVER (ORDER BY c.left_at, t.id) AS calls
        FROM chain_transactions t JOIN chain_calls c ON c.id = t.call_ids[1] WHERE t.mined_block IS NULL
    ), gaps AS (
        SELECT time - lag(time) OVER (ORDER BY number) AS gap
        FROM (SELECT number, time FROM chain_blocks ORDER BY number DESC LIMIT 21) AS recent
    )
    SELECT extract(epoch FROM clock_timestamp() - (SELECT left_at FROM waiting)),
        extract(epoch FROM clock_timestamp() - (SELECT min(left_at) FROM under_way WHERE calls > :but)),
        extract(epoch FROM (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) FROM gaps))
    """
)


_TRACE = "trace"


def carry_trace(session: Session, trace: str | None) -> None:
    """Let every call that is left in this session carry the `traceparent` of its request."""
    session.info[_TRACE] = trace


def enqueue(session: Session, calls: Sequence[Call]) -> None:
    """Leave `calls` in one statement; those whose key is known are left out. The relayer wakes at the commit."""
    if not calls:
        return
    session.connection().exec_driver_sql(
        _ENQUEUE,
        {
            "keys": [call.key for call in calls],
            "kinds": [call.kind.value for call in calls],
            "arguments": [orjson.dumps(call.arguments).decode() for call in calls],
            "lanes": [call.lane for call in calls],
            "positions": [call.arguments.get("position") for call in calls],
            "traces": [call.trace or session.info.get(_TRACE) for call in calls],
        },
    )
    session.execute(text(f"NOTIFY {RELAYER_CHANNEL}"))


def enqueue_settled(session: Session, calls: Sequence[tuple[Call, int]]) -> None:
    """Note calls whose events stand in blocks that were read already: after a restored backup. They never go out."""
    enqueue(session, [call for call, _ in calls])
    for call, block in calls:
        settled = update(ChainCall).where(ChainCall.key == call.key, ChainCall.settled_block.is_(None))
        session.execute(settled.values(settled_block=block))


def last_block(session: Session) -> IndexedBlock | None:
    """Return the last block that the indexer has read; None before the first."""
    row = session.execute(select(ChainBlock).order_by(ChainBlock.number.desc()).limit(1)).scalar_one_or_none()
    return IndexedBlock(row.number, row.hash, row.time) if row else None


def behind_s(session: Session, *, but: int, confirmations: int) -> float:
    """Return by how long the way to the chain is late: 0 when it is not, or when it is for `but` calls at most.

    A call that waits for a relayer is late from the first second, one under way when the blocks that it takes in any
    case have passed (the median of the last ones: the sandbox's clock jumps). What waits on purpose does not count.
    """
    waiting_s, under_way_s, block_s = session.execute(_BEHIND, {"but": but}).one()
    due_s = (confirmations + _BLOCKS_TO_MINE) * float(block_s or 0)
    return max(0.0, float(waiting_s or 0), float(under_way_s or 0) - due_s)


def waiting_by_kind(session: Session) -> dict[str, tuple[int, float]]:
    """Return how many calls of each kind wait for a relayer, and the oldest one's age [s]."""
    rows = session.execute(
        text(
            "SELECT kind, count(*), CAST(extract(epoch FROM now() - min(left_at)) AS float) FROM chain_calls"
            " WHERE transaction_id IS NULL AND settled_block IS NULL GROUP BY kind"
        )
    )
    return {kind: (count, age_s) for kind, count, age_s in rows}


def payments_under_way(session: Session, *, at: int | None = None) -> list[tuple[str, str]]:
    """Return payer and nonce of each signed payment whose call is not settled: few, however many were made.

    Of the block `at`: what has settled above it was under way there. Once, though a reorganisation sent an earlier try
    of it out again beside the last.
    """
    query = text(
        "SELECT DISTINCT coalesce(arguments->>'from', arguments->'terms'->>'creator'),"
        " coalesce(arguments->>'nonce', lane) FROM chain_calls"
        " WHERE (settled_block IS NULL OR settled_block > :at) AND kind IN (:authorization, :packet, :order)"
    )
    kinds = {"authorization": CallKind.AUTHORIZATION, "packet": CallKind.PACKET_CREATE, "order": CallKind.ORDER_PAY}
    rows = session.execute(query, kinds | {"at": at})
    return [(payer, nonce) for payer, nonce in rows]


def orders_under_way(session: Session) -> list[str]:
    """Return the hashes of the funded orders whose payments are not settled."""
    query = text("SELECT arguments->>'nonce' FROM chain_calls WHERE settled_block IS NULL AND kind = :kind")
    return list(session.scalars(query, {"kind": CallKind.ORDER_PAY}))


def under_way(session: Session, kind: CallKind, subject: str) -> int:
    """Return how many calls of a kind about `subject` (an argument of theirs) are not settled."""
    query = text(
        "SELECT count(*) FROM chain_calls"
        " WHERE settled_block IS NULL AND kind = :kind AND arguments->>'subject' = :subject"
    )
    return session.scalar(query, {"kind": kind, "subject": subject}) or 0


def unsettled_calls(session: Session) -> int:
    """Return how many calls wait or are under way."""
    query = select(func.count()).select_from(ChainCall).where(ChainCall.settled_block.is_(None))
    return session.execute(query).scalar_one()
