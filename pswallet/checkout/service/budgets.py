"""Budgets: a funder's signed, counted allowance for orders. What is left of one is the chain's facts and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import standing
from pswallet.chain import funded
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import BUDGET, Domain, digest, is_signed_by
from pswallet.checkout import errors
from pswallet.checkout.models import CheckoutBudget
from pswallet.checkout.service import calls
from pswallet.checkout.service.refused import again
from pswallet.kit.clock import from_unix, to_unix
from pswallet.kit.money import Fen
from pswallet.kit.rows import array_literal, insert_new_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBudget:
    """A budget as its funder signed it. `contract_verdict`: what the funder's own contract says (ERC-1271)."""

    funder: str
    terms: funded.Budget
    signature: str
    contract_verdict: bool | None = None

    def judged(self, verdict: bool) -> OpenBudget:
        """Return the same command with the verdict of the funder's contract."""
        return replace(self, contract_verdict=verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetView:
    """A budget: submitted, open or ended; `left_fen` is what it can pay still, orders that wait are not counted."""

    id: str
    funder: str
    signer: str
    total_fen: Fen
    left_fen: Fen
    ends_at: datetime
    status: str


def budget_digest(terms: funded.Budget, *, checkout: Domain) -> bytes:
    """Return what the funder signs."""
    return digest(checkout, BUDGET, terms.message())


def open_budget(session: Session, command: OpenBudget, *, checkout: Domain, signer: str, now: datetime) -> str:
    """Ask the contract for a budget; return its id. `signer` is this gateway's; `now` the last indexed block's time.

    Raises BudgetInvalid, BudgetSignerUnknown, BudgetAlreadyOpen, FunderSignatureInvalid, AccountNotRegistered,
    AccountIsFrozen.
    """
    terms = command.terms
    if terms.total <= 0 or terms.end <= to_unix(now):
        raise errors.BudgetInvalid(total=terms.total, end=terms.end)
    if terms.signer != signer:
        raise errors.BudgetSignerUnknown(signer=signer)
    signed = budget_digest(terms, checkout=checkout)
    own = command.contract_verdict or is_signed_by(command.funder, signed, command.signature)
    if terms.funder != command.funder or not own:
        raise errors.FunderSignatureInvalid(funder=terms.funder)
    account = standing(session, [command.funder])[command.funder]
    if account.tier < 1:
        raise token_errors.AccountNotRegistered(account=command.funder)
    if account.frozen:
        raise token_errors.AccountIsFrozen(account=command.funder)
    budget = funded.budget_id(checkout, terms)
    if budgets(session, [budget]):
        raise errors.BudgetAlreadyOpen(budget=budget)
    row = {
        "id": budget,
        "funder": terms.funder,
        "terms": terms.message(),
        "signature": command.signature,
        "created_at": now,
    }
    insert_new_rows(session, CheckoutBudget, [row])
    key = again(session, f"budget-open:{budget}", CallKind.BUDGET_OPEN, budget)
    arguments = {"data": calls.opening(terms, command.signature), "subject": budget, "asker": terms.funder}
    enqueue(session, [Call(key, CallKind.BUDGET_OPEN, arguments)])
    return budget


@dataclass(frozen=True, slots=True)
class OpenedBudget:
    """A budget that is on the chain, and what it can pay still [fen]."""

    id: str
    funder: str
    signer: str
    total: int
    left: int
    ends_at: datetime


# A budget has a part in each order that it helped to pay, the last of which says what all have taken. Few of them were
# given back: looking for the refunds of each part would be slow.
LEFT = """
    WITH asked AS (SELECT * FROM budget_openings WHERE budget = ANY(CAST(:budgets AS text[]))),
    back AS (
        SELECT p.budget, p.funder, sum(r.parts_fen[p.place + 1]) AS fen
        FROM checkout_refunds r JOIN checkout_parts p ON p.hash = r.hash
        WHERE p.budget = ANY(CAST(:budgets AS text[])) GROUP BY 1, 2
    )
    SELECT a.budget, a.funder, a.signer, a.total_fen, a.ends_at, a.total_fen - coalesce((
            SELECT p.spent_after_fen FROM checkout_parts p WHERE p.budget = a.budget AND p.funder = a.funder
            ORDER BY p.block DESC, p.log_index DESC LIMIT 1
        ), 0) + coalesce(back.fen, 0) AS left_fen
    FROM asked a LEFT JOIN back USING (budget, funder)
"""
"""In SQL: those of the `:budgets` that are on the chain, with what the chain says that they can pay still [fen]."""

_LEFT = text(LEFT)

_SPENT = text(
    """
    SELECT asked.budget, asked.funder, last.spent_after_fen
    FROM unnest(CAST(:budgets AS text[]), CAST(:funders AS text[])) AS asked(budget, funder)
    CROSS JOIN LATERAL (
        SELECT p.spent_after_fen FROM checkout_parts p WHERE p.budget = asked.budget AND p.funder = asked.funder
        ORDER BY p.block DESC, p.log_index DESC LIMIT 1
    ) AS last
    """
)


def budgets(session: Session, ids: Collection[str]) -> dict[str, OpenedBudget]:
    """Return those of the budgets that are on the chain."""
    if not ids:
        return {}
    rows = session.execute(_LEFT, {"budgets": array_literal(ids)})
    return {row.budget: budget_of(row) for row in rows}


def budget_of(row: Row[Any]) -> OpenedBudget:
    """Return a row of `LEFT` as a budget."""
    return OpenedBudget(row.budget, row.funder, row.signer, row.total_fen, int(row.left_fen), row.ends_at)


def spent_of(session: Session, of: Collection[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Return what each budget (or campaign) of a funder has paid so far [fen]; what came back is not taken off."""
    asked = {
        "budgets": array_literal([budget for budget, _ in of]),
        "funders": array_literal([funder for _, funder in of]),
    }
    return Counter({(budget, funder): spent for budget, funder, spent in session.execute(_SPENT, asked)})


def budget_view(session: Session, budget: str, *, now: datetime) -> BudgetView:
    """Return a budget, to anybody: the chain shows it to everybody. Raises BudgetUnknown."""
    found = budgets(session, [budget]).get(budget)
    if found is not None:
        return BudgetView(
            id=budget,
            funder=found.funder,
            signer=found.signer,
            total_fen=Fen(found.total),
            left_fen=Fen(found.left),
            ends_at=found.ends_at,
            status="ended" if now >= found.ends_at else "open",
        )
    asked = session.get(CheckoutBudget, budget)
    if asked is None:
        raise errors.BudgetUnknown(budget=budget)
    terms = funded.Budget(**asked.terms)
    return BudgetView(
        id=budget,
        funder=terms.funder,
        signer=terms.signer,
        total_fen=Fen(terms.total),
        left_fen=Fen(terms.total),
        ends_at=from_unix(terms.end),
        status="submitted",
    )
