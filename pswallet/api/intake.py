"""Group commit of the hot POSTs: requests that arrive while a group is being worked off form the next one.

A group is one transaction in one thread: many sessions, many Idempotency-Keys, one list call of the service, one
commit; then each request gets its own answer. A lone request waits for nobody; sixty-four at once share the statements.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pswallet.accounts.service import SessionOwner, authenticate
from pswallet.api.deps import Gateway, token_of
from pswallet.api.idempotency import (
    Answer,
    KeptTwice,
    Key,
    answer_of,
    fingerprint,
    lookup_many,
    read_key,
    store_many,
)
from pswallet.api.problems import ChainAway, IdempotencyKeyInUse, problem_of_validation
from pswallet.chain.outbox import last_block
from pswallet.kit import clock
from pswallet.kit.db import transaction
from pswallet.kit.problems import Problem

LARGEST_GROUP = 500
"""One statement of 500 rows is as good as any larger one, and its requests wait no longer than they must."""

_TRIES = 3

C = TypeVar("C")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Hot(Generic[C]):
    """A parsed request: whose it is (`token`), its Idempotency-Key, and how its command is made of its owner."""

    token: str
    key: str
    fingerprint: bytes
    command: Callable[[SessionOwner], C]


Act = Callable[[Session, Sequence[C], datetime], Sequence[Answer | Problem]]
"""Carries out commands at the last indexed block's time; a Problem stands in a refused one's place."""


@dataclass(frozen=True, slots=True)
class Desk(Generic[C]):
    """Works off groups of one kind. A refusal that is `undecided` is handed back to the route and not kept."""

    gateway: Gateway
    act: Act[C]
    undecided: Callable[[C, Problem], bool] = lambda command, problem: False

    def work(self, group: Sequence[Hot[C]]) -> list[Answer | Problem]:
        """Answer every request of `group` in one transaction. Raises what breaks the transaction."""
        for _ in range(_TRIES - 1):
            try:
                return self._in_transaction(group)
            except KeptTwice:
                continue  # another process answered one of these keys meanwhile: now its answer is found
        return self._in_transaction(group)

    def _in_transaction(self, group: Sequence[Hot[C]]) -> list[Answer | Problem]:
        now = clock.now()
        with transaction(self.gateway.sessions) as session:
            block = last_block(session)
            if block is None:
                raise ChainAway(retry_after_s=1)
            owners = authenticate(session, [hot.token for hot in group], now)
            round_ = _Round(self, session, now=now, chain_time=block.time)
            return round_.answers(group, owners)


@dataclass(slots=True)
class _Round(Generic[C]):
    """One group inside its transaction."""

    desk: Desk[C]
    session: Session
    now: datetime
    chain_time: datetime

    def answers(self, group: Sequence[Hot[C]], owners: Sequence[SessionOwner | Problem]) -> list[Answer | Problem]:
        answers: list[Answer | Problem | None] = [owner if isinstance(owner, Problem) else None for owner in owners]
        known = [(place, owner) for place, owner in enumerate(owners) if isinstance(owner, SessionOwner)]
        keys = {place: Key(owner.account_id, group[place].key, group[place].fingerprint) for place, owner in known}
        kept = lookup_many(self.session, self.desk.gateway.vault, list(keys.values()))
        twins: list[int] = []
        fresh: list[tuple[int, SessionOwner]] = []
        for (place, owner), found in zip(known, kept, strict=True):
            if found is None:
                fresh.append((place, owner))
            elif isinstance(found, IdempotencyKeyInUse):
                twins.append(place)
            else:
                answers[place] = found
        made = self._act([(keys[place], group[place].command(owner)) for place, owner in fresh])
        for (place, _), answer in zip(fresh, made, strict=True):
            answers[place] = answer
        first = {keys[place]: answers[place] for place, _ in fresh}
        for place in twins:
            answers[place] = first[keys[place]]
        return [answer for answer in answers if answer is not None]

    def _act(self, asked: Sequence[tuple[Key, C]]) -> list[Answer | Problem]:
        if not asked:
            return []
        outcomes = self.desk.act(self.session, [command for _, command in asked], self.chain_time)
        kept: list[tuple[Key, Answer]] = []
        answers: list[Answer | Problem] = []
        for (key, command), outcome in zip(asked, outcomes, strict=True):
            if isinstance(outcome, Problem) and self.desk.undecided(command, outcome):
                answers.append(outcome)
                continue
            answer = answer_of(outcome, 0) if isinstance(outcome, Problem) else outcome
            kept.append((key, answer))
            answers.append(answer)
        store_many(self.session, self.desk.gateway.vault, kept, now=self.now)
        return answers


@dataclass(slots=True)
class Intake(Generic[C]):
    """Gathers requests into groups, one group at a time. Lives in one event loop."""

    desk: Desk[C]
    name: str = "requests"
    _waiting: deque[tuple[Hot[C], asyncio.Future[Answer | Problem], float]] = field(default_factory=deque)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "intake"))
    _task: asyncio.Task[None] | None = None

    async def answer(self, hot: Hot[C]) -> Answer | Problem:
        """Return the answer, after the commit that it speaks of. Raises what broke its transaction."""
        future: asyncio.Future[Answer | Problem] = asyncio.get_running_loop().create_future()
        self._waiting.append((hot, future, time.monotonic()))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(LARGEST_GROUP, len(self._waiting)))]
            self.desk.gateway.metrics.gathered(self.name, len(group), waited_s=time.monotonic() - group[0][2])
            try:
                answers = await loop.run_in_executor(self._thread, self._work, [hot for hot, *_ in group])
            except BaseException as broken:
                # The loop is closing under us: nobody may be left waiting.
                for _, future, _ in group:
                    if not future.done():
                        future.set_exception(broken)
                raise
            for (_, future, _), answer in zip(group, answers, strict=True):
                _settle(future, answer)

    def _work(self, group: Sequence[Hot[C]]) -> list[Answer | Problem | Exception]:
        try:
            return list(self.desk.work(group))
        except (OperationalError, InterfaceError, PoolTimeout, Problem) as outage:
            return [outage for _ in group]
        except Exception as broken:
            if len(group) == 1:
                return [broken]
        # Something nobody expected: one by one, so that a poisoned request costs only itself.
        return [answer for hot in group for answer in self._work([hot])]


def _settle(future: asyncio.Future[Answer | Problem], answer: Answer | Problem | Exception) -> None:
    if future.done():  # its client went away
        return
    if isinstance(answer, Exception) and not isinstance(answer, Problem):
        future.set_exception(answer)
    else:
        future.set_result(answer)


# --- the HTTP side ----------------------------------------------------------


async def parse(request: Request, shape: type[M]) -> tuple[M, str, str, bytes]:
    """Return a hot POST's body, session token, Idempotency-Key and fingerprint.

    Raises SessionMissing, IdempotencyKeyMissing, RequestMalformed, RequestInvalid, AmountInvalid, TextInvalid.
    """
    token = token_of(request.headers.get("authorization"))
    key = read_key(request.headers.get("idempotency-key"))
    raw = await request.body()
    try:
        body = shape.model_validate_json(raw or b"{}")
    except ValidationError as invalid:
        # As FastAPI says it: a place begins with the part of the request.
        errors = [{**error, "loc": ("body", *error["loc"])} for error in invalid.errors()]
        raise problem_of_validation(errors) from invalid
    return body, token, key, fingerprint(request.app.state.gateway.vault, request.method, request.url.path, raw)


def sent(answer: Answer | Problem) -> Response:
    """Return the HTTP response. Raises the Problem that was not kept as an answer."""
    if isinstance(answer, Problem):
        raise answer
    return answer.response()


def accepted(body: dict[str, Any]) -> Answer:
    """Return a 202 with `body`: taken in, not yet on the chain."""
    return Answer(202, orjson.dumps(body))


class HotRoute(Route):
    """A plain Starlette route: FastAPI's own costs a claim 100 µs more. A twin in a router describes it (OpenAPI)."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the log's lines name this route."""
        scope["route"] = self
        await super().handle(scope, receive, send)


def hot_route(path: str, serve: Callable[[Request], Awaitable[Response]]) -> HotRoute:
    """Return a POST route below /v1 that goes straight to `serve`."""
    return HotRoute(f"/v1{path}", serve, methods=["POST"])


def intake_of(request: Request, name: str, desk: Callable[[Gateway], Desk[Any]]) -> Intake[Any]:
    """Return the app's one intake of that name, made at its first request. Raises GatewayBusy before a body is read.

    A 202 is a promise to carry a call to the chain: none is given that could not be kept in time.
    """
    request.app.state.gateway.backlog.admit()
    return unpromising_intake_of(request, name, desk)


def unpromising_intake_of(request: Request, name: str, desk: Callable[[Gateway], Desk[Any]]) -> Intake[Any]:
    """Return the app's one intake of that name, for what leaves no call: the chain may be behind."""
    state = request.app.state
    intakes = _intakes(state)
    if name not in intakes:
        intakes[name] = Intake(desk(state.gateway), name)
    return intakes[name]


def _intakes(state: Any) -> dict[str, Intake[Any]]:
    if not hasattr(state, "intakes"):
        state.intakes = {}
    found: dict[str, Intake[Any]] = state.intakes
    return found
