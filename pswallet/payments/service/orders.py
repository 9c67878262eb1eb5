"""Orders: what a till asks for, who has paid it, and what went back. An order's hash is its payment's nonce.

Nothing here says that an order is paid: the chain does. A till may repeat any of this with the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Protocol, TypeVar

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import standing
from pswallet.chain import orders as signed
from pswallet.chain.outbox import enqueue
from pswallet.chain.signing import TRANSFER_WITH_AUTHORIZATION, Domain
from pswallet.kit.clock import from_unix, to_unix
from pswallet.kit.ids import new_id
from pswallet.kit.money import MAX_FEN, Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import insert_new_rows
from pswallet.merchants.errors import NotAMerchant
from pswallet.payments import rules
from pswallet.payments.errors import (
    OrderAlreadyPaid,
    OrderExpired,
    OrderMismatch,
    OrderReferenceReused,
    OrderUnknown,
    OrderVoided,
)
from pswallet.payments.models import Order
from pswallet.payments.service import quoted
from pswallet.payments.service.intake import Accepted, SignedPayment, accept, call_of, queue_up
from pswallet.payments.service.orderbook import TAKEN, OrderView, views


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """What a till asks for. `reference` is the merchant's own number of the order: the same one is the same order."""

    merchant: str
    till: str
    reference: str
    amount_fen: Fen
    expires_in: timedelta
    quote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOrder:
    """A payer's signature for an order: an authorization to its merchant whose nonce is its hash."""

    order_id: str
    payer: str
    valid_before: int
    signature: str
    contract_verdict: bool | None = None
    trace: str | None = None


def open_order(session: Session, asked: OpenOrder, *, domain: Domain, now: datetime) -> OrderView:
    """Open one order as `open_orders` does. Raises what stands in its place there."""
    found = open_orders(session, [asked], domain=domain, now=now)[0]
    if isinstance(found, Problem):
        raise found
    return found


def open_orders(
    session: Session, commands: Sequence[OpenOrder], *, domain: Domain, now: datetime
) -> list[OrderView | Problem]:
    """Open each order, or find the one that its merchant opened under that reference. `now`: the last block's time.

    In a refused one's place stands NotAMerchant, ZeroAmount, ValueTooLarge, or OrderReferenceReused for a reference of
    another order.
    """
    merchants = standing(session, [asked.merchant for asked in commands])
    problems = [_opening_problem(asked, merchants[asked.merchant].tier) for asked in commands]
    sound = [asked for asked, problem in zip(commands, problems, strict=True) if problem is None]
    # Two tills, or one that repeats itself, may come at once: one row is made, both are shown it. In one order, so that
    # two processes never wait for each other.
    rows = [_row(asked, domain=domain, now=now) for asked in sound]
    insert_new_rows(session, Order, sorted(rows, key=itemgetter("merchant", "reference")))
    found = _by_reference(session, sound)
    return [
        problem or _same(asked, found[asked.merchant, asked.reference])
        for asked, problem in zip(commands, problems, strict=True)
    ]


def _opening_problem(asked: OpenOrder, tier: int) -> Problem | None:
    if tier != rules.MERCHANT_TIER:
        return NotAMerchant(account=asked.merchant)
    if asked.amount_fen <= 0:
        return token_errors.ZeroAmount()
    return token_errors.ValueTooLarge() if asked.amount_fen > MAX_FEN else None


def _row(asked: OpenOrder, *, domain: Domain, now: datetime) -> dict[str, object]:
    expiry = to_unix(now + asked.expires_in)
    terms = signed.Order(asked.merchant, asked.till, asked.reference, asked.amount_fen, expiry)
    return {
        "id": new_id("ord"),
        "hash": signed.order_id(domain, terms),
        "merchant": asked.merchant,
        "till": asked.till,
        "reference": asked.reference,
        "amount_fen": asked.amount_fen,
        "created_at": now,
        "expires_at": from_unix(expiry),
        "quote_id": asked.quote_id,
    }


def _by_reference(session: Session, commands: Sequence[OpenOrder]) -> dict[tuple[str, str], OrderView]:
    pairs = {(asked.merchant, asked.reference) for asked in commands}
    if not pairs:
        return {}
    orders = session.scalars(select(Order).where(tuple_(Order.merchant, Order.reference).in_(pairs))).all()
    return {(view.merchant, view.reference): view for view in views(session, orders)}


def _same(asked: OpenOrder, found: OrderView) -> OrderView | Problem:
    if (found.till, found.amount_fen, found.quote_id) != (asked.till, asked.amount_fen, asked.quote_id):
        return OrderReferenceReused(order=found.id, amount_fen=found.amount_fen)
    return found


def find_order(session: Session, order_id: str, *, now: datetime | None = None) -> OrderView:
    """Return an order; `now`, the last block's time, says whether it has expired. Raises OrderUnknown."""
    found = session.get(Order, order_id)
    if found is None:
        raise OrderUnknown(id=order_id)
    return views(session, [found], now=now)[0]


def find_order_by_reference(
    session: Session, merchant: str, reference: str, *, now: datetime | None = None
) -> OrderView:
    """Return the order that `merchant` opened under `reference`. Raises OrderUnknown."""
    found = session.scalar(select(Order).where(Order.merchant == merchant, Order.reference == reference))
    if found is None:
        raise OrderUnknown(reference=reference)
    return views(session, [found], now=now)[0]


