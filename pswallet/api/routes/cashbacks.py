"""Cashbacks: what an offer's owner owes the payers of orders, and the red packets that it gave for them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from pswallet.api.deps import Owner, Transaction
from pswallet.api.polling import PolledRoute
from pswallet.api.shapes import Address, Bytes32, Shape
from pswallet.payments import service as payments
from pswallet.redpackets import service as redpackets
from pswallet.redpackets.service import Promised

router = APIRouter(tags=["offers"], route_class=PolledRoute)

CashbackRole = Annotated[Literal["owner", "payer"], Query(description="owner: what one owes; payer: what one is owed")]
CashbackCursor = Annotated[str | None, Query(pattern=r"^quo_[0-9a-z]{26}$", description="`older` of the page before")]
CashbackLimit = Annotated[int, Query(ge=1, le=100, description="quotes of a page")]


class CashbackShape(Shape):
    """A red packet that a paid order's quote promised."""

    quote_id: str
    order_id: str
    owner: Address = Field(description="of the offer: gives the packet")
    payer: Address = Field(description="of the order: its one guest")
    amount_fen: int = Field(description="what is owed now; less for what of the order went back")
    salt: Bytes32 = Field(description="of the packet's terms: it names the quote")
    packet: Bytes32 | None = Field(description="the one that was given; null until it is open on the chain")


class CashbackPage(Shape):
    """A page of cashbacks; `older` asks for the next page, null at the end."""

    items: list[CashbackShape]
    older: str | None


@router.get("/cashbacks")
def list_cashbacks(
    role: CashbackRole, session: Transaction, owner: Owner, cursor: CashbackCursor = None, limit: CashbackLimit = 50
) -> CashbackPage:
    """List what one owes or is owed as cashback, the last quote first."""
    page = payments.cashbacks(session, owner.address, role=role, before=cursor, limit=limit)
    given = redpackets.packets_of_promises(
        session, [Promised(one.owner, one.salt, one.payer, one.amount_fen) for one in page.items]
    )
    items = [
        CashbackShape(
            quote_id=one.quote_id,
            order_id=one.order_id,
            owner=one.owner,
            payer=one.payer,
            amount_fen=one.amount_fen,
            salt=one.salt,
            packet=given.get(one.salt),
        )
        for one in page.items
    ]
    return CashbackPage(items=items, older=page.older)
