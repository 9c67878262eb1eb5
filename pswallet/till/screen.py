"""The till's screen: one line to type or scan into, big buttons, the code to show. What it does is `counter`'s.

Whatever asks the gateway or the node runs in a thread, so that the screen never stands still.
"""

import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import httpx
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.geometry import Size
from textual.widgets import Button, DataTable, Digits, Input, Static

from pswallet.client import ContractsChanged, DomainUnknown, OrderForged, Refused
from pswallet.kit import clock
from pswallet.kit.money import Fen, format_yuan, parse_yuan
from pswallet.merchants.rules import printing
from pswallet.merchants.rules.sales import Reason
from pswallet.receipt import CannotCheck, ReceiptInvalid, words
from pswallet.receipt.short import PREFIX
from pswallet.till.closing import Closing, close
from pswallet.till.counter import NO_NODE, Counter, NotNow
from pswallet.till.line import Ended, News
from pswallet.till.pictures import drawn
from pswallet.till.sheets import Sheet, day_of
from pswallet.till.tickets import Ticket
from pswallet.till.words import NEWS, REASONS, Tongue, brief_of, state_of, text

LOOKS_EVERY_S = 0.5
CODE_LIVES_S = 100.0
"""A code is good for two minutes; the next one is shown before that."""

ACTS = {
    "ring_up": ("F2", text("Ring up")),
    "void": ("F3", text("Void")),
    "refund": ("F4", text("Give back")),
    "second": ("F6", text("Return the 2nd")),
    "open_shift": ("F8", text("Open a shift")),
    "close_day": ("F9", text("Close the day")),
    "leave": ("F10", text("Leave")),
    "customer": ("F7", text("Customer pays")),
}
"""An act's key and button. The last one is there where an invented customer is."""

_OTHER_LINES = 3
"""Above and below a code."""

KEYS = ("7", "8", "9", "4", "5", "6", "1", "2", "3", "0", ".", "⌫")


