"""Reading the chain in consistent stretches: headers that hang together, and the logs of exactly these blocks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

from pswallet.chain.events import Event
from pswallet.chain.logs import decode
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.kit.clock import from_unix

RANGE = 100
"""Most blocks read at once."""

RANGE_GAS = 30_000_000
"""Most gas of blocks read at once (some 700 payments), or one block: memory is bounded, however far behind we are."""


@dataclass(frozen=True, slots=True)
class Header:
    """A block without its contents: where it stands and which transactions it holds."""

    number: int
    hash: str
    parent: str
    time: datetime
    transactions: tuple[str, ...]
    gas_used: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Blocks that follow each other, and the events of our contracts in them, in order.

    `mined` are the transactions that logged anything, ours or not: they succeeded.
    """

    headers: tuple[Header, ...]
    events: tuple[Event, ...]

    def one_by_one(self) -> Iterator["Stretch"]:
        """Yield each block that holds transactions as a stretch of its own."""
        said: dict[int, list[Event]] = defaultdict(list)
        for event in self.events:
            said[event.block].append(event)
        for header in self.headers:
            if header.transactions:
                yield Stretch((header,), tuple(said[header.number]))

    def block_of(self) -> dict[str, Header]:
        """Return the block of each transaction."""
        return {transaction: header for header in self.headers for transaction in header.transactions}


def read_header(answer: dict[str, Any]) -> Header:
    """Read a block as JSON-RPC gives it, transactions as hashes."""
    return Header(
        number=int(answer["number"], 16),
        hash=answer["hash"],
        parent=answer["parentHash"],
        time=from_unix(int(answer["timestamp"], 16)),
        transactions=tuple(answer["transactions"]),
        gas_used=int(answer["gasUsed"], 16),
    )


def head(rpc: Rpc) -> Header:
    """Return the last block. Raises RpcUnavailable, RpcError."""
    return read_header(rpc.call("eth_getBlockByNumber", ["latest", False]))


def headers(rpc: Rpc, numbers: Sequence[int]) -> list[Header | None]:
    """Return these blocks; None for one that the chain does not have (any more).

    In halves, where the node will not answer so many. Raises RpcUnavailable, RpcError.
    """
    answers = rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    failed = next((answer for answer in answers if isinstance(answer, RpcError)), None)
    if failed is not None:
        if len(numbers) == 1:
            raise failed
        middle = len(numbers) // 2
        return headers(rpc, numbers[:middle]) + headers(rpc, numbers[middle:])
    return [read_header(answer) if answer is not None else None for answer in answers]


def read_stretch(rpc: Rpc, first: int, last: Header, contracts: Sequence[str]) -> Stretch | None:
    """Read the blocks from `first` up to `last` and their logs; None when the chain changed meanwhile: try again.

    Fewer blocks are read where all would be more than `RANGE_GAS`. Raises RpcUnavailable, RpcError.
    """
    found = [*headers(rpc, range(first, last.number)), last]
    chained = [header for header in found if header is not None]
    if len(chained) < len(found) or not _hang_together(chained):
        return None
    chained = chained[: _within_gas(chained)]
    last = chained[-1]
    asked = {"fromBlock": hex(first), "toBlock": hex(last.number), "address": list(contracts)}
    logs, again = rpc.batch([("eth_getLogs", [asked]), ("eth_getBlockByNumber", [hex(last.number), False])])
    if isinstance(logs, RpcError) or isinstance(again, RpcError):
        logs = _logs(rpc, first, last.number, contracts)
        again = rpc.call("eth_getBlockByNumber", [hex(last.number), False])
    if again is None or again["hash"] != last.hash:
        return None
    hashes = {header.number: header for header in chained}
    events: list[Event] = []
    for log in logs:
        header = hashes.get(int(log["blockNumber"], 16))
        if header is None or log["blockHash"] != header.hash:
            return None
        event = decode(log, header.time)
        if event is not None:
            events.append(event)
    events.sort(key=lambda event: (event.block, event.log_index))
    return Stretch(tuple(chained), tuple(events))


def _logs(rpc: Rpc, first: int, last: int, contracts: Sequence[str]) -> list[Any]:
    """Return the logs of these blocks; in halves, where the node says that they are too many for one answer."""
    asked = {"fromBlock": hex(first), "toBlock": hex(last), "address": list(contracts)}
    try:
        found: list[Any] = rpc.call("eth_getLogs", [asked])
    except RpcError:
        if first >= last:
            raise
    else:
        return found
    middle = (first + last) // 2
    return _logs(rpc, first, middle, contracts) + _logs(rpc, middle + 1, last, contracts)


def _within_gas(chained: Sequence[Header]) -> int:
    """Return how many of the blocks, at least one, have used no more than `RANGE_GAS` together."""
    used = accumulate(header.gas_used for header in chained)
    return max(1, sum(gas <= RANGE_GAS for gas in used))


def _hang_together(chained: Sequence[Header]) -> bool:
    return all(after.parent == before.hash for before, after in pairwise(chained))
