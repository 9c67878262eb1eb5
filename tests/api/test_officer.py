"""`pswallet operator`, `privacy` and `trail` on personal data: in the trail first, shown afterwards."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from pswallet.chain.keys import open_vault
from pswallet.cli import app
from pswallet.kit import rotation, trail
from pswallet.kit.db import Sessions, transaction
from pswallet.vendors.sms import SandboxSms
from tests.api.gateway import Member, serve
from tests.api.leaving import NAME, NUMBER, check_name, leave
from tests.api.money import members, send
from tests.parts import Chain, Pipeline


@pytest.fixture
def place(chain: Chain, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both key files and the deployment, and a shell that knows where everything is."""
    chain.keys.save(tmp_path / "operator-keys.json")
    chain.keys.of_gateway().save(tmp_path / "keys.json")
    chain.deployment.save(tmp_path / "deployment.json")
    monkeypatch.setenv("PSWALLET_RPC_URL", chain.rpc.url)
    monkeypatch.setenv("PSWALLET_DATABASE_URL", database_url)
    monkeypatch.setenv("PSWALLET_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", str(tmp_path / "deployment.json"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def acts(sessions: Sessions) -> list[tuple[str, str | None, str]]:
    with transaction(sessions) as session:
        trail.verify(session)
        rows = session.execute(text("SELECT act, person, reason FROM trail_entries ORDER BY number"))
        return [tuple(row) for row in rows]


# --- reading --------------------------------------------------------------------


def test_a_person_is_shown_once_the_trail_says_so(place: Path, member: Member, sessions: Sessions) -> None:
    check_name(member)
    shown = run("operator", "show-person", member.address, "--reason", "case 7", "--by", "ann").stdout
    assert NAME in shown
    assert NUMBER in shown
    assert member.phone in shown
    assert acts(sessions) == [("show-person", member.account["id"], "case 7")]


def test_without_a_reason_nothing_is_shown(place: Path, member: Member, sessions: Sessions) -> None:
    assert member.phone not in run("operator", "show-person", member.address, status=2).output
    refused = run("operator", "show-person", member.address, "--reason", " ", status=1)
    assert member.phone not in refused.output
    assert "who, and why" in refused.stderr
    assert acts(sessions) == []


def test_when_the_trail_cannot_be_written_nothing_is_shown(place: Path, member: Member, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.execute(text("ALTER TABLE trail_entries ADD CONSTRAINT full_disk CHECK (number < 1)"))
    refused = run("operator", "show-person", member.address, "--reason", "case 7", status=1)
    assert member.phone not in refused.output


def test_nobody_of_that_name(place: Path, sessions: Sessions) -> None:
    assert "AccountUnknown" in run("operator", "show-person", "acc_nobody", "--reason", "case 7", status=1).stderr


def test_a_privileged_act_is_in_the_trail_before_it_is_tried(
    place: Path, member: Member, sessions: Sessions, pipeline: Pipeline
) -> None:
    pipeline.settle()
    words = ["operator", "freeze", member.address, "--key-file", str(place / "operator-keys.json")]
    assert "--reason" in run(*words, status=2).stderr
    run(*words, "--reason", "court order 5")
    assert acts(sessions) == [("freeze", member.account["id"], "court order 5")]


def test_the_trail_is_verified_by_a_command(place: Path, member: Member, sessions: Sessions) -> None:
    for case in ("case 1", "case 2"):
        run("operator", "show-person", member.address, "--reason", case)
    told = run("trail", "verify").stdout
    noted = told.rsplit("head ", 1)[1].strip()
    assert told.startswith("the trail is whole; entries: 2,")
    run("trail", "verify", "--noted", noted)
    with transaction(sessions) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("DELETE FROM trail_entries WHERE number = 2"))
    run("trail", "verify")
    assert "entry 2: missing" in run("trail", "verify", "--noted", noted, status=1).stderr
    assert "no head" in run("trail", "verify", "--noted", "rubbish", status=2).stderr


def test_without_a_database_one_line_says_so(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PSWALLET_DATABASE_URL")
    assert "PSWALLET_DATABASE_URL" in run("trail", "verify", status=2).stderr
    monkeypatch.setenv("PSWALLET_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert len(run("trail", "verify", status=1).stderr.splitlines()) == 1


# --- the proof --------------------------------------------------------------------


def test_the_proof_of_an_erasure_holds_and_of_none_does_not(place: Path, stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=700)
    check_name(ping)
    send(ping, hua, 700)
    pipeline.settle()
    assert "✗" in run("privacy", "proof", ping.address, status=1).stdout
    assert leave(ping).status_code == 200
    pipeline.settle()
    told = run("privacy", "proof", ping.address).stdout
    assert "✗" not in told
    for claim in ("the person's key is destroyed", "opens for nobody", "locked, storage only", "the audit", "OK"):
        assert claim in told
    assert "Erased" in run("operator", "show-person", ping.address, "--reason", "case 7", status=1).stderr
    kept = ["operator", "show-retained", ping.address, "--reason", "an inquiry"]
    assert NAME in run(*kept, "--key-file", str(place / "operator-keys.json")).stdout
    assert "no key for retention" in run(*kept, "--key-file", str(place / "keys.json"), status=2).stderr


@pytest.mark.parametrize(
    ("lie", "claim"),
    [
        ("UPDATE accounts SET phone_index = 'x' WHERE erased_at IS NOT NULL", "the phone leads nowhere"),
        ("UPDATE vault_keys SET destroyed_at = NULL WHERE wrapped IS NULL", "the person's key is destroyed"),
        ("UPDATE entries SET delta_fen = 699 WHERE delta_fen = 700 AND kind = 'transfer'", "nobody else's history"),
        ("DELETE FROM trail_entries", "the trail says when"),
    ],
)
def test_a_false_erasure_is_not_proven(place: Path, stranger: Any, pipeline: Pipeline, lie: str, claim: str) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=700)
    send(ping, hua, 700)
    pipeline.settle()
    assert leave(ping).status_code == 200
    pipeline.settle()
    with transaction(pipeline.sessions) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        assert session.execute(text(lie)).rowcount == 1
    told = run("privacy", "proof", ping.address, status=1).stdout
    (line,) = [line for line in told.splitlines() if claim in line]
    assert "✗" in line


# --- the master key -----------------------------------------------------------------


@pytest.fixture
def served(place: Path, make_app: Any, sessions: Sessions) -> Iterator[httpx.Client]:
    """A gateway whose vault stands on the key file."""
    vault = open_vault(place / "keys.json")
    with serve(make_app(vault=vault, sms=SandboxSms(sessions, vault))) as client:
        yield client


def test_the_gateway_serves_while_the_master_key_changes(
    place: Path, served: httpx.Client, stranger: Any, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 1)
    people = []
    for number in range(6):
        person = stranger(f"person {number}", f"+861380013{number:04d}")
        person.http = served
        people.append(person.register())
    over, statuses = threading.Event(), []

    def use() -> None:
        while not over.is_set() or len(statuses) < 20:
            statuses.extend(person.get("/accounts/me").status_code for person in people)
            newcomer = stranger(f"newcomer {len(statuses)}", f"+861390013{len(statuses):04d}")
            newcomer.http = served
            statuses.append(newcomer.register().get("/accounts/me").status_code)

    user = threading.Thread(target=use)
    user.start()
    files = ["--key-file", str(place / "keys.json"), "--key-file", str(place / "operator-keys.json")]
    told = run("operator", "rotate-master-key", "--reason", "the yearly change", *files).stdout
    over.set()
    user.join(60)
    assert not user.is_alive()
    assert int(told.split()[0]) >= 6
    assert set(statuses) == {200}
    run("operator", "show-person", people[0].address, "--reason", "does it open?")


def test_a_rotation_can_be_prepared_and_carried_around_first(place: Path, member: Member, sessions: Sessions) -> None:
    words = ["operator", "rotate-master-key", "--reason", "the yearly change"]
    assert "carry them" in run(*words, "--prepare").stdout
    assert acts(sessions) == []
    assert "1 data keys" in run(*words).stdout
    assert [act for act, _, _ in acts(sessions)] == ["rotate-master-key", "retire-old-master-key"]
