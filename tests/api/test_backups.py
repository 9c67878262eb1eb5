"""The drill: the database is lost. Money comes back from the chain, people from the backup, and the loss has a name."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from pswallet import tables
from pswallet.chain.keys import open_vault
from pswallet.cli import app
from pswallet.kit import trail
from pswallet.kit.db import transaction
from pswallet.kit.vault import SealBroken, Vault
from pswallet.local import backups
from pswallet.notifications import service as notifications
from pswallet.privacy.proof import prove
from pswallet.schedule import Schedule
from tests.api.gateway import Member, code_of
from tests.api.leaving import leave
from tests.api.money import balance, give, members, send, transfer_body
from tests.databases import administrator, named
from tests.parts import DAY_S, Pipeline, secret
from tests.rebuilds import facts

NAME = "test_backups"


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A database as `pswallet migrate` makes it, and nobody misses."""
    _create(postgres_url)
    url = named(postgres_url, NAME)
    tables.migrate(url)
    yield url
    _drop(postgres_url)


def _create(postgres_url: str) -> None:
    with administrator(postgres_url) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")


def _drop(postgres_url: str) -> None:
    with administrator(postgres_url) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


@dataclass
class Keeper:
    """Who runs the commands."""

    url: str
    server: str
    file: Path
    monkeypatch: pytest.MonkeyPatch

    def run(self, *command: str) -> Any:
        self.monkeypatch.setenv("PSWALLET_DATABASE_URL", self.url)
        return CliRunner().invoke(app, list(command))

    def back_up(self) -> None:
        result = self.run("backup", str(self.file))
        assert result.exit_code == 0, result.stderr

    def lose_and_restore(self, pipeline: Pipeline) -> str:
        """Drop the database, do what the runbook says, and start the processes again; return what `regain` says."""
        _drop(self.server)
        pipeline.close()
        deployment, keys = self.file.with_name("deployment.json"), self.file.with_name("keys.json")
        pipeline.chain.deployment.save(deployment)
        pipeline.chain.keys.save(keys)
        self.monkeypatch.setenv("PSWALLET_RPC_URL", pipeline.chain.rpc.url)
        self.monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", str(deployment))
        self.monkeypatch.setenv("PSWALLET_KEYS_FILE", str(keys))
        restored = self.run("restore", str(self.file))
        assert restored.exit_code == 0, restored.stderr
        # A process of its own: it sets up the log of the process that it runs in.
        rebuild = [sys.executable, "-m", "pswallet.cli", "indexer", "--rebuild"]
        subprocess.run(rebuild, check=True, capture_output=True, timeout=120)
        regained = self.run("regain")
        assert regained.exit_code == 0, regained.stderr
        assert self.run("regain").stdout.startswith("0 claims regained\n"), "twice does nothing"
        pipeline.indexer, pipeline.relayer = pipeline.new_indexer(), pipeline.new_relayer()
        return str(regained.stdout)


