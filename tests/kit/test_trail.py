"""The trail: nobody changes it unnoticed, and the first broken entry is named."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pswallet.kit import clock, trail
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.trail import Act, Head, TrailBroken

ENTRIES = 6
BEHIND_THE_GUARD = "SET LOCAL session_replication_role = replica"


@pytest.fixture
def written(sessions: Sessions) -> Sessions:
    """A trail of six entries."""
    for number in range(1, ENTRIES + 1):
        with transaction(sessions) as session:
            act = Act("ann", "show-person", f"case {number}", person=f"acc_{number}", fields=["name"])
            trail.append(session, act, now=clock.from_unix(1_800_000_000 + number))
    return sessions


def verified(sessions: Sessions, noted: Head | None = None) -> Head:
    with transaction(sessions) as session:
        return trail.verify(session, noted=noted)


def tampered(sessions: Sessions, *statements: str) -> None:
    with transaction(sessions) as session:
        session.execute(text(BEHIND_THE_GUARD))
        for statement in statements:
            assert session.execute(text(statement)).rowcount == 1


def first_broken(sessions: Sessions, noted: Head | None = None) -> int:
    with pytest.raises(TrailBroken) as broken:
        verified(sessions, noted)
    return broken.value.number


def test_an_untouched_trail_is_whole(written: Sessions) -> None:
    head = verified(written)
    assert head.number == ENTRIES
    with transaction(written) as session:
        assert trail.head(session) == head
        assert [entry.number for entry in trail.entries_about(session, "acc_2")] == [2]


def test_an_empty_trail_is_whole(sessions: Sessions) -> None:
    assert verified(sessions) == Head(0, bytes(32))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail_entries SET reason = 'none' WHERE number = 3",
        "DELETE FROM trail_entries",
        "TRUNCATE trail_entries",
    ],
)
def test_the_database_refuses_to_change_it(written: Sessions, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), transaction(written) as session:
        session.execute(text(statement))
    assert verified(written).number == ENTRIES


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'none'",
        "actor = 'bob'",
        "act = 'other'",
        "person = 'acc_9'",
        "person = NULL",
        "fields = '{}'",
        "at = at + interval '1 microsecond'",
        "hash = sha256(hash)",
    ],
)
def test_a_changed_entry_is_named(written: Sessions, change: str) -> None:
    tampered(written, f"UPDATE trail_entries SET {change} WHERE number = 4")
    assert first_broken(written) == 4


@pytest.mark.parametrize("number", [1, 4])
def test_a_dropped_entry_is_named(written: Sessions, number: int) -> None:
    tampered(written, f"DELETE FROM trail_entries WHERE number = {number}")
    assert first_broken(written) == number


def test_entries_that_changed_places_are_named(written: Sessions) -> None:
    tampered(
        written,
        "UPDATE trail_entries SET number = 99 WHERE number = 3",
        "UPDATE trail_entries SET number = 3 WHERE number = 5",
        "UPDATE trail_entries SET number = 5 WHERE number = 99",
    )
    assert first_broken(written) == 3


def test_an_entry_slipped_in_is_named(written: Sessions) -> None:
    moved = [f"UPDATE trail_entries SET number = {number + 1} WHERE number = {number}" for number in (6, 5, 4)]
    copied = "INSERT INTO trail_entries SELECT 4, at, actor, act, person, fields, reason, hash FROM trail_entries"
    tampered(written, *moved, f"{copied} WHERE number = 3")
    assert first_broken(written) == 4


def test_an_entry_put_at_the_end_is_named(written: Sessions) -> None:
    copied = "INSERT INTO trail_entries SELECT 7, at, actor, act, person, fields, reason, hash FROM trail_entries"
    tampered(written, f"{copied} WHERE number = 6")
    assert first_broken(written) == 7


def test_a_cut_end_shows_beside_a_head_noted_elsewhere(written: Sessions) -> None:
    noted = verified(written)
    tampered(written, "DELETE FROM trail_entries WHERE number = 6")
    assert verified(written).number == 5  # by itself it looks whole
    assert first_broken(written, noted) == 6


def test_a_trail_written_anew_shows_beside_a_head_noted_elsewhere(written: Sessions) -> None:
    noted = verified(written)
    tampered(written, "DELETE FROM trail_entries WHERE number = 6")
    with transaction(written) as session:
        trail.append(session, Act("ann", "show-person", "another case"), now=clock.now())
    assert verified(written).number == 6
    assert first_broken(written, noted) == 6


@pytest.mark.parametrize(("actor", "reason"), [(" ", "a case"), ("ann", " ")])
def test_nobody_reads_without_a_name_or_a_reason(sessions: Sessions, actor: str, reason: str) -> None:
    with transaction(sessions) as session, pytest.raises(ValueError, match="who, and why"):
        trail.append(session, Act(actor, "show-person", reason), now=clock.now())


def test_entries_written_at_once_stand_in_one_chain(sessions: Sessions, at_once: Callable[..., None]) -> None:
    def write() -> None:
        with transaction(sessions) as session:
            trail.append(session, Act("ann", "show-person", "a case"), now=clock.now())

    at_once([write] * 8)
    assert verified(sessions).number == 8
