"""Each day's root over everybody's points, the call that anchors it, and a person's proof of being counted.

What a day was closed with stays: a refund or a reorganisation afterwards changes the days that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from pswallet.chain.hashing import address_bytes, keccak
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.kit.clock import shanghai_start
from pswallet.kit.vault import Vault
from pswallet.points.errors import PointsProofUnknown
from pswallet.points.models import PointsDay
from pswallet.points.rules import Proof, fold, trees
from pswallet.points.rules.proofs import day_number
from pswallet.points.rules.trees import LEAF_BYTES, Node
from pswallet.points.service.histories import everybody

SUBJECT = "0x" + keccak(b"points").hex()
"""Under which the Anchor keeps the roots."""


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day's root, and everybody's points in it."""

    day: date
    root: str
    total: int


def close_day(session: Session, vault: Vault, day: date, *, now: datetime) -> ClosedDay | None:
    """Make the root of a day that is over by the chain's time `now`; the same root if there is one.

    None: nobody had points yet. Raises ValueError for a day that is not over.
    """
    known = session.execute(select(PointsDay.root, PointsDay.total).where(PointsDay.day == day)).one_or_none()
    if known is not None:
        return ClosedDay(day, known.root, known.total)
    after = shanghai_start(day + timedelta(days=1))
    if now < after:
        raise ValueError(f"{day} is not over")
    leaves = sorted(_leaves(session, vault, day, at=after - timedelta(microseconds=1)))
    if not leaves:
        return None
    content = b"".join(account + points.to_bytes(8) for account, points in leaves)
    root, total = trees.published(day_number(day), _tree(content))
    session.add(PointsDay(day=day, root=root, total=total, leaves=content, closed_at=now))
    session.flush()
    return ClosedDay(day, root, total)


def anchor_day(session: Session, vault: Vault, day: date, *, now: datetime) -> int:
    """Close a day and leave the call that anchors its root; return how many calls were left: one, once.

    Raises ValueError for a day that is not over.
    """
    if session.get(PointsDay, day, options=[load_only(PointsDay.root)]) is not None:
        return 0
    closed = close_day(session, vault, day, now=now)
    if closed is None:
        return 0
    number = day_number(day)
    arguments = {"subject": SUBJECT, "day": number, "root": closed.root, "total": closed.total}
    enqueue(session, [Call(f"anchor:{SUBJECT}:{number}", CallKind.ANCHOR, arguments)])
    return 1


def proof_of(session: Session, vault: Vault, account: str, *, day: date | None) -> tuple[Proof, ClosedDay]:
    """Return the proof that an account was counted at the end of `day`, or of the last closed one; and its root.

    Raises PointsProofUnknown.
    """
    query = select(PointsDay).order_by(PointsDay.day.desc()).limit(1)
    found = session.scalar(query if day is None else query.where(PointsDay.day == day))
    if found is None:
        raise PointsProofUnknown(day=day.isoformat() if day else None)
    salt = _salt(vault, account, found.day)
    own = trees.blinded(day_number(found.day), salt, address_bytes(account))
    position = _position(found.leaves, own)
    if position is None:
        raise PointsProofUnknown(day=found.day.isoformat())
    tree = _tree(found.leaves)
    proof = Proof(
        day=found.day,
        account=account,
        salt="0x" + salt.hex(),
        points=tree[0][position].points,
        position=position,
        beside=tuple(("0x" + node.hash.hex(), node.points) for node in trees.beside(tree, position)),
    )
    return proof, ClosedDay(found.day, found.root, found.total)


def _leaves(session: Session, vault: Vault, day: date, *, at: datetime) -> list[tuple[bytes, int]]:
    """Return blinded account and points of everybody who ever earned some. A debt counts as none: none lowers the sum.

    In their own order they would be in that of the addresses; blinded anew each day, they stand elsewhere each day.
    """
    number = day_number(day)
    return [
        (
            trees.blinded(number, _salt(vault, account, day), address_bytes(account)),
            max(0, fold(history, at=at).balance),
        )
        for account, history in everybody(session, at=at)
    ]


def _salt(vault: Vault, account: str, day: date) -> bytes:
    return bytes.fromhex(vault.index("points-proof", f"{account}|{day.isoformat()}"))


def _position(leaves: bytes, own: bytes) -> int | None:
    """Return the place of a blinded account among leaves in order, by halving."""
    low, high = 0, len(leaves) // LEAF_BYTES
    while low < high:
        middle = (low + high) // 2
        if _account_at(leaves, middle) < own:
            low = middle + 1
        else:
            high = middle
    return low if _account_at(leaves, low) == own else None


def _account_at(leaves: bytes, place: int) -> bytes:
    return leaves[place * LEAF_BYTES : place * LEAF_BYTES + 32]


@lru_cache(maxsize=4)
def _tree(leaves: bytes) -> list[list[Node]]:
    return trees.unpacked(leaves)
