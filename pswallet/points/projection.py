"""What paid and refunded orders become: points earned and clawed back. The only place where points are earned.

The projections of orders call it with what the chain said, in the order in which the chain said it; of one range of
blocks the paid orders first, for a refund is measured by its purchase.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pswallet.kit.rows import insert_new_rows
from pswallet.points import rules
from pswallet.points.models import PointsPurchase, PointsRefund
from pswallet.points.rules import PaidOrder, RefundedOrder

_Key = tuple[str, str]
_Place = tuple[int, int]


def on_order_paid(session: Session, orders: Sequence[PaidOrder]) -> None:
    """Orders are paid: each earns, and takes the points that paid a part of it. Told again, it earns nothing more."""
    rows = [
        {
            "account": one.account,
            "order_id": one.order,
            "paid_fen": one.own_fen or one.amount_fen,
            "by_own_money": one.own_fen > 0,
            "earned": rules.earned(one.own_fen),
            "points_paid": one.points,
            "at": one.at,
            "ends_at": rules.end_of_points(one.at),
            "block": one.block,
            "log_index": one.log_index,
        }
        for one in orders
    ]
    insert_new_rows(session, PointsPurchase, rows)


def on_order_refunded(session: Session, refunds: Sequence[RefundedOrder]) -> None:
    """Money went back: so do the points that it had earned, and those that had paid. Of no known order: nothing."""
    keys = {(one.account, one.order) for one in refunds}
    purchases, before = _purchases(session, keys), _refunded(session, keys)
    rows: list[dict[str, Any]] = []
    for one in refunds:
        purchase = purchases.get((one.account, one.order))
        if purchase is not None:
            rows.append(_row(one, purchase, before[one.account, one.order]))
    insert_new_rows(session, PointsRefund, rows)


def _purchases(session: Session, keys: Iterable[_Key]) -> dict[_Key, PointsPurchase]:
    query = select(PointsPurchase).where(tuple_(PointsPurchase.account, PointsPurchase.order_id).in_(keys))
    return {(row.account, row.order_id): row for row in session.scalars(query)}


def _refunded(session: Session, keys: Iterable[_Key]) -> dict[_Key, dict[_Place, int]]:
    """Return what each refund of these orders gave back, by where the chain says so."""
    found: dict[_Key, dict[_Place, int]] = defaultdict(dict)
    query = select(PointsRefund).where(tuple_(PointsRefund.account, PointsRefund.order_id).in_(keys))
    for row in session.scalars(query):
        found[row.account, row.order_id][row.block, row.log_index] = row.refunded_fen
    return found


def _row(one: RefundedOrder, purchase: PointsPurchase, refunded: dict[_Place, int]) -> dict[str, Any]:
    place = (one.block, one.log_index)
    given_back = one.own_fen if purchase.by_own_money else one.amount_fen
    refunded.pop(place, None)  # told again; the row is there and stays
    before = sum(refunded.values())
    refunded[place] = given_back

    def gone(fen: int) -> int:
        return rules.clawed_back(purchase.earned, paid=purchase.paid_fen, refunded=fen)

    return {
        "account": one.account,
        "order_id": one.order,
        "refunded_fen": given_back,
        "clawed_back": gone(before + given_back) - gone(before),
        "returned": one.points,
        "at": one.at,
        "block": one.block,
        "log_index": one.log_index,
    }
