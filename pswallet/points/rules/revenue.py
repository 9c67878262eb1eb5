"""How much of a sale is revenue now, and how much is owed in points (IFRS 15, B39 to B43; CAS 14)."""

from dataclasses import dataclass

from pswallet.kit.money import Fen
from pswallet.points.rules.earning import FEN_PER_POINT


@dataclass(frozen=True, slots=True)
class Revenue:
    """`now` is earned with the goods, `deferred` is a contract liability until the points are used or end [fen]."""

    now: Fen
    deferred: Fen


def split_revenue(price: Fen, points: int, *, used_percent: int) -> Revenue:
    """Split `price` by stand-alone prices; of the points `used_percent` are expected to be used (breakage).

    Rounded half up to a fen. Raises ValueError unless price > 0, points >= 0 and 0 <= used_percent <= 100.
    """
    if price <= 0 or points < 0 or not 0 <= used_percent <= 100:
        raise ValueError(f"no split of {price} fen over {points} points of which {used_percent} % are used")
    goods, whole = price * 100, price * 100 + points * FEN_PER_POINT * used_percent
    now = Fen((2 * price * goods + whole) // (2 * whole))
    return Revenue(now, Fen(price - now))
