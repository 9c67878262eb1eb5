"""Holds every fact about money against the chain, both ways: missing, extra, changed; and all else beside it."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, func, literal, select, text, union_all

from pswallet.audit import notices, points, refusals
from pswallet.audit.anchors import Anchors
from pswallet.audit.code import Addresses
from pswallet.audit.decode import Log
from pswallet.audit.facts import PARTS
from pswallet.audit.intake import Intake
from pswallet.audit.ledger import Moment
from pswallet.audit.node import Node
from pswallet.audit.report import Findings
from pswallet.audit.rows import Row
from pswallet.kit.db import Base, engine_for

Place = tuple[int, int, Any]
"""Where a row comes from: block, log index, and the part that tells the rows of one log apart."""

Wanted = tuple[dict[str, Any], str]
"""What a row must say, and the transaction that says so."""

_CURSOR = text("SELECT number, hash FROM chain_blocks ORDER BY number DESC LIMIT 1")


class Database:
    """One snapshot of the gateway's database, compared range by range so that memory stays flat."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url, pool_size=1)
        self._expected: dict[type[Base], dict[Place, Wanted]] = {table: {} for table in PARTS}
        self._transactions: dict[tuple[int, int], str] = {}
        self._notices, self._refusals = notices.Notices(), refusals.Refusals()

    def __enter__(self) -> Self:
        self._connection: Connection = self._engine.connect().execution_options(isolation_level="REPEATABLE READ")
        try:
            found = self._connection.execute(_CURSOR).one_or_none()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self._block: int = found.number if found else -1
        self._hash: str = found.hash if found else ""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._engine.dispose()

    def expect(self, row: Row, log: Log, now: Moment) -> None:
        """Note a row that must be there, once the indexer has come so far."""
        log_index = int(log["logIndex"], 16)
        self._expected[row.table][now.block, log_index, row.part] = (row.values, now.transaction)
        self._notices.allow(row, now.block, log_index)

    def note(self, log: Log, now: Moment) -> None:
        """Note where a log stands, and whether it is a call's failure."""
        self._transactions[now.block, int(log["logIndex"], 16)] = now.transaction
        self._refusals.note(log, now)

    def compare(self, findings: Findings, node: Node, first: int, last: int) -> None:
        """Compare every row of the blocks `first` to `last` with what was expected of them."""
        for table, part in PARTS.items():
            expected = self._expected[table]
            for place, row in self._rows(table, part, first, last):
                findings.looked_at("database", 1)
                self._compare_row(findings, table.__tablename__, place, row, expected.pop(place, None))
            self._report_missing(findings, table.__tablename__, expected)
            expected.clear()
        self._notices.compare(findings, self._connection, self._transactions, first, last)
        self._refusals.compare(findings, self._connection, node, first, last)
        self._transactions.clear()

    def _compare_row(
        self, findings: Findings, table: str, place: Place, row: Mapping[str, Any], wanted: Wanted | None
    ) -> None:
        block, log_index, _ = place
        if wanted is None:
            told = f"{table} has a row of log {log_index} that the chain does not: {_told(row)}"
            findings.add("database", told, block, self._transactions.get((block, log_index)))
            return
        values, transaction = wanted
        changed = {name: (row[name], value) for name, value in values.items() if row[name] != value}
        if changed:
            told = ", ".join(
                f"{name} is {_shown(found)}, the chain says {_shown(due)}" for name, (found, due) in changed.items()
            )
            findings.add("database", f"{table}, row of log {log_index}: {told}", block, transaction)

    def _report_missing(self, findings: Findings, table: str, expected: Mapping[Place, Wanted]) -> None:
        for (block, log_index, _), (values, transaction) in expected.items():
            if block <= self._block:  # beyond it the indexer has read nothing yet
                told = f"{table} lacks the row of log {log_index}: {_told(values)}"
                findings.add("database", told, block, transaction)

    def compare_intake(self, findings: Findings, node: Node, addresses: Addresses, last: int) -> None:
        """Compare what people asked for with what they signed and with what became of it, once all facts are held."""
        intake = Intake(findings, self._connection, node, addresses, last)
        intake.compare()
        intake.look_for(points.CONTRADICTIONS)
        refusals.compare_happened(findings, self._connection)

    def compare_points(self, findings: Findings, anchors: Anchors) -> None:
        """Compare the points of each anchored day that the indexer has read with what people earned and spent."""
        points.compare_days(findings, self._connection, anchors, until=self._block)

    def _rows(self, table: type[Base], part: str | None, first: int, last: int) -> list[tuple[Place, dict[str, Any]]]:
        columns = table.__table__.columns
        query = select(*columns).where(columns["block"].between(first, last))
        found = []
        for row in self._connection.execute(query).mappings():
            found.append(((row["block"], row["log_index"], row[part] if part else None), dict(row)))
        return found

    def compare_cursor(self, findings: Findings, node: Node, first: int, last: int) -> None:
        """Compare the indexer's cursor with the chain, and look for rows outside of the chain."""
        findings.looked_at("database", 1)
        if self._block > last:
            findings.add("database", f"the indexer has read block {self._block}; the chain ends at {last}", last)
        elif self._block >= 0 and node.header(self._block)["hash"] != self._hash:
            findings.add(
                "database", f"the indexer's block {self._block} ({self._hash}) is not the chain's", self._block
            )
        self._compare_bounds(findings, first, last)

    def _compare_bounds(self, findings: Findings, first: int, last: int) -> None:
        """Look for rows of blocks that the chain does not have, and of blocks that the indexer says it has not read."""
        # One statement for all tables each: a round trip a table was a quarter of the audit of a small chain.
        tables = (*PARTS, *refusals.TABLES, notices.TABLE)
        blocks = [(table.__tablename__, table.__table__.columns["block"]) for table in tables]
        outside = [select(literal(name), block).where(~block.between(first, last)) for name, block in blocks]
        for name, number in self._connection.execute(union_all(*outside)):
            findings.add("database", f"{name} has a row of block {number}, outside the chain", number)
        newest = [select(literal(name), func.max(block)).where(block.between(first, last)) for name, block in blocks]
        for name, most in self._connection.execute(union_all(*newest)):
            if most is not None and most > self._block:
                told = f"the indexer's cursor stands at block {self._block}, and {name} has rows up to block {most}"
                findings.add("database", told, max(self._block, first))


def _shown(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in values.items() if name not in ("block", "log_index"))
