"""A thin JSON-RPC client over HTTP: one connection kept alive, batches, and two kinds of failure.

RpcUnavailable   nobody answered: try again later
RpcError         the node answered no: code, message, data
"""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import orjson
import stamina

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
    """Talks to one node at `url`. Safe to share between threads. Close it, or use it as a context manager."""

    def __init__(self, url: str, *, timeout_s: float = 20.0, attempts: int = 2) -> None:
        self.url = url
        self._attempts = attempts
        self._client = httpx.Client(timeout=timeout_s, headers={"content-type": "application/json"}, trust_env=False)
        self._number = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """Return the result of one call. Raises RpcUnavailable, RpcError."""
        result = self.batch([(method, list(params))])[0]
        if isinstance(result, RpcError):
            raise result
        return result

    def batch(self, calls: Sequence[RpcCall]) -> list[Any]:
        """Make several calls in one request; results in the order of the calls, an RpcError in a failed one's place.

        Raises RpcUnavailable when nobody answers.
        """
        if not calls:
            return []
        first = self._reserve(len(calls))
        requests = [
            {"jsonrpc": "2.0", "id": first + place, "method": method, "params": params}
            for place, (method, params) in enumerate(calls)
        ]
        answers = self._post(orjson.dumps(requests if len(requests) > 1 else requests[0]))
        found = {answer["id"]: answer for answer in (answers if isinstance(answers, list) else [answers])}
        return [self._result(found.get(first + place)) for place in range(len(calls))]

    def _reserve(self, count: int) -> int:
        with self._lock:
            first = self._number + 1
            self._number += count
        return first

    def _post(self, body: bytes) -> Any:
        try:
            # Sending the same signed bytes twice is one transaction, so every call may be repeated.
            for attempt in stamina.retry_context(
                on=httpx.TransportError, attempts=self._attempts, wait_initial=0.05, wait_max=0.5
            ):
                with attempt:
                    response = self._client.post(self.url, content=body)
            response.raise_for_status()
            return orjson.loads(response.content)
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise RpcUnavailable(f"the chain's node does not answer: {type(error).__name__}") from error

    @staticmethod
    def _result(answer: dict[str, Any] | None) -> Any:
        if answer is None:
            return RpcError(-32603, "the node left this call of a batch unanswered")
        error = answer.get("error")
        if error is not None:
            return RpcError(error.get("code", -32603), error.get("message", ""), error.get("data"))
        return answer.get("result")


def quantity(value: int) -> str:
    """Write an integer as JSON-RPC wants it: 0x without leading zeros."""
    return hex(value)
