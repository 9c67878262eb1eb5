"""Serving the gateway in a test, and people who speak to it."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from pswallet.accounts import service as accounts
from pswallet.api.routes.accounts import account_shape
from pswallet.api.serving import Connection
from pswallet.chain import signing
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.vendors.sms import SandboxSms
from tests.parts import secret

_numbers = itertools.count(1)


class Served(uvicorn.Server):
    """uvicorn without its pauses: it looks every 0.1 s whether it must end and then gives connections 0.1 s more.

    A test of a few milliseconds would spend most of its time on them.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        ticks = itertools.count()
        while not await self.on_tick(next(ticks)):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), 0.1)

    def end(self) -> None:
        """Ask it to end, from another thread."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._over.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


HOST = "localhost:8000"
"""What the gateway of the tests calls itself."""

_DOCUMENTS: dict[str, dict[str, Any]] = {}


@contextmanager
def serve(app: FastAPI, connection: type[Connection] = Connection) -> Iterator[httpx.Client]:
    """Serve `app` on a free port, as uvicorn does in production, and speak to it."""
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, loop="uvloop", http=connection,
        timeout_keep_alive=75, timeout_graceful_shutdown=1,
    )  # fmt: skip
    _document_of(app)  # not by twenty clients at once, while the gateway waits for the interpreter
    server = Served(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the gateway did not start"
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    # No TLS: reading its certificates takes longer than a test.
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False, verify=False) as client:
        client.event_hooks["response"].append(lambda answer: assert_documented(app, answer))
        yield client
    server.end()
    thread.join(10)
    assert not thread.is_alive()


def assert_documented(app: FastAPI, answer: httpx.Response) -> None:
    """Fail if the OpenAPI document does not know this status of this operation: every test looks for such."""
    operation = _operation(app, answer.request.method, answer.request.url.path)
    if operation is not None and answer.status_code < 500:
        assert str(answer.status_code) in operation["responses"], (
            f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.read()!r}"
        )


def _document_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once for all apps of a mode: it takes half a second."""
    mode = app.state.gateway.settings.mode
    if mode not in _DOCUMENTS:
        _DOCUMENTS[mode] = app.openapi()
    return _DOCUMENTS[mode]


def _operation(app: FastAPI, method: str, path: str) -> dict[str, Any] | None:
    asked = path.split("/")
    for known, item in _document_of(app)["paths"].items():
        parts = known.split("/")
        fits = len(parts) == len(asked) and all(a == b or a[:1] == "{" for a, b in zip(parts, asked, strict=True))
        if fits and method.lower() in item:
            found: dict[str, Any] = item[method.lower()]
            return found
    return None


def code_of(answer: httpx.Response) -> str:
    """Return the problem's name in an answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    kind: str = answer.json()["type"]
    return kind.removeprefix("/problems/")


@dataclass
class Member:
    """Somebody with a phone and a key of their own, and perhaps a session. Synthetic."""

    http: httpx.Client
    sms: SandboxSms
    sessions: Sessions
    name: str
    phone: str
    chain_id: int
    token: str | None = None
    account: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> bytes:
        return secret(self.name)

    @property
    def address(self) -> str:
        return signing.address_of(self.key)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> httpx.Response:
        """POST below /v1, under a fresh Idempotency-Key unless one is given."""
        headers = {"Idempotency-Key": key or f"test-{next(_numbers)}", **self.bearer, **options.pop("headers", {})}
        return self.http.post(f"/v1{path}", json={} if body is None else body, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET below /v1."""
        return self.http.get(f"/v1{path}", headers=self.bearer, **options)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def code(self) -> str:
        """Ask for a code and read it from the sandbox's box."""
        assert self.post("/codes", {"phone": self.phone}).status_code == 202
        with transaction(self.sessions) as session:
            return self.sms.codes(session, self.phone, limit=1)[0]

    def message(self, **changed: Any) -> str:
        """Write a sign-in message on a fresh nonce; `changed` replaces parts of it."""
        given = self.post("/sign-in/nonces").json()
        return self._worded(given | changed)

    def _worded(self, given: dict[str, Any]) -> str:
        parts = {"address": self.address, **given}
        return (
            f"{parts['domain']} wants you to sign in with your Ethereum account:\n{parts['address']}\n\n"
            f"Sign in to pswallet.\n\nURI: {parts['uri']}\nVersion: 1\nChain ID: {parts['chain_id']}\n"
            f"Nonce: {parts['nonce']}\nIssued At: {parts['issued_at']}" + parts.get("more", "")
        )

    def proof(self, message: str | None = None) -> dict[str, str]:
        """Sign a sign-in message as wallets do (EIP-191)."""
        text = self.message() if message is None else message
        content = text.encode()
        digest = signing.keccak(b"\x19Ethereum Signed Message:\n" + str(len(content)).encode() + content)
        return {"message": text, "signature": "0x" + signing.sign(digest, self.key).hex()}

    def join(self) -> "Member":
        """Open an account as `register` does, without the way over HTTP: for tests of something else."""
        now, vault = clock.now(), self.sms.vault
        with transaction(self.sessions) as session:
            accounts.send_code(session, vault, self.sms, phone=self.phone, now=now)
        with transaction(self.sessions) as session:
            code = self.sms.codes(session, self.phone, limit=1)[0]
            nonce = accounts.give_nonce(session, now=now).nonce
            given = {"domain": HOST, "uri": f"http://{HOST}", "chain_id": self.chain_id, "nonce": nonce}
            proof = self.proof(self._worded({**given, "issued_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}))
            proven = accounts.SignInProof(
                proof["message"], bytes.fromhex(proof["signature"][2:]), HOST, self.chain_id, lambda *_: False
            )
            account, self.token = accounts.register(session, vault, proven, phone=self.phone, code=code, now=now)
            profile = accounts.profile(session, vault, account_id=account.id)
            standing = accounts.standing(session, [self.address])[self.address]
            self.account = account_shape(profile, standing).model_dump(mode="json")
        return self

    def register(self) -> "Member":
        """Open an account and keep its session."""
        answer = self.post("/accounts", {"phone": self.phone, "code": self.code(), **self.proof()})
        assert answer.status_code == 201, answer.text
        self.token, self.account = answer.json()["token"], answer.json()["account"]
        return self
