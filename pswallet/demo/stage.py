"""How the story is shown and how it waits: chapters, tables, progress bars, and conditions with a deadline."""

import io
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import segno
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

T = TypeVar("T")
A = TypeVar("A")


class StoryBroke(RuntimeError):
    """Something in the story did not happen as it must; the message says what."""


class Stage:
    """Where the story is told. `console` is a rich Console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.chapters = 0

    def chapter(self, title: str) -> None:
        """Open a numbered chapter."""
        self.chapters += 1
        self.console.rule(f"[bold]{self.chapters}. {title}", align="left")

    def say(self, text: str) -> None:
        """Say a line."""
        self.console.print(f"   {text}")

    def paste(self, text: str) -> None:
        """Show a command or a link in one line, so that it can be copied as it stands."""
        self.console.print(f"   {text}", soft_wrap=True, highlight=False, markup=False)

    def picture(self, code: segno.QRCode) -> None:
        """Show a QR code, half a line a row."""
        drawn = io.StringIO()
        code.terminal(drawn, border=2, compact=True)
        self.console.print(Text.from_ansi(drawn.getvalue()), no_wrap=True, crop=False)

    def check(self, fact: bool, text: str) -> None:
        """Show a fact that must hold, with its tick. Raises StoryBroke if it does not."""
        if not fact:
            raise StoryBroke(text)
        self.console.print(f"   [green]✓[/green] {text}")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table; columns whose name ends in "¥" are aligned to the right."""
        table = Table(title=title, title_justify="left", title_style="bold")
        for column in columns:
            table.add_column(column, justify="right" if column.endswith("¥") else "left")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.console.print(table)

    def each(self, title: str, items: Sequence[A], act: Callable[[A], T], *, at_once: int = 4) -> list[T]:
        """Do `act` for every item, `at_once` at a time, under a progress bar; the results are in the items' order."""
        with self._bar() as bar, ThreadPoolExecutor(at_once) as pool:
            task = bar.add_task(title, total=len(items))

            def counted(item: A) -> T:
                result = act(item)
                bar.advance(task)
                return result

            return list(pool.map(counted, items))

    def together(self, title: str, acts: Sequence[Callable[[], T]]) -> list[T]:
        """Do every act at the same moment: all wait at a gate and go through together."""
        gate = threading.Barrier(len(acts))

        def through(act: Callable[[], T]) -> T:
            gate.wait(30)
            return act()

        return self.each(title, list(acts), through, at_once=len(acts))

    def until(self, what: str, ask: Callable[[], T | None], *, patience_s: float = 30.0) -> T:
        """Ask until the answer is not None or False; raise StoryBroke after `patience_s` seconds."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            answer = ask()
            if answer is not None and answer is not False:
                return answer
            time.sleep(0.02)
        raise StoryBroke(f"{what}: not within {patience_s:.0f} s")

    def _bar(self) -> Progress:
        return Progress(
            TextColumn("   {task.description}"),
            BarColumn(30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )
