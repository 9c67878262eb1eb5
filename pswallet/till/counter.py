"""What a cashier does at a till: ring up, show the code, take a customer's, void, give back. No screen here.

Each act is written down, asked for, and written down again with its answer; `resume` asks again for whatever has none.
"""

import secrets
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from pswallet.chain.orders import Order, order_id
from pswallet.client import Key, OrderForged, Refused, authorize_refund
from pswallet.client.answers import MerchantShape, OrderShape
from pswallet.client.bodies import GiveBack, RefundAFundedOrder
from pswallet.client.funded import require_payment, sign_refund
from pswallet.client.parts import FundedRefundShape, OrderPaymentShape, RefundShape
from pswallet.kit import clock
from pswallet.kit.money import Fen
from pswallet.merchants.rules import sales
from pswallet.merchants.rules.sales import LAST_SERIAL, Reason, Sale, State
from pswallet.till.journal import Act, Journal
from pswallet.till.line import Ended, Line, Node
from pswallet.till.tickets import Book, Employer, Paid, Refund, Shop, Ticket

T = TypeVar("T")

ORDER_LIFE_S = 600
"""How long a customer has to pay [s of the chain's time]."""


_PAUSE_S = 0.1


class NotNow(Exception):
    """The till does not do that: `reason` is one of `sales.Reason` or of those below."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


NO_SHIFT, SHIFT_OPEN, NO_TILL, NOTHING_DUE, NO_NODE, NO_ANSWER, FULL, PAID_ELSEWHERE, OWNERS_KEY, NO_KEY = (
    "no_shift", "shift_open", "no_till", "nothing_due", "no_node", "no_answer", "full", "paid_elsewhere", "owners_key",
    "no_key",
)  # fmt: skip


class Counter:
    """A till at work. Its methods may be called from several threads; those that ask wait until they are answered.

    It works for the merchant of its own key; with an `employer`, as its cashier or machine.
    """

    def __init__(
        self, line: Line, journal: Journal, node: Node | None = None, employer: Employer | None = None
    ) -> None:
        self.line = line
        self.journal = journal
        self.node = node
        self.employer = employer
        self.book = Book.of(journal.entries)
        self.api = line.client.api
        self._writing = threading.Lock()

    @property
    def shop(self) -> Shop:
        """Return whose till it is. Raises NotNow before the first shift."""
        if self.book.shop is None:
            raise NotNow(NO_SHIFT)
        return self.book.shop

    # --- the shift ---

    def open(self, till: str, cashier: str = "") -> Shop:
        """Open a shift at the shop's till of that number. Raises NotNow, Refused."""
        if self.book.is_open:
            raise NotNow(SHIFT_OPEN)
        merchant = self._own_merchant() if self.employer is None else self._employer(self.employer)
        if merchant is None or till not in self._tills(merchant["id"]):
            raise NotNow(NO_TILL)
        shop = Shop(merchant=merchant["id"], address=merchant["address"], name=merchant["name"], till=till)
        fields = {name: getattr(shop, name) for name in Shop.__slots__}
        self._note(Act.OPENED, shop=fields, cashier=cashier, at=clock.now().isoformat())
        return shop

    def _own_merchant(self) -> MerchantShape | None:
        address = self.line.client.key.address
        return next((one for one in self.line.ask(self.api.list_merchants)["items"] if one["address"] == address), None)

    def _employer(self, told: Employer) -> MerchantShape:
        found = self.line.ask(lambda: self.api.show_merchant(told.merchant))
        if found["address"] != told.paid_at:  # else a gateway could have the customers pay itself
            raise NotNow(PAID_ELSEWHERE)
        return found

    def note_closed(self, **said: Any) -> None:
        """Write down that the shift is closed, and what it came to."""
        self._note(Act.CLOSED, **said)

    def _tills(self, merchant: str) -> set[str]:
        return {one["till"] for one in self.line.ask(lambda: self.api.list_tills(merchant))["items"]}

    # --- selling ---

    def ring_up(self, amount: Fen) -> Ticket:
        """Ask a customer for `amount` under the next number. Raises NotNow, Refused."""
        if not self.book.is_open:
            raise NotNow(NO_SHIFT)
        reference = self._next_number()
        self._note(Act.ASKING, reference, amount_fen=amount)
        return self._ask_for_order(self.book.tickets[reference])

    def _next_number(self) -> str:
        day = clock.shanghai_day(clock.now())
        for serial in range(1, LAST_SERIAL + 1):
            reference = sales.reference_of(day, self.shop.till, serial)
            # A till that lost its journal finds its old numbers at the gateway: an old order would be taken for this.
            if reference not in self.book.used and not self._is_known(reference):
                return reference
            self.book.used.add(reference)
        raise NotNow(FULL)

    def _is_known(self, reference: str) -> bool:
        try:
            self.line.ask(lambda: self.api.find_order_for(self.shop.merchant, reference=reference))
        except Refused as refused:
            if refused.code != "order-unknown":
                raise
            return False
        return True

    def _ask_for_order(self, ticket: Ticket) -> Ticket:
        wanted: Any = {
            "till": self.shop.till,
            "reference": ticket.reference,
            "amount_fen": ticket.amount,
            "expires_in_s": ORDER_LIFE_S,
        }
        order = self._asked(Act.ASKING, ticket, lambda: self.api.open_order_for(self.shop.merchant, wanted))
        self._require_own(order, ticket)
        self._note(Act.ASKED, ticket.reference, order=order)
        return ticket

    def _require_own(self, order: OrderShape, ticket: Ticket) -> None:
        """Refuse an order that is not the one asked for, or whose hash is another's. Raises OrderForged."""
        asked = Order(self.shop.address, self.shop.till, ticket.reference, ticket.amount, order["expiry"])
        token = self.line.ask(self.line.client.chain).token
        if Order.from_json(order) != asked or order["hash"] != order_id(token, asked):
            self._note(Act.REFUSED, ticket.reference, of=Act.ASKING, code="order-forged")
            raise OrderForged(order["id"])

    def code_of(self, ticket: Ticket) -> str | None:
        """Return what the QR code of a sale says, good for two minutes; None: the gateway is away. Raises Refused."""
        order = _order_of(ticket)
        shown = self.line.glance(lambda: self.api.show_order_code_for(self.shop.merchant, order["id"]))
        return shown["text"] if shown else None

    def take(self, ticket: Ticket, text: str) -> Ticket:
        """Take the payment code in a scanned or typed text: its phone is asked to pay. Raises NotNow, Refused."""
        if not ticket.waits:
            raise NotNow(Reason.NOT_OPEN)
        self._note(Act.TAKING, ticket.reference, text=text)
        return self._take(ticket)

    def _take(self, ticket: Ticket) -> Ticket:
        body: Any = {"text": ticket.code, "reference": ticket.reference, "amount_fen": ticket.amount}
        taken = self._asked(Act.TAKING, ticket, lambda: self.api.take_code_for(self.shop.merchant, body))
        self._note(Act.TAKEN, ticket.reference, account=taken["account"])
        return ticket

    # --- whether it is paid ---

    def look(self, ticket: Ticket) -> OrderShape | None:
        """Look once whether a sale is paid and its refunds are through; return what the gateway says, if it does.

        With a node of the shop's own a sale is paid when that says so, never before; the gateway may be stopped.
        """
        if ticket.order is None:
            return None
        order = ticket.order
        told = self.line.glance(lambda: self._shown(order["id"]))
        payments = self._payments(ticket, told) if ticket.paid is None else []
        if payments:
            first = payments[0]
            fields = {name: getattr(first, name) for name in Paid.__slots__}
            self._note(Act.PAID, ticket.reference, **fields)
        for refund in ticket.refunds if told is not None else ():
            self._follow(ticket, refund, told)
        return told

    def _payments(self, ticket: Ticket, told: OrderShape | None) -> list[Paid]:
        """Return who paid, the first one first: as the shop's node says; without one, as the gateway does."""
        if self.node is not None:
            return self.node.payments(Order.from_json(_order_of(ticket)))
        every = told["payments"] if told else []
        return [Paid(payer=one["payer"], by_node=False, funded=_funded_by(one)) for one in every]

    def _follow(self, ticket: Ticket, refund: Refund, told: OrderShape | None) -> None:
        if refund.status != "submitted" or told is None:
            return
        status = next((one["status"] for one in _refunds(told, refund) if one["number"] == refund.number), "submitted")
        if status != "submitted":
            ended = "confirmed" if status == "confirmed" else "refused"
            self._note(Act.REFUNDED, ticket.reference, key=refund.key, status=ended)

    def _shown(self, order_id: str) -> OrderShape:
        return self.api.show_order_for(self.shop.merchant, order_id)

    # --- undoing ---

    def void(self, ticket: Ticket) -> Ticket:
        """Undo a sale: unpaid, nobody can pay it any more; paid, all of it goes back. Raises NotNow, Refused."""
        if ticket.sale.state is State.PAID:
            _require(sales.voided(ticket.sale))
            return self._give_back(ticket, _paid_of(ticket), ticket.amount)
        if ticket.sale.state is not State.UNKNOWN:
            raise NotNow(Reason.NOT_OPEN)
        self._note(Act.VOIDING, ticket.reference)
        return self._void(ticket)

    def _void(self, ticket: Ticket) -> Ticket:
        order = _order_of(ticket)
        self._asked(Act.VOIDING, ticket, lambda: self.api.void_order_for(self.shop.merchant, order["id"]))
        self._note(Act.VOIDED, ticket.reference)
        return ticket

    def refund(self, ticket: Ticket, amount: Fen) -> Ticket:
        """Give a part back, never more than was paid. Raises NotNow, Refused."""
        _require(sales.refunded(ticket.sale, amount))
        return self._give_back(ticket, _paid_of(ticket), amount)

    def give_back_second(self, ticket: Ticket) -> Ticket:
        """Give back what a second customer paid for the same order. Raises NotNow when nobody did."""
        order = _order_of(ticket)
        told = self.line.ask(lambda: self._shown(order["id"]))
        done = {_paid_of(ticket).payer} | {one.payer for one in ticket.refunds if one.counts}
        due = next((one for one in self._payments(ticket, told) if one.payer not in done), None)
        if due is None:
            raise NotNow(NOTHING_DUE)
        return self._give_back(ticket, due, ticket.amount)

    def _give_back(self, ticket: Ticket, paid: Paid, amount: Fen) -> Ticket:
        client, order, key = self.line.client, _order_of(ticket), self._signer_of(paid)
        told = self.line.ask(lambda: self._shown(order["id"]))
        chain = self.line.ask(client.chain)
        body: GiveBack | RefundAFundedOrder
        if paid.funded is None:
            told["hash"] = order["hash"]  # which was checked when it was opened
            body = authorize_refund(chain, key, told, paid.payer, amount)
        else:
            if not paid.by_node:  # the shop's own node tells no foreign hash
                require_payment(chain, told, next(one for one in told["payments"] if _funded_by(one) == paid.funded))
            if key.address == self.shop.address:
                self._let_checkout_refund()
            gone = [one for one in _funded_refunds(told, paid.funded) if one["status"] != "refused"]
            body = sign_refund(chain, key, paid.funded, len(gone), amount)
        number = secrets.token_hex(16)
        self._note(Act.REFUNDING, ticket.reference, payer=paid.payer, amount=amount, body=dict(body), key=number)
        return self._send_back(ticket, ticket.refunds[-1])

    def _signer_of(self, paid: Paid) -> Key:
        """Return the key that gives back: of a plain sale the shop's own. Raises NotNow where it is not here."""
        client = self.line.client
        if client.is_machine:
            raise NotNow(NO_KEY)
        if paid.funded is None and client.key.address != self.shop.address:
            raise NotNow(OWNERS_KEY)
        return client.key

    def _let_checkout_refund(self) -> None:
        """See that the checkout may fetch what this shop has signed away; what nobody signed it cannot."""
        permitted = self.line.ask(self.api.show_permit)
        if not permitted["allowed"]:
            self.line.ask(self.line.client.permit)
        while not permitted["allowed"]:
            if self.line.stop.wait(_PAUSE_S):
                raise Ended
            permitted = self.line.ask(self.api.show_permit)

    def _send_back(self, ticket: Ticket, refund: Refund) -> Ticket:
        order = _order_of(ticket)

        def send() -> None:
            try:
                self._post_refund(order["id"], refund)
            except Refused as refused:
                # Later than answers are kept: was it this one that took the number?
                if refused.code != "refund-number-mismatch" or not self._is_there(order["id"], refund):
                    raise

        self._asked(Act.REFUNDING, ticket, send, key=refund.key)
        self._note(Act.REFUNDED, ticket.reference, key=refund.key, status="submitted")
        return ticket

    def _post_refund(self, order_id: str, refund: Refund) -> None:
        if refund.funded is None:
            self.api.refund_order_for(self.shop.merchant, order_id, cast("GiveBack", refund.body), key=refund.key)
        else:
            body = cast("RefundAFundedOrder", refund.body)
            self.api.refund_funded_order_for(self.shop.merchant, order_id, body, key=refund.key)

    def _is_there(self, order_id: str, refund: Refund) -> bool:
        known = _refunds(self._shown(order_id), refund)
        return any((one["number"], one["amount_fen"]) == (refund.number, refund.amount) for one in known)

    def put_out(self) -> None:
        """Let go of journal and wires; whoever waits for an answer ends."""
        self.line.stop.set()
        self.line.client.http.close()
        if self.node:
            self.node.close()
        self.journal.close()

    # --- after a fall ---

    def resume(self) -> list[Ticket]:
        """Ask again, under the same numbers, for whatever was asked for and never answered; return those sales."""
        again = []
        for ticket in list(self.book.tickets.values()):
            for act in self._unanswered(ticket):
                again.append(ticket)
                try:
                    act()
                except Refused:
                    continue  # it stands on the ticket
        return again

    def _unanswered(self, ticket: Ticket) -> list[Callable[[], Ticket]]:
        if ticket.order is None and not ticket.asking_refused:
            return [lambda: self._ask_for_order(ticket)]
        acts: list[Callable[[], Ticket]] = []
        if ticket.code is not None:
            acts.append(lambda: self._take(ticket))
        if ticket.voiding:
            acts.append(lambda: self._void(ticket))
        for refund in ticket.refunds:
            if refund.status == "asking":
                acts.append(lambda refund=refund: self._send_back(ticket, refund))  # type: ignore[misc]
        return acts

    def _asked(self, kind: Act, ticket: Ticket, act: Callable[[], T], **said: str) -> T:
        """Ask until there is an answer; write a refusal down. Raises Refused, Ended."""
        try:
            return self.line.ask(act)
        except Refused as refused:
            self._note(Act.REFUSED, ticket.reference, of=kind, code=refused.code, **said)
            raise

    def _note(self, act: Act, reference: str = "", **body: Any) -> None:
        with self._writing:
            self.book.add(self.journal.write(act, reference, **body))


def _order_of(ticket: Ticket) -> OrderShape:
    if ticket.order is None:
        raise NotNow(Reason.UNKNOWN_OUTCOME)
    return ticket.order


def _paid_of(ticket: Ticket) -> Paid:
    if ticket.paid is None:
        raise NotNow(Reason.NOT_PAID)
    return ticket.paid


def _funded_by(payment: OrderPaymentShape) -> str | None:
    funded = payment.get("funded")
    return funded["hash"] if funded else None


def _funded_refunds(told: OrderShape, funded: str) -> Sequence[FundedRefundShape]:
    every = (one["funded"] for one in told["payments"])
    return next((one["refunds"] for one in every if one is not None and one["hash"] == funded), [])


def _refunds(told: OrderShape, refund: Refund) -> Sequence[RefundShape | FundedRefundShape]:
    """Return what the gateway knows of refunds of the same kind; of a plain one, those to the same payer."""
    if refund.funded is not None:
        return _funded_refunds(told, refund.funded)
    return [one for one in told["refunds"] if one["payer"] == refund.payer]


def _require(after: Sale | Reason) -> None:
    if isinstance(after, Reason):
        raise NotNow(after)
