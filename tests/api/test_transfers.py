"""POST and GET /v1/transfers: the hot route of money, over real HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.api.limits import Limit, Limits
from pswallet.chain.rpc import Rpc
from pswallet.kit.db import Sessions, engine_for, sessions_of
from tests.api.gateway import Member, code_of, serve
from tests.api.money import balance, members, send, transfer_body
from tests.parts import Chain, Person, Pipeline


@pytest.fixture
def pair(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A payer and a payee."""
    return members(stranger, pipeline, "ping", "hua")


def calls(sessions: Sessions) -> int:
    """How many payments wait for the chain or went there."""
    with sessions() as session:
        return session.execute(text("SELECT count(*) FROM chain_calls WHERE kind = 'authorization'")).scalar_one()


def test_money_is_sent_and_confirmed(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    answer = send(ping, hua, 1_280)
    assert (answer.status_code, answer.json()["status"]) == (202, "submitted")
    where = f"/transfers/{answer.json()['id']}"
    assert ping.get(where).json()["status"] == "submitted"
    pipeline.settle()
    found = hua.get(where).json()
    assert (found["status"], found["amount_fen"], found["payer"]) == ("confirmed", 1_280, ping.address)
    assert (balance(ping), balance(hua)) == (98_720, 101_280)


def test_money_is_sent_to_a_phone(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    del body["to"]
    answer = ping.post("/transfers", {**body, "to_phone": hua.phone})
    assert answer.status_code == 202
    pipeline.settle()
    assert balance(hua) == 100_500
    assert code_of(ping.post("/transfers", {**body, "to_phone": "+8613900000000"})) == "person-unknown"


def test_a_phone_is_looked_up_for_a_live_session_only(pair: list[Member]) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    del body["to"]
    ping.token = "pst_of_nobody"
    for phone in (hua.phone, "+8613900000000"):
        answer = ping.post("/transfers", {**body, "to_phone": phone})
        assert (answer.status_code, code_of(answer)) == (401, "session-invalid"), phone


def test_an_unknown_person_is_the_same_answer_under_the_same_key(pair: list[Member], stranger: Any) -> None:
    ping, hua = pair
    body = {**transfer_body(ping, hua.address, 500), "to_phone": "+8613900000000"}
    del body["to"]
    first = ping.post("/transfers", body, key="once")
    assert code_of(first) == "person-unknown"
    stranger("late", "+8613900000000").register()
    again = ping.post("/transfers", body, key="once")
    assert (again.status_code, again.content) == (404, first.content)
    assert code_of(ping.post("/transfers", {**body, "to_phone": hua.phone}, key="once")) == "idempotency-key-reused"


def test_an_account_may_look_up_so_many_phones_a_minute(pair: list[Member], make_app: Any) -> None:
    ping, hua = pair
    body = {**transfer_body(ping, hua.address, 500), "to_phone": "+8613900000000"}
    del body["to"]
    with serve(make_app(limits=Limits(lookups=Limit(2, 3600)))) as narrow:
        mine, other = replace(ping, http=narrow), replace(hua, http=narrow)
        assert mine.post("/accounts/lookup", {"phone": hua.phone}).status_code == 200
        assert code_of(mine.post("/transfers", body, key="second")) == "person-unknown"
        assert code_of(mine.post("/transfers", body)) == "rate-limit-exceeded"
        assert code_of(mine.post("/accounts/lookup", {"phone": hua.phone})) == "rate-limit-exceeded"
        assert code_of(mine.post("/transfers", body, key="second")) == "person-unknown"  # a repeat searches nothing
        assert other.post("/accounts/lookup", {"phone": ping.phone}).status_code == 200


def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(
    pair: list[Member], pipeline: Pipeline, sessions: Sessions
) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    first = ping.post("/transfers", body, key="once")
    again = ping.post("/transfers", body, key="once")
    assert (again.status_code, again.content) == (202, first.content)
    assert code_of(ping.post("/transfers", transfer_body(ping, hua.address, 501), key="once")) == (
        "idempotency-key-reused"
    )
    pipeline.settle()
    assert ping.post("/transfers", body, key="once").content == first.content
    assert (calls(sessions), balance(hua)) == (1, 100_500)


def test_a_refusal_is_kept_under_its_key_too(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 100_001)
    assert code_of(ping.post("/transfers", body, key="much")) == "balance-insufficient"
    pipeline.chain.fund(Person("ping"), fen=100_000)
    pipeline.settle()
    assert code_of(ping.post("/transfers", body, key="much")) == "balance-insufficient"
    assert ping.post("/transfers", body).status_code == 202


def test_two_copies_of_one_request_at_the_same_moment_get_one_answer(
    pair: list[Member], pipeline: Pipeline, sessions: Sessions
) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ping.post("/transfers", body, key="twelve"), range(12)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert calls(sessions) == 1


def test_many_at_once_each_get_their_own_answer(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    bodies = [transfer_body(ping, hua.address, 10 + place) for place in range(40)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda body: ping.post("/transfers", body), bodies))
    assert [answer.status_code for answer in answers] == [202] * 40
    assert len({answer.json()["id"] for answer in answers}) == 40
    pipeline.settle()
    for body, answer in zip(bodies, answers, strict=True):
        assert ping.get(f"/transfers/{answer.json()['id']}").json()["amount_fen"] == body["amount_fen"]
    assert balance(hua) == 100_000 + sum(range(10, 50))


def test_a_replayed_authorization_is_refused(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    first = ping.post("/transfers", body)
    again = ping.post("/transfers", body)
    assert code_of(again) == "authorization-already-used"
    assert again.json()["transfer"] == first.json()["id"]


def test_a_foreign_session_cannot_carry_ones_authorization(pair: list[Member]) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    assert code_of(hua.post("/transfers", body)) == "signature-invalid"


def test_a_transfer_needs_a_session_and_a_key(pair: list[Member]) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    headers = {"Idempotency-Key": "k"}
    assert code_of(ping.http.post("/v1/transfers", json=body, headers=headers)) == "session-missing"
    wrong = {**headers, "Authorization": "Bearer pst_nobody"}
    assert code_of(ping.http.post("/v1/transfers", json=body, headers=wrong)) == "session-invalid"
    assert code_of(ping.http.post("/v1/transfers", json=body, headers=ping.bearer)) == "idempotency-key-missing"


def test_amounts_that_are_no_whole_fen_are_refused(pair: list[Member], sessions: Sessions) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    for amount in ("0", "-5", "1e3", "12.5", "1.0", '"500"', "null", "9223372036854775808"):
        content = json.dumps(body).replace('"amount_fen": 500', f'"amount_fen": {amount}')
        headers = {**ping.bearer, "Idempotency-Key": amount, "Content-Type": "application/json"}
        answer = ping.http.post("/v1/transfers", content=content.encode(), headers=headers)
        assert code_of(answer) == "amount-invalid", amount
    assert calls(sessions) == 0


def test_malformed_and_unknown_things_are_refused(pair: list[Member], sessions: Sessions) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    headers = {**ping.bearer, "Idempotency-Key": "k", "Content-Type": "application/json"}
    assert code_of(ping.http.post("/v1/transfers", content=b"{", headers=headers)) == "request-malformed"
    for changed in (
        {"memo": "x"},
        {"to": "0x12"},
        {"to": None},
        {"to_phone": hua.phone},
        {"nonce": "0x12"},
        {"valid_before": 2**47},
        {"signature": "0x12"},
    ):
        assert code_of(ping.post("/transfers", {**body, **changed})) == "request-invalid", changed
    assert calls(sessions) == 0


def test_somebody_elses_transfer_is_unknown(pair: list[Member], stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = pair
    sent = send(ping, hua, 5).json()["id"]
    (nosy,) = members(stranger, pipeline, "nosy", fen=0)
    assert code_of(nosy.get(f"/transfers/{sent}")) == "transfer-unknown"
    assert code_of(ping.get("/transfers/trf_1")) == "request-invalid"


# --- contracts that pay (ERC-1271) ---

_SAYS_YES = "0x7f1626ba7e" + "00" * 28 + "60005260206000f3"
"""Runtime code that answers isValidSignature with its magic value, whatever it is asked."""


@pytest.mark.parametrize(("length", "refusal"), [(80, "signature-malformed"), (65, "signature-invalid")])
def test_a_contracts_signature_is_judged_by_the_contract(
    pair: list[Member], pipeline: Pipeline, chain: Chain, length: int, refusal: str
) -> None:
    """65 bytes is the usual case: the signature of the contract's owner."""
    ping, hua = pair
    signature = "0x" + ("07" * (length - 1) + "1b")
    body = transfer_body(ping, hua.address, 700) | {"signature": signature}
    assert code_of(ping.post("/transfers", body)) == refusal
    chain.rpc.call("anvil_setCode", [ping.address, _SAYS_YES])
    answer = ping.post("/transfers", body)
    assert answer.status_code == 202
    pipeline.settle()
    assert ping.get(f"/transfers/{answer.json()['id']}").json()["status"] == "confirmed"
    assert balance(hua) == 100_700


# --- neighbours that are away ---


def test_without_the_chain_payments_wait_and_go_out_later(
    pair: list[Member], make_app: Any, http: httpx.Client, pipeline: Pipeline
) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    with Rpc("http://127.0.0.1:9", timeout_s=1, attempts=1) as away, serve(make_app(rpc=away)) as client:
        ping.http = client
        sent = ping.post("/transfers", body)
        assert sent.status_code == 202
        # Only a contract could have signed this: nobody can ask it now, and nothing is kept under the key.
        odd = transfer_body(ping, hua.address, 5) | {"signature": "0x" + "ab" * 80}
        assert code_of(ping.post("/transfers", odd, key="odd")) == "chain-away"
    ping.http = http
    pipeline.settle()
    assert ping.get(f"/transfers/{sent.json()['id']}").json()["status"] == "confirmed"
    assert code_of(ping.post("/transfers", odd, key="odd")) == "signature-malformed"


def test_without_the_database_nothing_is_taken_in(pair: list[Member], make_app: Any, http: httpx.Client) -> None:
    ping, hua = pair
    body = transfer_body(ping, hua.address, 500)
    engine = engine_for("postgresql://nobody@127.0.0.1:9/nothing")
    with serve(make_app(sessions=sessions_of(engine))) as client:
        ping.http = client
        assert code_of(ping.post("/transfers", body, key="later")) == "database-away"
    engine.dispose()
    ping.http = http
    assert ping.post("/transfers", body, key="later").status_code == 202