class Till(App[None]):
    """A till for one cashier. `customer` pays the sale that is shown: an invented one, to try the till with."""

    CSS_PATH = "screen.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key.lower(), name, show=False, priority=True) for name, (key, _) in ACTS.items()
    ]

    def __init__(
        self,
        counter: Counter,
        tongue: Tongue,
        *,
        till: str,
        cashier: str = "",
        customer: Callable[[Ticket], object] | None = None,
    ) -> None:
        super().__init__()
        self.counter = counter
        self.tongue = tongue
        self.asked_till, self.cashier = till, cashier
        self.customer = customer
        self.shown: Ticket | None = None
        self._codes: dict[str, tuple[float, str]] = {}
        self._rows: list[tuple[str, str, str]] = []
        self._drawn: tuple[str, Size] = ("", Size())
        self._written: dict[str, str] = {}
        self._busy = False
        self._looking = False

    # --- how it is laid out ---

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Static(id="shop")
        with Horizontal():
            with Vertical(id="left"):
                yield Static(id="code")
            with Vertical(id="right"):
                yield Digits(id="amount")
                yield Static(id="state")
                yield Input(placeholder=self.tongue.say("Amount, or scan a code or a receipt"), id="entry")
                with Horizontal(id="hands"):
                    with Grid(id="keypad"):
                        yield from (Button(key, classes="key", name=key) for key in KEYS)
                    with Grid(id="acts"):
                        yield from self._buttons()
                yield DataTable(id="sales", cursor_type="row")
        yield Static(id="news")

    def _buttons(self) -> Iterator[Button]:
        for name, (key, label) in ACTS.items():
            if name != "customer" or self.customer is not None:
                chief = "success" if name == "ring_up" else "default"
                yield Button(f"{key} {self.tongue.say(label)}", id=name, classes="act", variant=chief)  # type: ignore[arg-type]

    def on_mount(self) -> None:
        """Begin: a shift that is open goes on, else one is opened."""
        say = self.tongue.say
        self.query_one("#sales", DataTable).add_columns(say("number"), say("amount"), say("state"))
        self.query_one("#entry").focus()
        self.act(self._begin)
        self.set_interval(LOOKS_EVERY_S, self._look)

    def _begin(self) -> None:
        if not self.counter.book.is_open:
            self.counter.open(self.asked_till, self.cashier)
        again = self.counter.resume()
        self.shown = next(reversed(self.counter.book.tickets.values()), None)
        if again:
            self._say_later("Asked again for {count} acts that had no answer.", count=len(again))

    # --- one act at a time, in a thread ---

    def act(self, what: Callable[[], object]) -> None:
        """Do something at the counter."""
        if self._busy:
            self.tell(self.tongue.say("One moment: the last act has no answer yet."))
            return
        self._busy = True
        self.tell("")
        self._act(what)

    @work(thread=True)
    def _act(self, what: Callable[[], object]) -> None:
        told = ""
        try:
            what()
        except NotNow as reason:
            told = self.tongue.say(REASONS[reason.reason])
        except Refused as refused:
            told = refused.title or refused.code
        except httpx.TransportError:  # of who is not the till itself: the invented customer
            told = self.tongue.say(NEWS[News.GATEWAY_AWAY])
        except (ContractsChanged, DomainUnknown, OrderForged) as changed:
            told = str(changed)
        except Ended:
            return
        self.call_from_thread(self._acted, told)

    def _acted(self, told: str) -> None:
        self._busy = False
        if told:
            self.tell(told)
        self.show_all()

    @work(thread=True)
    def _look(self) -> None:
        """Look at what is open, and keep the shown code fresh."""
        if self._looking:
            return
        self._looking = True
        try:
            now = clock.to_unix(clock.now())
            for ticket in list(self.counter.book.tickets.values()):
                if ticket.may_be_paid(now) or any(one.status == "submitted" for one in ticket.refunds):
                    self.counter.look(ticket)
            self._keep_code()
        except (Refused, Ended):
            return  # the act that meets it says so
        finally:
            self._looking = False
        self.call_from_thread(self.show_all)

    def _keep_code(self) -> None:
        ticket = self.shown
        if ticket is None or ticket.order is None or not ticket.waits:
            return
        made, _ = self._codes.get(ticket.reference, (-CODE_LIVES_S, ""))
        if time.monotonic() - made >= CODE_LIVES_S:
            code = self.counter.code_of(ticket)
            if code is not None:
                self._codes[ticket.reference] = time.monotonic(), code

    # --- what the cashier does ---

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Type a key, or do an act."""
        entry, key = self.query_one("#entry", Input), event.button.name
        if key:
            entry.value = entry.value[:-1] if key == KEYS[-1] else entry.value + key
        elif event.button.id:
            getattr(self, f"action_{event.button.id}")()
        entry.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key act while a sheet waits for its answer."""
        return not (action in ACTS and isinstance(self.screen, Sheet))

    def on_input_submitted(self) -> None:
        """Take what was typed or scanned: an amount, a receipt, or else a customer's code."""
        typed = self.query_one("#entry", Input).value.strip()
        if typed.startswith(PREFIX):
            self._taken(lambda: self._check(typed))
        elif self._typed_fen() is not None:
            self.action_ring_up()
        elif typed:
            self._taken(lambda: self.counter.take(self._chosen(), typed))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Show another sale."""
        self.shown = self.counter.book.tickets[str(event.row_key.value)]
        self.show_all()

    def action_ring_up(self) -> None:
        """Ring up what was typed."""
        amount = self._typed_fen()
        if amount:
            self._taken(lambda: self._ring_up(amount))
        else:
            self.tell(self.tongue.say("Type an amount first, such as 12 or 12.34."))

    def _ring_up(self, amount: Fen) -> None:
        self.shown = self.counter.ring_up(amount)
        self._keep_code()

    def action_refund(self) -> None:
        """Give back what was typed, of the sale that is shown."""
        amount = self._typed_fen()
        if amount:
            self._taken(lambda: self.counter.refund(self._chosen(), amount))
        else:
            self.tell(self.tongue.say("Type first how much goes back."))

    def action_void(self) -> None:
        """Undo the sale that is shown, once the cashier has said so again."""
        if self.shown is not None:
            said = self.tongue.say("Void {amount}?", amount=format_yuan(self.shown.amount))
            self._ask(said, lambda: self.counter.void(self._chosen()))

    def action_second(self) -> None:
        """Give back what a second customer paid for the sale that is shown."""
        self.act(lambda: self.counter.give_back_second(self._chosen()))

    def action_open_shift(self) -> None:
        """Open the next shift."""
        self.act(self._open)

    def _open(self) -> None:
        self.counter.open(self.asked_till, self.cashier)
        self.shown = None

    def action_close_day(self) -> None:
        """Close the shift, once the cashier has said so again."""
        self._ask(self.tongue.say("Close the day? Sales that nobody has paid are voided."), self._close)

    def _close(self) -> None:
        closing = close(self.counter)
        self.call_from_thread(self._show_day, closing)

    def _show_day(self, closing: Closing) -> None:
        self.push_screen(Sheet(day_of(closing, self.tongue), self.tongue.say("Good")))

    def action_customer(self) -> None:
        """Let the invented customer pay the sale that is shown."""
        pays = self.customer
        if pays is not None:
            self.act(lambda: pays(self._chosen()))

    def action_leave(self) -> None:
        """Leave; the shift stays open, its journal knows where it was."""
        self.counter.line.stop.set()
        self.exit()

    def _check(self, typed: str) -> None:
        if self.counter.node is None:
            raise NotNow(NO_NODE)
        language = self.tongue.language
        try:
            told = words.line_of(self.counter.node.check(typed), language)
        except ReceiptInvalid as reason:
            told = words.refusal_of(reason, language)
        except CannotCheck as failure:
            told = words.unchecked(str(failure), language)
        self.call_from_thread(self.push_screen, Sheet(told, self.tongue.say("Good")))

    def _chosen(self) -> Ticket:
        if self.shown is None:
            raise NotNow(Reason.NOT_PAID)
        return self.shown

    def _typed_fen(self) -> Fen | None:
        try:
            return parse_yuan(self.query_one("#entry", Input).value)
        except ValueError:
            return None

    def _taken(self, what: Callable[[], object]) -> None:
        self.act(what)
        self.query_one("#entry", Input).value = ""

    def _ask(self, said: str, what: Callable[[], object]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.act(what)

        self.push_screen(Sheet(said, self.tongue.say("Yes"), self.tongue.say("No")), answered)

    # --- what it shows ---

    def tell(self, told: str) -> None:
        """Say something in the last line; it stays until the next act."""
        self.query_one("#news", Static).update(told)
        self.query_one("#news").set_class(bool(told), "bad")

    def hear(self, news: News) -> None:
        """Say what a wire has to tell; called from any thread."""
        self.call_from_thread(self.tell, self.tongue.say(NEWS[news]))

    def _say_later(self, text: str, **values: object) -> None:
        self.call_from_thread(self.tell, self.tongue.say(text, **values))

    def show_all(self) -> None:
        """Show what the journal says."""
        book, say = self.counter.book, self.tongue.say
        if book.shop is not None:
            sales = [ticket.sale for ticket in book.tickets.values()]
            kept = format_yuan(sum(sale.kept for sale in sales))
            shift = say("sales: {count}, {kept}", count=len(sales), kept=kept) if book.is_open else say("shift closed")
            named = [book.shop.name, book.shop.till, *([book.cashier] if book.cashier else []), shift]
            self._write("#shop", " · ".join(named))
        self._show_sale()
        self._show_sales()

    def _show_sale(self) -> None:
        ticket = self.shown
        self._write("#amount", "" if ticket is None else format_yuan(ticket.amount).lstrip("¥"))
        self._write("#state", "" if ticket is None else self._state(ticket))
        self._show_code(self._code(ticket) if ticket else "")

    def _code(self, ticket: Ticket) -> str:
        """Return what the shown code says: the order's while it waits, its receipt's once the node has seen it paid."""
        if ticket.paid is not None:
            return ticket.paid.short or ""
        return self._codes.get(ticket.reference, (0, ""))[1] if ticket.waits else ""

    def _show_code(self, code: str) -> None:
        panel = self.query_one("#code", Static)
        if (code, panel.size) == self._drawn:
            return  # drawing one takes a tenth of a second
        self._drawn = code, panel.size
        picture = drawn(printing.picture(code)) if code else None
        if picture is None:
            panel.update("")
        elif picture.size[0] <= panel.size.width and picture.size[1] <= panel.size.height:
            panel.update(picture.text)
        else:
            rows = picture.size[1] + _OTHER_LINES
            panel.update(self.tongue.say("The code needs {rows} lines: make the window larger.", rows=rows))

    def _write(self, where: str, told: str) -> None:
        """Write a text where another stood; the same again is not drawn again."""
        if self._written.get(where) != told:
            self._written[where] = told
            widget = self.query_one(where)
            if isinstance(widget, Static | Digits):
                widget.update(told)

    def _state(self, ticket: Ticket) -> str:
        return " · ".join(self.tongue.say(told, **values) for told, values in state_of(ticket))

    def _brief(self, ticket: Ticket) -> str:
        gone = ticket.sale.refunded
        return self.tongue.say(brief_of(ticket)) + (f" −{format_yuan(gone)}" if gone else "")

    def _show_sales(self) -> None:
        every = self.counter.book.tickets.values()
        rows = [(one.reference, format_yuan(one.amount), self._brief(one)) for one in reversed(every)]
        if rows != self._rows:
            self._rows = rows
            table = self.query_one("#sales", DataTable)
            table.clear()
            for row in rows:
                table.add_row(*row, key=row[0])
