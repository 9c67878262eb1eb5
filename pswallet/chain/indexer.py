"""The way up: reads blocks in order, settles our calls, runs the projections, moves the cursor, all in one commit.

Projections only insert facts, so going back is deleting what stands above the fork, and a rebuild is starting over.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain import blocks, traces
from pswallet.chain.bell import PASSING, Bell
from pswallet.chain.blocks import Header, Stretch
from pswallet.chain.deploy import Deployment
from pswallet.chain.events import Event
from pswallet.chain.figures import IndexerFigures
from pswallet.chain.outbox import INDEXER_CHANNEL, RELAYER_CHANNEL, IndexedBlock, last_block
from pswallet.chain.rpc import Rpc
from pswallet.chain.settlement import Settlement
from pswallet.kit.db import Sessions, fact_tables, transaction

log = structlog.get_logger()

Projections = Mapping[type[Event], tuple[Any, ...]]
"""What `subscriptions.PROJECTIONS` holds."""

KEPT_BLOCKS = 4096
"""Blocks remembered below the cursor: how deep a reorg may be without a rebuild."""

_TIDIED_EVERY = 256
"""Blocks between two removals of those that are no longer kept."""

_LEADER = 0x70735F696478
"""The advisory lock of the one indexer that may write."""

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.003, 0.1
"""Between two looks at the head: short after something happened, then ever longer. Nobody announces a block."""


class ReorgTooDeep(RuntimeError):
    """The chain shares no block with those remembered: `pswallet indexer --rebuild` reads it from the start."""


class Indexer:
    """Carries facts up. A block counts when it is `confirmations` deep; 1 is the head itself."""

    def __init__(
        self,
        rpc: Rpc,
        sessions: Sessions,
        deployment: Deployment,
        projections: Projections,
        confirmations: int = 1,
    ) -> None:
        self._rpc = rpc
        self._sessions = sessions
        self._deployment = deployment
        self._projections = projections
        self._confirmations = confirmations
        self._contracts = (deployment.stablecoin, *deployment.system(), deployment.batch, deployment.anchor)
        self._cursor: tuple[int, str] | None = None
        self.figures = IndexerFigures()
        self.figures.confirmations.set(confirmations)

    def close(self) -> None:
        """Let go of what it holds; nothing today, symmetrical with the relayer."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. A chain or database that is away or says no is waited for."""
        with Bell(self._sessions, INDEXER_CHANNEL, "indexer") as bell:
            wait_s = _SHORTEST_WAIT_S
            while not stop.is_set():
                bell.wait(0.0)  # however busy, and though the chain be away: be seen
                try:
                    if self.step():
                        wait_s = _SHORTEST_WAIT_S
                        continue
                except PASSING as error:
                    self.figures.troubles.labels("waited").inc()
                    log.warning("indexer_waits", reason=type(error).__name__, said=getattr(error, "message", None))
                    stop.wait(0.5)
                    continue
                rung = bell.wait(wait_s)
                wait_s = _SHORTEST_WAIT_S if rung else min(1.25 * wait_s, _LONGEST_WAIT_S)

    def step(self) -> bool:
        """Make one pass: roll back to the fork, or read the next blocks up to the head. True if the cursor moved.

        Raises RpcUnavailable, RpcError, ReorgTooDeep.
        """
        began = time.monotonic()
        head = blocks.head(self._rpc)
        self.figures.head.set(head.number)
        if self._confirmations == 1 and self._cursor == (head.number, head.hash):
            return False
        with transaction(self._sessions) as session:
            if not _lead(session):
                return False
            cursor = last_block(session)
            self._cursor = (cursor.number, cursor.hash) if cursor else None
            if cursor is not None and self._has_forked(cursor, head):
                fork = self._fork(session, min(cursor.number, head.number))
                self._roll_back(session, fork)
                self.figures.reorgs.observe(cursor.number - fork)
                return True
            stretch = self._next_stretch(cursor, head)
            if stretch is None:
                return False
            heard = self._apply(session, stretch, {})
        took_s = time.monotonic() - began
        self.figures.read(stretch, heard, seconds=took_s)
        traces.note_settled(heard.traced, seconds=took_s)
        self._cursor = (stretch.headers[-1].number, stretch.headers[-1].hash)
        return True

    def rebuild(self) -> None:
        """Forget every fact and read the chain again from our first block, in one commit: readers see no gap.

        Raises RpcUnavailable; then nothing changed.
        """
        with transaction(self._sessions) as session:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LEADER})
            rows = session.execute(text("SELECT key, refusal FROM chain_calls WHERE refusal IS NOT NULL"))
            known: dict[str, str] = {key: refusal for key, refusal in rows}
            self._forget_above(session, -1)
            cursor: IndexedBlock | None = None
            while (head := blocks.head(self._rpc)) and (stretch := self._next_stretch(cursor, head)) is not None:
                self._apply(session, stretch, known)
                cursor = last_block(session)
        self._cursor = None

    # --- forward ---

    def _next_stretch(self, cursor: IndexedBlock | None, head: Header) -> Stretch | None:
        """Read what follows the cursor; None when nothing does, or the chain changed while we read."""
        first = self._deployment.block if cursor is None else cursor.number + 1
        last = min(head.number - self._confirmations + 1, first + blocks.RANGE - 1)
        if last < first:
            return None
        top = head if last == head.number else blocks.headers(self._rpc, [last])[0]
        stretch = blocks.read_stretch(self._rpc, first, top, self._contracts) if top else None
        if stretch is None or (cursor is not None and stretch.headers[0].parent != cursor.hash):
            return None
        return stretch

    def _apply(self, session: Session, stretch: Stretch, known: Mapping[str, str]) -> Settlement:
        settlement = Settlement(session, self._rpc, self._deployment, known)
        by_type: dict[type[Event], list[Event]] = defaultdict(list)
        for event in (*stretch.events, *settlement.settle(stretch)):
            by_type[type(event)].append(event)
        for kind, projections in self._projections.items():
            if kind in by_type:
                for projection in projections:
                    projection(session, by_type[kind])
        _remember(session, stretch.headers)
        return settlement

    # --- back ---

    def _has_forked(self, cursor: IndexedBlock, head: Header) -> bool:
        """Whether the chain lost the cursor's block: the head fell below it, or another stands in its place."""
        if head.number < cursor.number:
            return True
        if head.number == cursor.number:
            return head.hash != cursor.hash
        if head.number == cursor.number + 1:
            return head.parent != cursor.hash
        found = blocks.headers(self._rpc, [cursor.number])[0]
        return found is None or found.hash != cursor.hash

    def _fork(self, session: Session, top: int) -> int:
        """Return the highest remembered block, at most `top`, that the chain still holds."""
        while True:
            rows = session.execute(
                text("SELECT number, hash FROM chain_blocks WHERE number <= :top ORDER BY number DESC LIMIT 64"),
                {"top": top},
            ).all()
            if not rows:
                break
            there = blocks.headers(self._rpc, [number for number, _ in rows])
            for (number, known), found in zip(rows, there, strict=True):
                if found is not None and found.hash == known:
                    return int(number)
            top = rows[-1][0] - 1
        if top >= self._deployment.block:
            raise ReorgTooDeep(f"no remembered block is on the chain; run `pswallet indexer --rebuild` ({top})")
        return self._deployment.block - 1

    def _roll_back(self, session: Session, fork: int) -> None:
        log.warning("rolled_back", to_block=fork)
        self._forget_above(session, fork)
        session.execute(text(f"NOTIFY {RELAYER_CHANNEL}"))
        self._cursor = None

    def _forget_above(self, session: Session, block: int) -> None:
        """Delete facts and blocks above `block`, unsettle calls, and let their transactions be sent again."""
        for table in fact_tables():
            session.execute(table.__table__.delete().where(table.block > block))  # type: ignore[attr-defined]
        session.execute(text("DELETE FROM chain_blocks WHERE number > :block"), {"block": block})
        session.execute(
            text("UPDATE chain_calls SET settled_block = NULL, refusal = NULL WHERE settled_block > :block"),
            {"block": block},
        )
        session.execute(
            text("UPDATE chain_transactions SET mined_block = NULL, sent_at = NULL WHERE mined_block > :block"),
            {"block": block},
        )


def _lead(session: Session) -> bool:
    """Take the leader's lock for this transaction, if nobody else has it."""
    return bool(session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LEADER}).scalar())


def _remember(session: Session, headers: tuple[Header, ...]) -> None:
    session.execute(
        text(
            "INSERT INTO chain_blocks (number, hash, time) SELECT * FROM unnest("
            "CAST(:numbers AS bigint[]), CAST(:hashes AS text[]), CAST(:times AS timestamptz[]))"
        ),
        {
            "numbers": [header.number for header in headers],
            "hashes": [header.hash for header in headers],
            "times": [header.time for header in headers],
        },
    )
    if headers[-1].number % _TIDIED_EVERY < len(headers):
        oldest = headers[-1].number - KEPT_BLOCKS
        session.execute(text("DELETE FROM chain_blocks WHERE number < :oldest"), {"oldest": oldest})
