"""Texts on the wire: one type for all that people write, which takes every script and no control character."""

from typing import Annotated

import httpx
import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from pswallet.api.shapes import FreeLines, FreeText
from tests.api.document import Schema, asked
from tests.api.gateway import Member, code_of

BAD = ["a\x00b", "a\nb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\u202eb", "a\u2066b"]
GOOD = ["", "擂茶", "恭喜\u3000发财", "👨\u200d👩\u200d👧", "é", "مرحبا", "a b"]


@pytest.mark.parametrize("text", BAD)
def test_control_characters_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(FreeText).validate_python(text)


@pytest.mark.parametrize("text", GOOD)
def test_every_script_is_taken(text: str) -> None:
    assert TypeAdapter(FreeText).validate_python(text) == text


def test_several_lines_take_line_breaks_and_no_other_control_character() -> None:
    assert TypeAdapter(FreeLines).validate_python("a\n\nb") == "a\n\nb"
    with pytest.raises(ValidationError):
        TypeAdapter(FreeLines).validate_python("a\n\x00")


def takes_nul(schema: Schema) -> bool:
    """Whether its own words let a NUL through: choices and dates do not, a pattern may."""
    if {"enum", "const", "format"} & set(schema):
        return False
    if "pattern" not in schema:
        return True
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=schema["pattern"])]).validate_python("a\x00b")
    except ValidationError:
        return False
    return True


def test_no_text_of_any_request_takes_control_characters(http: httpx.Client) -> None:
    found = dict(asked(http.get("/openapi.json").json(), "string"))
    for known in ("POST /v1/payment-requests note", "POST /v1/red-packets greeting", "POST /v1/kyc/real-name name"):
        assert known in found, "the walk misses a shape"
    assert [at for at, schema in found.items() if takes_nul(schema)] == []


def test_a_nul_is_refused_by_name_wherever_it_stands(member: Member) -> None:
    ask = {"kind": "request", "total_fen": 5, "payers": ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"]}
    answer = member.post("/payment-requests", ask | {"note": "a\x00b"})
    assert (answer.status_code, code_of(answer)) == (422, "text-invalid")
    assert answer.json()["errors"][0]["at"] == "body.note"
    assert code_of(member.post("/red-packets/phrase-keys", {"phrase": "a\x00b"})) == "text-invalid"
    packet = "/red-packets/0x" + "ab" * 32
    assert code_of(member.post(f"{packet}/claims", {"phrase": "a\x00b"})) == "text-invalid"
    assert code_of(member.post("/transfers", {"to_phone": "138\x00138000"})) == "text-invalid"
    real_name = {"name": "曾小萍", "id_number": "440310\x00"}
    assert code_of(member.post("/kyc/real-name", real_name)) == "text-invalid"
    path = member.http.delete("/v1/sessions/a%00b", headers=member.bearer)
    assert code_of(path) == "text-invalid"
