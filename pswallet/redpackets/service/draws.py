"""Draw commitments: the dealer binds itself before the packet exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from pswallet.kit.ids import new_id
from pswallet.redpackets.models import Draw


class Committer(Protocol):
    """The dealer, as far as a commitment goes."""

    @property
    def address(self) -> str:
        """The address that signs deals and tickets."""
        ...

    def commitment(self, draw_id: str) -> str:
        """Return the end of the draw's hash chain, bytes20 as 0x…"""
        ...


@dataclass(frozen=True, slots=True)
class DrawGiven:
    """A commitment for one packet of its creator."""

    id: str
    dealer: str
    commitment: str


def give_draw(session: Session, dealer: Committer, *, creator: str, now: datetime) -> DrawGiven:
    """Commit the dealer to a hash chain for `creator`'s next lucky packet."""
    draw_id = new_id("draw")
    commitment = dealer.commitment(draw_id)
    session.add(Draw(id=draw_id, creator=creator, commitment=commitment, created_at=now))
    session.flush()
    return DrawGiven(draw_id, dealer.address, commitment)
