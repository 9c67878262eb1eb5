"""The sandbox's own doors: the SMS box and the clock. They exist in sandbox mode only."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from pswallet.accounts import service as accounts
from pswallet.accounts.errors import PhoneInvalid
from pswallet.api.deps import OpenPost
from pswallet.api.idempotency import once
from pswallet.api.problems import ChainAway, ClockNotMovable
from pswallet.api.refusals import refused
from pswallet.api.shapes import Phone, Shape
from pswallet.bank import service as bank
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.kit import clock
from pswallet.vendors.sms import SandboxSms

router = APIRouter(prefix="/sandbox", tags=["sandbox"])

_SHOWN_MESSAGES = 5
_YEAR_S = 366 * 24 * 3600


class OpenBox(Shape):
    """Whose messages to read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+8613800138000"}]})

    phone: Phone


class Message(Shape):
    """A short message that nobody sent."""

    text: str
    code: str


class Box(Shape):
    """The last messages to a phone, the newest last."""

    messages: list[Message]


class MoveTime(Shape):
    """How far to move the chain's clock."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"advance_s": 86_400}]})

    advance_s: Annotated[int, Field(strict=True, ge=1, le=_YEAR_S, description="seconds forward")]


class TimeMoved(Shape):
    """The block that shows the new time."""

    number: int
    time: int = Field(description="Unix seconds")


@router.post("/sms", responses=refused(PhoneInvalid))
@once
def open_box(body: OpenBox, post: OpenPost) -> Box:
    """Read the last codes that went to a phone. Raises nothing for a phone that got none."""
    sms = post.gateway.sms
    phone = accounts.require_phone(body.phone)
    codes = sms.codes(post.session, phone, limit=_SHOWN_MESSAGES) if isinstance(sms, SandboxSms) else []
    messages = [Message(text=f"【坪山钱包·沙盒】验证码 {code},5 分钟内有效。", code=code) for code in reversed(codes)]
    return Box(messages=messages)


@router.post("/time", responses=refused(ChainAway, ClockNotMovable))
@once
def move_time(body: MoveTime, post: OpenPost) -> TimeMoved:
    """Move the chain's clock forward (nobody else's), and have the reserve attested anew for the new time."""
    block = _advance(post.gateway.rpc, body.advance_s)
    bank.settle(post.session, now=clock.from_unix(block.time))
    return block


def _advance(rpc: Rpc, seconds: int) -> TimeMoved:
    try:
        rpc.call("evm_increaseTime", [seconds])
        rpc.call("evm_mine")
        head = rpc.call("eth_getBlockByNumber", ["latest", False])
    except RpcError as refused:
        raise ClockNotMovable() from refused
    return TimeMoved(number=int(head["number"], 16), time=int(head["timestamp"], 16))
