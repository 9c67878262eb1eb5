"""Paying orders with others' help: vouchers, points, the platform. The payer signs the order with all its parts.

A list in, a Problem in a refused one's place. What the chain would refuse is refused here as far as it can be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import standing
from pswallet.chain.funded import FundedOrder, Part, funded_order_id
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import (
    FUNDED_ORDER,
    RECEIVE_WITH_AUTHORIZATION,
    Domain,
    SignatureMalformed,
    digest,
    recover,
)
from pswallet.chain.sponsor import Sponsor
from pswallet.checkout.errors import OrderInvalid, PayerSignatureInvalid
from pswallet.checkout.service import calls, refusals
from pswallet.checkout.service.calls import ShownVoucher
from pswallet.kit.clock import from_unix, to_unix
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import upsert_rows
from pswallet.payments.errors import OrderMismatch, OrderUnknown
from pswallet.payments.models import FundedIntake, Order
from pswallet.payments.service import backing, quoted
from pswallet.payments.service.intake import SignedPayment, accept, queue_up
from pswallet.payments.service.ledger import paused_until
from pswallet.payments.service.orders import Turns, turns_for
from pswallet.points import service as points


@dataclass(frozen=True, slots=True)
class Office:
    """What funded orders are signed for and by: the token's and the checkout's domains, vouchers' address, the key."""

    token: Domain
    checkout: Domain
    voucher: str
    sponsor: Sponsor


@dataclass(frozen=True, slots=True, kw_only=True)
class PayFunded:
    """A payer's signature for an order with its parts: of its own money, or where it adds none of the order itself.

    `contract_verdict`: what the payer's own contract says of the signature (ERC-1271), None for a person's key.
    """

    order_id: str
    payer: str
    own_fen: Fen
    parts: tuple[Part, ...]
    signature: str
    contract_verdict: bool | None = None
    trace: str | None = None


@dataclass(slots=True)
class Case:
    """One command on its way through the checks: the order as it was signed, and what the contract is shown of it."""

    command: PayFunded
    order: Order
    asked: FundedOrder
    hash: str
    problem: Problem | None = None
    points_place: int | None = None
    shown: list[ShownVoucher] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AcceptedOrder:
    """A funded order that waits for the chain: `submitted` until its event or its refusal is seen."""

    hash: str
    order_id: str


def pay_funded_orders(
    session: Session, commands: Sequence[PayFunded], *, office: Office, now: datetime
) -> list[AcceptedOrder | Problem]:
    """Ask the checkout for each payment. `now`: the last indexed block's time."""
    turns = turns_for(session, [command.order_id for command in commands], now=now)
    # All lines at once: a line joined in a later round would not be in the one order that keeps processes apart.
    queue_up(session, [command.payer for command in commands])
    backing.queue_up(session, [part for command in commands for part in command.parts], office)
    return turns.one_by_one(commands, lambda some: _pay(session, turns, some, office=office, now=now))


def _pay(
    session: Session, turns: Turns, commands: Sequence[PayFunded], *, office: Office, now: datetime
) -> list[AcceptedOrder | Problem]:
    opened = [_opened(turns, command, office) for command in commands]
    cases = [case for case in opened if isinstance(case, Case)]
    for case in cases:
        case.problem = _quote_problem(session, case, office, now=now)
    backing.check_vouchers(session, _sound(cases), voucher=office.voucher, now=now)
    backing.check_budgets(session, _sound(cases), office, now=now)
    _check_payers(session, _sound(cases), office, now=now)
    _leave(session, _sound(cases), office, now=now)
    return [_outcome(case) for case in opened]


def _outcome(case: Case | Problem) -> AcceptedOrder | Problem:
    if isinstance(case, Problem):
        return case
    return case.problem or AcceptedOrder(case.hash, case.order.id)


def _sound(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if case.problem is None]


def _terms(order: Order, command: PayFunded) -> FundedOrder:
    """Return what the payer signs for: the order as its till opened it, with these parts."""
    return FundedOrder(
        payer=command.payer,
        merchant=order.merchant,
        till=order.till,
        reference=order.reference,
        own=command.own_fen,
        amount=order.amount_fen,
        expiry=to_unix(order.expires_at),
        parts=command.parts,
    )


def funded_order(session: Session, command: PayFunded, *, office: Office) -> tuple[FundedOrder, str]:
    """Return what a command is about, with its hash. Raises OrderUnknown."""
    order = session.get(Order, command.order_id)
    if order is None:
        raise OrderUnknown(id=command.order_id)
    terms = _terms(order, command)
    return terms, funded_order_id(office.checkout, terms)


def _opened(turns: Turns, command: PayFunded, office: Office) -> Case | Problem:
    order = turns.orders.get(command.order_id)
    if order is None:
        return OrderUnknown(id=command.order_id)
    problem = turns.problem(order.id, command.payer, valid_before=to_unix(order.expires_at))
    if problem is not None:
        return problem
    terms = _terms(order, command)
    flaw = _flaw(terms)
    if flaw is not None:
        return OrderInvalid(order=order.id, why=flaw)
    return Case(command, order, terms, funded_order_id(office.checkout, terms))


