"""Holds every fact about money against the chain, both ways: missing, extra, changed; and all else beside it."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select, text

from pswallet.audit import notices, refusals
from pswallet.audit.code import Addresses
from pswallet.audit.decode import Log
from pswallet.audit.facts import PARTS, Row
from pswallet.audit.intake import Intake
from pswallet.audit.ledger import Moment
from pswallet.audit.node import Node
from pswallet.audit.report import Findings
from pswallet.kit.db import Base, engine_for

Place = tuple[int, int, Any]
"""Where a row comes from: block, log index, and the part that tells the rows of one log apart."""

_CURSOR = text("SELECT number, hash FROM chain_blocks ORDER BY number DESC LIMIT 1")


class Database:
    """One snapshot of the gateway's database, compared range by range so that memory stays flat."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url, pool_size=1)
        self._expected: dict[type[Base], dict[Place, tuple[dict[str, Any], str]]] = {table: {} for table in PARTS}
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
        """Note a row that must be there, unless the indexer has not come so far."""
        if now.block <= self._block:
            place = (now.block, int(log["logIndex"], 16), row.part)
            self._expected[row.table][place] = (row.values, now.transaction)
            self._notices.allow(row, now.block, int(log["logIndex"], 16))

    def note(self, log: Log, now: Moment) -> None:
        """Note a log that may be a call's failure."""
        self._refusals.note(log, now)

    def compare(self, findings: Findings, node: Node, first: int, last: int) -> None:
        """Compare every row of the blocks `first` to `last` with what was expected of them."""
        for table, part in PARTS.items():
            expected = self._expected[table]
            for place, row in self._rows(table, part, first, last):
                findings.looked_at("database", 1)
                wanted = expected.pop(place, None)
                _compare(findings, table.__tablename__, place, row, wanted)
            for (block, log_index, _), (values, transaction) in expected.items():
                message = f"{table.__tablename__} lacks the row of log {log_index}: {_told(values)}"
                findings.add("database", message, block, transaction)
            expected.clear()
        self._notices.compare(findings, self._connection, first, last)
        self._refusals.compare(findings, self._connection, node, first, last)

    def compare_intake(self, findings: Findings, node: Node, addresses: Addresses, last: int) -> None:
        """Compare what people asked for with what they signed and with what became of it, once all facts are held."""
        Intake(findings, self._connection, node, addresses, last).compare()
        refusals.compare_happened(findings, self._connection)

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
        for table in (*PARTS, *refusals.TABLES, notices.TABLE):
            columns = table.__table__.columns
            outside = ~columns["block"].between(first, last)
            for block in self._connection.execute(select(columns["block"]).where(outside)).scalars():
                findings.add("database", f"{table.__tablename__} has a row of block {block}, outside the chain", block)


def _compare(
    findings: Findings,
    table: str,
    place: Place,
    row: Mapping[str, Any],
    wanted: tuple[dict[str, Any], str] | None,
) -> None:
    block, log_index, _ = place
    if wanted is None:
        findings.add("database", f"{table} has a row of log {log_index} that the chain does not: {_told(row)}", block)
        return
    values, transaction = wanted
    changed = {name: (row[name], value) for name, value in values.items() if row[name] != value}
    if changed:
        told = ", ".join(
            f"{name} is {_shown(found)}, the chain says {_shown(due)}" for name, (found, due) in changed.items()
        )
        findings.add("database", f"{table}, row of log {log_index}: {told}", block, transaction)


def _shown(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in values.items() if name not in ("block", "log_index"))
