"""One person's books, folded from what happened: lots spent first-expired-first, holds, debt, every movement.

Nothing of it is stored. A refund, a reorganisation or a rebuild changes what happened, and the books follow; expiry
needs no job, so no late job lets ended points be spent. Every movement takes from one book what it gives to another.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

from pswallet.points.rules.earning import end_of_points


class Book(StrEnum):
    """Where points can be. FREE falls below zero when points that were spent are clawed back."""

    ISSUED = "issued"
    FREE = "free"
    HELD = "held"
    SPENT = "spent"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    CLAWED_BACK = "clawed-back"


class Kind(StrEnum):
    """Why points move."""

    EARNED = "earned"
    HELD = "held"
    FREED = "freed"
    PAID = "paid"
    RETURNED = "returned"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    CLAWED_BACK = "clawed-back"
    FORGIVEN = "forgiven"
    """Clawed back of what had expired already: the person loses nothing again."""


BOOKS: dict[Kind, tuple[Book, Book]] = {
    Kind.EARNED: (Book.ISSUED, Book.FREE),
    Kind.HELD: (Book.FREE, Book.HELD),
    Kind.FREED: (Book.HELD, Book.FREE),
    Kind.PAID: (Book.HELD, Book.SPENT),
    Kind.RETURNED: (Book.SPENT, Book.FREE),
    Kind.REDEEMED: (Book.FREE, Book.REDEEMED),
    Kind.EXPIRED: (Book.FREE, Book.EXPIRED),
    Kind.CLAWED_BACK: (Book.FREE, Book.CLAWED_BACK),
    Kind.FORGIVEN: (Book.EXPIRED, Book.CLAWED_BACK),
}
"""From which book into which each kind moves."""


@dataclass(frozen=True, slots=True)
class Movement:
    """`points` (above zero) move as `kind` says; `about` is the order, hold or redemption, empty for an expiry."""

    at: datetime
    kind: Kind
    points: int
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A paid order: what it earned, and what was paid of it in points."""

    order: str
    at: datetime
    earned: int
    points_paid: int
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund of an order: what it takes back of the earned points, and returns of the paid ones."""

    order: str
    at: datetime
    clawed_back: int
    returned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Points kept for a quote until `until`, or until the order that they pay for is paid."""

    id: str
    at: datetime
    points: int
    until: datetime
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """Points given for a reward."""

    id: str
    at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class History:
    """All that happened to one person's points, in any order."""

    purchases: Sequence[Purchase] = ()
    refunds: Sequence[Refund] = ()
    holds: Sequence[Hold] = ()
    redemptions: Sequence[Redemption] = ()

    def last_act(self, now: datetime) -> datetime:
        """Return `now`, or the time of the last act if another process saw a later block: acts stand in line."""
        return max([now, *(one.at for one in self.holds), *(one.at for one in self.redemptions)])


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that end together."""

    points: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Books:
    """How things stand: `free` may be spent; below zero it is a debt, which later earnings pay first."""

    free: int
    held: int
    lots: tuple[Lot, ...]
    movements: tuple[Movement, ...]

    @property
    def balance(self) -> int:
        """Free and held points together."""
        return self.free + self.held


def fold(history: History, *, at: datetime) -> Books:
    """Return the books as they stand at `at`, by all that happened up to then."""
    work = _Work()
    for moment, _, _, act in sorted(work.steps(history), key=lambda step: step[:3]):
        if moment > at:
            break
        act()
    return work.books()


@dataclass(slots=True)
class _Lot:
    """What is left of one purchase's points, and how much of it expired. The rest was used or clawed back."""

    at: datetime
    ends_at: datetime
    left: int
    expired: int = 0


_Takings = list[tuple[_Lot | None, int]]
"""From which lots points were taken; None: what there was not, and became a debt."""

_Step = tuple[datetime, int, str, Callable[[], None]]
_EXPIRY, _PURCHASE, _REFUND, _HOLD_ENDS, _ACT, _HOLD_ENDS_AT_ONCE = range(6)
"""What comes first within one instant."""


