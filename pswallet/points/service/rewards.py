"""The catalogue: rewards for points, each with its stock; who has points and the level takes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pswallet.kit.ids import new_id
from pswallet.points.errors import RewardExhausted, RewardTierTooLow, RewardUnknown
from pswallet.points.models import PointsRedemption, PointsReward
from pswallet.points.rules import TIERS, fold, standing
from pswallet.points.service.histories import locked_history
from pswallet.points.service.holds import require_free


@dataclass(frozen=True, slots=True)
class Reward:
    """Something to be had for `points` from a level on, while there is stock."""

    id: str
    title: str
    points: int
    stock: int
    level: int


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A reward that was taken; its `id` is what one shows to get it."""

    id: str
    reward_id: str
    title: str
    points: int
    at: datetime


def offer_reward(session: Session, *, title: str, points: int, stock: int, level: int) -> Reward:
    """Put a reward into the catalogue. Raises ValueError for a price or stock below one, or a level that is none."""
    if points < 1 or stock < 1 or not 0 <= level < len(TIERS) or not title.strip():
        raise ValueError("a reward has a title, a price and stock of one at least, and a level of 0 to 3")
    row = PointsReward(id=new_id("rwd"), title=title.strip(), points=points, stock=stock, level=level)
    session.add(row)
    session.flush()
    return _reward(row)


def rewards(session: Session) -> list[Reward]:
    """Return the catalogue, the cheapest first; what is exhausted too."""
    rows = session.scalars(select(PointsReward).order_by(PointsReward.points, PointsReward.id))
    return [_reward(row) for row in rows]


def redeem(session: Session, reward_id: str, *, account: str, now: datetime) -> Redeemed:
    """Take one of a reward. `now` is the chain's time.

    Raises RewardUnknown, RewardTierTooLow, PointsInsufficient, RewardExhausted.
    """
    reward = session.get(PointsReward, reward_id)
    if reward is None:
        raise RewardUnknown(id=reward_id)
    history = locked_history(session, account)
    moment = history.last_act(now)
    if standing(history, at=moment).level < reward.level:
        raise RewardTierTooLow(id=reward_id, level=reward.level)
    require_free(fold(history, at=moment), reward.points)
    row = PointsRedemption(id=new_id("rdm"), account=account, reward_id=reward_id, points=reward.points, at=moment)
    session.add(row)
    session.flush()
    # Last: who takes the row of a sought-after reward keeps all others waiting until the commit.
    taken = update(PointsReward).where(PointsReward.id == reward_id, PointsReward.stock > 0)
    counted = taken.values(stock=PointsReward.stock - 1).returning(PointsReward.id)
    if session.execute(counted.execution_options(synchronize_session=False)).scalar() is None:
        raise RewardExhausted(id=reward_id)
    return Redeemed(row.id, reward_id, reward.title, reward.points, moment)


def redemptions_of(session: Session, account: str) -> list[Redeemed]:
    """Return what an account has taken, the newest first."""
    query = (
        select(PointsRedemption, PointsReward.title)
        .join(PointsReward, PointsReward.id == PointsRedemption.reward_id)
        .where(PointsRedemption.account == account)
        .order_by(PointsRedemption.id.desc())
    )
    return [Redeemed(row.id, row.reward_id, title, row.points, row.at) for row, title in session.execute(query)]


def _reward(row: PointsReward) -> Reward:
    return Reward(row.id, row.title, row.points, row.stock, row.level)
