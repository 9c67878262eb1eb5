"""Draw commitments: the dealer binds itself to a hash chain before the lucky packet exists."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pswallet.api.deps import MemberPost
from pswallet.api.idempotency import once
from pswallet.api.shapes import Address, Bytes20, Shape
from pswallet.redpackets import service

router = APIRouter(prefix="/draws", tags=["red packets"])


class AskForDraw(Shape):
    """Nothing is asked but the commitment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class DrawShape(Shape):
    """What goes into a lucky packet's terms; good for the first packet bound to it."""

    id: str
    dealer: Address
    draw_commitment: Bytes20 = Field(description="end of the hash chain whose links draw the shares")


@router.post("", status_code=201)
@once
def ask_for_draw(body: AskForDraw, post: MemberPost) -> DrawShape:
    """Have the dealer commit itself to the draws of one's next lucky packet."""
    given = service.give_draw(post.session, post.gateway.dealer, creator=post.owner.address, now=post.now)
    return DrawShape(id=given.id, dealer=given.dealer, draw_commitment=given.commitment)
