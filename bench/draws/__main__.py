"""`make draws`: the draw under attack; two tables, build/draws.json and build/draws.svg.

A million packets of each kind (the one of 100 shares: a tenth), links and ids random, every share by the contract's
rule from real hashes. No strategy may get more than the fair mean beyond four standard errors and half a fen; every
position's mean must be the fair one within the same. The attacks on weaker designs must gain. Else the status is 1.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.draws import measure
from bench.draws.measure import Played
from bench.draws.plot import plot
from bench.draws.strategies import STRATEGIES, WEAKER
from bench.draws.table import Packet

BUILD = Path("build")
KINDS = (
    (Packet("¥10 a share, no cap", 10_000, 10, 20_000), 1.0),
    (Packet("¥150 a share, cap ¥200", 150_000, 10, 20_000), 1.0),
    (Packet("¥0.10 a share, 100 shares", 1_000, 100, 20_000), 0.1),
)
"""Kinds of packets, and the part of the draws that each is given."""


def main() -> int:
    """Play, show, write; return 1 when something is not as promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=1_000_000, help="packets of a kind")
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    console = Console(width=max(160, Console().width))
    played = []
    with Progress(console=console, transient=True) as bar:
        for packet, part in KINDS:
            draws = int(asked.draws * part)
            task = bar.add_task(packet.name, total=draws)
            played.append(
                measure.play(
                    packet,
                    draws,
                    seed=asked.seed,
                    tell=lambda done, task=task: bar.advance(task, done),
                    processes=os.cpu_count() or 1,
                )
            )
    BUILD.mkdir(exist_ok=True)
    (BUILD / "draws.json").write_text(json.dumps(_figures(played), indent=2, ensure_ascii=False) + "\n")
    plot(played, BUILD / "draws.svg")
    console.print(_strategy_table(played))
    console.print(_position_table(played))
    console.print(f"{BUILD / 'draws.json'}, {BUILD / 'draws.svg'}")
    broken = _broken(played)
    for sentence in broken:
        console.print(f"[red]{sentence}[/red]")
    return 1 if broken else 0


def _broken(played: list[Played]) -> list[str]:
    found = []
    for one in played:
        kind = one.packet.name
        found += [f"{kind}: {strategy.name} beats the mean" for strategy in STRATEGIES if one.beats(strategy)]
        found += [f"{kind}: {attack.name} gains nothing" for attack in WEAKER if not one.beats(attack)]
        found += [f"{kind}: position {place} is not fair" for place in one.unfair_positions(measure.OURS)]
    return found


def _strategy_table(played: list[Played]) -> Table:
    table = Table(title="What an attacker gets, as a part of the fair mean (± 4 standard errors)", title_justify="left")
    table.add_column("strategy")
    table.add_column("what he does")
    for one in played:
        table.add_column(f"{one.packet.name}\n{one.strategies['honest'].count:,} packets", justify="right")
    table.add_column("what stops him")
    for strategy in STRATEGIES:
        table.add_row(
            strategy.name, strategy.idea, *[_ratio(one, strategy.name) for one in played], strategy.stopped_by
        )
    table.add_section()
    for attack in WEAKER:
        table.add_row(
            f"[dim]{attack.name}[/dim]",
            f"[dim]{attack.idea}[/dim]",
            *[f"[dim]{_ratio(one, attack.name)}[/dim]" for one in played],
            "[dim]a weaker design[/dim]",
        )
    return table


def _ratio(one: Played, name: str) -> str:
    found = one.strategies[name]
    return f"{found.mean / one.packet.mean:.4f} ±{4 * found.error / one.packet.mean:.4f}"


def _position_table(played: list[Played]) -> Table:
    table = Table(title="The positions' means, furthest from the fair one [fen]", title_justify="left")
    table.add_column("rule")
    for one in played:
        table.add_column(f"{one.packet.name}\nfair: {one.packet.mean:,.0f}", justify="right")
    for rule in (measure.OURS, measure.OLD_RULE, measure.PLAIN_CAP):
        table.add_row(rule, *[_furthest(one, rule) for one in played])
    return table


def _furthest(one: Played, rule: str) -> str:
    sums = one.positions[rule]
    place = max(range(len(sums)), key=lambda place: abs(sums[place].mean - one.packet.mean))
    text = f"{sums[place].mean - one.packet.mean:+,.2f} at {place + 1} (±{4 * sums[place].error:.2f})"
    return f"[red]{text}[/red]" if one.unfair_positions(rule) else f"[green]{text}[/green]"


def _figures(played: list[Played]) -> dict[str, object]:
    return {
        one.packet.name: {
            "fair_mean_fen": one.packet.mean,
            "strategies": {
                name: {
                    "packets": found.count,
                    "ratio": round(found.mean / one.packet.mean, 6),
                    "standard_error": round(found.error / one.packet.mean, 6),
                }
                for name, found in one.strategies.items()
            },
            "positions_fen": {rule: [round(found.mean, 4) for found in sums] for rule, sums in one.positions.items()},
        }
        for one in played
    }


if __name__ == "__main__":
    sys.exit(main())
