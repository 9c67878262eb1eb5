"""Tells merchants by webhook that they were paid, or have paid back, in the transaction of the entries themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from pswallet.chain.events import Transfer
from pswallet.kit.rows import array_literal
from pswallet.merchants import service as merchants
from pswallet.merchants.service import Happening
from pswallet.payments.models import AuthorizationUse
from pswallet.payments.service.customers import has_paid

Place = tuple[int, int]
"""A block and a log's index in it."""

_BACK = text(
    f"""
    SELECT e.block, e.log_index
    FROM unnest(CAST(:accounts AS text[]), CAST(:blocks AS bigint[]), CAST(:indexes AS int[]))
        AS asked(account, block, log_index)
    JOIN entries e USING (account, block, log_index)
    WHERE e.leg = 0 AND {has_paid("e")}
    """  # noqa: S608 - our own names
)


@dataclass(frozen=True, slots=True)
class OfOrder:
    """Which order of which merchant a payment, or money back, belongs to."""

    id: str
    reference: str
    merchant: str

    def told_to(self, merchant: str) -> dict[str, str | None]:
        """Return how a webhook to `merchant` names the order: another's it does not."""
        return named(self.id, self.reference) if merchant == self.merchant else named(None, None)


def named(order_id: str | None, reference: str | None) -> dict[str, str | None]:
    """Return the words in which a webhook names an order, or says that there is none."""
    return {"order_id": order_id, "reference": reference}


def announce_transfers(
    session: Session, events: Sequence[Transfer], people: Collection[str], orders: Mapping[Place, OfOrder]
) -> None:
    """Leave a webhook for each payment to a merchant, and for each one back to somebody who had paid it before."""
    between = [event for event in events if event.sender in people and event.recipient in people]
    listening = merchants.listening(session, {party for one in between for party in (one.sender, one.recipient)})
    told = [event for event in between if event.sender in listening or event.recipient in listening]
    if not told:
        return
    nonces = _nonces(session, told)
    back = _back(session, [event for event in told if event.sender in listening])
    happenings = []
    for event in told:
        place = (event.block, event.log_index)
        nonce, order = nonces.get(place), orders.get(place)
        if event.recipient in listening:
            happenings.append(_happening(event, nonce, order, "payment.confirmed", event.recipient, event.sender))
        if place in back:
            happenings.append(_happening(event, nonce, order, "refund.confirmed", event.sender, event.recipient))
    merchants.announce(session, happenings)


def _nonces(session: Session, events: Sequence[Transfer]) -> dict[tuple[int, int], str]:
    """Return the authorization behind each Transfer that has one: it is the log directly before."""
    before = [(event.block, event.log_index - 1) for event in events]
    query = select(AuthorizationUse.block, AuthorizationUse.log_index, AuthorizationUse.nonce)
    rows = session.execute(query.where(tuple_(AuthorizationUse.block, AuthorizationUse.log_index).in_(before)))
    return {(block, log_index + 1): nonce for block, log_index, nonce in rows}


def _back(session: Session, events: Sequence[Transfer]) -> set[Place]:
    if not events:
        return set()
    asked = {
        "accounts": array_literal([event.sender for event in events]),
        "blocks": [event.block for event in events],
        "indexes": [event.log_index for event in events],
    }
    return {(block, log_index) for block, log_index in session.execute(_BACK, asked)}


def _happening(
    event: Transfer, nonce: str | None, order: OfOrder | None, kind: merchants.Kind, merchant: str, customer: str
) -> Happening:
    # A nonce is used once, whatever becomes of the blocks: by it a rebuild, or a reorganisation, finds it told already.
    source = f"{kind}:{event.sender}:{nonce}" if nonce else f"{kind}:{event.transaction}:{event.log_index}"
    body = {
        "address": merchant,
        "customer": customer,
        "amount_fen": event.value,
        "authorization": nonce,
        "transaction": event.transaction,
        "log_index": event.log_index,
        **(order.told_to(merchant) if order else named(None, None)),
    }
    return Happening(merchant, source, kind, event.block, event.block_time, body)
