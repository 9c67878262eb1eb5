"""What stands behind the parts of funded orders: vouchers that the payer holds, budgets that are open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.chain.funded import Part
from pswallet.chain.outbox import orders_under_way
from pswallet.checkout import errors
from pswallet.checkout import service as checkout
from pswallet.checkout.service import OpenedBudget
from pswallet.checkout.service.calls import ShownVoucher
from pswallet.kit.lines import stand_in_line
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import TEXTS, array_literal
from pswallet.vouchers import errors as voucher_errors
from pswallet.vouchers import service as vouchers
from pswallet.vouchers.service import Held, Wanted

if TYPE_CHECKING:
    from pswallet.payments.service.funded import Case, Office

# Part of the statement that reads what is left: what settles while an order is decided is counted as done or as
# waiting, and never as both. `under_way` was read before, and may be settled by now.
_WAITING = """
    SELECT f.payer, part->>'budget' AS budget, sum(CAST(part->>'value' AS bigint)) AS fen
    FROM funded_orders f CROSS JOIN jsonb_array_elements(f.terms->'parts') AS part
    WHERE f.hash = ANY(:under_way)
      AND NOT EXISTS (SELECT FROM checkout_payments p WHERE p.hash = f.hash)
      AND NOT EXISTS (SELECT FROM checkout_refusals r WHERE r.subject = f.hash AND r.kind = 'order-pay' OFFSET f.tries)
    GROUP BY 1, 2
"""
_VOUCHERS = text(
    f"""
    WITH waiting AS ({_WAITING})
    SELECT asked.payer, asked.campaign, coalesce((
        SELECT {vouchers.LEFT} FROM voucher_entries e WHERE e.account = asked.payer AND e.campaign = asked.campaign
    ), 0) - coalesce((SELECT w.fen FROM waiting w WHERE w.payer = asked.payer AND w.budget = asked.campaign), 0)
    FROM unnest(:payers, :campaigns) AS asked(payer, campaign)
    """  # noqa: S608 - our own words
).bindparams(*[bindparam(name, type_=TEXTS) for name in ("under_way", "payers", "campaigns")])
_BUDGETS = text(
    f"""
    WITH waiting AS ({_WAITING}), opened AS ({checkout.LEFT})
    SELECT opened.*, coalesce((SELECT sum(w.fen) FROM waiting w WHERE w.budget = opened.budget), 0) AS waiting_fen
    FROM opened
    """  # noqa: S608 - our own words
).bindparams(bindparam("under_way", type_=TEXTS))


def check_vouchers(session: Session, cases: Sequence[Case], *, voucher: str, now: datetime) -> None:
    """Look at each part that is paid with vouchers; what is sound gets what the contract must be shown."""
    rest = [case for case in cases if any(part.funder == voucher for part in case.asked.parts)]
    left = _left_of_vouchers(session, rest, voucher)
    while rest:
        # One order a payer at a time: what the first takes is not there for the second.
        turn = list({case.command.payer: case for case in reversed(rest)}.values())
        rest = [case for case in rest if case not in turn]
        _check_turn(session, turn, left, voucher=voucher, now=now)


def _left_of_vouchers(session: Session, cases: Sequence[Case], voucher: str) -> dict[tuple[str, str], int]:
    """Return what can be spent still, by payer and campaign [fen]; orders that wait for the chain are taken off."""
    asked = {(case.command.payer, part.budget) for case in cases for part in case.asked.parts if part.funder == voucher}
    if not asked:
        return {}
    payers, campaigns = zip(*asked, strict=True)
    values = {"under_way": orders_under_way(session), "payers": payers, "campaigns": campaigns}
    return {(payer, campaign): int(left) for payer, campaign, left in session.execute(_VOUCHERS, values)}


def _check_turn(
    session: Session, cases: Sequence[Case], left: dict[tuple[str, str], int], *, voucher: str, now: datetime
) -> None:
    asked = [(case, part, price) for case in cases for part, price in _priced(case) if part.funder == voucher]
    wanted = [
        Wanted(left[case.command.payer, part.budget], case.asked.merchant, part.budget, Fen(part.value), Fen(price))
        for case, part, price in asked
    ]
    for (case, part, _), held in zip(asked, vouchers.held(session, wanted, now=now), strict=True):
        case.problem = case.problem or _voucher_problem(part, held)
        if case.problem is None and held.terms is not None and held.shop is not None:
            case.shown.append(ShownVoucher(held.terms, held.shop.category, held.shop.proof))
            left[case.command.payer, part.budget] -= part.value


def _priced(case: Case) -> list[tuple[Part, int]]:
    """Return each part with the order's price before it: the last was subtracted first."""
    price, found = case.asked.own, []
    for part in case.asked.parts:
        price += part.value
        found.append((part, price))
    return found


def _voucher_problem(part: Part, held: Held) -> Problem | None:
    if held.refusal is not None:
        kind: type[Problem] = getattr(voucher_errors, held.refusal)
        return kind(campaign=part.budget)
    if held.terms is not None and held.terms.minimum_spend != part.minimum_spend:
        return errors.EvidenceMismatch(campaign=part.budget, minimum_spend=held.terms.minimum_spend)
    return None


def queue_up(session: Session, parts: Sequence[Part], office: Office) -> None:
    """Wait until no other process counts what these parts' budgets pay: two must not both promise the last of one."""
    stand_in_line(session, "budget", {part.budget for part in parts if part.funder != office.voucher})


def check_budgets(session: Session, cases: Sequence[Case], office: Office, *, now: datetime) -> None:
    """Look at each part that a budget pays: open, signed for by this gateway, with money, and free to be moved."""
    given = [(case, [part for part in case.asked.parts if part.funder != office.voucher]) for case in cases]
    every = [part for _, parts in given for part in parts]
    if not every:
        return
    budgets = {part.budget for part in every}
    opened, waiting = _left_of_budgets(session, budgets)
    spender = office.checkout.verifying_contract
    allowed = checkout.allowed(session, {part.funder for part in every}, spender=spender)
    for case, parts in given:
        for part in parts:
            problem = _budget_problem(part, opened, waiting[part.budget], office.sponsor.address, now)
            if problem is None and allowed[part.funder] < part.value:
                problem = token_errors.AllowanceInsufficient(account=part.funder)
            case.problem = case.problem or problem
        if case.problem is None:  # what is refused here takes nothing from the next
            waiting.update({part.budget: part.value for part in parts})


def _left_of_budgets(session: Session, ids: set[str]) -> tuple[dict[str, OpenedBudget], Counter[str]]:
    """Return those of the budgets that are on the chain, and what waits to be spent of each [fen]."""
    values = {"under_way": orders_under_way(session), "budgets": array_literal(ids)}
    rows = session.execute(_BUDGETS, values).all()
    waiting = Counter({row.budget: int(row.waiting_fen) for row in rows})
    return {row.budget: checkout.budget_of(row) for row in rows}, waiting


def _budget_problem(
    part: Part, opened: Mapping[str, OpenedBudget], waiting: int, signer: str, now: datetime
) -> Problem | None:
    budget = opened.get(part.budget)
    if budget is None or budget.funder != part.funder or budget.signer != signer:
        return errors.BudgetNotOpen(budget=part.budget)
    if now >= budget.ends_at:
        return errors.BudgetEnded(budget=part.budget, ends_at=budget.ends_at.isoformat())
    if part.value > budget.left - waiting:
        return errors.BudgetExceeded(budget=part.budget, attempted=part.value, left=budget.left - waiting)
    return None
