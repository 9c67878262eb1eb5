"""The event graph on one screen: which projections hear of which chain event, in this order."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from pswallet.chain.events import Event

Projection = Callable[[Session, list[Any]], None]

PROJECTIONS: dict[type[Event], tuple[Projection, ...]] = {}
"""Within a range of blocks the indexer calls them event type by event type in this order, each with the range's events
of that type in log order."""
