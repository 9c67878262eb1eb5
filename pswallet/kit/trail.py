"""The trail: who read a person's data or used a privilege, when, why. Append-only, each entry chained to the last.

The database refuses to change or delete an entry; whoever gets around that breaks the chain, and `verify` names the
first entry that is not as it was written. Whoever rewrites the whole of it, or cuts off its end, is found by a head
that was noted elsewhere (the worker logs it every hour). A person stands here by account id alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection, LargeBinary, Text, event, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from pswallet.kit.db import Base

_APPENDING = 0x70737472  # "pstr"
_START = bytes(32)
_AT_ONCE = 1_000

GUARD = (
    """
    CREATE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trail_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_trail()
    """,
    """
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON trail_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_trail()
    """,
)
"""What makes the table append-only: a migration and `create_all` run it."""


class TrailEntry(Base):
    """One read or one privileged act. `hash` is that of the entry before it and of everything here."""

    __tablename__ = "trail_entries"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(Text, index=True)
    """Account id, or the address of somebody who has none here."""
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reason: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


@event.listens_for(TrailEntry.__table__, "after_create")
def _guard(_: Any, connection: Connection, **__: Any) -> None:
    for statement in GUARD:
        connection.execute(text(statement))


@dataclass(frozen=True)
class Act:
    """What somebody is about to do: `actor` and `reason` in their own words, never personal data."""

    actor: str
    act: str
    reason: str
    person: str | None = None
    fields: Sequence[str] = ()


@dataclass(frozen=True)
class Head:
    """The last entry's number and hash; 0 and zeros before the first."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"


class TrailBroken(Exception):
    """Entry `number` is not what was written there, or stands where none was written."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"entry {number}: {why}")
        self.number = number


def append(session: Session, act: Act, *, now: datetime) -> TrailEntry:
    """Write `act` at the end of the trail, to be committed before anything is shown or done.

    Raises ValueError without an actor or a reason.
    """
    if not act.actor.strip() or not act.reason.strip():
        raise ValueError("the trail asks who, and why")
    session.execute(select(func.pg_advisory_xact_lock(_APPENDING)))  # one after the other: each follows the last
    last = head(session)
    content: dict[str, Any] = {
        "number": last.number + 1,
        "at": now,
        "actor": act.actor,
        "act": act.act,
        "person": act.person,
        "fields": list(act.fields),
        "reason": act.reason,
    }
    entry = TrailEntry(**content, hash=_hash(last.hash, content))
    session.add(entry)
    session.flush()
    return entry


def head(session: Session) -> Head:
    """Return the last entry's number and hash."""
    query = select(TrailEntry.number, TrailEntry.hash).order_by(TrailEntry.number.desc()).limit(1)
    last = session.execute(query).one_or_none()
    return Head(last.number, last.hash) if last else Head(0, _START)


def entries_about(session: Session, person: str) -> list[TrailEntry]:
    """Return every entry about a person, the oldest first."""
    return list(session.scalars(select(TrailEntry).where(TrailEntry.person == person).order_by(TrailEntry.number)))


def verify(session: Session, *, noted: Head | None = None) -> Head:
    """Compute the whole chain again and return its head. `noted`: a head that was noted earlier, elsewhere.

    Raises TrailBroken with the number of the first entry that is wrong, missing, or stands elsewhere.
    """
    last = Head(0, _START)
    columns = [TrailEntry.hash, *(getattr(TrailEntry, name) for name in _CONTENT)]
    query = select(*columns).order_by(TrailEntry.number).execution_options(yield_per=_AT_ONCE)
    with session.execute(query) as rows:
        for row in rows:
            last = _follow(last, row._asdict())
            if noted is not None and noted.number == last.number and noted.hash != last.hash:
                raise TrailBroken(last.number, f"not the one that was noted: {noted.hash.hex()}")
    if noted is not None and noted.number > last.number:
        raise TrailBroken(last.number + 1, f"missing; entry {noted.number} was noted")
    return last


_CONTENT = ("number", "at", "actor", "act", "person", "fields", "reason")


def _follow(last: Head, entry: Mapping[str, Any]) -> Head:
    number: int = entry["number"]
    if number != last.number + 1:
        raise TrailBroken(last.number + 1, f"missing; the next one is {number}")
    if entry["hash"] != _hash(last.hash, {name: entry[name] for name in _CONTENT}):
        raise TrailBroken(number, "changed, or not written by us")
    return Head(number, entry["hash"])


def _hash(before: bytes, content: dict[str, Any]) -> bytes:
    at: datetime = content["at"]
    written = orjson.dumps({**content, "at": at.astimezone(UTC).isoformat()}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(before + written).digest()
