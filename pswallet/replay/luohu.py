"""The replay from end to end, and its figures."""

import json
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pswallet import audit
from pswallet.audit.bar import progress_bar
from pswallet.replay import ceiling, outcome, world
from pswallet.replay.drawing import draw
from pswallet.replay.facts import LUOHU, SIGN_UP, START
from pswallet.replay.machine import Machine
from pswallet.replay.outcome import Outcome
from pswallet.replay.payments import Pace, play_day
from pswallet.replay.screen import Screen
from pswallet.replay.world import World

SEED = 20_201_012

Figures = dict[str, object]


def play(folder: Path, *, scale: float, seed: int, report: Path, console: Console) -> bool:
    """Play the campaign at `scale`, show and write its figures to `report`; whether totals and audit are as they must.

    Raises ValueError for a scale at which the totals make no campaign, ReplayBroke, ReplayStuck.
    """
    began = time.monotonic()
    totals = LUOHU.scaled(scale)
    outcome.announce(totals, scale=scale, seed=seed, console=console)
    screen = Screen(console)
    with screen.timed("drawing"):
        drawn = draw(totals, seed)
    with ExitStack() as until_the_end:
        with console.status("starting …") as status, screen.timed("starting"):
            chosen = Machine(folder, chain_time=SIGN_UP, tell=lambda part: status.update(f"starting {part} …"))
            machine = until_the_end.enter_context(chosen)
        played = World(machine, screen, totals, drawn)
        figures: Figures = {"scale": scale, "seed": seed, "block_ms_early": round(machine.block_ms(), 2)}
        figures |= _campaign(played)
        figures |= {"block_ms_late": round(machine.block_ms(), 2)}
        found = outcome.read(played)
        good = _judge(played, found, figures)
        figures |= {"memory_mb": {name: round(mb, 1) for name, mb in machine.peaks_mb().items()}}
        with screen.timed("counting slots"):
            figures |= {"slots": machine.slots()}
    stages = {stage: round(seconds, 1) for stage, seconds in screen.took_s.items()}
    figures |= {"wall_s": stages, "wall_total_s": round(time.monotonic() - began, 1)}
    keep(figures, found, report)
    console.print(_table(figures))
    console.print(str(report))
    return good


def _campaign(played: World) -> Figures:
    """Play everything up to the closing; return the paces."""
    world.settle_in(played)
    with played.screen.timed("money and campaign"):
        world.pay_in(played)
        world.open_campaign(played)
    world.pay_wages(played)
    played.machine.move_clock(START)
    claims_per_s = world.claim(played)
    pace, done, alone = Pace(), 0, [0, 0.0]
    days = played.drawn.days()
    for place, day in enumerate(days):
        if place in (1, len(days) - 1):  # early and late: a block costs the more the more was stored
            with played.screen.timed("ceiling"):
                count, seconds = ceiling.measure(played, day)
            alone = [alone[0] + count, alone[1] + seconds]
        play_day(played, day, done, pace)
        done += len(day)
    with played.screen.timed("closing"):
        world.close(played)
    ceiling_per_s = alone[0] / alone[1] if alone[1] else 0.0
    return {
        "claims_per_s": round(claims_per_s, 1),
        "orders_per_s": round(pace.opened_per_s, 1),
        "payments_per_s": round(pace.paid_per_s, 1),
        "payments_ceiling_per_s": round(ceiling_per_s, 1),
        "payments_ratio": round(pace.paid_per_s / ceiling_per_s, 4) if ceiling_per_s else 0.0,
    }


def _judge(played: World, found: Outcome, figures: Figures) -> bool:
    """Show the tables and the audit's verdict; whether all is exactly as it must be."""
    console, machine = played.screen.console, played.machine
    outcome.show(found, played.totals, console)
    with played.screen.timed("audit"), progress_bar(console, quiet=False) as advance:
        verdict = audit.run(
            machine.stack.rpc_url, machine.deployment, database_url=machine.stack.database_url, progress=advance
        )
    console.print(verdict.table())
    wrong = found.differences(played.totals)
    for one in wrong:
        console.print(f"[red]✗ {one}[/red]")
    figures |= {"audit_ok": verdict.ok, "totals_exact": not wrong}
    return verdict.ok and not wrong


def keep(figures: Figures, found: Outcome, report: Path) -> None:
    """Write the figures, and what the plots need, as JSON."""
    report.parent.mkdir(parents=True, exist_ok=True)
    drawn = {"days": found.days, "shops_fen": found.shops, "leverage": round(found.leverage, 4)}
    whole = {**figures, "counted": asdict(found)["counted"], "drawn_from_the_seed": drawn}
    report.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


def _table(figures: Figures) -> Table:
    table = Table(title="Figures of this run", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        lines = [f"{key} {number}" for key, number in value.items()] if isinstance(value, dict) else [str(value)]
        table.add_row(name, "\n".join(lines))
    return table
