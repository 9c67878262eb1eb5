"""What a till's journal says: its sales with their orders, payments and refunds. Pure: same lines, same tickets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from pswallet.client.answers import OrderShape
from pswallet.client.bodies import GiveBack, RefundAFundedOrder
from pswallet.kit.money import Fen
from pswallet.merchants.rules.sales import NOTHING, Sale, State
from pswallet.till.journal import Act, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Whose till it is. `address` is where the money goes."""

    merchant: str
    address: str
    name: str
    till: str


@dataclass(frozen=True, slots=True)
class Employer:
    """The merchant for whom a till works without its key, and where it is paid: told by its owner, not the gateway."""

    merchant: str
    paid_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment, and whose word it is: the shop's own node's, or the gateway's. `short`: what a receipt's code says."""

    payer: str
    by_node: bool
    short: str | None = None
    funded: str | None = None
    """The hash of the funded order, if others helped to pay."""


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money that goes back: the signed body, sent under one `key` until there is an answer."""

    payer: str
    amount: Fen
    body: GiveBack | RefundAFundedOrder
    key: str
    status: str = "asking"
    """asking, submitted, confirmed or refused."""

    @property
    def number(self) -> int:
        """Its place among the order's refunds."""
        return self.body["number"]

    @property
    def funded(self) -> str | None:
        """The funded order that it gives back from; None: its payer's own plain payment."""
        return cast("str | None", self.body.get("hash"))

    @property
    def counts(self) -> bool:
        """Whether the money is gone, or may be."""
        return self.status != "refused"


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A sale of this till."""

    reference: str
    amount: Fen
    order: OrderShape | None = None
    """As the gateway opened it; None: no answer yet."""
    asking_refused: bool = False
    code: str | None = None
    """A customer's payment code that was asked for and not answered yet."""
    customer: str | None = None
    """Whose code was taken."""
    paid: Paid | None = None
    voiding: bool = False
    voided: bool = False
    refunds: list[Refund] = field(default_factory=list)
    refusal: str = ""
    """Why the gateway refused the last act: a problem's code."""

    @property
    def sale(self) -> Sale:
        """Return the sale as the rules of a till know it."""
        return Sale(self.reference, self.amount, self._state, self._refunded if self.paid else NOTHING)

    @property
    def waits(self) -> bool:
        """Whether a customer may still pay it."""
        return self.sale.state is State.UNKNOWN

    def may_be_paid(self, now: int) -> bool:
        """Whether a payment may still come, at Unix second `now`: also for a voided sale, by who has signed already."""
        left = self.paid is None and self.order is not None and now < self.order["expiry"]
        return self.waits or (self.voided and left)

    @property
    def _refunded(self) -> Fen:
        payer = self.paid.payer if self.paid else ""
        return Fen(sum(one.amount for one in self.refunds if one.counts and one.payer == payer))

    @property
    def _state(self) -> State:
        if self.paid is not None:  # also when it came after the void: the money is there
            return State.PAID
        if self.voided:
            return State.VOIDED
        return State.OPEN if self.asking_refused else State.UNKNOWN


@dataclass(slots=True)
class Book:
    """The till's open shift, by sales' numbers, and every number that was ever used."""

    shop: Shop | None = None
    cashier: str = ""
    is_open: bool = False
    tickets: dict[str, Ticket] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Book":
        """Read a journal."""
        book = cls()
        for entry in entries:
            book.add(entry)
        return book

    def add(self, entry: Entry) -> None:
        """Take an act in."""
        said = entry.body
        if entry.act is Act.OPENED:
            self.shop, self.cashier, self.is_open = Shop(**said["shop"]), said["cashier"], True
            self.tickets = {}
        elif entry.act is Act.CLOSED:
            self.is_open = False
        elif entry.act is Act.ASKING:
            self.used.add(entry.reference)
            self.tickets[entry.reference] = Ticket(reference=entry.reference, amount=Fen(said["amount_fen"]))
        else:
            _noted(self.tickets[entry.reference], entry.act, said)


def _noted(ticket: Ticket, act: Act, said: dict[str, Any]) -> None:
    ticket.refusal = ""
    _NOTED[act](ticket, said)


def _asked(ticket: Ticket, said: dict[str, Any]) -> None:
    ticket.order = cast("OrderShape", said["order"])


def _taking(ticket: Ticket, said: dict[str, Any]) -> None:
    ticket.code = said["text"]


def _taken(ticket: Ticket, said: dict[str, Any]) -> None:
    ticket.code, ticket.customer = None, said["account"]


def _paid(ticket: Ticket, said: dict[str, Any]) -> None:
    ticket.paid = ticket.paid or Paid(**said)


def _voiding(ticket: Ticket, _: dict[str, Any]) -> None:
    ticket.voiding = True


def _voided(ticket: Ticket, _: dict[str, Any]) -> None:
    ticket.voiding, ticket.voided = False, True


def _refunding(ticket: Ticket, said: dict[str, Any]) -> None:
    ticket.refunds.append(Refund(**said | {"amount": Fen(said["amount"])}))


def _refunded(ticket: Ticket, said: dict[str, Any]) -> None:
    _refund(ticket, said["key"]).status = said["status"]


def _refused(ticket: Ticket, said: dict[str, Any]) -> None:
    ticket.refusal = said["code"]
    match Act(said["of"]):
        case Act.ASKING:
            ticket.asking_refused = True
        case Act.TAKING:
            ticket.code = None
        case Act.VOIDING:
            ticket.voiding = False
        case _:
            _refund(ticket, said["key"]).status = "refused"


def _refund(ticket: Ticket, key: str) -> Refund:
    return next(one for one in ticket.refunds if one.key == key)


_NOTED: dict[Act, Callable[[Ticket, dict[str, Any]], None]] = {
    Act.ASKED: _asked,
    Act.TAKING: _taking,
    Act.TAKEN: _taken,
    Act.PAID: _paid,
    Act.VOIDING: _voiding,
    Act.VOIDED: _voided,
    Act.REFUNDING: _refunding,
    Act.REFUNDED: _refunded,
    Act.REFUSED: _refused,
}
