"""Tells merchants by webhook that they were paid, or have paid back, in the transaction of the entries themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select, text, tuple_
from sqlalchemy.orm import Session

from pswallet.chain.events import Transfer
from pswallet.kit.rows import TEXTS
from pswallet.merchants import service as merchants
from pswallet.merchants.service import Happening
from pswallet.payments.models import AuthorizationUse

_PAYERS = text(
    "SELECT DISTINCT account, counterparty FROM entries"
    " WHERE account = ANY(:merchants) AND kind = 'transfer' AND leg = 1 AND counterparty = ANY(:payers)"
).bindparams(bindparam("merchants", type_=TEXTS), bindparam("payers", type_=TEXTS))


def announce_transfers(session: Session, events: Sequence[Transfer], people: Collection[str]) -> None:
    """Leave a webhook for each payment to a merchant, and for each one back to somebody who had paid it before."""
    between = [event for event in events if event.sender in people and event.recipient in people]
    listening = merchants.listening(session, {party for one in between for party in (one.sender, one.recipient)})
    told = [event for event in between if event.sender in listening or event.recipient in listening]
    if not told:
        return
    nonces = _nonces(session, told)
    payers = _payers(session, [event for event in told if event.sender in listening])
    happenings = []
    for event in told:
        nonce = nonces.get((event.block, event.log_index))
        if event.recipient in listening:
            happenings.append(_happening(event, nonce, "payment.confirmed", event.recipient, event.sender))
        if (event.sender, event.recipient) in payers:
            happenings.append(_happening(event, nonce, "refund.confirmed", event.sender, event.recipient))
    merchants.announce(session, happenings)


def _nonces(session: Session, events: Sequence[Transfer]) -> dict[tuple[int, int], str]:
    """Return the authorization behind each Transfer that has one: it is the log directly before."""
    before = [(event.block, event.log_index - 1) for event in events]
    query = select(AuthorizationUse.block, AuthorizationUse.log_index, AuthorizationUse.nonce)
    rows = session.execute(query.where(tuple_(AuthorizationUse.block, AuthorizationUse.log_index).in_(before)))
    return {(block, log_index + 1): nonce for block, log_index, nonce in rows}


def _payers(session: Session, events: Sequence[Transfer]) -> set[tuple[str, str]]:
    if not events:
        return set()
    asked = {"merchants": [event.sender for event in events], "payers": [event.recipient for event in events]}
    return {(account, payer) for account, payer in session.execute(_PAYERS, asked)}


def _happening(event: Transfer, nonce: str | None, kind: merchants.Kind, merchant: str, customer: str) -> Happening:
    # A nonce is used once, whatever becomes of the blocks: by it a rebuild, or a reorganisation, finds it told already.
    source = f"{kind}:{event.sender}:{nonce}" if nonce else f"{kind}:{event.transaction}:{event.log_index}"
    body = {
        "address": merchant,
        "customer": customer,
        "amount_fen": event.value,
        "authorization": nonce,
        "transaction": event.transaction,
        "log_index": event.log_index,
    }
    return Happening(merchant, source, kind, event.block, event.block_time, body)
