"""Idempotency-Key: the same POST sent twice takes effect once and gets the same answer.

An answer is kept in the transaction of its effect, sealed by the vault. Kept: successes and refusals
that a repeat would not change. Not kept: 401 and 429, outages, and requests that
never reached a service (malformed, invalid).
"""

import hashlib
import hmac
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec

import orjson
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from pswallet.api.problems import MEDIA_TYPE, IdempotencyKeyInUse, IdempotencyKeyMissing, IdempotencyKeyReused
from pswallet.api.problems import problem_body as body_of
from pswallet.kit.problems import Problem
from pswallet.kit.rows import BYTES, TEXTS
from pswallet.kit.vault import Vault

_Parameters = ParamSpec("_Parameters")
KEY_PATTERN = "^[ -~]{1,128}$"
_KEY = re.compile(KEY_PATTERN)
_NEVER_KEPT = frozenset({401, 429})
KEPT_FOR = timedelta(hours=24)
"""How long an answer is kept at least; the worker forgets older ones."""


@dataclass(frozen=True)
class Key:
    """Who asks (`owner`), under which key, and the fingerprint of the whole request."""

    owner: str
    key: str
    fingerprint: bytes

    def label(self) -> str:
        """Return what the sealed answer is bound to."""
        return f"answer|{self.owner}|{self.key}"


