"""The event graph on one screen: which projections hear of which chain event, in this order."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from pswallet.accounts import projection as accounts
from pswallet.chain.events import (
    AccountFrozen,
    AccountReplaced,
    AccountUnfrozen,
    CallRefused,
    Event,
    TierSet,
)

Projection = Callable[[Session, list[Any]], None]

PROJECTIONS: dict[type[Event], tuple[Projection, ...]] = {
    TierSet: (accounts.on_tier_set,),
    AccountFrozen: (accounts.on_account_frozen,),
    AccountUnfrozen: (accounts.on_account_unfrozen,),
    AccountReplaced: (accounts.on_account_replaced,),
    CallRefused: (accounts.on_call_refused,),
}
"""Within a range of blocks the indexer calls them event type by event type in this order, each with the range's events
of that type in log order."""
