"""Sheets over the till's screen, which stay until they are answered: a question, and what a day came to."""

from rich.table import Table
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from pswallet.kit.money import format_yuan
from pswallet.till.closing import Closing
from pswallet.till.words import Tongue


class Sheet(ModalScreen[bool]):
    """Something to read, and big buttons under it. The first one says yes."""

    def __init__(self, told: object, *buttons: str) -> None:
        super().__init__()
        self.told = told
        self.buttons = buttons

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical():
            yield Static(self.told, id="told")  # type: ignore[arg-type] # rich's tables, too
            with Horizontal():
                for place, label in enumerate(self.buttons):
                    yield Button(label, id=f"answer-{place}", variant="default" if place else "primary")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.button.id == "answer-0")


def day_of(closing: Closing, tongue: Tongue) -> Table:
    """Show what a day came to: the till's own count, and the shop's settlement with which it is held together."""
    say = tongue.say
    table = Table(show_header=False, box=None, expand=True)
    table.add_column()
    table.add_column(justify="right")
    verdict = say("✓ The day balances") if closing.balances else say("✗ The day does not balance")
    table.add_row(verdict, "", style="bold")
    for name, fen in (
        (say("sales of this till: {count}", count=closing.day.sales), closing.day.sold),
        (say("given back"), closing.day.refunded),
        (say("this till keeps"), closing.day.kept),
        ("", None),
        *_shops_day(closing, tongue),
        (say("your own node says"), closing.held_fen),
    ):
        table.add_row(name, "" if fen is None else format_yuan(fen))
    for reference, (ours, theirs) in closing.differs.items():
        counted = {"ours": format_yuan(ours), "theirs": format_yuan(theirs)}
        row = say("{number}: {ours} here, {theirs} there", number=reference, **counted)
        table.add_row(row, "", style="bold")
    return table


def _shops_day(closing: Closing, tongue: Tongue) -> list[tuple[str, int | None]]:
    say, told = tongue.say, closing.settlement
    if told is None:
        return [(say("the whole shop's day is for its owner and managers to see"), None)]
    return [
        (say("the shop held at the day's beginning"), told["opening_fen"]),
        (say("+ sales, all tills"), told["sales_fen"]),
        (say("− given back, all tills"), told["refunds_fen"]),
        (say("+ deposits − payouts"), told["deposits_fen"] - told["payouts_fen"]),
        (say("the shop holds now"), told["closing_fen"]),
    ]
