"""What the auditor asks of a chain's node, block range by block range, a few requests ahead of the reading."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

from pswallet.audit.decode import Log
from pswallet.audit.reading import calls_at_once, creation
from pswallet.chain.rpc import Rpc, RpcCall, RpcError, RpcUnavailable

AHEAD = 4
"""Ranges in flight: enough to keep a node busy while we read, few enough for a flat memory."""
_MOST_BLOCKS = 512
_LOGS_PER_SPAN = 4_000

Given = TypeVar("Given")


class Header(TypedDict):
    """What is read of a block's header; numbers are hex. Its other fields are there for its hash."""

    number: str
    hash: str
    parentHash: str
    timestamp: str
    logsBloom: str
    receiptsRoot: str
    transactions: list[str]


class Receipt(TypedDict):
    """What is read of a transaction's receipt; numbers are hex."""

    type: str
    status: str
    cumulativeGasUsed: str
    transactionHash: str
    logsBloom: str
    logs: list[Log]


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive blocks with their headers and our contracts' logs, in order."""

    first: int
    last: int
    headers: list[Header]
    logs: list[Log]


class Node:
    """One node, asked about `addresses` (lower case). It is not trusted: what it says is checked against itself."""

    def __init__(self, rpc: Rpc, addresses: Sequence[str]) -> None:
        self._rpc, self._addresses = rpc, list(addresses)

    def number(self, method: str, *params: Any) -> int:
        """Ask for a number."""
        return int(self._rpc.call(method, params), 16)

    def header(self, block: int) -> Header:
        """Return one block's header."""
        found: Header | None = self._rpc.call("eth_getBlockByNumber", [hex(block), False])
        return _given(found, f"block {block}")

    def code(self, address: str, block: int) -> bytes:
        """Return the code at `address`."""
        return bytes.fromhex(self._rpc.call("eth_getCode", [address, hex(block)])[2:])

    def storage(self, address: str, slot: str, block: int) -> int:
        """Return one word of a contract's storage."""
        return self.number("eth_getStorageAt", address, slot, hex(block))

    def read(self, to: str, data: str, block: int) -> str:
        """Call a view function with `data` and return what it returns."""
        answer: str = self._rpc.call("eth_call", [{"to": to, "data": data}, hex(block)])
        return answer

    def read_all(self, to: str, calls: Sequence[str], block: int, *, words: int) -> Iterator[str]:
        """Call view functions of one contract that answer `words` words each; yield what they return, in order."""
        if not calls:
            return
        answer_size = 32 * words
        at_once = calls_at_once(len(calls[0]) // 2 - 1, answer_size)
        for start in range(0, len(calls), at_once):
            part = calls[start : start + at_once]
            try:
                yield from self._read_at_once(to, part, block, answer_size)
            except RpcError:  # one of them reverts or answers something else, or the node runs no code of ours
                yield from self._batch([("eth_call", [{"to": to, "data": data}, hex(block)]) for data in part])

    def _read_at_once(self, to: str, calls: Sequence[str], block: int, answer_size: int) -> list[str]:
        code = creation(to, [bytes.fromhex(data[2:]) for data in calls], answer_size)
        answer: str = self._rpc.call("eth_call", [{"data": "0x" + code.hex()}, hex(block)])
        digits = 2 * answer_size
        if len(answer) != 2 + digits * len(calls):
            raise RpcError(-32603, "the node answered another number of calls")
        return ["0x" + answer[start : start + digits] for start in range(2, len(answer), digits)]

    def logs(self, first: int, last: int, topics: Sequence[Any] = ()) -> list[Log]:
        """Return our contracts' logs of the blocks `first` to `last`, optionally by topics.

        In halves, where the node says that they are too many for one answer.
        """
        query = {"fromBlock": hex(first), "toBlock": hex(last), "address": self._addresses, "topics": list(topics)}
        try:
            found = self._rpc.read(list[Log], "eth_getLogs", [query])
        except RpcError:
            if first >= last:
                raise
        else:
            return found
        middle = (first + last) // 2
        return self.logs(first, middle, topics) + self.logs(middle + 1, last, topics)

    def transaction_at(self, block: int, log_index: int) -> str | None:
        """Return the transaction of one log of our contracts; None if there is no such log."""
        found = (log for log in self.logs(block, block) if int(log["logIndex"], 16) == log_index)
        return next((log["transactionHash"] for log in found), None)

    def calldata(self, transaction: str) -> bytes:
        """Return what a transaction was sent with."""
        found: dict[str, str] | None = self._rpc.call("eth_getTransactionByHash", [transaction])
        return bytes.fromhex(_given(found, f"transaction {transaction}")["input"][2:])

    def receipts(self, header: Header) -> list[Receipt]:
        """Return the receipts of one block's transactions."""
        try:
            found: list[Receipt | None] | None = self._rpc.call("eth_getBlockReceipts", [header["number"]])
        except RpcError:  # a younger method that some nodes lack
            found = self._batch([("eth_getTransactionReceipt", [one]) for one in header["transactions"]])
        what = f"the receipts of block {int(header['number'], 16)}"
        return [_given(receipt, what) for receipt in _given(found, what)]

    def reverted_calldata(self, block: int) -> list[bytes]:
        """Return what the transactions of a block were sent with that reverted as a whole."""
        receipts = self.receipts(self.header(block))
        return [self.calldata(one["transactionHash"]) for one in receipts if int(one["status"], 16) == 0]

    def spans(self, first: int, last: int) -> Iterator[Span]:
        """Yield the blocks `first` to `last` in order, read a few ranges ahead, each of some `_LOGS_PER_SPAN` logs."""
        waiting: deque[Future[Span]] = deque()
        start, blocks = first, 16
        with ThreadPoolExecutor(AHEAD) as pool:
            while start <= last or waiting:
                while start <= last and len(waiting) <= AHEAD:
                    end = min(start + blocks - 1, last)
                    waiting.append(pool.submit(self._span, start, end))
                    start = end + 1
                span = waiting.popleft().result()
                yield span
                fitting = _LOGS_PER_SPAN * len(span.headers) // max(len(span.logs), 1)
                blocks = min(max(fitting, 1), 2 * blocks, _MOST_BLOCKS)

    def _batch(self, calls: list[RpcCall]) -> list[Any]:
        """Return every answer, or raise the first RpcError."""
        answers = self._rpc.batch(calls)
        for answer in answers:
            if isinstance(answer, RpcError):
                raise answer
        return answers

    def _span(self, first: int, last: int) -> Span:
        asked: list[RpcCall] = [("eth_getBlockByNumber", [hex(block), False]) for block in range(first, last + 1)]
        headers = [_given(header, f"block {first + place}") for place, header in enumerate(self._batch(asked))]
        return Span(first, last, headers, self.logs(first, last))


def _given(found: Given | None, what: str) -> Given:
    """Return what the node gave. Raises RpcUnavailable when it has it no more, or not yet."""
    if found is None:
        raise RpcUnavailable(f"the node does not have {what}")
    return found
