"""`pswallet replay`: campaigns of the past."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pswallet.settings import Settings

app = typer.Typer(help="Campaigns of the past, at their size, through the real gateway.", no_args_is_help=True)


@app.callback()
def _replay() -> None:
    """Keep `luohu` a word of its own while it is the only one."""


@app.command()
def luohu(
    scale: Annotated[float, typer.Option("--scale", help="how much of the published size, such as 0.01")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="of the people and of all that is drawn")] = 20_201_012,
    report: Annotated[Path, typer.Option("--report", help="where the figures go")] = Path("build/replay.json"),
) -> None:
    """Play Luohu's red packets of October 2020 on a fresh chain, and audit every fen; exit 1 if anything differs."""
    from pswallet.api import logs
    from pswallet.local.lock import FolderTaken
    from pswallet.local.stack import StackFailed
    from pswallet.replay.facts import LUOHU
    from pswallet.replay.luohu import play
    from pswallet.replay.machine import ReplayStuck
    from pswallet.replay.world import ReplayBroke

    console, settings = Console(), Settings()
    folder = settings.state / "replay"
    try:
        LUOHU.scaled(scale)  # before anything is started, or emptied
        logs.configure(settings.log_level)
        good = play(folder, scale=scale, seed=seed, report=report, console=console)
    except (FolderTaken, ValueError) as wrong:
        console.print(str(wrong), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from wrong
    except (ReplayBroke, ReplayStuck, StackFailed) as broke:
        console.print(f"✗ {broke} (logs: {folder / 'logs'})", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from broke
    raise typer.Exit(0 if good else 1)