@dataclass(slots=True)
class _Work:
    by_order: dict[str, _Lot] = field(default_factory=dict)
    queue: list[tuple[datetime, datetime, int, _Lot]] = field(default_factory=list)
    """A heap of lots with something left, the first to end on top."""
    debt: int = 0
    held: dict[str, _Takings] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    """By order: those that were committed."""
    paid: dict[str, _Takings] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    serial: int = 0

    def steps(self, history: History) -> list[_Step]:
        """Return what is to be done, each with its instant, and its rank and name to put one instant's in order."""
        self.holds = {hold.order: hold for hold in history.holds if hold.order is not None}
        found: list[_Step] = [(one.at, _PURCHASE, one.order, partial(self.buy, one)) for one in history.purchases]
        for back in history.refunds:
            name = f"{back.order} {back.clawed_back} {back.returned}"
            found.append((back.at, _REFUND, name, partial(self.refund, back)))
        found += [(one.at, _ACT, one.id, partial(self.redeem, one)) for one in history.redemptions]
        for hold in history.holds:
            ends = _HOLD_ENDS if hold.until > hold.at else _HOLD_ENDS_AT_ONCE
            found.append((hold.at, _ACT, hold.id, partial(self.hold, hold)))
            found.append((max(hold.until, hold.at), ends, hold.id, partial(self.free, hold)))
        returns = [one.at for one in history.refunds] + [max(one.until, one.at) for one in history.holds]
        every_end = {one.ends_at for one in history.purchases} | {end_of_points(moment) for moment in returns}
        found += [(end, _EXPIRY, "", partial(self.expire, end)) for end in every_end]
        return found

    # --- what happens ---

    def buy(self, purchase: Purchase) -> None:
        hold = self.holds.get(purchase.order)
        takings = self.held.pop(hold.id, []) if hold else []
        self._match(takings, purchase)
        self._move(purchase.at, Kind.PAID, purchase.points_paid, purchase.order)
        self.paid[purchase.order] = takings
        lot = _Lot(purchase.at, purchase.ends_at, purchase.earned)
        self.by_order[purchase.order] = lot
        self._offer(lot)
        self._move(purchase.at, Kind.EARNED, purchase.earned, purchase.order)
        self._pay_debt()

    def _match(self, takings: _Takings, purchase: Purchase) -> None:
        """Make what was held into what was paid: an order may be paid without its hold, after it lapsed."""
        kept = sum(points for _, points in takings)
        if kept < purchase.points_paid:
            takings += self._take(purchase.points_paid - kept)
            self._move(purchase.at, Kind.HELD, purchase.points_paid - kept, purchase.order)
        elif kept > purchase.points_paid:
            self._give_back(_last(takings, kept - purchase.points_paid), purchase.at, Kind.FREED, purchase.order)

    def refund(self, refund: Refund) -> None:
        lot = self.by_order.get(refund.order)
        if lot is None:
            return
        self._give_back(_last(self.paid[refund.order], refund.returned), refund.at, Kind.RETURNED, refund.order)
        own = min(refund.clawed_back, lot.left)
        lot.left -= own
        forgiven = min(refund.clawed_back - own, lot.expired)
        lot.expired -= forgiven
        self.debt += refund.clawed_back - own - forgiven
        self._move(refund.at, Kind.CLAWED_BACK, refund.clawed_back - forgiven, refund.order)
        self._move(refund.at, Kind.FORGIVEN, forgiven, refund.order)
        self._pay_debt()

    def redeem(self, redemption: Redemption) -> None:
        self._take(redemption.points)
        self._move(redemption.at, Kind.REDEEMED, redemption.points, redemption.id)

    def hold(self, hold: Hold) -> None:
        if hold.order not in self.paid:
            self.held[hold.id] = self._take(hold.points)
            self._move(hold.at, Kind.HELD, hold.points, hold.id)

    def free(self, hold: Hold) -> None:
        self._give_back(self.held.pop(hold.id, []), max(hold.until, hold.at), Kind.FREED, hold.id)

    def expire(self, end: datetime) -> None:
        gone = 0
        while self.queue and self.queue[0][0] <= end:
            lot = heapq.heappop(self.queue)[-1]
            gone, lot.expired, lot.left = gone + lot.left, lot.expired + lot.left, 0
        self._move(end, Kind.EXPIRED, gone, "")

    # --- how points move ---

    def _offer(self, lot: _Lot) -> None:
        self.serial += 1
        heapq.heappush(self.queue, (lot.ends_at, lot.at, self.serial, lot))

    def _take(self, points: int) -> _Takings:
        takings: _Takings = []
        while points and self.queue:
            lot = self.queue[0][-1]
            part = min(points, lot.left)
            lot.left -= part
            points -= part
            if part:
                takings.append((lot, part))
            if not lot.left:
                heapq.heappop(self.queue)
        if points:
            self.debt += points
            takings.append((None, points))
        return takings

    def _give_back(self, takings: _Takings, at: datetime, kind: Kind, about: str) -> None:
        """Put points back where they were taken from: what has ended meanwhile ends at once."""
        gone = 0
        self._move(at, kind, sum(points for _, points in takings), about)
        for lot, points in takings:
            if lot is None:
                cleared = min(points, self.debt)
                self.debt -= cleared
                self._offer(_Lot(at, end_of_points(at), points - cleared))  # a later earning has paid for it
            elif lot.ends_at <= at:
                lot.expired += points
                gone += points
            else:
                lot.left += points
                self._offer(lot)
        self._move(at, Kind.EXPIRED, gone, about)
        self._pay_debt()

    def _pay_debt(self) -> None:
        due, self.debt = self.debt, 0
        self._take(due)  # what it does not find is the debt again

    def _move(self, at: datetime, kind: Kind, points: int, about: str) -> None:
        if points:
            self.movements.append(Movement(at, kind, points, about))

    def books(self) -> Books:
        """Return how things stand now."""
        left: dict[datetime, int] = defaultdict(int)
        for lot in {id(one[-1]): one[-1] for one in self.queue}.values():
            left[lot.ends_at] += lot.left
        lots = tuple(Lot(points, end) for end, points in sorted(left.items()) if points)
        held = sum(points for takings in self.held.values() for _, points in takings)
        return Books(sum(lot.points for lot in lots) - self.debt, held, lots, tuple(self.movements))


def _last(takings: _Takings, points: int) -> _Takings:
    """Take `points` off the end of `takings`: what ends last comes back first."""
    found: _Takings = []
    while points and takings:
        lot, there = takings.pop()
        part = min(points, there)
        found.append((lot, part))
        points -= part
        if there > part:
            takings.append((lot, there - part))
    return found
