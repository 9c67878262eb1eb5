"""One's balance, and one's own list of what moved, newest first, with the balance after each line."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.orm import Session

from pswallet.api.deps import Owner, Transaction
from pswallet.api.polling import PolledRoute
from pswallet.api.shapes import Address, Bytes32, Shape
from pswallet.payments import service
from pswallet.payments.service import Line, Place
from pswallet.redpackets import service as redpackets

router = APIRouter(tags=["payments"], route_class=PolledRoute)

Cursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{1,18}\.[0-9]{1,9}\.[01]$", description="`older` of the page before"),
]
Limit = Annotated[int, Query(ge=1, le=100, description="lines of a page")]


class Balance(Shape):
    """What the account holds by the last block read."""

    balance_fen: int


class LineShape(Shape):
    """One side of one payment."""

    at: datetime
    kind: str = Field(
        description="mint, redeem, transfer, packet-given, share-claimed, share-collected or packet-refunded"
    )
    counterparty: Address
    delta_fen: int = Field(description="negative when money went out")
    balance_after_fen: int
    transfer_id: str | None
    packet: Bytes32 | None
    reference: str | None = Field(description="the merchant's number of the order that it paid, or came back from")
    block: int


class ActivityPage(Shape):
    """A page of lines; `older` asks for the next page, null at the end."""

    items: list[LineShape]
    older: str | None


@router.get("/balance")
def show_balance(session: Transaction, owner: Owner) -> Balance:
    """Show what one holds."""
    return Balance(balance_fen=service.balances(session, [owner.address])[owner.address])


@router.get("/activity")
def show_activity(session: Transaction, owner: Owner, cursor: Cursor = None, limit: Limit = 20) -> ActivityPage:
    """Show what moved, newest first."""
    page = service.activity(session, owner.address, before=place_of(cursor), limit=limit)
    return ActivityPage(
        items=line_shapes(session, page.lines), older=".".join(map(str, page.older)) if page.older else None
    )


def place_of(cursor: str | None) -> Place | None:
    """Return the place that a cursor names."""
    if cursor is None:
        return None
    block, log_index, leg = (int(part) for part in cursor.split("."))
    return block, log_index, leg


def line_shapes(session: Session, lines: Sequence[Line]) -> list[LineShape]:
    """Show lines on the wire, each told by the packet behind it if there is one."""
    behind = redpackets.packets_behind(session, [line.place[:2] for line in lines])
    return [_shape(line, *behind.get(line.place[:2], (line.kind, None))) for line in lines]


def _shape(line: Line, kind: str, packet: str | None) -> LineShape:
    return LineShape(
        at=line.at,
        kind=kind,
        counterparty=line.counterparty,
        delta_fen=line.amount_fen,
        balance_after_fen=line.balance_after_fen,
        transfer_id=line.transfer_id,
        packet=packet,
        reference=line.reference,
        block=line.place[0],
    )
