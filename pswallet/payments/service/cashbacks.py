"""Cashbacks (返红包): what a paid order's quote promised its payer, for the offer's owner to give as a red packet.

The gateway moves nobody's money: the owner signs the packet. Its salt names the quote, so that everybody sees what it
is for, and that it was given once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet.chain.hashing import keccak
from pswallet.kit.money import Fen
from pswallet.payments.models import Order
from pswallet.payments.service.orderbook import OrderView, views


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashback:
    """What an owner owes a payer; less of it for what of the order went back. `salt` is that of the packet."""

    quote_id: str
    order_id: str
    owner: str
    payer: str
    amount_fen: Fen
    salt: str


@dataclass(frozen=True, slots=True)
class CashbackPage:
    """Cashbacks, and before which quote the next page begins; None at the end."""

    items: list[Cashback]
    older: str | None


# A statement a role: each finds its rows by an index, which one for both could not.
_PROMISED = {
    role: text(
        f"""
        SELECT q.id, q.order_id, f.owner, q.payer, l.value_fen
        FROM quotes q JOIN quote_lines l ON l.quote_id = q.id JOIN offers f ON f.id = l.offer_id
        WHERE q.status = 'committed' AND f.terms->>'layer' = 'cashback' AND {account} = :account
          AND (CAST(:before AS text) IS NULL OR q.id < :before)
        ORDER BY q.id DESC LIMIT :limit
        """  # noqa: S608 - our own names
    )
    for role, account in (("owner", "f.owner"), ("payer", "q.payer"))
}


def cashback_salt(quote_id: str) -> str:
    """Return the salt of the packet that a quote promised."""
    return "0x" + keccak(f"cashback|{quote_id}".encode()).hex()


def cashbacks(
    session: Session, account: str, *, role: Literal["owner", "payer"], before: str | None, limit: int
) -> CashbackPage:
    """Return what an account owes or is owed for orders that quotes' payers paid, the last quote first; given or not.

    A page reads `limit` quotes, and has fewer cashbacks where an order is not paid, or was given back whole.
    """
    promised = session.execute(_PROMISED[role], {"account": account, "before": before, "limit": limit}).all()
    rows = list(session.scalars(select(Order).where(Order.id.in_([row.order_id for row in promised]))))
    orders = {view.id: view for view in views(session, rows)}
    found = [
        Cashback(
            quote_id=row.id,
            order_id=row.order_id,
            owner=row.owner,
            payer=row.payer,
            amount_fen=_owed(row.value_fen, orders[row.order_id], row.payer),
            salt=cashback_salt(row.id),
        )
        for row in promised
        if row.order_id in orders
    ]
    return CashbackPage([one for one in found if one.amount_fen], promised[-1].id if len(promised) == limit else None)


def _owed(promised: int, order: OrderView, payer: str) -> Fen:
    """Return what is owed to the quote's payer: its part of what the merchant kept, nothing of what a stranger paid."""
    if not order.payments or order.payments[0].payer != payer:
        return Fen(0)
    return Fen(promised * (order.amount_fen - order.payments[0].refunded_fen) // order.amount_fen)
