"""A till's day's end: nothing is left open, and what the till has counted is what the chain has moved.

Three things are held against each other: the journal, the gateway's orders and settlement, and the balance on the
shop's own node.
"""

import time
from dataclasses import dataclass

import httpx

from pswallet.client import Refused
from pswallet.client.answers import OrderShape, SettlementShape
from pswallet.kit import clock
from pswallet.kit.money import Fen
from pswallet.merchants.rules import sales
from pswallet.merchants.rules.sales import DayEnd
from pswallet.till.counter import NO_ANSWER, NO_SHIFT, Counter, NotNow
from pswallet.till.tickets import Ticket

PATIENCE_S = 60.0
"""How long the chain may take for what is on its way [s]."""

_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Closing:
    """What a shift came to. `differs` has each sale that gateway and journal count otherwise: (the till's, its) [fen].

    `settlement` is of the whole merchant and day, of all its tills, None where whoever stands here may not see it;
    `held_fen` what its node says it holds.
    """

    day: DayEnd
    differs: dict[str, tuple[Fen, Fen]]
    settlement: SettlementShape | None
    held_fen: int | None

    @property
    def balances(self) -> bool:
        """Whether everything agrees to the fen."""
        told = self.settlement
        if told is None:
            return not self.differs and not self.day.unknown
        came = told["opening_fen"] + told["sales_fen"] + told["deposits_fen"]
        went = told["refunds_fen"] + told["fees_fen"] + told["payouts_fen"]
        adds_up = came - went == told["closing_fen"] and told["difference_fen"] == 0
        on_chain = self.held_fen is None or self.held_fen == told["closing_fen"]
        return adds_up and on_chain and not self.differs and not self.day.unknown


def close(counter: Counter, *, patience_s: float = PATIENCE_S) -> Closing:
    """Close the shift: void what nobody paid, wait for what is on its way, and hold the sums against each other.

    A shift that does not balance is closed all the same: the money is where it is, and the closing says what differs.
    Raises NotNow when something stays without an answer: the shift goes on.
    """
    if not counter.book.is_open:
        raise NotNow(NO_SHIFT)
    counter.resume()
    deadline = time.monotonic() + patience_s
    told = {ticket.reference: _ended(counter, ticket, deadline) for ticket in counter.book.tickets.values()}
    settled = {reference: _kept(order) for reference, order in told.items() if order is not None}
    mine = [ticket.sale for ticket in counter.book.tickets.values()]
    closing = Closing(sales.day_end(mine), sales.differences(mine, settled), *_sums(counter, deadline))
    counter.note_closed(balances=closing.balances, kept_fen=closing.day.kept, at=clock.now().isoformat())
    return closing


def _ended(counter: Counter, ticket: Ticket, deadline: float) -> OrderShape | None:
    """Return a sale's order once nothing of it is open; None for one that the gateway never opened."""
    while ticket.order is not None:
        told = counter.look(ticket)
        if told is not None and not ticket.waits and all(one.status != "submitted" for one in ticket.refunds):
            return told
        if told is not None and told["status"] in ("open", "expired") and ticket.waits:
            _void(counter, ticket)
            continue
        if time.monotonic() > deadline or counter.line.stop.wait(_PAUSE_S):
            raise NotNow(NO_ANSWER)
    return None


def _void(counter: Counter, ticket: Ticket) -> None:
    try:
        counter.void(ticket)
    except Refused as refused:
        if refused.code != "order-already-paid":  # somebody paid in this very moment: look again
            raise


def _kept(order: OrderShape) -> Fen:
    return Fen(sum(one["amount_fen"] - one["refunded_fen"] for one in order["payments"]))


def _sums(counter: Counter, deadline: float) -> tuple[SettlementShape | None, int | None]:
    """Return the settlement and what the node says; node and gateway may be a block apart for a moment."""
    shop = counter.shop
    while True:
        settlement = _settlement(counter, shop.merchant)
        held = counter.node.held_fen(shop.address) if counter.node else None
        if settlement is None or held in (None, settlement["closing_fen"]) or time.monotonic() > deadline:
            return settlement, held
        counter.line.stop.wait(_PAUSE_S)


def _settlement(counter: Counter, merchant: str) -> SettlementShape | None:
    try:
        return counter.line.ask(lambda: counter.api.show_settlement(merchant))
    except Refused as refused:
        if refused.status != httpx.codes.FORBIDDEN:  # a cashier's role, or a key's scope: the books are not theirs
            raise
        return None
