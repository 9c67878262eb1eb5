"""A chain's client that lies: it stands before a real node and changes what the node says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import orjson

from pswallet.audit.decode import events

Lie = Callable[[dict[str, Any], Any], Any]
"""Given a request and the node's result, returns what to say, or raises Refused."""


class Refused(Exception):
    """The node will not answer this."""


@contextmanager
def lying(url: str, lie: Lie) -> Iterator[str]:
    """Serve the node at `url` with `lie` told about every result; yield the liar's URL."""
    with (
        httpx.Client(trust_env=False) as node,
        ThreadingHTTPServer(("127.0.0.1", 0), _handler(node, url, lie)) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _handler(node: httpx.Client, url: str, lie: Lie) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = orjson.loads(body)
            answered = node.post(url, content=body, headers={"content-type": "application/json"}).json()
            pairs = zip(asked, answered, strict=True) if isinstance(asked, list) else [(asked, answered)]
            for request, answer in pairs:
                if "result" in answer:
                    _tell(request, answer, lie)
            told = orjson.dumps(answered)
            self.send_response(200)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            """Say nothing on the terminal."""

    return Handler


def _tell(request: dict[str, Any], answer: dict[str, Any], lie: Lie) -> None:
    try:
        answer["result"] = lie(request, answer["result"])
    except Refused as refused:
        del answer["result"]
        answer["error"] = {"code": -32000, "message": str(refused)}


def hiding(transaction: str, position: int, *, everywhere: bool = False) -> Lie:
    """Hide the log at `position` of a transaction from eth_getLogs; `everywhere`: from the receipts too."""

    def hidden(log: dict[str, Any]) -> bool:
        return log["transactionHash"] == transaction and int(log["logIndex"], 16) == position

    def lie(request: dict[str, Any], result: Any) -> Any:
        method = request["method"]
        if method == "eth_getLogs":
            return [log for log in result if not hidden(log)]
        if everywhere and method == "eth_getBlockReceipts":
            return [{**each, "logs": [log for log in each["logs"] if not hidden(log)]} for each in result]
        return result

    return lie


def retold(transaction: str, contract: str, event: str, **changed: int | str) -> Lie:
    """Tell an event of a transaction otherwise, everywhere: words of its data by place ("w3"), topics too ("t1")."""
    topic = next(topic for topic, name in events(contract).items() if name == event)

    def other(log: dict[str, Any]) -> dict[str, Any]:
        if log["transactionHash"] != transaction or log["topics"][0] != topic:
            return log
        parts = {
            "w": [log["data"][at : at + 64] for at in range(2, len(log["data"]), 64)],
            "t": [one[2:] for one in log["topics"]],
        }
        for key, value in changed.items():
            told = f"{value:064x}" if isinstance(value, int) else value[2:].lower().rjust(64, "0")
            parts[key[0]][int(key[1:])] = told
        return {**log, "data": "0x" + "".join(parts["w"]), "topics": ["0x" + one for one in parts["t"]]}

    def lie(request: dict[str, Any], result: Any) -> Any:
        if request["method"] == "eth_getLogs":
            return [other(log) for log in result]
        if request["method"] == "eth_getBlockReceipts":
            return [{**one, "logs": [other(log) for log in one["logs"]]} for one in result]
        return result

    return lie
