"""`pswallet points`: a proof is checked offline, or against the root that a node reads from the contract."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from pswallet.chain.hashing import keccak, selector
from pswallet.chain.models import ChainBlock
from pswallet.cli import app
from pswallet.kit import trail
from pswallet.kit.clock import from_unix, shanghai_day
from pswallet.kit.db import Sessions, transaction
from pswallet.points import service
from pswallet.points.rules import PROOF_FORMAT
from pswallet.points.rules.proofs import day_number
from tests.features.points import DAY, MINUTE, NOON, Till
from tests.features.test_points_days import PEOPLE, TODAY, VAULT, closed, prove
from tests.parts import Chain, Pipeline

KEEPER = "0x00000000000000000000000000000000000000a0"
ANSWERS_BY_CALLDATA = "0x365f5f37365f20545f5260205ff3"
"""Returns the storage slot that the hash of the calldata names: a stand-in for the Anchor's mapping."""


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["points", *words])
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def till(sessions: Sessions) -> Till:
    till = Till(sessions)
    for place, person in enumerate(PEOPLE):
        till.buy(person, "a", 10_000 * (place + 1))
    return till


@pytest.fixture
def write(till: Till, tmp_path: Path) -> Callable[..., str]:
    """Write a proof of the first person's to a file, some of it changed; return its name."""
    closed(till)

    def written(**changed: Any) -> str:
        shown = asdict(prove(till, PEOPLE[0])[0])
        beside = [{"hash": digest, "points": points} for digest, points in shown["beside"]]
        told = {**shown, "format": PROOF_FORMAT, "day": shown["day"].isoformat(), "beside": beside, **changed}
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(told))
        return str(file)

    return written


def test_a_proof_is_checked_against_a_root_without_any_network(write: Callable[..., str], till: Till) -> None:
    root = closed(till).root
    said = run("verify", write(), "--root", root, "--account", PEOPLE[0].address.lower()).stdout
    assert said == f"OK: {PEOPLE[0].address} had 100 of 1,500 points at the end of 2026-11-25; root {root}\n"


@pytest.mark.parametrize(
    "changed",
    [
        {"points": 101},
        {"points": -100},
        {"position": 4},
        {"day": "2026-11-26"},
        {"account": PEOPLE[1].address},
        {"salt": "0x" + "00" * 32},
        {"beside": []},
        {"format": "another"},
        {"points": "100"},
    ],
    ids=str,
)
def test_a_changed_proof_is_not_counted(write: Callable[..., str], till: Till, changed: dict[str, Any]) -> None:
    said = run("verify", write(**changed), "--root", closed(till).root, status=1).stderr
    assert said.startswith("NOT COUNTED: ")


def test_anothers_proof_is_not_ones_own(write: Callable[..., str], till: Till) -> None:
    said = run("verify", write(), "--root", closed(till).root, "--account", PEOPLE[1].address, status=1).stderr
    assert f"it is about {PEOPLE[0].address}" in said


def test_the_root_is_read_from_the_contract_by_a_node(write: Callable[..., str], till: Till, chain: Chain) -> None:
    root = closed(till).root
    asked = selector("rootOf(bytes32,uint32)") + keccak(b"points") + day_number(TODAY).to_bytes(32)
    chain.rpc.call("anvil_setCode", [KEEPER, ANSWERS_BY_CALLDATA])
    where = ("--rpc", chain.rpc.url, "--anchor", KEEPER)
    assert "keeps no root" in run("verify", write(), *where, status=2).stderr
    chain.rpc.call("anvil_setStorageAt", [KEEPER, "0x" + keccak(asked).hex(), root])
    assert run("verify", write(), *where).stdout.startswith("OK: ")
    chain.rpc.call("anvil_setStorageAt", [KEEPER, "0x" + keccak(asked).hex(), "0x" + "11" * 32])
    assert run("verify", write(), *where, status=1).stderr.startswith("NOT COUNTED: ")


