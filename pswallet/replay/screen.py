"""What the terminal shows of a replay: chapters, a bar with rate and time left for each stage, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Advance = Callable[[int], None]
"""Hears how far a stage is, counted from its beginning."""


class _Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """Return the rate so far."""
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s", style="cyan")


class Screen:
    """Tells of a replay on `console`, and keeps how long each stage took [s]."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.took_s: dict[str, float] = {}

    def say(self, text: str) -> None:
        """Say a line."""
        self.console.print(f"   {text}", highlight=False, soft_wrap=True)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time that a block takes to a stage's."""
        began = time.monotonic()
        yield
        self.took_s[stage] = self.took_s.get(stage, 0.0) + time.monotonic() - began

    @contextmanager
    def stage(self, stage: str, total: int, words: str = "") -> Iterator[Advance]:
        """Show a bar while a block lasts; it is told how far it is of `total`."""
        columns = (
            TextColumn("   {task.description:<34}"),
            BarColumn(30),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with self.timed(stage), Progress(*columns, console=self.console) as bar:
            task = bar.add_task(words or stage, total=total)
            yield lambda done: bar.update(task, completed=done)


def counting(advance: Advance) -> Callable[[], None]:
    """Return what is called once for each item that is done."""
    done = 0

    def one() -> None:
        nonlocal done
        done += 1
        advance(done)

    return one
