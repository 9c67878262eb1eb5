"""What a terminal shows while the chain is read: how far, how fast, how long it will take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from pswallet.audit.run import Progress as Advance


@contextmanager
def progress_bar(console: Console, *, quiet: bool) -> Iterator[Advance]:
    """Show a bar while the context lasts, nothing if `quiet`; yield what is to be told of the progress."""
    told = TextColumn("block {task.completed}, {task.fields[rate]:,.0f} events/s,")
    columns = (TextColumn("reading the chain"), BarColumn(30), told, TimeRemainingColumn(), TextColumn("left"))
    began = time.monotonic()
    with Progress(*columns, console=console, disable=quiet, transient=True) as bar:
        task = bar.add_task("audit", rate=0.0)

        def advance(done: int, total: int, events: int) -> None:
            bar.update(task, completed=done, total=total, rate=events / (time.monotonic() - began))

        yield advance
