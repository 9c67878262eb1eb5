"""Decisions about points inside a session: holds, rewards, what stands where, each day's root and proofs."""

from pswallet.points.service.days import ClosedDay, anchor_day, close_day, proof_of
from pswallet.points.service.holds import commit, release, reserve
from pswallet.points.service.reading import Summary, statement, summary, totals
from pswallet.points.service.reminders import remind_of_ends
from pswallet.points.service.rewards import Redeemed, Reward, offer_reward, redeem, redemptions_of, rewards

__all__ = [
    "ClosedDay",
    "Redeemed",
    "Reward",
    "Summary",
    "anchor_day",
    "close_day",
    "commit",
    "offer_reward",
    "proof_of",
    "redeem",
    "redemptions_of",
    "release",
    "remind_of_ends",
    "reserve",
    "rewards",
    "statement",
    "summary",
    "totals",
]