def _flaw(terms: FundedOrder) -> str | None:
    """Return what is wrong with an order's parts (libraries/OrderTerms.sol), or None."""
    funders = [part.funder for part in terms.parts]
    if not 1 <= len(terms.parts) <= 3:
        return "there are 1 to 3 parts"
    if any(not 0 < part.value < 2**48 for part in terms.parts) or terms.own < 0:
        return "each part has a fen at least"
    if terms.own + sum(part.value for part in terms.parts) != terms.amount:
        return "own money and parts are the order's amount"
    if len({(part.funder, part.budget) for part in terms.parts}) != len(terms.parts):
        return "no budget pays two parts"
    return "payer, merchant and funders differ" if {terms.payer, terms.merchant} & set(funders) else None


def _quote_problem(session: Session, case: Case, office: Office, *, now: datetime) -> Problem | None:
    """Use the quote that the order's price is; without one only the payer's own vouchers may help."""
    order = case.order
    if order.quote_id is None:
        if all(part.funder == office.voucher for part in case.asked.parts):
            return None
        return OrderMismatch(order=order.id, why="without a quote only vouchers pay a part")
    try:
        quote = quoted.used(session, order, case.command.payer, now=now)
        if quoted.parts_of(quote, voucher=office.voucher) != case.asked.parts:
            return OrderMismatch(order=order.id, why="these are not the parts of the order's quote")
        case.points_place = quoted.points_place(quote)
        if case.points_place is not None:
            points.commit(session, order.quote_id, order=case.hash, until=order.expires_at, now=now)
    except Problem as problem:
        return problem
    return None


def _check_payers(session: Session, cases: Sequence[Case], office: Office, *, now: datetime) -> None:
    """Look at the payer's own money, or where there is none at its signature of the order."""
    paying = [case for case in cases if case.asked.own]
    outcomes = accept(
        session,
        [own_payment(case.asked, case.command, case.hash, office) for case in paying],
        domain=office.token,
        struct=RECEIVE_WITH_AUTHORIZATION,
        purpose="checkout",
        now=now,
    )
    for case, outcome in zip(paying, outcomes, strict=True):
        case.problem = outcome if isinstance(outcome, Problem) else None
    rest = [case for case in cases if not case.asked.own]
    people = standing(session, [case.command.payer for case in rest])
    pause = paused_until(session, now=now) if rest else None
    for case in rest:
        payer = case.command.payer
        if pause is not None:
            case.problem = token_errors.PaymentsPaused(until=pause.isoformat())
        elif people[payer].tier < 1:
            case.problem = token_errors.AccountNotRegistered(account=payer)
        elif people[payer].frozen:
            case.problem = token_errors.AccountIsFrozen(account=payer)
        else:
            case.problem = _signature_problem(case.asked, case.command, office)


def own_payment(terms: FundedOrder, command: PayFunded, order_hash: str, office: Office) -> SignedPayment:
    """Return the authorization by which a payer gives its own money to an order."""
    return SignedPayment(
        payer=command.payer,
        recipient=office.checkout.verifying_contract,
        value_fen=terms.own,
        valid_after=0,
        valid_before=terms.expiry,
        nonce=order_hash,
        signature=command.signature,
        contract_verdict=command.contract_verdict,
        trace=command.trace,
    )


def order_digest(terms: FundedOrder, office: Office) -> bytes:
    """Return what a payer signs who adds no own money."""
    return digest(office.checkout, FUNDED_ORDER, terms.message())


def _signature_problem(terms: FundedOrder, command: PayFunded, office: Office) -> Problem | None:
    if command.contract_verdict:
        return None
    try:
        signer = recover(order_digest(terms, office), bytes.fromhex(command.signature[2:]))
    except SignatureMalformed as malformed:
        return malformed
    return None if signer == command.payer else PayerSignatureInvalid(payer=command.payer)


def _leave(session: Session, cases: Sequence[Case], office: Office, *, now: datetime) -> None:
    """Keep what was accepted, sign for the budgets, and ask the chain."""
    tries = refusals(session, CallKind.ORDER_PAY, [case.hash for case in cases])
    rows = [
        {
            "hash": case.hash,
            "order_id": case.command.order_id,
            "payer": case.command.payer,
            "terms": case.asked.to_json(),
            "points_place": case.points_place,
            "signature": case.command.signature,
            "tries": tries[case.hash],
            "accepted_at": now,
            "expires_at": from_unix(case.asked.expiry),
        }
        for case in cases
    ]
    upsert_rows(session, FundedIntake, rows, key="hash", renewed=("signature", "tries", "accepted_at"))
    enqueue(session, [_call(case, tries[case.hash], office) for case in cases])


def _call(case: Case, tries: int, office: Office) -> Call:
    terms = case.asked
    sponsorships = [
        b"" if part.funder == office.voucher else office.sponsor.sign(case.hash, part.budget) for part in terms.parts
    ]
    return Call(
        key=f"order-pay:{case.hash}" + (f":{tries}" if tries else ""),
        kind=CallKind.ORDER_PAY,
        arguments={
            "data": calls.paying(terms, case.command.signature, sponsorships, case.shown),
            "from": terms.payer,
            "nonce": case.hash,
            "own": terms.own,
            "tries": tries,
            "subject": case.hash,
            "asker": terms.payer,
            "order_id": case.command.order_id,
        },
        trace=case.command.trace,
    )
