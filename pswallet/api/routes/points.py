"""One's points: what there is and when it ends, how it came to be, rewards to take, the proof of being counted."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from pswallet.api.deps import GatewayParts, MemberPost, Now, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.periods import AskedDays
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import PeriodInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import chain_time
from pswallet.api.shapes import Address, Bytes32, Shape
from pswallet.chain.outbox import last_block
from pswallet.points import errors, rules, service
from pswallet.points.rules import Period

router = APIRouter(prefix="/points", tags=["points"], route_class=PolledRoute)

_Limit = Annotated[int, Query(ge=1, le=500, description="lines of a page")]
_Cursor = Annotated[int | None, Query(ge=0, lt=2**31, description="`newer` of the page before")]
_RewardId = Annotated[str, StringConstraints(pattern=r"^rwd_[0-9a-z]{26}$")]


class TierShape(Shape):
    """A tier of members: what one earned in the last twelve months lifts to it."""

    level: int = Field(description="0 to 3")
    name: str
    growth: int = Field(description="points earned in the last twelve months; what one holds counts for nothing")
    next_growth: int | None = Field(description="what lifts to the next tier; null at the top")


class LotShape(Shape):
    """Points that end together."""

    points: int
    spend_until: datetime = Field(description="the last second at which they can be spent")


class PointsShape(Shape):
    """How one's points stand by the last block read."""

    free: int = Field(description="can be spent; below zero after a refund of what points were spent from")
    held: int = Field(description="kept for quotes and orders on their way")
    lots: list[LotShape] = Field(description="of the free ones, what ends first is spent first")
    tier: TierShape


class PointsLineShape(Shape):
    """Points that came or went."""

    at: datetime
    kind: str = Field(description="earned, paid, returned, redeemed, expired or clawed-back")
    delta: int
    balance_after: int = Field(description="free and held points together")
    about: str = Field(description="the order or the redemption; empty for what expired")


class PointsStatementShape(Shape):
    """The sums of a period, and a page of its lines, oldest first: opening + in - out = closing."""

    first_day: date | None = Field(description="of Asia/Shanghai; null: from the beginning")
    last_day: date | None = Field(description="of Asia/Shanghai; null: up to the last block read")
    opening: int
    came_in: int
    went_out: int
    closing: int
    items: list[PointsLineShape]
    newer: int | None = Field(description="asks for the next page of lines, null at the end")


class RewardShape(Shape):
    """Something to be had for points."""

    id: str
    title: str
    points: int
    stock: int
    level: int = Field(description="the tier from which on it can be taken, 0 to 3")


class Rewards(Shape):
    """The catalogue, the cheapest first."""

    items: list[RewardShape]


class TakeReward(Shape):
    """Which reward."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reward_id": "rwd_01m8a0w5c2s9c3kq5m2tq8d5fz"}]})

    reward_id: _RewardId


class RedemptionShape(Shape):
    """A reward that was taken; its id is what one shows to get it."""

    id: str
    reward_id: str
    title: str
    points: int
    at: datetime


class Redemptions(Shape):
    """What one has taken, the newest first."""

    items: list[RedemptionShape]


class BesideShape(Shape):
    """A node beside the path from one's leaf to the top."""

    hash: Bytes32
    points: int


class PointsProofShape(Shape):
    """One's proof of being counted in a day's root: save it, and check it by `pswallet points verify`."""

    format: str
    day: date
    account: Address
    salt: Bytes32
    points: int
    position: int
    beside: list[BesideShape]
    root: Bytes32 = Field(description="for comparison alone: believe the one that is anchored")
    total: int


@router.get("")
def show_points(session: Transaction, owner: Owner, now: Now) -> PointsShape:
    """Show what one has in points, when they end, and one's tier."""
    found = service.summary(session, owner.address, now=_chain_time(session, now))
    standing = found.standing
    return PointsShape(
        free=found.free,
        held=found.held,
        lots=[LotShape(points=lot.points, spend_until=lot.ends_at - timedelta(seconds=1)) for lot in found.lots],
        tier=TierShape(
            level=standing.level,
            name=standing.tier.name,
            growth=standing.growth,
            next_growth=standing.next_growth,
        ),
    )


@router.get("/statement", responses=refused(PeriodInvalid))
def show_points_statement(
    days: AskedDays, session: Transaction, owner: Owner, now: Now, cursor: _Cursor = None, limit: _Limit = 100
) -> PointsStatementShape:
    """Show what one had before a period, what came in and went out, what one had at its end, and the lines of it."""
    period = Period(*days.period)
    found = service.statement(session, owner.address, period=period, now=_chain_time(session, now))
    after = -1 if cursor is None else cursor
    left = [line for line in found.lines if line.place > after]
    page = left[:limit]
    return PointsStatementShape(
        first_day=days.first,
        last_day=days.last,
        opening=found.opening,
        came_in=found.came_in,
        went_out=found.went_out,
        closing=found.closing,
        items=[
            PointsLineShape(
                at=line.at, kind=line.kind, delta=line.delta, balance_after=line.balance_after, about=line.about
            )
            for line in page
        ],
        newer=page[-1].place if len(left) > limit else None,
    )


@router.get("/rewards")
def list_rewards(session: Transaction, owner: Owner) -> Rewards:
    """List what is to be had for points."""
    return Rewards(
        items=[
            RewardShape(id=one.id, title=one.title, points=one.points, stock=one.stock, level=one.level)
            for one in service.rewards(session)
        ]
    )


@router.post(
    "/redemptions",
    status_code=201,
    responses=refused(errors.RewardUnknown, errors.RewardTierTooLow, errors.PointsInsufficient, errors.RewardExhausted),
)
@once
def take_reward(body: TakeReward, post: MemberPost) -> RedemptionShape:
    """Take one of a reward."""
    found = service.redeem(post.session, body.reward_id, account=post.owner.address, now=chain_time(post))
    return _redemption(found)


@router.get("/redemptions")
def list_redemptions(session: Transaction, owner: Owner) -> Redemptions:
    """List what one has taken."""
    return Redemptions(items=[_redemption(one) for one in service.redemptions_of(session, owner.address)])


@router.get("/proof", responses=refused(errors.PointsProofUnknown))
def prove_points(
    session: Transaction,
    owner: Owner,
    gateway: GatewayParts,
    day: Annotated[date | None, Query(description="of Asia/Shanghai; the last closed one if not said")] = None,
) -> PointsProofShape:
    """Prove that one's points were counted in a day's root."""
    proof, closed = service.proof_of(session, gateway.vault, owner.address, day=day)
    return PointsProofShape(
        format=rules.PROOF_FORMAT,
        day=proof.day,
        account=proof.account,
        salt=proof.salt,
        points=proof.points,
        position=proof.position,
        beside=[BesideShape(hash=digest, points=points) for digest, points in proof.beside],
        root=closed.root,
        total=closed.total,
    )


def _chain_time(session: Session, now: datetime) -> datetime:
    """Return the last indexed block's time; before the first nobody has points, and any time does."""
    block = last_block(session)
    return block.time if block else now


def _redemption(one: service.Redeemed) -> RedemptionShape:
    return RedemptionShape(id=one.id, reward_id=one.reward_id, title=one.title, points=one.points, at=one.at)
