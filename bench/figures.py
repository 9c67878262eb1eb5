"""The figures of the measurements: one file for all of them, and a table with the bars."""

import json
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

BUILD = Path("build")
FILE = BUILD / "bench.json"

Figures = dict[str, float]
Bars = Mapping[str, tuple[str, float]]
"""A figure's bar: ">=" or "<=", and the value."""


def keep(figures: Mapping[str, float | str]) -> None:
    """Write `figures` into build/bench.json; those of other measurements stay."""
    BUILD.mkdir(exist_ok=True)
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    FILE.write_text(json.dumps({**known, **figures}, indent=2) + "\n")


def missed(figures: Mapping[str, float], bars: Bars) -> list[str]:
    """Return the figures that do not meet their bars."""
    return [name for name, (sign, bar) in bars.items() if name in figures and not _meets(figures[name], sign, bar)]


def _meets(value: float, sign: str, bar: float) -> bool:
    return value >= bar if sign == ">=" else value <= bar


def table(figures: Mapping[str, float], bars: Bars, title: str = "") -> Table:
    """Show the figures and whether they meet their bars."""
    found = Table(title=title or None, title_justify="left")
    for column in ("figure", "value", "bar", ""):
        found.add_column(column, justify="right" if column == "value" else "left")
    for name, value in figures.items():
        sign, bar = bars.get(name, ("", 0.0))
        verdict = "" if not sign else "[green]met[/green]" if _meets(value, sign, bar) else "[red]missed[/red]"
        found.add_row(name, f"{value:,}", f"{sign} {bar}" if sign else "", verdict)
    return found
