"""How often the chain refused a call: one that is left again needs another key."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.chain.outbox import CallKind
from pswallet.checkout.models import CheckoutRefusal


def refusals(session: Session, kind: CallKind, subjects: Collection[str]) -> dict[str, int]:
    """Return how often calls of `kind` about each subject were refused; none is left out."""
    query = select(CheckoutRefusal.subject, func.count()).where(
        CheckoutRefusal.kind == kind.value, CheckoutRefusal.subject.in_(subjects)
    )
    found = {subject: count for subject, count in session.execute(query.group_by(CheckoutRefusal.subject))}
    return {subject: found.get(subject, 0) for subject in subjects}


def again(session: Session, key: str, kind: CallKind, subject: str) -> str:
    """Return the key under which a call can be left that was refused before."""
    count = refusals(session, kind, [subject])[subject]
    return f"{key}:{count}" if count else key