@pytest.fixture
def keeper(database_url: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    return Keeper(database_url, postgres_url, tmp_path / "pswallet.backup", monkeypatch)


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """Four people with money, one with a checked name."""
    found = members(stranger, pipeline, "ping", "an", "bo", "chen")
    assert found[1].post("/kyc/real-name", {"name": "曾小萍", "id_number": "440310199003070023"}).status_code == 202
    pipeline.settle()
    return found


def money(pipeline: Pipeline) -> dict[str, Any]:
    """Every fact of the chain; which of them are refusals of calls is the outbox's to know."""
    return {table: rows for table, rows in facts(pipeline).items() if table != "chain_calls"}


def audited(pipeline: Pipeline, keeper: Keeper, tmp_path: Path) -> Any:
    options = ("--rpc", pipeline.chain.rpc.url, "--deployment", str(tmp_path / "deployment.json"))
    return keeper.run("audit", *options, "--database", keeper.url)


def test_money_comes_back_from_the_chain_and_people_from_the_backup(
    people: list[Member], pipeline: Pipeline, keeper: Keeper, tmp_path: Path
) -> None:
    ping, an, bo, chen = people
    packet = give(ping, [an, bo, chen], pipeline, lucky=True, total=3_000)
    assert an.post(f"/red-packets/{packet}/claims").status_code == 202
    pipeline.settle()
    assert send(ping, an, 1_000).status_code == 202
    pipeline.settle()
    waiting = send(an, bo, 300).json()["id"]
    keeper.back_up()
    pipeline.settle()
    later = send(ping, bo, 500).json()["id"]
    assert bo.post(f"/red-packets/{packet}/claims").status_code == 202
    pipeline.settle()
    before, balances = money(pipeline), [balance(one) for one in people]

    keeper.lose_and_restore(pipeline)

    assert money(pipeline) == before
    pipeline.settle()
    assert money(pipeline) == before, "what was sent before the loss is not sent again"
    assert [balance(one) for one in people] == balances
    assert an.get("/accounts/me").json()["masked_name"] == "*小萍", "the session of before the backup goes on"
    assert ping.post("/accounts/lookup", {"phone": an.phone}).json()["address"] == an.address
    assert an.get(f"/transfers/{waiting}").json()["status"] == "confirmed", "it waited at the backup, and was carried"
    assert code_of(ping.get(f"/transfers/{later}")) == "transfer-unknown", "accepted after the backup: its id is lost"
    newest = ping.get("/activity").json()["items"][0]
    assert (newest["delta_fen"], newest["counterparty"]) == (-500, bo.address)
    assert send(bo, ping, 20).status_code == 202
    pipeline.settle()
    assert balance(ping) == balances[0] + 20, "the relayer goes on, its nonces behind the chain's"
    assert chen.post(f"/red-packets/{packet}/claims").json()["position"] == 2, "bo's place is bo's"
    pipeline.settle()
    assert chen.get(f"/red-packets/{packet}/claims/mine").json()["status"] == "claimed"
    result = audited(pipeline, keeper, tmp_path)
    assert result.exit_code == 0, result.output


def test_what_came_after_the_backup_and_is_not_on_the_chain_has_to_be_given_again(
    people: list[Member], stranger: Any, pipeline: Pipeline, keeper: Keeper
) -> None:
    ping, an, *_ = people
    keeper.back_up()
    (dora,) = members(stranger, pipeline, "dora", fen=5_000)
    packet = give(ping, [an], pipeline)
    never_sent = transfer_body(an, ping.address, 70)
    assert an.post("/transfers", never_sent).status_code == 202
    for _ in range(2):
        ask(ping, an)
    seen = place(pipeline, an)

    keeper.lose_and_restore(pipeline)

    pipeline.settle()
    held = balance(ping)
    for _ in range(2):  # sent again by its signer, it moves once
        an.post("/transfers", never_sent)
        pipeline.settle()
    assert balance(ping) == held + 70
    assert code_of(dora.get("/accounts/me")) == "session-invalid"
    dora.token = None
    dora.register()
    pipeline.settle()
    assert balance(dora) == 5_000, "the same key, the same money"
    asked = ask(ping, an)
    with transaction(pipeline.sessions) as session:
        told = notifications.told_after(session, address=an.address, place=seen, limit=50)
    assert [one.body["request"] for one in told if one.block is None] == [asked], "a stream goes on from where it was"
    assert code_of(an.post(f"/red-packets/{packet}/claims")) == "packet-unknown"
    pipeline.chain.move_time(DAY_S + 600)
    pipeline.settle()
    Schedule(pipeline.sessions).step()
    pipeline.settle()
    assert balance(ping) == 100_070, "the packet that nobody here knows went back to its creator"


def test_who_was_erased_after_the_backup_is_named_and_erased_again(
    stranger: Any, pipeline: Pipeline, keeper: Keeper
) -> None:
    an, bo = members(stranger, pipeline, "an", "bo", fen=0)
    keeper.back_up()
    assert leave(an).status_code == 200
    pipeline.settle()

    regained = keeper.lose_and_restore(pipeline)

    assert an.account["id"] in regained
    assert bo.account["id"] not in regained
    again = ("operator", "erase-again", an.account["id"], "--reason", "restored", "--by", "keeper")
    assert keeper.run(*again).exit_code == 0
    with transaction(pipeline.sessions) as session:
        proof = prove(session, open_vault(keeper.file.with_name("keys.json")), an.address)
        written = [(entry.actor, entry.reason) for entry in trail.entries_about(session, an.account["id"])]
    assert [claim for claim, _, holds in proof.claims if not holds] == []
    assert written == [("keeper", "restored")]
    assert keeper.run("regain").stdout == "0 claims regained\n", "nobody is left"
    assert "Erased" in keeper.run(*again).stderr
    assert "StillRegistered" in keeper.run("operator", "erase-again", bo.address, "--reason", "mistaken").stderr
    assert bo.get("/accounts/me").status_code == 200


def ask(host: Member, payer: Member) -> str:
    body = {"kind": "request", "total_fen": 5, "payers": [payer.address]}
    request: str = host.post("/payment-requests", body).json()["id"]
    return request


def place(pipeline: Pipeline, member: Member) -> notifications.Place:
    with transaction(pipeline.sessions) as session:
        return notifications.last_place(session, address=member.address)


def test_a_backup_shows_nobody_without_the_master_key(
    people: list[Member], pipeline: Pipeline, keeper: Keeper, vault: Vault
) -> None:
    ping, an, *_ = people
    group = ping.post("/contact-groups", {"name": "坪山一家人"}).json()["id"]
    ping.post(f"/contact-groups/{group}/members", {"phone": an.phone, "alias": "阿婆阿婆"})
    keeper.back_up()
    written = keeper.file.with_suffix(".sql")
    backups._run("pg_restore", keeper.url, f"--file={written}", str(keeper.file))
    text = written.read_text()
    assert an.address in text, "the backup is whole"
    assert "vault_keys" in text
    for clear in ("曾小萍", "小萍", "440310199003070023", an.phone, an.phone[3:], "坪山一家人", "阿婆阿婆"):
        assert clear not in text
        assert clear.encode().hex() not in text
    assert pipeline.chain.keys.vault_master.hex() not in text
    thief = Vault(secret("another master key"))
    with transaction(pipeline.sessions) as session:
        account, sealed = session.connection().exec_driver_sql("SELECT id, phone_sealed FROM accounts LIMIT 1").one()
        assert vault.unseal(session, account, "phone", sealed).startswith("+86")
        with pytest.raises(SealBroken):
            thief.unseal(session, account, "phone", sealed)


def test_a_backup_is_a_new_file_that_only_its_owner_reads(keeper: Keeper) -> None:
    keeper.back_up()
    assert keeper.file.stat().st_mode & 0o777 == 0o600
    before = keeper.file.read_bytes()
    again = keeper.run("backup", str(keeper.file))
    assert (again.exit_code, keeper.file.read_bytes()) == (1, before)
    assert "is there already" in again.stderr
    assert [one.name for one in keeper.file.parent.iterdir()] == [keeper.file.name]


def test_a_backup_that_fails_leaves_no_file(keeper: Keeper, tmp_path: Path) -> None:
    keeper.url = "postgresql://nobody@127.0.0.1:1/nothing"
    result = keeper.run("backup", str(keeper.file))
    assert (result.exit_code, "pg_dump" in result.stderr, "Traceback" in result.stderr) == (1, True, False)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_restored_over_tables_and_half_a_backup_restores_nothing(keeper: Keeper, postgres_url: str) -> None:
    keeper.back_up()
    over = keeper.run("restore", str(keeper.file))
    assert (over.exit_code, "restore into an empty" in over.stderr) == (1, True)
    keeper.file.write_bytes(keeper.file.read_bytes()[:-20])
    _drop(postgres_url)
    broken = keeper.run("restore", str(keeper.file))
    assert (broken.exit_code, "pg_restore" in broken.stderr) == (1, True)
    with psycopg.connect(keeper.url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    _drop(postgres_url)


def test_an_older_backup_is_brought_up_to_date(keeper: Keeper, postgres_url: str) -> None:
    tables.migrate(keeper.url, revision="0002")
    keeper.back_up()
    _drop(postgres_url)
    assert keeper.run("restore", str(keeper.file)).exit_code == 0
    with psycopg.connect(keeper.url) as connection:
        assert connection.execute("SELECT to_regclass('contact_groups')").fetchone() != (None,)
