"""What the wallet says and asks, in the person's language; nothing here knows the gateway.

Texts are written in English where they are used and translated by the catalog `wallet` of `kit.languages`; a test reads
them off the calls of `say`, `ask`, `confirm`, `waiting`, `Stopped` and `text`.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


class Stopped(Exception):
    """The command cannot go on; the text says why and what to do."""

    def __init__(self, text: str, **values: object) -> None:
        self.text = text
        self.values = values
        super().__init__(text.format(**values))


def text(english: str) -> str:
    """Mark a text that is translated when it is shown."""
    return english


_ONCE_MORE = text("Once more")


class Screen:
    """The terminal, and the language spoken on it."""

    def __init__(self, language: str) -> None:
        self.language = language

    @property
    def console(self) -> "Console":
        """The terminal as it is now."""
        from rich.console import Console

        return Console(highlight=False)

    def translated(self, text: str, **values: object) -> str:
        """Return a text in the person's language, with its values."""
        from pswallet.kit.languages import translated

        return translated("wallet", text, self.language).format(**values)

    def say(self, text: str, *, style: str = "", **values: object) -> None:
        """Say a line; it is not broken, so that what stands in it can be copied."""
        self.console.print(self.translated(text, **values), style=style, markup=False, soft_wrap=True)

    def show(self, value: str, *, style: str = "") -> None:
        """Show a link, an address or a greeting as it is, on a line of its own."""
        self.console.print(value, style=style, markup=False, soft_wrap=True)

    def complain(self, told: str) -> None:
        """Show what went wrong, apart from what was asked for."""
        from rich.console import Console

        Console(stderr=True, highlight=False).print(told, style="red", markup=False, soft_wrap=True)

    def ask(self, text: str, *, hide: bool = False, twice: bool = False, **values: object) -> str:
        """Ask for a word."""
        again = self.translated(_ONCE_MORE) if twice else False
        answer: str = typer.prompt(self.translated(text, **values), hide_input=hide, confirmation_prompt=again)
        return answer.strip() if not hide else answer

    def confirm(self, text: str, **values: object) -> None:
        """Ask before something that cannot be undone. Raises Stopped at a no."""
        if not typer.confirm(self.translated(text, **values)):
            raise Stopped("Nothing was done.")

    @contextmanager
    def waiting(self, text: str, **values: object) -> Iterator[None]:
        """Show that something takes its time."""
        with self.console.status(self.translated(text, **values)):
            yield

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table; a column whose name ends in "¥" is aligned to the right."""
        from rich.table import Table

        table = Table()
        for column in columns:
            table.add_column(self.translated(column), justify="right" if column.endswith("¥") else "left")
        self._fill(table, rows)

    def facts(self, rows: Iterable[tuple[str, object]]) -> None:
        """Show names and values in two columns."""
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        self._fill(table, [(self.translated(name), value) for name, value in rows])

    def _fill(self, table: "Table", rows: Iterable[Sequence[Any]]) -> None:
        from rich.text import Text

        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self.console.print(table)

    def picture(self, content: str) -> None:
        """Show `content` as a QR code, half a line a row."""
        import segno
        from rich.text import Text

        drawn = io.StringIO()
        segno.make(content, error="l").terminal(drawn, border=2, compact=True)
        self.console.print(Text.from_ansi(drawn.getvalue()), no_wrap=True, crop=False)


def moment(told: str) -> str:
    """Show a time of the wire as this machine's clock has it."""
    return datetime.fromisoformat(told).astimezone().strftime("%Y-%m-%d %H:%M")
