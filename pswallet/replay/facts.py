"""What is published of Luohu's consumer red packets (礼享罗湖) of October 2020, and how sure each figure is."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from pswallet.kit.clock import SHANGHAI, to_unix

NAME = "礼享罗湖, Luohu, October 2020"


class Source(StrEnum):
    """How sure a figure is."""

    REPORTED = "reported: press pages were found"
    REMEMBERED = "remembered: no source was found, about 95 % sure"
    COMPUTED = "computed from the two above it"


def _moment(day: int, hour: int) -> int:
    return to_unix(datetime(2020, 10, day, hour, tzinfo=SHANGHAI))


SIGN_UP = _moment(9, 0)
"""Where the chain's clock starts: people applied from 9 to 11 October."""
START = _moment(12, 18)
"""The first second at which red packets were spent."""
END = _moment(19, 0)
"""The first second after them: 18 October, 24:00."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The campaign's totals; money in fen."""

    people: int = 50_000
    face_fen: int = 20_000
    shops: int = 3_389
    claimed: int = 47_573
    payments: int = 62_788
    spent_fen: int = 876_400_000

    @property
    def budget_fen(self) -> int:
        """All the money."""
        return self.people * self.face_fen

    @property
    def returned_fen(self) -> int:
        """What went back to the district."""
        return self.budget_fen - self.spent_fen

    def scaled(self, scale: float) -> Self:
        """Return the totals of a campaign of `scale` times the size; a person's red packet stays what it was.

        Raises ValueError unless 0 < scale <= 1 and one person at least claims.
        """
        if not 0 < scale <= 1:
            raise ValueError(f"a scale is above 0 and at most 1, not {scale}")
        counts = ("people", "shops", "claimed", "payments", "spent_fen")
        found = replace(self, **{name: max(1, round(getattr(self, name) * scale)) for name in counts})
        if not found.spent_fen <= found.claimed * found.face_fen or found.payments < found.claimed:
            raise ValueError(f"at the scale {scale} too few people are left to spend {found.spent_fen} fen")
        return found


LUOHU = Totals()

SURE = {
    "people": ("red packets of ¥200", Source.REPORTED),
    "budget_fen": ("budget", Source.REPORTED),
    "shops": ("shops", Source.REPORTED),
    "claimed": ("red packets claimed", Source.REMEMBERED),
    "payments": ("payments", Source.REMEMBERED),
    "spent_fen": ("spent, published as ¥8.764 million", Source.REMEMBERED),
    "returned_fen": ("back to the district", Source.COMPUTED),
}
"""Each total: its words, and how sure it is."""
