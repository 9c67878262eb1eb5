"""Whether the gateway can do its work: the database, its tables, the chain's node, the other processes, and the lag."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from pswallet.chain import outbox, presence
from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
from pswallet.kit import clock, db
from pswallet.payments import service as payments

MAX_LAG_BLOCKS = 50
"""More blocks than this between the head and the last one read: what people see is stale."""

_PATIENCE_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What was found. `None` where nothing could be learnt.

    `relayer`, `indexer`, `worker`: whether such a process is connected to the database; it may lag all the same.
    """

    database: bool = False
    schema: bool = False
    chain: bool
    relayer: bool = False
    indexer: bool = False
    worker: bool = False
    head_block: int | None
    indexed_block: int | None = None
    unsettled_calls: int | None = None
    waiting: dict[str, tuple[int, float]] | None = None
    """Calls that wait for a relayer, by kind: how many, and the oldest one's age in seconds."""
    tiers_not_enforced: list[int] | None = None
    """Chain tiers whose limits are due and are not the token's: requests are served all the same."""

    @property
    def lag_blocks(self) -> int | None:
        """Blocks between the chain's head and the last one read."""
        if self.head_block is None or self.indexed_block is None:
            return None
        return max(0, self.head_block - self.indexed_block)

    @property
    def ready(self) -> bool:
        """Whether requests can be served in full."""
        lag = self.lag_blocks
        neighbours = self.database and self.schema and self.chain
        processes = self.relayer and self.indexer and self.worker
        return neighbours and processes and lag is not None and lag <= MAX_LAG_BLOCKS


class Lookout:
    """Looks once at a time, for everybody who asked before a look began. Lives in one event loop.

    Anybody may ask, and a look takes a thread and a connection: however many ask, the others keep theirs.
    """

    def __init__(self, look: Callable[[], Readiness]) -> None:
        self._look = look
        self._alone = asyncio.Lock()
        self._begun = 0
        self._found: Readiness | None = None

    async def look(self) -> Readiness:
        """Return what a look found that began after the call."""
        begun_before = self._begun
        async with self._alone:
            if self._begun == begun_before or self._found is None:
                self._begun, self._found = self._begun + 1, None
                self._found = await run_in_threadpool(self._look)
            return self._found


def look(sessions: db.Sessions, rpc_url: str) -> Readiness:
    """Ask the neighbours, each for two seconds at most."""
    head = _head(rpc_url)
    try:
        with db.transaction(sessions) as session:
            missing = set(db.Base.metadata.tables) - set(inspect(session.connection()).get_table_names())
            block = None if missing else outbox.last_block(session)
            calls = None if missing else outbox.unsettled_calls(session)
            waiting = None if missing else outbox.waiting_by_kind(session)
            late = None if block is None else _not_enforced(session)
            processes = presence.at_work(session)
    except SQLAlchemyError:
        return Readiness(chain=head is not None, head_block=head)
    return Readiness(
        database=True,
        schema=not missing,
        chain=head is not None,
        **processes,
        head_block=head,
        indexed_block=block.number if block else None,
        unsettled_calls=calls,
        waiting=waiting,
        tiers_not_enforced=late,
    )


def _not_enforced(session: Session) -> list[int]:
    return [tier.tier for tier in payments.tiers(session, now=clock.now()) if not tier.enforced]


def _head(rpc_url: str) -> int | None:
    try:
        with Rpc(rpc_url, timeout_s=_PATIENCE_S, attempts=1) as rpc:
            return int(rpc.call("eth_blockNumber"), 16)
    except (RpcUnavailable, RpcError):
        return None
