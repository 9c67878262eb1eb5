"""`python -m bench.gas`: the gas of each operation beside its bar, from receipts on a fresh Anvil.

Prints the table and writes build/gas.json. `--check` compares with the committed bench/gas.snap.json and fails on any
change; `--snapshot` renews it.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench import gas_orders, gas_packets, gas_token
from bench.gas_rows import ROOT, Row, fresh_chain

if TYPE_CHECKING:
    from collections.abc import Iterable

FIGURES = ROOT / "build/gas.json"
SNAPSHOT = ROOT / "bench/gas.snap.json"


def measure() -> list[Row]:
    """Return every row, the token's, the packets' and the orders', each kind from a chain of its own."""
    found: list[Row] = []
    for module in (gas_token, gas_packets, gas_orders):
        with fresh_chain() as chain:
            found.extend(module.rows(chain))
    return found


def table(rows: Iterable[Row]) -> Table:
    """Lay `rows` out: operation, bar, figure, verdict."""
    shown = Table(title="Gas used, from receipts (Anvil, osaka)", title_justify="left")
    shown.add_column("operation", min_width=42)
    for column in ("bar", "figure", "left"):
        shown.add_column(column, justify="right")
    shown.add_column("verdict")
    for row in rows:
        if row.bar is None:
            shown.add_row(row.operation, "–", f"{row.gas:,}", "–", "told")
            continue
        verdict = "[green]reached[/]" if row.reached else "[red]missed[/]"
        shown.add_row(row.operation, f"≤ {row.bar:,}", f"{row.gas:,}", f"{row.bar - row.gas:,}", verdict)
    return shown


def changes(figures: dict[str, int], snapshot: dict[str, int]) -> list[str]:
    """Return a sentence for each key whose figure is not the snapshot's."""
    return [
        f"{key}: {snapshot.get(key)} → {figures.get(key)}"
        for key in sorted(figures.keys() | snapshot.keys())
        if figures.get(key) != snapshot.get(key)
    ]


def main() -> int:
    """Measure, print, write; return 1 if a bar is missed or, with --check, a figure has changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="fail if a figure is not the snapshot's")
    choice.add_argument("--snapshot", action="store_true", help="renew the snapshot")
    asked = parser.parse_args()
    rows = measure()
    figures = {row.key: row.gas for row in rows if row.bar is not None}
    console = Console(width=max(100, Console().width))  # a pipe says 80, too narrow for the verdict
    console.print(table(rows))
    target = SNAPSHOT if asked.snapshot else FIGURES
    FIGURES.parent.mkdir(exist_ok=True)
    for path in {FIGURES, target}:
        path.write_text(json.dumps(figures, indent=2) + "\n")
    changed = changes(figures, json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {})
    for sentence in changed:
        console.print(f"changed since the snapshot: {sentence}")
    return int(not all(row.reached for row in rows) or (asked.check and bool(changed)))


if __name__ == "__main__":
    sys.exit(main())
