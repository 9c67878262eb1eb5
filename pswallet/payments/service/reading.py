"""Where a payment stands: derived from its events, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import Session

from pswallet.accounts.errors import AuthorizationAlreadyUsed
from pswallet.kit.money import Fen
from pswallet.payments.errors import TransferUnknown
from pswallet.payments.models import (
    Authorization,
    AuthorizationCancellation,
    AuthorizationRefusal,
    AuthorizationUse,
    Entry,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A payment and its status: submitted, confirmed, refused (`error` says why) or canceled."""

    id: str
    payer: str
    recipient: str
    amount_fen: Fen
    nonce: str
    purpose: str
    status: str
    error: str | None
    block: int | None
    confirmed_at: datetime | None
    accepted_at: datetime


def find_transfer(session: Session, transfer_id: str, *, viewer: str) -> Transfer:
    """Return a payment that `viewer` (an address) made or gets. Raises TransferUnknown."""
    found = transfers_of(session, [transfer_id]).get(transfer_id)
    if found is None or viewer not in (found.payer, found.recipient):
        raise TransferUnknown(id=transfer_id)
    return found


def transfers_of(session: Session, ids: Sequence[str]) -> dict[str, Transfer]:
    """Return payments by id, each with its status."""
    query = (
        select(Authorization, AuthorizationUse, Entry, _refusal(), AuthorizationCancellation)
        .outerjoin(AuthorizationUse, _same(AuthorizationUse))
        .outerjoin(Entry, _debit_of_use())
        .outerjoin(AuthorizationCancellation, _same(AuthorizationCancellation))
        .where(Authorization.id.in_(ids))
    )
    return {row[0].id: _shown(*row) for row in session.execute(query)}


def _refusal() -> ScalarSelect[str]:
    """Return why the last try was refused; NULL while one is under way (see `tries.REFUSED`)."""
    query = select(AuthorizationRefusal.error).where(_same(AuthorizationRefusal)).correlate(Authorization)
    return query.order_by(AuthorizationRefusal.number).offset(Authorization.tries).limit(1).scalar_subquery()


def _same(
    fact: type[AuthorizationUse] | type[AuthorizationRefusal] | type[AuthorizationCancellation],
) -> ColumnElement[bool]:
    return (fact.payer == Authorization.payer) & (fact.nonce == Authorization.nonce)


def _debit_of_use() -> ColumnElement[bool]:
    """The token says `Transfer` directly after `AuthorizationUsed`: the entry there tells whom the nonce paid."""
    return (
        (Entry.account == AuthorizationUse.payer)
        & (Entry.block == AuthorizationUse.block)
        & (Entry.log_index == AuthorizationUse.log_index + 1)
        & (Entry.leg == 0)
    )


def _shown(
    asked: Authorization,
    use: AuthorizationUse | None,
    debit: Entry | None,
    refusal: str | None,
    cancellation: AuthorizationCancellation | None,
) -> Transfer:
    paid = debit is not None and (debit.counterparty, debit.delta_fen) == (asked.recipient, -asked.value_fen)
    status, error = "submitted", None
    if use and paid:
        status = "confirmed"
    elif use:  # the payer gave the same nonce to another message
        status, error = "refused", AuthorizationAlreadyUsed.__name__
    elif cancellation:
        status = "canceled"
    elif refusal:
        status, error = "refused", refusal
    return Transfer(
        id=asked.id,
        payer=asked.payer,
        recipient=asked.recipient,
        amount_fen=Fen(asked.value_fen),
        nonce=asked.nonce,
        purpose=asked.purpose,
        status=status,
        error=error,
        block=use.block if use and paid else None,
        confirmed_at=use.at if use and paid else None,
        accepted_at=asked.accepted_at,
    )