@dataclass(frozen=True)
class Answer:
    """A status and its JSON body, ready to be sent or kept."""

    status: int
    body: bytes
    retry_after_s: int | None = None

    def response(self) -> Response:
        """Return the HTTP response."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return Response(self.body, self.status, headers, MEDIA_TYPE if self.status >= 400 else "application/json")


class KeptTwice(Exception):
    """Another transaction kept an answer under one of these keys meanwhile: roll back, and run the group again."""


def read_key(header: str | None) -> str:
    """Return the Idempotency-Key. Raises IdempotencyKeyMissing unless it has 1 to 128 printable ASCII characters."""
    key = (header or "").strip()
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMissing()
    return key


def fingerprint(vault: Vault, method: str, path: str, body: bytes) -> bytes:
    """Return what says whether two requests are the same; keyed, for the phone in a body could be guessed."""
    return vault.fingerprint(b"\n".join([method.encode(), path.encode(), body]))


_LOOKUP = text(
    "SELECT wanted.place, kept.fingerprint, kept.status, kept.body"
    " FROM unnest(:owners, :keys) WITH ORDINALITY AS wanted(owner, key, place)"
    " JOIN kept_answers AS kept ON kept.owner = wanted.owner AND kept.key = wanted.key"
).bindparams(bindparam("owners", type_=TEXTS), bindparam("keys", type_=TEXTS))


def lookup_many(session: Session, vault: Vault, keys: Sequence[Key]) -> list[Answer | Problem | None]:
    """Return for each key what was answered before, IdempotencyKeyReused for another request's key, or None when new.

    A key that stands twice in `keys` is new once; its later places get IdempotencyKeyInUse (or IdempotencyKeyReused).
    """
    rows = session.execute(_LOOKUP, {"owners": [key.owner for key in keys], "keys": [key.key for key in keys]})
    kept = {row.place - 1: row for row in rows}
    first: dict[tuple[str, str], bytes] = {}
    found: list[Answer | Problem | None] = []
    for place, key in enumerate(keys):
        row, twin = kept.get(place), first.get((key.owner, key.key))
        first.setdefault((key.owner, key.key), key.fingerprint)
        if row is not None:
            found.append(_replay(vault, key, row.fingerprint, row.status, row.body))
        elif twin is None:
            found.append(None)
        else:
            found.append(IdempotencyKeyInUse() if twin == key.fingerprint else IdempotencyKeyReused())
    return found


_STORE = text(
    "INSERT INTO kept_answers (owner, key, fingerprint, status, body, kept_at)"
    " SELECT owner, key, fingerprint, status, body, :now"
    " FROM unnest(:owners, :keys, :fingerprints, CAST(:statuses AS int[]), :bodies)"
    " AS new(owner, key, fingerprint, status, body) ORDER BY owner, key ON CONFLICT DO NOTHING"
).bindparams(
    bindparam("owners", type_=TEXTS),
    bindparam("keys", type_=TEXTS),
    bindparam("fingerprints", type_=BYTES),
    bindparam("bodies", type_=BYTES),
)


def store_many(session: Session, vault: Vault, answers: Sequence[tuple[Key, Answer]], *, now: datetime) -> None:
    """Keep the answers with one insert; those never kept (401, 429, 5xx) are passed over.

    Raises KeptTwice when another transaction was faster with one of the keys.
    """
    kept = [(key, answer) for key, answer in answers if answer.status not in _NEVER_KEPT and answer.status < 500]
    if not kept:
        return
    stored = session.execute(
        _STORE,
        {
            "owners": [key.owner for key, _ in kept],
            "keys": [key.key for key, _ in kept],
            "fingerprints": [key.fingerprint for key, _ in kept],
            "statuses": [answer.status for _, answer in kept],
            "bodies": [vault.seal_record(key.label(), answer.body) for key, answer in kept],
            "now": now,
        },
    )
    if stored.rowcount != len(kept):  # type: ignore[attr-defined]
        raise KeptTwice()


def answer_of(result: BaseModel | Problem, status: int) -> Answer:
    """Turn a route's result into the answer that is sent and kept; `status` is that of success.

    A kept refusal carries no request id: it is the same answer whenever it is repeated.
    """
    if isinstance(result, Problem):
        body = orjson.dumps(body_of(result, None), default=str)
        return Answer(result.status, body, result.details.get("retry_after_s"))
    return Answer(status, result.model_dump_json().encode())


@dataclass(frozen=True)
class Kept:
    """What `once` needs of a POST: its session, its key, the vault, the time and the status of success."""

    session: Session
    key: Key
    vault: Vault
    now: datetime
    status: int


def once(route: Callable[_Parameters, BaseModel]) -> Callable[_Parameters, Response]:
    """Make a POST route answer once: a repeat under the same key gets the kept answer.

    The route takes `post` (`deps.MemberPost` or `deps.OpenPost`) and returns its shape, or raises a Problem. What
    it wrote before a Problem is undone, unless the Problem says `keeps_writes` (a wrong code counts as a try).
    """

    @wraps(route)
    def answer(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Response:
        post: Any = kwargs["post"]
        return _answer(post.kept, lambda: route(*args, **kwargs)).response()

    answer.__signature__ = inspect.signature(route)  # type: ignore[attr-defined]
    return answer


def _answer(kept: Kept, run: Callable[[], BaseModel]) -> Answer:
    _wait_for_twin(kept.session, kept.key)
    before = answered_before(kept.session, kept.vault, kept.key)
    if before is not None:
        return before
    made = answer_of(_run(kept.session, run), kept.status)
    store_many(kept.session, kept.vault, [(kept.key, made)], now=kept.now)
    return made


def answered_before(session: Session, vault: Vault, key: Key) -> Answer | None:
    """Return what was answered under `key`, None when it is new. Raises IdempotencyKeyReused."""
    before = lookup_many(session, vault, [key])[0]
    if isinstance(before, Problem):
        raise before
    return before


def keep(kept: Kept, refusal: Problem) -> Answer:
    """Keep `refusal` as the answer, unless a twin of the request was answered meanwhile: then that is the answer."""

    def refuse() -> BaseModel:
        raise refusal

    return _answer(kept, refuse)


def _run(session: Session, run: Callable[[], BaseModel]) -> BaseModel | Problem:
    savepoint = session.begin_nested()
    try:
        result = run()
    except Problem as problem:
        if problem.keeps_writes:
            savepoint.commit()
        else:
            savepoint.rollback()
        if problem.status >= 500:
            raise
        return problem
    savepoint.commit()
    return result


def _wait_for_twin(session: Session, key: Key) -> None:
    # Two copies of one request at the same moment: the second waits here until the first has committed its answer.
    digest = hashlib.sha256(key.label().encode()).digest()
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))


def _replay(vault: Vault, key: Key, fingerprint_kept: bytes, status: int, sealed: bytes) -> Answer | Problem:
    if not hmac.compare_digest(fingerprint_kept, key.fingerprint):
        return IdempotencyKeyReused()
    return Answer(status, vault.unseal_record(key.label(), sealed))
