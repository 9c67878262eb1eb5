"""More than can be done: the gateway says so at once and keeps every word that it gave."""

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from pswallet.api import overload
from pswallet.api.metrics import Metrics
from pswallet.api.overload import Backlog, Seats
from pswallet.api.problems import GatewayBusy
from pswallet.api.readiness import Lookout, Readiness
from pswallet.kit.db import Sessions, transaction
from tests.api.gateway import code_of, serve
from tests.api.money import balance, members, transfer_body
from tests.api.test_health import wait_until
from tests.parts import Pipeline

# --- the way to the chain ---------------------------------------------------------------------------


@contextmanager
def behind(sessions: Sessions, *, calls: int, seconds: float) -> Iterator[None]:
    """So many calls have waited so long."""
    with transaction(sessions) as session:
        session.execute(
            text(
                "INSERT INTO chain_calls (key, kind, arguments, left_at) SELECT 'old ' || n, 'authorization', '{}',"
                " now() - make_interval(secs => :age) FROM generate_series(1, :calls) AS n"
            ),
            {"calls": calls, "age": seconds},
        )
    yield
    with transaction(sessions) as session:
        session.execute(text("DELETE FROM chain_calls WHERE key LIKE 'old %'"))


SPARED, PATIENT_S = overload.SPARED_CALLS, overload.LONGEST_BACKLOG_S


@pytest.mark.parametrize(
    ("calls", "seconds", "sheds"),
    [(SPARED + 1, PATIENT_S + 1, True), (SPARED, PATIENT_S + 1, False), (SPARED + 1, PATIENT_S - 2, False)],
)
def test_a_backlog_is_many_calls_that_wait_long(sessions: Sessions, calls: int, seconds: float, sheds: bool) -> None:
    backlog = Backlog(sessions, Metrics(), confirmations=1)
    with behind(sessions, calls=calls, seconds=seconds):
        backlog.age_s = backlog._look()
    with pytest.raises(GatewayBusy) if sheds else nullcontext():
        backlog.admit()


def test_what_waits_for_a_later_time_on_purpose_is_no_backlog(sessions: Sessions) -> None:
    with behind(sessions, calls=SPARED + 1, seconds=60):
        with transaction(sessions) as session:
            session.execute(text("UPDATE chain_calls SET retry_at = now() + interval '1 minute'"))
        assert Backlog(sessions, Metrics(), confirmations=1)._look() == 0


@pytest.mark.parametrize(
    ("calls", "block_s", "confirmations", "late"),
    [(SPARED + 1, 1, 1, 57), (SPARED, 1, 1, 0), (SPARED + 1, 12, 1, 24), (SPARED + 1, 12, 4, 0)],
)
def test_what_is_under_way_is_late_when_the_blocks_that_it_takes_have_passed(
    sessions: Sessions, calls: int, block_s: int, confirmations: int, late: float
) -> None:
    backlog = Backlog(sessions, Metrics(), confirmations=confirmations)
    with behind(sessions, calls=calls, seconds=60):
        with transaction(sessions) as session:
            session.execute(
                text(
                    "INSERT INTO chain_transactions (sender, nonce, call_ids) SELECT 's', n, ids FROM"
                    " (SELECT id % 2 AS n, array_agg(id ORDER BY id) AS ids FROM chain_calls GROUP BY 1) AS two"
                )
            )
            session.execute(text("UPDATE chain_calls SET transaction_id = 1"))
            session.execute(
                text(
                    "INSERT INTO chain_blocks (number, hash, time)"
                    " SELECT n, 'h', now() + make_interval(secs => n * :gap + CASE WHEN n > 8 THEN 86400 ELSE 0 END)"
                    " FROM generate_series(1, 10) AS n"  # the sandbox's clock was moved by a day
                ),
                {"gap": block_s},
            )
        assert backlog._look() == pytest.approx(late, abs=5 if late else 0)


NO_CALL = {"/v1/codes": "an SMS", "/v1/sandbox/bank-entries": "the sandbox's own bank"}
"""A 202 that leaves the chain no call of a person's."""


def promises(document: dict[str, Any]) -> Iterator[str]:
    """Every operation that answers 202, with ids that fit its path: a new one is held to it too."""
    for path, item in document["paths"].items():
        if "202" in item.get("post", {}).get("responses", {}) and path not in NO_CALL:
            for one in (one for one in item["post"].get("parameters", []) if one["in"] == "path"):
                prefix = re.match(r"\^(\w+)", one["schema"]["pattern"])
                assert prefix is not None
                fitting = prefix[1] + ("5a" * 32 if prefix[1] == "0x" else "0" * 26)
                path = path.replace("{" + one["name"] + "}", fitting)
            yield path.removeprefix("/v1")


