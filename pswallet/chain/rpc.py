"""A thin JSON-RPC client over HTTP: one connection kept alive, batches, and two kinds of failure.

RpcUnavailable   nobody answered: try again later
RpcError         the node answered no: code, message, data
"""

import http.client
import ssl
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
import orjson

_PAUSE_S = 0.05

MOST_BYTES = 1_000_000
"""A batch is cut into requests of this size: nodes refuse bodies above 2 MB (Anvil) or 5 MB (geth)."""

Result = TypeVar("Result")

RpcCall = tuple[str, list[Any]]
"""A method and its parameters."""


class RpcUnavailable(RuntimeError):
    """The node cannot be reached, or answered something that is not JSON-RPC."""


class RpcError(RuntimeError):
    """The node refused a call. `data` is the revert data (bytes) when there is some."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data

    @property
    def revert_data(self) -> bytes | None:
        """The bytes that a reverted call returned; None when the node gave none."""
        found = self.data.get("data") if isinstance(self.data, dict) else self.data
        if isinstance(found, str) and found.startswith("0x"):
            return bytes.fromhex(found[2:])
        return None


class Rpc:
    """Talks to one node at `url` (http or https, `user:password@` if it asks for them).

    Safe to share between threads. Close it, or use it in a `with`.

    On the standard library's connections: a general HTTP client takes longer for a call than the node does.
    """

    def __init__(self, url: str, *, timeout_s: float = 20.0, attempts: int = 2) -> None:
        self.url = url
        self._headers = _headers(url)
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._number = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that nobody is using."""
        while self._idle:
            self._idle.pop().close()

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """Return the result of one call. Raises RpcUnavailable, RpcError."""
        result = self.batch([(method, list(params))])[0]
        if isinstance(result, RpcError):
            raise result
        return result

    def read(self, kind: type[Result], method: str, params: Sequence[Any]) -> Result:
        """Return the result of one call, and of its objects only the fields that `kind` names. Raises as `call` does.

        For long answers: what nobody reads is not made.
        """
        request = {"jsonrpc": "2.0", "id": self._reserve(1), "method": method, "params": params}
        answer: _Answer[Result] = self._post(orjson.dumps(request), _decoder(kind).decode)  # type: ignore[arg-type]
        if answer.error is not None:
            raise _refusal(answer.error)
        if answer.result is None:
            raise RpcUnavailable(f"the node answered {method} with nothing")
        return answer.result

    def batch(self, calls: Sequence[RpcCall]) -> list[Any]:
        """Make several calls in one request; results in the order of the calls, an RpcError in a failed one's place.

        Calls that are too large for one request go out in several, one after the other. Raises RpcUnavailable when
        nobody answers.
        """
        first = self._reserve(len(calls))
        requests = [
            orjson.dumps({"jsonrpc": "2.0", "id": first + place, "method": method, "params": params})
            for place, (method, params) in enumerate(calls)
        ]
        found: dict[int, dict[str, Any]] = {}
        for some in _cut(requests):
            answers = self._post(some[0] if len(some) == 1 else b"[" + b",".join(some) + b"]")
            found |= {answer["id"]: answer for answer in (answers if isinstance(answers, list) else [answers])}
        return [self._result(found.get(first + place)) for place in range(len(calls))]

    def _reserve(self, count: int) -> int:
        with self._lock:
            first = self._number + 1
            self._number += count
        return first

    def _post(self, body: bytes, loads: Callable[[bytes], Any] = orjson.loads) -> Any:
        # Sending the same signed bytes twice is one transaction, so every call may be repeated.
        for attempt in range(1, self._attempts + 1):
            try:
                return loads(self.exchange(body))
            except (
                OSError,
                http.client.HTTPException,
                ValueError,
            ) as error:  # ValueError: no JSON, or not of that kind
                if attempt == self._attempts:
                    raise RpcUnavailable(f"the chain's node does not answer: {type(error).__name__}") from error
                self.close()  # the others are as stale
                time.sleep(_PAUSE_S * attempt)
        raise AssertionError("unreachable")

    def exchange(self, body: bytes) -> bytes:
        """Post one body and return the answer's, unread. Raises OSError, http.client.HTTPException."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connected()
        try:
            connection.request("POST", self._path(), body, self._headers)
            response = connection.getresponse()
            content = response.read()
            if response.status != http.HTTPStatus.OK:
                raise http.client.HTTPException(f"status {response.status}")
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return content

    def _connected(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=self._timeout_s, context=context
            )
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self._timeout_s)

    def _path(self) -> str:
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @staticmethod
    def _result(answer: dict[str, Any] | None) -> Any:
        if answer is None:
            return RpcError(-32603, "the node left this call of a batch unanswered")
        error = answer.get("error")
        if error is not None:
            return _refusal(error)
        return answer.get("result")


class _Answer(msgspec.Struct, Generic[Result]):
    result: Result | None = None
    error: dict[str, Any] | None = None


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_Answer[kind])  # type: ignore[valid-type]


def _refusal(error: Mapping[str, Any]) -> RpcError:
    return RpcError(error.get("code", -32603), error.get("message", ""), error.get("data"))


def _cut(requests: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield runs of requests that fit into one body; a request that fits into none goes alone."""
    part: list[bytes] = []
    size = 0
    for request in requests:
        if part and size + len(request) > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(request)
        size += len(request) + 1
    if part:
        yield part


def _headers(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    found = {"content-type": "application/json"}
    if parts.username is not None:
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        found["authorization"] = "Basic " + b64encode(words.encode()).decode()
    return found


def quantity(value: int) -> str:
    """Write an integer as JSON-RPC wants it: 0x without leading zeros."""
    return hex(value)