def test_a_day_is_anchored_and_its_proof_checked_by_the_contract_of_the_deployment(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till, now = Till(pipeline.sessions), from_unix(pipeline.chain.now())
    till.buy(PEOPLE[0], "a", 10_000, at=now - DAY)
    day = shanghai_day(now - DAY)
    left = [till.run(lambda session: service.anchor_day(session, VAULT, day, now=now)) for _ in range(2)]
    assert left == [1, 0]
    pipeline.settle()
    assert [refusal for _, refusal in pipeline.calls().values()] == [None]
    assert [block is not None for block, _ in pipeline.calls().values()] == [True]
    pipeline.chain.deployment.save(tmp_path / "deployment.json")
    monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", str(tmp_path / "deployment.json"))
    shown = asdict(till.run(lambda session: service.proof_of(session, VAULT, PEOPLE[0].address, day=None))[0])
    file = tmp_path / "proof.json"
    file.write_text(json.dumps({**shown, "format": PROOF_FORMAT, "day": day.isoformat()}))
    assert "100 of 100 points" in run("verify", str(file), "--rpc", pipeline.chain.rpc.url).stdout


def test_the_contract_is_that_of_the_deployment_file_if_none_is_named(
    write: Callable[..., str], till: Till, chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "deployment.json"
    monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", str(place))
    place.write_text("{}")
    assert "--anchor" in run("verify", write(), "--rpc", chain.rpc.url, status=2).stderr
    place.write_text(json.dumps({"anchor": KEEPER}))
    assert f"{KEEPER} keeps no root" in run("verify", write(), "--rpc", chain.rpc.url, status=2).stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--root", "0x11", "--rpc", "http://127.0.0.1:1"),
        ("--anchor", KEEPER),
        ("--root", "0x11", "--anchor", KEEPER),
    ],
)
def test_a_root_must_be_named_once(write: Callable[..., str], words: tuple[str, ...]) -> None:
    assert "--root HASH" in run("verify", write(), *words, status=2).stderr


def test_what_cannot_be_known_is_said_in_a_line(write: Callable[..., str], tmp_path: Path) -> None:
    gone = run("verify", str(tmp_path / "none.json"), "--root", "0x11", status=2).stderr
    away = run("verify", write(), "--rpc", "http://127.0.0.1:1", "--anchor", KEEPER, status=2).stderr
    (tmp_path / "text.json").write_text("points")
    text_file = run("verify", str(tmp_path / "text.json"), "--root", "0x11", status=1).stderr
    assert [said.count("\n") for said in (gone, away, text_file)] == [1, 1, 1]


def test_an_operator_adds_a_reward_and_the_trail_tells(
    sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSWALLET_DATABASE_URL", database_url)
    words = ("add-reward", "客家擂茶", "--points", "500", "--stock", "20", "--by", "ann")
    assert "who, and why" in run(*words, "--reason", " ", status=1).stderr
    said = run(*words, "--reason", "autumn").stdout
    with transaction(sessions) as session:
        (reward,) = service.rewards(session)
        trail.verify(session)
        told = session.execute(text("SELECT actor, act, reason FROM trail_entries")).one()
    assert said.startswith(reward.id)
    assert (reward.title, reward.points, reward.stock, reward.level) == ("客家擂茶", 500, 20, 0)
    assert tuple(told) == ("ann", "add-reward", "autumn")


def test_an_operator_sees_everybodys_points_by_where_they_are(
    till: Till, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSWALLET_DATABASE_URL", database_url)
    till.reserve(PEOPLE[0], "quote", 60)
    order = till.buy(PEOPLE[1], "b", 4_000, points=150)
    till.refund(order, 1_000, at=NOON + 2 * MINUTE)
    with till.sessions.begin() as session:
        session.add(ChainBlock(number=1, hash="0x1", time=NOON + 3 * MINUTE))
    told = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in run("books").stdout.splitlines()}
    assert told == {
        "issued": -1_540, "free": 1_320, "held": 60, "spent": 150, "redeemed": 0, "expired": 0, "clawed-back": 10,
        "sum": 0,
    }  # fmt: skip


def test_a_database_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSWALLET_DATABASE_URL", "")
    assert "PSWALLET_DATABASE_URL" in run("books", status=2).stderr
