"""Holds the gateway's points to the orders that the chain says are paid, and each anchored root to those points."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, text

from pswallet.audit.anchors import POINTS, Anchors, Root
from pswallet.audit.contradictions import Contradiction
from pswallet.audit.report import Findings
from pswallet.points.rules import BOOKS, Book, History, Hold, Kind, Purchase, Redemption, Refund, fold, trees

_AT_ONCE = 1_000
_DAY_S, _SHANGHAI_S = 86_400, 8 * 3600

_PAID = """
    paid AS (
        SELECT u.payer AS account, o.hash AS order_id, o.amount_fen AS own_fen, o.amount_fen, 0 AS points, u.at,
            u.block, u.log_index + 1 AS log_index
        FROM orders o
        JOIN authorization_uses u ON u.nonce = o.hash AND u.payer <> o.merchant AND u.at < o.expires_at
        JOIN entries e ON e.account = u.payer AND e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0
            AND e.counterparty = o.merchant AND e.delta_fen = -o.amount_fen
        UNION ALL
        SELECT p.payer, p.hash, p.own_fen, p.amount_fen, coalesce(c.value_fen, 0), p.at, p.block, p.log_index
        FROM checkout_payments p
        JOIN orders o ON o.merchant = p.merchant AND o.reference = p.reference AND o.till = p.till
            AND o.amount_fen = p.amount_fen AND o.expires_at = p.expires_at
        LEFT JOIN funded_orders f ON f.hash = p.hash
        LEFT JOIN checkout_parts c ON c.hash = p.hash AND c.place = f.points_place
    ),
    purchases AS (
        SELECT account, order_id, CASE WHEN own_fen > 0 THEN own_fen ELSE amount_fen END AS paid_fen,
            own_fen > 0 AS by_own_money, greatest(1, own_fen / 100) AS earned, points AS points_paid, at,
            make_timestamptz(CAST(extract(year FROM at AT TIME ZONE 'Asia/Shanghai') AS int) + 2, 1, 1, 0, 0, 0,
                'Asia/Shanghai') AS ends_at, block, log_index FROM paid
    )
"""
"""The purchases that the chain's facts tell of orders that merchants opened, as facts.md §8c has them earn."""

_BACK = """
    back AS (
        SELECT e.counterparty AS account, o.hash AS order_id, r.value_fen AS own_fen, r.value_fen AS amount_fen,
            0 AS points, u.at, u.block, u.log_index + 1 AS log_index
        FROM order_refunds r JOIN orders o ON o.id = r.order_id JOIN authorizations a ON a.id = r.authorization_id
        JOIN authorization_uses u ON u.payer = a.payer AND u.nonce = a.nonce AND u.payer = o.merchant
        JOIN entries e ON e.account = u.payer AND e.block = u.block AND e.log_index = u.log_index + 1 AND e.leg = 0
            AND e.delta_fen = -r.value_fen AND e.counterparty <> o.merchant
        UNION ALL
        SELECT p.payer, r.hash, r.own_fen, r.value_fen, coalesce(r.parts_fen[f.points_place + 1], 0), r.at, r.block,
            r.log_index
        FROM checkout_refunds r JOIN checkout_payments p ON p.hash = r.hash
        LEFT JOIN funded_orders f ON f.hash = r.hash
    ),
    counted AS (
        SELECT b.account, b.order_id, p.earned, p.paid_fen, b.points, b.at, b.block, b.log_index,
            CASE WHEN p.by_own_money THEN b.own_fen ELSE b.amount_fen END AS fen FROM back b
        JOIN purchases p ON p.account = b.account AND p.order_id = b.order_id
    ),
    summed AS (
        SELECT *, sum(fen) OVER (PARTITION BY account, order_id ORDER BY block, log_index) AS upto FROM counted
    ),
    refunds AS (
        SELECT account, order_id, fen AS refunded_fen, div(earned * least(upto, paid_fen), paid_fen)
            - div(earned * least(upto - fen, paid_fen), paid_fen) AS clawed_back, points AS returned, at, block,
            log_index FROM summed
    )
"""
"""The refunds of those purchases: what is gone of the earned points is counted over all of them, rounded down."""

CONTRADICTIONS = (
    Contradiction(
        "points_purchases, {order_id} of {account}: earned {earned}, paid with {points_paid};"
        " the chain's order gives {due} and {due_points}",
        text(
            f"WITH {_PAID} SELECT coalesce(d.block, p.block) AS block, coalesce(d.log_index, p.log_index) AS log_index,"  # noqa: S608
            " coalesce(d.account, p.account) AS account, coalesce(d.order_id, p.order_id) AS order_id, p.earned,"
            " p.points_paid, d.earned AS due, d.points_paid AS due_points"
            " FROM purchases d FULL JOIN points_purchases p ON p.account = d.account AND p.order_id = d.order_id"
            " WHERE (p.paid_fen, p.by_own_money, p.earned, p.points_paid, p.at, p.ends_at, p.block, p.log_index)"
            " IS DISTINCT FROM"
            " (d.paid_fen, d.by_own_money, d.earned, d.points_paid, d.at, d.ends_at, d.block, d.log_index)"
        ),
    ),
    Contradiction(
        "points_refunds, of {order_id} of {account}: {clawed_back} clawed back, {returned} returned;"
        " the chain's refund gives {due} and {due_points}",
        text(
            f"WITH {_PAID}, {_BACK} SELECT coalesce(d.block, p.block) AS block,"  # noqa: S608
            " coalesce(d.log_index, p.log_index) AS log_index, coalesce(d.account, p.account) AS account,"
            " coalesce(d.order_id, p.order_id) AS order_id, p.clawed_back, p.returned, d.clawed_back AS due,"
            " d.returned AS due_points FROM refunds d FULL JOIN points_refunds p"
            " ON (p.account, p.block, p.log_index) = (d.account, d.block, d.log_index)"
            " WHERE (p.order_id, p.refunded_fen, p.clawed_back, p.returned, p.at)"
            " IS DISTINCT FROM (d.order_id, d.refunded_fen, d.clawed_back, d.returned, d.at)"
        ),
    ),
)
"""Points that were earned or taken back otherwise than the chain's orders say."""

