"""POST /v1/sandbox/bank-entries: money arrives and is issued once; sandbox only."""

from typing import Any

from pswallet.schedule import Schedule
from pswallet.settings import Settings
from tests.api.gateway import Member, code_of, serve
from tests.api.money import balance, members
from tests.parts import Pipeline


def work(pipeline: Pipeline) -> None:
    """Two ticks of the worker: the attestation, then the money."""
    for _ in range(2):
        Schedule(pipeline.sessions).step()
        pipeline.settle()


def test_money_arrives_by_address_and_by_phone_and_once(stranger: Any, pipeline: Pipeline) -> None:
    (ping,) = members(stranger, pipeline, "ping", fen=0)
    by_address = {"address": ping.address, "amount_fen": 50_000, "entry": "BANK-1"}
    by_phone = {"phone": ping.phone, "amount_fen": 700, "entry": "BANK-2"}
    for _ in range(2):
        for body in (by_address, by_phone):
            assert ping.post("/sandbox/bank-entries", body).status_code == 202
        work(pipeline)
    assert balance(ping) == 50_700
    assert ping.post("/sandbox/bank-entries", by_address).json()["status"] == "issued"
    changed = {**by_address, "amount_fen": 1}
    assert code_of(ping.post("/sandbox/bank-entries", changed)) == "bank-entry-conflict"


def test_bad_entries_are_refused(member: Member, pipeline: Pipeline) -> None:
    pipeline.settle()
    good = {"address": member.address, "amount_fen": 5, "entry": "BANK-1"}
    assert code_of(member.post("/sandbox/bank-entries", good | {"amount_fen": 0})) == "amount-invalid"
    assert code_of(member.post("/sandbox/bank-entries", good | {"entry": "a b"})) == "request-invalid"
    assert code_of(member.post("/sandbox/bank-entries", good | {"phone": member.phone})) == "request-invalid"
    nobody = {"phone": "+8613900000000", "amount_fen": 5, "entry": "BANK-1"}
    assert code_of(member.post("/sandbox/bank-entries", nobody)) == "person-unknown"


def test_production_has_no_such_door(make_app: Any) -> None:
    with serve(make_app(settings=Settings(mode="production"))) as client:
        answer = client.post("/v1/sandbox/bank-entries", json={}, headers={"Idempotency-Key": "k"})
        assert code_of(answer) == "route-unknown"
