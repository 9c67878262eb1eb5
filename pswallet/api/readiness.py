"""Whether the gateway can do its work: the database, its tables, the chain's node, and the indexer's lag."""

from dataclasses import dataclass

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from pswallet.chain import outbox
from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
from pswallet.kit import db

MAX_LAG_BLOCKS = 50
"""More blocks than this between the head and the last one read: what people see is stale."""

_PATIENCE_S = 2.0


@dataclass(frozen=True)
class Readiness:
    """What was found. `None` where nothing could be learnt."""

    database: bool
    schema: bool
    chain: bool
    head_block: int | None
    indexed_block: int | None
    unsettled_calls: int | None

    @property
    def lag_blocks(self) -> int | None:
        """Blocks between the chain's head and the last one read."""
        if self.head_block is None or self.indexed_block is None:
            return None
        return max(0, self.head_block - self.indexed_block)

    @property
    def ready(self) -> bool:
        """Whether requests can be served in full."""
        lag = self.lag_blocks
        return self.database and self.schema and self.chain and lag is not None and lag <= MAX_LAG_BLOCKS


def look(sessions: db.Sessions, rpc_url: str) -> Readiness:
    """Ask the neighbours, each for two seconds at most."""
    head = _head(rpc_url)
    try:
        with db.transaction(sessions) as session:
            missing = set(db.Base.metadata.tables) - set(inspect(session.connection()).get_table_names())
            block = None if missing else outbox.last_block(session)
            calls = None if missing else outbox.unsettled_calls(session)
    except SQLAlchemyError:
        return Readiness(False, False, head is not None, head, None, None)
    return Readiness(True, not missing, head is not None, head, block.number if block else None, calls)


def _head(rpc_url: str) -> int | None:
    try:
        with Rpc(rpc_url, timeout_s=_PATIENCE_S, attempts=1) as rpc:
            return int(rpc.call("eth_blockNumber"), 16)
    except (RpcUnavailable, RpcError):
        return None