_ACTS = text(
    """
    SELECT 'purchase' AS kind, account, order_id AS name, at, ends_at AS until, earned AS points,
        points_paid AS others, NULL AS order_id FROM points_purchases
    UNION ALL SELECT 'refund', account, order_id, at, NULL, clawed_back, returned, NULL FROM points_refunds
    UNION ALL SELECT 'hold', account, quote_id, at, until, points, 0, order_id FROM points_holds
    UNION ALL SELECT 'redemption', account, id, at, NULL, points, 0, NULL FROM points_redemptions
    ORDER BY account
    """
)
_DAYS = text("SELECT day - date '1970-01-01' AS day, root, total, leaves FROM points_days")

Leaves = Counter[int]
"""How many accounts have how many points."""


def compare_days(findings: Findings, connection: Connection, anchors: Anchors, *, until: int) -> None:
    """Compare each root of points anchored up to block `until` with the tree kept for its day, and with the points.

    Whose leaf is whose only the salts of the gateway's vault tell: what is compared is how many have how many points.
    """
    roots = {day: root for (subject, day), root in anchors.roots.items() if subject == POINTS and root.block <= until}
    expected = leaves_of_days(connection, roots)
    kept = {row.day: row for row in connection.execute(_DAYS)}
    for day, root in roots.items():
        findings.looked_at("anchors", 1)
        for told in _wrong(day, root, kept.get(day), expected[day]):
            findings.add("anchors", f"the points of the day {day}: {told}", root.block, root.transaction)


def _wrong(day: int, root: Root, row: Row[Any] | None, due: Leaves) -> Iterator[str]:
    if row is None:
        yield f"{root.root} was anchored, and no tree is kept"
        return
    tree = trees.unpacked(row.leaves)
    made = trees.published(day, tree)
    if not (root.root, root.total) == made == (row.root, row.total):
        yield f"{root.root} with {root.total} points was anchored; the tree kept gives {made[0]} with {made[1]}"
    found = Counter(int.from_bytes(row.leaves[at + 32 : at + 40]) for at in range(0, len(row.leaves), 40))
    if found != due:
        more, less = dict(found - due), dict(due - found)
        yield (
            f"{found.total()} accounts are counted with {_sum(found)} points, and {due.total()} have {_sum(due)};"
            f" accounts by points too many {_few(more)}, missing {_few(less)}"
        )


def _sum(leaves: Leaves) -> int:
    return sum(points * count for points, count in leaves.items())


def _few(leaves: Mapping[int, int]) -> dict[int, int]:
    return dict(sorted(leaves.items())[:5])


def leaves_of_days(connection: Connection, days: Iterable[int]) -> dict[int, Leaves]:
    """Return the points that everybody had at the end of each of `days`: of purchases, refunds, holds, redemptions."""
    ends = {day: _end_of(day) for day in sorted(days)}
    found: dict[int, Leaves] = {day: Counter() for day in ends}
    if not ends:
        return found
    rows = connection.execute(_ACTS, execution_options={"yield_per": _AT_ONCE})
    for _, acts in groupby(rows, key=attrgetter("account")):
        for day, points in _points_at(_history(acts), ends):
            found[day][points] += 1
    return found


def _end_of(day: int) -> datetime:
    """Return the last instant of a day of Asia/Shanghai."""
    return datetime.fromtimestamp((day + 1) * _DAY_S - _SHANGHAI_S, UTC) - timedelta(microseconds=1)


def _history(acts: Iterable[Row[Any]]) -> History:
    found: dict[str, list[Any]] = {"purchase": [], "refund": [], "hold": [], "redemption": []}
    for row in acts:
        found[row.kind].append(_READ[row.kind](row))
    return History(found["purchase"], found["refund"], found["hold"], found["redemption"])


_READ: dict[str, Any] = {
    "purchase": lambda row: Purchase(
        order=row.name, at=row.at, earned=row.points, points_paid=row.others, ends_at=row.until
    ),
    "refund": lambda row: Refund(order=row.name, at=row.at, clawed_back=row.points, returned=row.others),
    "hold": lambda row: Hold(id=row.name, at=row.at, points=row.points, until=row.until, order=row.order_id),
    "redemption": lambda row: Redemption(id=row.name, at=row.at, points=row.points),
}

_OWN = (Book.FREE, Book.HELD)
_CHANGES: dict[Kind, int] = {kind: (to in _OWN) - (source in _OWN) for kind, (source, to) in BOOKS.items()}
"""By how much a movement changes what a person has."""


def _points_at(history: History, ends: Mapping[int, datetime]) -> Iterator[tuple[int, int]]:
    """Yield each day on whose end somebody who had earned by then is counted, and the points; a debt counts as none."""
    if not history.purchases:
        return
    first = min(one.at for one in history.purchases)
    movements = iter(fold(history, at=max(ends.values())).movements)
    move, balance = next(movements, None), 0
    for day, end in ends.items():
        while move is not None and move.at <= end:
            balance += _CHANGES[move.kind] * move.points
            move = next(movements, None)
        if first <= end:
            yield day, max(0, balance)
