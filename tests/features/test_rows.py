"""Lists of rows: what is written as an array literal comes back as it was."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, text

from pswallet.kit.db import Sessions
from pswallet.kit.rows import BYTES, TEXTS, array_literal, insert_new_rows
from pswallet.redpackets.models import Draw

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


class Kind(StrEnum):
    ONE = "one"


def back(sessions: Sessions, kind: str, values: list[Any]) -> list[Any]:
    """Send the literal to PostgreSQL and read the array back."""
    with sessions() as session:
        statement = text(f"SELECT CAST(:literal AS {kind}[])")
        return list(session.execute(statement, {"literal": array_literal(values)}).scalar_one())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", ["plain", "", "NULL", 'quo"te', "back\\slash", "comma, {brace}", " space ", "恭喜", None]),
        ("bigint", [0, -5, 2**63 - 1, None]),
        ("boolean", [True, False, None]),
        ("bytea", [b"", b"\x00\xff\\", None]),
        ("timestamptz", [NOW, NOW.astimezone(UTC), None]),
        ("jsonb", [{"a": 'x"\\', "b": [1, None], "恭": {}}, None]),
        ("text", [Kind.ONE]),
        ("text", []),
    ],
)
def test_an_array_comes_back_as_it_was(sessions: Sessions, kind: str, values: list[Any]) -> None:
    assert back(sessions, kind, values) == values


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(sessions: Sessions, values: list[str]) -> None:
    assert back(sessions, "text", values) == values


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        array_literal([1.5])


def test_typed_parameters_are_written_the_same_way(sessions: Sessions) -> None:
    statement = text("SELECT :texts, :bytes").bindparams(
        bindparam("texts", type_=TEXTS), bindparam("bytes", type_=BYTES)
    )
    with sessions() as session:
        row = session.execute(statement, {"texts": ['a"b', "c"], "bytes": [b"\x01"]}).one()
    assert (list(row[0]), [bytes(one) for one in row[1]]) == (['a"b', "c"], [b"\x01"])


def test_rows_that_are_there_already_are_passed_over(sessions: Sessions) -> None:
    rows = [{"id": f"draw_{n}", "creator": "x", "commitment": f"0x{n}", "created_at": NOW} for n in range(3)]
    with sessions() as session:
        assert insert_new_rows(session, Draw, rows[:2]) == 2
        assert insert_new_rows(session, Draw, rows) == 1
        assert insert_new_rows(session, Draw, []) == 0
