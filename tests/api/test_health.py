"""What the gateway says of itself and of the chain: /healthz, /readyz, /metrics, /v1/chain, /v1/typed-data."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.api.readiness import MAX_LAG_BLOCKS
from pswallet.api.routes.transfers import EXAMPLE_AUTHORIZATION
from pswallet.chain import signing
from pswallet.chain.presence import PARTS, Presence
from pswallet.chain.rpc import Rpc
from pswallet.kit.db import Sessions, engine_for, sessions_of, transaction
from tests.api.gateway import Member, code_of, serve
from tests.parts import Chain, Pipeline


def wait_until(ask: Callable[[], bool], patience_s: float = 10.0) -> None:
    deadline = time.monotonic() + patience_s
    while not ask():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


@pytest.mark.usefixtures("at_work")
def test_a_gateway_with_all_its_neighbours_is_ready(pipeline: Pipeline, http: httpx.Client, chain: Chain) -> None:
    pipeline.settle()
    answer = http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "database": True,
        "schema_complete": True,
        "chain": True,
        "relayer": True,
        "indexer": True,
        "worker": True,
        "head_block": chain.head(),
        "indexed_block": chain.head(),
        "lag_blocks": 0,
        "unsettled_calls": 0,
        "tiers_not_enforced": [],
    }


def test_without_the_chain_it_is_not_ready_and_still_takes_people_in(
    make_app: Any, stranger: Any, sessions: Sessions
) -> None:
    one = stranger()
    with Rpc("http://127.0.0.1:9", timeout_s=1, attempts=1) as away, serve(make_app(rpc=away)) as client:
        one.http = client
        one.register()
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["chain"], answer.json()["database"], answer.json()["unsettled_calls"]) == (False, True, 1)


def test_what_was_taken_in_goes_out_when_the_chain_is_back(
    make_app: Any, stranger: Any, pipeline: Pipeline, http: httpx.Client
) -> None:
    one = stranger()
    with Rpc("http://127.0.0.1:9", timeout_s=1, attempts=1) as away, serve(make_app(rpc=away)) as client:
        one.http = client
        one.register()
    pipeline.settle()
    one.http = http
    assert one.get("/accounts/me").json()["tier"] == 1


def test_a_contract_account_waits_for_the_chain_to_come_back(make_app: Any, stranger: Any) -> None:
    one = stranger()
    with Rpc("http://127.0.0.1:9", timeout_s=1, attempts=1) as away, serve(make_app(rpc=away)) as client:
        one.http = client
        proof = {"message": one.message(), "signature": "0x" + "ab" * 100}
        answer = one.post("/sessions", proof)
    assert (answer.status_code, code_of(answer)) == (503, "chain-away")


def test_without_the_database_it_is_not_ready_but_alive(make_app: Any, tmp_path: Path) -> None:
    away = sessions_of(engine_for(f"postgresql://postgres@/none?host={tmp_path}"))
    with serve(make_app(sessions=away)) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, False)
        assert client.get("/healthz").json() == {"status": "alive"}
        assert "pswallet_database_up 0.0" in client.get("/metrics").text
    away.kw["bind"].dispose()


def test_a_missing_table_makes_it_unready(pipeline: Pipeline, http: httpx.Client, sessions: Sessions) -> None:
    pipeline.settle()
    with transaction(sessions) as session:
        session.execute(text("DROP TABLE notifications"))
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json()["schema_complete"]) == (503, False)


@pytest.mark.parametrize("part", PARTS)
def test_a_process_that_is_not_there_makes_it_unready_and_is_named(
    part: str, pipeline: Pipeline, http: httpx.Client, at_work: dict[str, Presence]
) -> None:
    pipeline.settle()
    at_work[part].close()
    wait_until(lambda: http.get("/readyz").status_code == 503)
    found = http.get("/readyz").json()
    assert {name: found[name] for name in PARTS} == {name: name != part for name in PARTS}
    assert (found["ready"], found["lag_blocks"], found["chain"], found["database"]) == (False, 0, True, True)
    page = http.get("/metrics").text
    for name in PARTS:
        assert f'pswallet_process_up{{process="{name}"}} {float(name != part)}' in page
    at_work[part].show()
    assert http.get("/readyz").status_code == 200


@pytest.mark.usefixtures("at_work")
def test_an_indexer_that_lags_makes_it_unready(pipeline: Pipeline, http: httpx.Client, chain: Chain) -> None:
    pipeline.settle()
    chain.mine(MAX_LAG_BLOCKS)
    assert http.get("/readyz").json()["lag_blocks"] == MAX_LAG_BLOCKS
    assert http.get("/readyz").status_code == 200
    chain.mine()
    assert http.get("/readyz").status_code == 503


def test_metrics_count_answers_by_route_and_status(http: httpx.Client, member: Member) -> None:
    member.get("/accounts/me")
    http.get("/v1/accounts/me")
    page = http.get("/metrics").text
    for status in (200, 401):
        line = f'pswallet_requests_total{{method="GET",route="/accounts/me",status="{status}"}} 1.0'
        assert line in page
    assert "pswallet_chain_up 1.0" in page


def test_metrics_tell_what_waits_and_for_how_long_and_refusals_by_name(
    http: httpx.Client, member: Member, sessions: Sessions
) -> None:
    with transaction(sessions) as session:  # registration left a call
        session.execute(text("UPDATE chain_calls SET left_at = now() - interval '7 s'"))
    http.get("/v1/accounts/me")
    page = http.get("/metrics").text
    assert 'pswallet_outbox_waiting_calls{kind="tier"} 1.0' in page
    assert 'pswallet_outbox_waiting_calls{kind="mint"} 0.0' in page
    assert 7.0 <= float(page.split('pswallet_outbox_oldest_seconds{kind="tier"} ')[1].split()[0]) < 60.0
    assert 'pswallet_problems_total{problem="session-missing"} 1.0' in page


def test_metrics_tell_the_groups_of_the_intake(http: httpx.Client, member: Member, pipeline: Pipeline) -> None:
    pipeline.settle()
    member.post("/transfers", {"to": member.address, "amount_fen": 1, **EXAMPLE_AUTHORIZATION})
    page = http.get("/metrics").text
    assert 'pswallet_intake_group_size_count{intake="transfers"} 1.0' in page
    assert 'pswallet_intake_wait_seconds_count{intake="transfers"} 1.0' in page


def test_the_chain_is_served_with_the_time_to_sign_by(pipeline: Pipeline, http: httpx.Client, chain: Chain) -> None:
    pipeline.settle()
    found = http.get("/v1/chain").json()
    assert found["chain_id"] == chain.deployment.chain_id
    assert found["contracts"]["stablecoin"] == chain.deployment.stablecoin
    assert (found["block"]["number"], found["block"]["time"]) == (chain.head(), chain.now())


def test_typed_data_is_what_the_gateway_checks(http: httpx.Client, chain: Chain) -> None:
    found = http.get("/v1/typed-data").json()
    assert set(found["types"]) == set(signing.TYPES)
    packet = [(field["name"], field["type"]) for field in found["types"]["RedPacket"]]
    assert tuple(packet) == signing.RED_PACKET.fields
    assert found["domains"]["token"]["verifyingContract"] == chain.deployment.stablecoin
    assert found["domains"]["escrow"]["chainId"] == chain.deployment.chain_id


# --- the sandbox ----------------------------------------------------------------------------------


def test_the_sandboxs_clock_moves_the_chain_alone(pipeline: Pipeline, member: Member, chain: Chain) -> None:
    pipeline.settle()
    before = chain.now()
    answer = member.post("/sandbox/time", {"advance_s": 86_400})
    assert answer.json() == {"number": chain.head(), "time": chain.now()}
    assert before + 86_400 <= chain.now() <= before + 86_410
    assert member.get("/accounts/me").status_code == 200  # sessions are of the wall clock


def test_a_repeated_move_moves_once(pipeline: Pipeline, member: Member, chain: Chain) -> None:
    first = member.post("/sandbox/time", {"advance_s": 3_600}, key="k")
    assert member.post("/sandbox/time", {"advance_s": 3_600}, key="k").content == first.content
    assert chain.now() == first.json()["time"]


def test_the_box_shows_the_last_code_last(stranger: Any, sessions: Sessions) -> None:
    one = stranger()
    codes = []
    for _ in range(2):
        codes.append(one.code())
        with transaction(sessions) as session:
            session.execute(text("DELETE FROM phone_codes"))
    messages = one.post("/sandbox/sms", {"phone": "138 0013 8000"}).json()["messages"]
    assert [message["code"] for message in messages] == codes
    assert codes[-1] in messages[-1]["text"]


def test_outside_the_sandbox_its_doors_do_not_exist(make_app: Any, settings: Any) -> None:
    with serve(make_app(settings=settings.model_copy(update={"mode": "production"}))) as client:
        for path in ("sms", "time", "bank-entries"):
            assert client.post(f"/v1/sandbox/{path}", json={}).status_code == 404
        assert "/v1/sandbox/sms" not in client.get("/openapi.json").json()["paths"]