def void_order(session: Session, order_id: str, *, merchant: str, now: datetime) -> OrderView:
    """Close an order that nobody has paid: the gateway takes no payment for it any more.

    Raises OrderUnknown, OrderAlreadyPaid when a payment is on its way or has come.
    """
    found = locked(session, [order_id]).get(order_id)
    if found is None or found.merchant != merchant:
        raise OrderUnknown(id=order_id)
    view = views(session, [found])[0]
    if view.status in TAKEN:
        raise OrderAlreadyPaid(order=order_id)
    if found.voided_at is None:
        found.voided_at = now
        session.flush()
    return views(session, [found])[0]


class ForOrder(Protocol):
    """A command that pays an order."""

    @property
    def order_id(self) -> str:
        """Which one."""

    @property
    def payer(self) -> str:
        """Who pays."""


C = TypeVar("C", bound=ForOrder)
A = TypeVar("A")

ROUNDS = 4
"""How many that pay one order in one list are looked at: a crowd before one order must not hold all others up."""


@dataclass(slots=True)
class Turns:
    """The orders of a list of payments, locked, and which of them somebody in the list pays by now."""

    orders: dict[str, Order]
    open: dict[str, OrderView]
    now: datetime
    taken: set[str] = field(default_factory=set)

    def problem(self, order_id: str, payer: str, *, valid_before: int) -> Problem | None:
        """Return why `payer` cannot pay the order now, or None."""
        order = self.orders.get(order_id)
        if order is None:
            return OrderUnknown(id=order_id)
        if order.voided_at is not None:
            return OrderVoided(order=order.id)
        if order.id in self.taken or self.open[order.id].status in TAKEN:
            return OrderAlreadyPaid(order=order.id)
        if self.now >= order.expires_at or valid_before > to_unix(order.expires_at):
            return OrderExpired(order=order.id, expires_at=order.expires_at.isoformat())
        if payer == order.merchant:
            return OrderMismatch(order=order.id, why="a merchant does not pay itself")
        return None

    def one_by_one(self, commands: Sequence[C], pay: Callable[[list[C]], list[A | Problem]]) -> list[A | Problem]:
        """Let `pay` answer the commands, of one order one at a time: who is refused takes it from nobody.

        `pay` leaves what it accepts where the next round counts it. After `ROUNDS` an order is called taken.
        """
        answers: dict[int, A | Problem] = {}
        rest = dict(enumerate(commands))
        for _ in range(ROUNDS):
            turn = sorted({command.order_id: place for place, command in reversed(rest.items())}.values())
            for place, answer in zip(turn, pay([rest.pop(place) for place in turn]), strict=True):
                answers[place] = answer
                if not isinstance(answer, Problem):
                    self.taken.add(commands[place].order_id)
            if not rest:
                break
        for place, command in rest.items():
            problem = self.problem(command.order_id, command.payer, valid_before=0)
            answers[place] = problem or OrderAlreadyPaid(order=command.order_id)
        return [answers[place] for place in range(len(commands))]


def pay_orders(
    session: Session, commands: Sequence[PayOrder], *, domain: Domain, now: datetime
) -> list[Accepted | Problem]:
    """Ask the token for each payment; a Problem stands in a refused one's place. One payer an order at a time."""
    turns = turns_for(session, [command.order_id for command in commands], now=now)
    if len(turns.orders) < len(commands):
        # All lines at once: a line joined in a later round would not be in the one order that keeps processes apart.
        queue_up(session, [command.payer for command in commands])
    return turns.one_by_one(commands, lambda some: _pay(session, turns, some, domain=domain, now=now))


def _pay(
    session: Session, turns: Turns, commands: Sequence[PayOrder], *, domain: Domain, now: datetime
) -> list[Accepted | Problem]:
    orders = turns.orders
    problems = [
        turns.problem(command.order_id, command.payer, valid_before=command.valid_before)
        or quoted.plain_problem(session, orders[command.order_id], command.payer, now=now)
        for command in commands
    ]
    sound = [command for command, problem in zip(commands, problems, strict=True) if problem is None]
    outcomes = iter(
        accept(
            session,
            [payment_of(orders[command.order_id], command) for command in sound],
            domain=domain,
            struct=TRANSFER_WITH_AUTHORIZATION,
            purpose="order",
            now=now,
        )
    )
    answers = [problem or next(outcomes) for problem in problems]
    enqueue(session, [call_of(answer) for answer in answers if isinstance(answer, Accepted)])
    return answers


def payment_of(order: Order | OrderView, command: PayOrder) -> SignedPayment:
    """Return the authorization that a payer signs for an order."""
    return SignedPayment(
        payer=command.payer,
        recipient=order.merchant,
        value_fen=order.amount_fen,
        valid_after=0,
        valid_before=command.valid_before,
        nonce=order.hash,
        signature=command.signature,
        contract_verdict=command.contract_verdict,
        trace=command.trace,
    )


def turns_for(session: Session, ids: Sequence[str], *, now: datetime) -> Turns:
    """Lock the orders that somebody wants to pay, and return who may."""
    orders = locked(session, ids)
    return Turns(orders, {view.id: view for view in views(session, list(orders.values()))}, now)


def locked(session: Session, ids: Sequence[str]) -> dict[str, Order]:
    """Return orders by id, locked in one order: two payers of one order must not both get through."""
    query = select(Order).where(Order.id.in_(sorted(set(ids)))).order_by(Order.id).with_for_update()
    return {order.id: order for order in session.scalars(query.execution_options(populate_existing=True))}