def test_while_the_chain_is_behind_no_promise_is_made_but_reads_and_health_are_answered(
    stranger: Any, pipeline: Pipeline, sessions: Sessions, http: httpx.Client
) -> None:
    payer, payee = members(stranger, pipeline, "ann", "bob")
    body = transfer_body(payer, payee.address, 100)
    calls = pipeline.calls()
    with behind(sessions, calls=SPARED + 1, seconds=60):
        wait_until(lambda: payer.post(f"/red-packets/0x{'5a' * 32}/claims").status_code == 503)
        refused = payer.post("/transfers", body, key="k")
        assert (code_of(refused), int(refused.headers["retry-after"])) == ("gateway-busy", 30)
        promising = list(promises(http.get("/openapi.json").json()))
        assert [path for path in promising if code_of(payer.post(path)) != "gateway-busy"] == []
        assert (balance(payer), http.get("/healthz").status_code) == (100_000, 200)
        assert 'pswallet_shed_total{reason="backlog"}' in http.get("/metrics").text
    assert pipeline.calls() == calls
    wait_until(lambda: payer.post("/transfers", body, key="k").status_code == 202)
    pipeline.settle()
    assert balance(payee) == 100_100


def test_in_a_crowd_each_is_paid_that_was_told_so_and_nobody_else(
    make_app: Any, stranger: Any, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, payee = members(stranger, pipeline, "ann", "bob")
    bodies = [transfer_body(payer, payee.address, 100 + place) for place in range(60)]
    monkeypatch.setattr(overload, "LEAST_INSIDE", 1)
    monkeypatch.setattr(overload, "LONGEST_WAIT_S", 0)
    with serve(make_app()) as client, ThreadPoolExecutor(20) as pool:
        payer.http = payee.http = client
        answers = list(pool.map(lambda body: payer.post("/transfers", body), bodies))
        assert {answer.status_code for answer in answers} == {202, 503}
        shed = [answer for answer in answers if not answer.is_success]
        assert {code_of(answer) for answer in shed} == {"gateway-busy"}
        assert all("retry-after" in answer.headers for answer in shed)
        pipeline.settle()
        told = sum(body["amount_fen"] for body, answer in zip(bodies, answers, strict=True) if answer.is_success)
        assert balance(payee) == 100_000 + told


# --- readiness, for which anybody may ask -------------------------------------------------------------


def test_who_asks_during_a_look_shares_the_next_one() -> None:
    begun, go_on, looks = threading.Event(), threading.Event(), []

    def slow() -> Readiness:
        looks.append(Readiness(chain=True, head_block=len(looks)))
        found = looks[-1]
        begun.set()
        go_on.wait(10)
        return found

    async def run() -> list[Readiness]:
        lookout = Lookout(slow)
        first = asyncio.create_task(lookout.look())
        await asyncio.to_thread(begun.wait, 10)
        others = [asyncio.create_task(lookout.look()) for _ in range(9)]
        await asyncio.sleep(0)
        go_on.set()
        return [await first, *await asyncio.gather(*others), await lookout.look()]

    assert [found.head_block for found in asyncio.run(run())] == [0, *[1] * 9, 2]


def test_a_look_that_fails_is_not_shared() -> None:
    outcomes = iter([RuntimeError("nobody expected it"), Readiness(chain=True, head_block=7)])

    def look() -> Readiness:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def run() -> list[Any]:
        lookout = Lookout(look)
        return await asyncio.gather(*(lookout.look() for _ in range(3)), return_exceptions=True)

    failed, *found = asyncio.run(run())
    assert isinstance(failed, RuntimeError)
    assert [one.head_block for one in found] == [7, 7]


# --- seats ------------------------------------------------------------------------------------------


def test_the_line_before_the_seats_is_bounded_and_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "MOST_STANDING", 2)

    async def run() -> list[Any]:
        seats, leave = Seats(1, Metrics()), asyncio.Event()

        async def sit() -> str:
            async with seats.taken():
                await leave.wait()
                return "sat"

        people = [asyncio.create_task(sit()) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        leave.set()
        return await asyncio.gather(*people, return_exceptions=True)

    found = asyncio.run(run())
    assert found[:3] == ["sat"] * 3
    assert [type(one) for one in found[3:]] == [GatewayBusy] * 2
