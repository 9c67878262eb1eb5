"""What the auditor says: each check with what it looked at, each difference with its transaction and block."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

KEPT_PER_CHECK = 1_000
"""Differences of one check that are kept in full; beyond it they are only counted."""

CHECKS = {
    "code": "the contracts run the published code and none is upgraded unseen",
    "logs": "no log is hidden: blooms, log positions and receipts agree",
    "supply": "balances sum to the supply, to what was minted less what was redeemed",
    "accounts": "each account's balance, tier, freeze and counters equal the token's own",
    "mints": "each bank entry is minted once, within a fresh reserve attestation",
    "authorizations": "each used authorization stands directly before its payment",
    "standing": "only registered, unfrozen accounts pay and are paid, never in a pause",
    "powers": "only our contracts are SYSTEM, the batch has nothing, roles open what they opened at the deployment",
    "limits": "no payment passes its payer's limits or its payee's cap",
    "escrow": "the escrow holds what its packets hold, and moves what its events say",
    "packets": "each packet is its terms' hash, and claimed + owed + remaining + refunded is its total",
    "draws": "each share follows from its link, each link from the one before, one share an account",
    "refunds": "refunds go to the creator, from the second of expiry on",
    "orders": "each funded order moved its amount to its merchant by its parts; refunds are cut as agreed, and no more",
    "budgets": "no budget pays below zero, after its end, or below a part's minimum",
    "vouchers": "issued = spent - refunded + open + returned; given to listed winners, spent in listed shops, in time",
    "anchors": "each day has one root, when it is over; that of points counts the points of every purchase",
    "database": "each row about money is on the chain or signed, and each fact of the chain is a row",
}
"""Every check by name, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it must be. `transaction` is None where no transaction explains it."""

    check: str
    message: str
    block: int | None
    transaction: str | None


@dataclass(slots=True)
class Check:
    """One check: how many things it looked at [count] and what was wrong."""

    name: str
    looked_at: int = 0
    found: int = 0
    differences: list[Difference] = field(default_factory=list)


class Findings:
    """Collects differences as the chain is read."""

    def __init__(self) -> None:
        self.checks = {name: Check(name) for name in CHECKS}
        self.warnings: list[Difference] = []
        self._seen: set[Difference] = set()

    def add(self, check: str, message: str, block: int | None = None, transaction: str | None = None) -> None:
        """Note a difference of `check`; the same one twice counts once."""
        entry = self.checks[check]
        difference = Difference(check, message, block, transaction)
        if difference in self._seen:
            return
        entry.found += 1
        if len(entry.differences) < KEPT_PER_CHECK:
            self._seen.add(difference)
            entry.differences.append(difference)

    def warn(self, check: str, message: str, block: int | None = None, transaction: str | None = None) -> None:
        """Note what is allowed and yet must be known."""
        if len(self.warnings) < KEPT_PER_CHECK:
            self.warnings.append(Difference(check, message, block, transaction))

    def looked_at(self, check: str, count: int) -> None:
        """Count `count` more things that `check` looked at."""
        self.checks[check].looked_at += count


@dataclass(frozen=True)
class Report:
    """The verdict about one chain up to one block, whose hash anyone may compare with another node's."""

    chain_id: int
    first_block: int
    last_block: int
    last_hash: str
    totals: dict[str, int]
    checks: list[Check]
    warnings: list[Difference] = field(default_factory=list)
    """What is allowed and yet must be known: `ok` in spite of it."""

    @property
    def ok(self) -> bool:
        """Whether nothing at all was wrong."""
        return not any(check.found for check in self.checks)

    def differences(self) -> Iterator[Difference]:
        """Yield every difference that was kept, check by check."""
        for check in self.checks:
            yield from check.differences

    def to_json(self) -> dict[str, Any]:
        """Return the whole report as JSON can carry it."""
        return {"ok": self.ok, **asdict(self)}

    def table(self) -> Group:
        """Return the report as tables for a terminal."""
        parts: list[Table | Text] = [self._summary()]
        if not self.ok:
            parts.append(_listed("Differences", self.differences()))
        if self.warnings:
            parts.append(_listed("Warnings", self.warnings))
        parts.append(self._verdict())
        return Group(*parts)

    def _summary(self) -> Table:
        table = Table(title="Audit of the public ledger", title_justify="left", show_edge=False)
        table.add_column("check")
        table.add_column("what must hold", overflow="fold")
        table.add_column("looked at", justify="right")
        table.add_column("wrong", justify="right")
        for check in self.checks:
            style = "red" if check.found else None
            row = (check.name, CHECKS[check.name], f"{check.looked_at:,}", f"{check.found:,}")
            table.add_row(*row, style=style)
        return table

    def _verdict(self) -> Text:
        wrong = sum(check.found for check in self.checks)
        head = f"chain {self.chain_id}, blocks {self.first_block}–{self.last_block} ({self.last_hash})"
        counted = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in self.totals.items())
        if self.ok:
            warned = f", {len(self.warnings):,} warnings" if self.warnings else ""
            return Text(f"OK{warned}: {counted}; {head}", style="bold yellow" if warned else "bold green")
        return Text(f"{wrong:,} differences: {counted}; {head}", style="bold red")


def _listed(title: str, found: Iterable[Difference]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True, show_edge=False)
    for column in ("check", "what", "block", "transaction"):
        table.add_column(column, overflow="fold")
    for one in found:
        block = "–" if one.block is None else str(one.block)
        table.add_row(one.check, one.message, block, one.transaction or "–")
    return table
