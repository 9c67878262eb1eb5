"""What bad input gets: a named problem in the form of RFC 9457, with a request id, and nothing lost."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from pswallet.accounts.errors import CodeInvalid
from pswallet.api.limits import MAX_BODY_BYTES, Limit, Limits
from pswallet.api.problems import is_amount
from pswallet.api.shapes import AmountFen, Shape
from pswallet.kit.db import Sessions, engine_for, sessions_of, transaction
from pswallet.kit.money import MAX_FEN
from tests.api.document import asked
from tests.api.gateway import Member, code_of, serve

KEY = {"Idempotency-Key": "k", "Content-Type": "application/json"}


# --- the form ------------------------------------------------------------------------


def test_a_problem_says_type_title_status_and_request_id(http: httpx.Client) -> None:
    answer = http.get("/v1/accounts/me")
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body == {
        "type": "/problems/session-missing",
        "title": "Sign in first",
        "status": 401,
        "request_id": answer.headers["x-request-id"],
    }


def test_a_problems_type_leads_to_its_meaning(http: httpx.Client) -> None:
    found = http.get("/problems/code-invalid").json()
    assert (found["title"], found["status"]) == (CodeInvalid.title, 403)
    assert "tries_left" in found["meaning"]
    assert http.get("/problems/no-such-thing").status_code == 404


def test_a_request_id_may_be_brought_along(http: httpx.Client) -> None:
    assert http.get("/healthz", headers={"X-Request-Id": "abcdefgh-1"}).headers["x-request-id"] == "abcdefgh-1"
    assert http.get("/healthz", headers={"X-Request-Id": "<script>"}).headers["x-request-id"].startswith("req_")


def test_unknown_paths_and_methods_are_named(http: httpx.Client) -> None:
    assert code_of(http.get("/v1/nothing")) == "route-unknown"
    assert code_of(http.delete("/v1/codes")) == "method-not-allowed"


# --- bodies -----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b'{"phone": }'])
def test_malformed_json_is_named(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/v1/codes", content=content, headers=KEY)
    assert (answer.status_code, code_of(answer)) in ((400, "request-malformed"), (422, "request-invalid"))


@pytest.mark.parametrize(
    "body", [[], "text", 1, {}, {"phone": 13800138000}, {"phone": None}, {"phone": "13800138000", "extra": 1}]
)
def test_another_shape_is_named_and_never_repeated(http: httpx.Client, body: Any) -> None:
    answer = http.post("/v1/codes", json=body, headers=KEY)
    assert (answer.status_code, code_of(answer)) == (422, "request-invalid")
    assert "13800138000" not in answer.text


def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(http: httpx.Client) -> None:
    full = json.dumps({"phone": "x"}).ljust(MAX_BODY_BYTES).encode()
    assert code_of(http.post("/v1/codes", content=full, headers=KEY)) == "request-invalid"
    answer = http.post("/v1/codes", content=full + b" ", headers=KEY)
    assert (answer.status_code, code_of(answer)) == (413, "body-too-large")


def test_a_body_that_hides_its_length_is_bounded_too(http: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    answer = http.post("/v1/codes", content=parts(), headers=KEY)
    assert (answer.status_code, code_of(answer)) == (413, "body-too-large")


class Pay(Shape):
    amount_fen: AmountFen


@pytest.fixture
def till(make_app: Any) -> Iterator[httpx.Client]:
    """A gateway with one more route, which takes an amount and nothing else."""
    app: FastAPI = make_app()

    @app.post("/pay")
    def pay(body: Pay) -> Pay:
        return body

    with serve(app) as client:
        yield client


@pytest.mark.parametrize("amount", ["0", "-1", "1e3", "1.0", "0.5", '"5"', "true", "null", str(2**63), "NaN"])
def test_an_amount_is_a_whole_number_of_fen(till: httpx.Client, amount: str) -> None:
    answer = till.post("/pay", content=f'{{"amount_fen": {amount}}}', headers=KEY)
    assert (answer.status_code, code_of(answer)) == (422, "amount-invalid")


@pytest.mark.parametrize("amount", [1, 2**63 - 1])
def test_amounts_reach_from_one_fen_to_the_largest(till: httpx.Client, amount: int) -> None:
    assert till.post("/pay", json={"amount_fen": amount}).json() == {"amount_fen": amount}


def test_every_amount_of_every_request_is_named_as_one(http: httpx.Client) -> None:
    found = {
        at.split()[-1]
        for at, schema in asked(http.get("/openapi.json").json(), "integer")
        if schema.get("exclusiveMinimum") == 0 and schema.get("maximum", 0) >= MAX_FEN
    }
    assert {"amount_fen", "total_fen", "total"} <= found, "the walk misses a shape"
    assert [name for name in found if not is_amount(name)] == []


# --- failures of ours and of neighbours -----------------------------------------------------


def test_the_unexpected_is_answered_with_a_request_id_and_logged_loudly(make_app: Any, log_file: Path) -> None:
    app: FastAPI = make_app()

    @app.get("/broken")
    def break_down() -> None:
        raise RuntimeError("13800138000 must not be seen")

    with serve(app) as client:
        answer = client.get("/broken")
    assert (answer.status_code, code_of(answer)) == (500, "gateway-failed")
    lines = [json.loads(line) for line in log_file.read_text().splitlines()]
    failed = [line for line in lines if line.get("request_id") == answer.json()["request_id"]]
    loud = next(line for line in failed if line["event"] == "request.failed")
    assert (loud["level"], loud["error"]) == ("error", ["builtins.RuntimeError"])
    assert any("break_down" in frame for frame in loud["trace"])
    assert "13800138000" not in log_file.read_text()


def test_a_database_that_is_away_is_named(make_app: Any, tmp_path: Path) -> None:
    away = sessions_of(engine_for(f"postgresql://postgres@/none?host={tmp_path}"))
    with serve(make_app(sessions=away)) as client:
        answer = client.get("/v1/accounts/me", headers={"Authorization": "Bearer x"})
        assert (answer.status_code, code_of(answer)) == (503, "database-away")
        assert answer.headers["retry-after"] == "1"
        assert client.get("/healthz").status_code == 200
    away.kw["bind"].dispose()


def test_a_database_that_comes_back_is_used_again(member: Member, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        session.execute(text(f"{kill} WHERE pid <> pg_backend_pid() AND datname = current_database()"))
    assert member.get("/accounts/me").status_code == 200


# --- rate limits --------------------------------------------------------------------------------


def test_a_rate_limit_holds_across_restarts_and_processes(make_app: Any, stranger: Any) -> None:
    limits = Limits(codes=Limit(2, 3600))
    one = stranger()
    phones = iter(f"1380013800{place}" for place in range(9))
    with serve(make_app(limits=limits)) as first:
        one.http = first
        assert [one.post("/codes", {"phone": next(phones)}).status_code for _ in range(2)] == [202, 202]
    with serve(make_app(limits=limits)) as second:
        one.http = second
        answer = one.post("/codes", {"phone": next(phones)})
    assert (answer.status_code, code_of(answer)) == (429, "rate-limit-exceeded")
    assert 1 <= int(answer.headers["retry-after"]) <= 3600


def test_sign_ins_are_limited(make_app: Any, stranger: Any) -> None:
    one = stranger()
    with serve(make_app(limits=Limits(sign_ins=Limit(1, 3600)))) as client:
        one.http = client
        assert one.post("/sign-in/nonces").status_code == 201
        assert code_of(one.post("/sign-in/nonces")) == "rate-limit-exceeded"
        assert code_of(one.post("/sessions", {"message": "x", "signature": "0x" + "11" * 65})) == "rate-limit-exceeded"


# --- the document ----------------------------------------------------------------------------------


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, route in item.items():
            if "requestBody" in route:
                yield f"{method} {path}", route["requestBody"]["content"]["application/json"]["schema"]


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def test_every_body_has_an_example_that_fits_it(http: httpx.Client, make_app: Any) -> None:
    document = http.get("/openapi.json").json()
    shapes = {shape.__name__: shape for shape in every_shape(Shape)}
    found = list(bodies(document))
    assert len(found) > 5
    for where, schema in found:
        name = schema["$ref"].rsplit("/", 1)[-1]
        examples = resolved(document, schema).get("examples")
        assert examples, f"{where} has no example"
        for example in examples:
            shapes[name].model_validate(example)


def every_shape(kind: type[Shape]) -> Iterator[type[Shape]]:
    for below in kind.__subclasses__():
        yield below
        yield from every_shape(below)


def test_every_body_refuses_unknown_fields(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    for where, schema in bodies(document):
        assert resolved(document, schema)["additionalProperties"] is False, where


def test_no_personal_data_travels_in_a_url(http: httpx.Client) -> None:
    names = re.compile(r"phone|name|id_number|card")
    document = http.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for route in item.values():
            for parameter in route.get("parameters", []):
                if parameter["in"] in ("path", "query"):
                    assert not names.search(parameter["name"]), (path, parameter["name"])


def test_the_documentation_shows_every_operation_and_needs_nobody_else(http: httpx.Client) -> None:
    page = http.get("/docs").text
    for path in http.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page
    assert "Bearer and a session" in page
    assert not re.search(r"https?://(?!localhost)|<script", page)
