"""A new master key takes over: every seal opens before, during and after, whoever seals meanwhile."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from pswallet.chain.keys import Keys, open_vault
from pswallet.kit import clock, rotation, trail
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Erased, MasterUnknown, SealBroken, Vault
from pswallet.local.lock import FolderTaken
from pswallet.privacy import officers
from tests.parts import synthetic_keys

PEOPLE = [f"acc_{number}" for number in range(7)]
PHONE = "+8613800138000"


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    synthetic_keys().of_gateway().save(path)
    return path


@pytest.fixture
def sealed(sessions: Sessions, keys_file: Path) -> dict[str, bytes]:
    """A name of each of seven people."""
    with transaction(sessions) as session:
        vault = open_vault(keys_file)
        return {person: vault.seal(session, person, "name", f"name of {person}") for person in PEOPLE}


@pytest.fixture
def tiny_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 2)


def read(sessions: Sessions, vault: Vault, sealed: dict[str, bytes]) -> None:
    with transaction(sessions) as session:
        assert vault.unseal_many(session, "name", sealed) == {person: f"name of {person}" for person in sealed}


def rotated(sessions: Sessions, *files: Path) -> int:
    officers.prepare(files)
    return officers.rotate(sessions, files, by="ann", reason="the yearly change")


@pytest.mark.usefixtures("tiny_batches")
def test_every_seal_opens_for_old_and_new_processes(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]
) -> None:
    before = open_vault(keys_file)
    old = Keys.load(keys_file).vault_master
    assert rotated(sessions, keys_file) == len(PEOPLE)
    read(sessions, before, sealed)  # it finds the new key in the file by itself
    read(sessions, open_vault(keys_file), sealed)
    assert old.hex() not in keys_file.read_text()


def test_the_old_master_key_opens_nothing_afterwards(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]
) -> None:
    stolen = Vault(Keys.load(keys_file).vault_master)
    rotated(sessions, keys_file)
    with pytest.raises(SealBroken):
        read(sessions, stolen, sealed)


def test_indexes_fingerprints_and_records_stay_what_they_were(sessions: Sessions, keys_file: Path) -> None:
    before = open_vault(keys_file)
    record = before.seal_record("answer|1", b"{}")
    rotated(sessions, keys_file)
    rotated(sessions, keys_file)
    after = open_vault(keys_file)
    assert after.index("phone", PHONE) == before.index("phone", PHONE)
    assert after.fingerprint(b"x") == before.fingerprint(b"x")
    assert after.unseal_record("answer|1", record) == b"{}"


def test_a_process_from_before_seals_newcomers_under_the_new_master_key(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]
) -> None:
    before = open_vault(keys_file)
    rotated(sessions, keys_file)
    with transaction(sessions) as session:
        newcomer = {"acc_new": before.seal(session, "acc_new", "name", "name of acc_new")}
    read(sessions, open_vault(keys_file), newcomer)
    read(sessions, open_vault(keys_file), sealed)


def test_a_process_whose_file_lacks_the_new_key_seals_nothing(sessions: Sessions, keys_file: Path) -> None:
    elsewhere = Vault(Keys.load(keys_file).vault_master)
    rotated(sessions, keys_file)
    with pytest.raises(MasterUnknown), transaction(sessions) as session:
        elsewhere.seal(session, "acc_new", "name", "x")


@pytest.mark.usefixtures("tiny_batches")
def test_killed_midway_it_goes_on(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    whole = Vault.rewrap

    def killed(self: Vault, *args: object, after: str, limit: int) -> str | None:
        calls.append(after)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(self, *args, after=after, limit=limit)  # type: ignore[arg-type]

    before = open_vault(keys_file)
    monkeypatch.setattr(Vault, "rewrap", killed)
    with pytest.raises(KeyboardInterrupt):
        rotated(sessions, keys_file)
    read(sessions, before, sealed)
    read(sessions, open_vault(keys_file), sealed)
    begun = Keys.load(keys_file).vault_master
    assert rotated(sessions, keys_file) == len(PEOPLE) - 4
    assert Keys.load(keys_file).masters() == [begun]  # the same key went on
    read(sessions, open_vault(keys_file), sealed)


def test_killed_before_the_database_heard_of_it_it_goes_on(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]
) -> None:
    officers.prepare([keys_file])
    prepared = keys_file.read_text()
    officers.prepare([keys_file])
    assert keys_file.read_text() == prepared
    read(sessions, open_vault(keys_file), sealed)
    assert rotated(sessions, keys_file) == len(PEOPLE)


def test_every_file_that_holds_the_key_gets_the_new_one(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes], tmp_path: Path
) -> None:
    operators = tmp_path / "operator-keys.json"
    synthetic_keys().save(operators)
    rotated(sessions, keys_file, operators)
    assert Keys.load(operators).of_gateway() == Keys.load(keys_file)
    assert operators.stat().st_mode & 0o777 == 0o600
    Keys.load(keys_file).with_new_master(bytes(range(32))).save_over(keys_file)  # killed between the two files
    assert rotated(sessions, keys_file, operators) == len(PEOPLE)
    assert Keys.load(operators).of_gateway() == Keys.load(keys_file)
    read(sessions, open_vault(operators), sealed)


def test_files_of_two_vaults_are_refused(keys_file: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.json"
    Keys.generate(stranger)
    held = keys_file.read_text()
    with pytest.raises(ValueError, match="different master keys"):
        officers.prepare([keys_file, stranger])
    assert keys_file.read_text() == held


def test_two_rotations_at_once_are_refused(keys_file: Path) -> None:
    with officers.alone([keys_file]), pytest.raises(FolderTaken), officers.alone([keys_file]):
        pass


def test_a_foreign_data_key_keeps_the_old_master_key_in_its_place(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]
) -> None:
    with transaction(sessions) as session:
        Vault(bytes(32)).seal(session, "acc_foreign", "name", "x")
    with pytest.raises(SealBroken):
        rotated(sessions, keys_file)
    assert "old_vault_master" in json.loads(keys_file.read_text())
    read(sessions, open_vault(keys_file), sealed)


def test_what_was_erased_stays_erased(sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]) -> None:
    with transaction(sessions) as session:
        open_vault(keys_file).destroy(session, "acc_0", now=clock.now())
    assert rotated(sessions, keys_file) == len(PEOPLE) - 1
    with pytest.raises(Erased):
        read(sessions, open_vault(keys_file), sealed)


def asked(sessions: Sessions, query: str) -> int:
    """Ask in a transaction of its own: within one, PostgreSQL shows the activity of its first look for ever."""
    with transaction(sessions) as session:
        found: int = session.execute(text(query)).scalar_one()
    return found


def test_who_is_being_erased_while_keys_are_wrapped_anew_stays_erased(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes]
) -> None:
    officers.prepare([keys_file])
    stuck = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            open_vault(keys_file).destroy(session, "acc_3", now=clock.now())
            rotating = pool.submit(officers.rotate, sessions, [keys_file], by="ann", reason="the yearly change")
            while not asked(sessions, stuck):
                assert not rotating.done()
        rotating.result()
    with pytest.raises(Erased), transaction(sessions) as session:
        open_vault(keys_file).unseal(session, "acc_3", "name", sealed["acc_3"])


def test_both_steps_are_in_the_trail(sessions: Sessions, keys_file: Path) -> None:
    rotated(sessions, keys_file)
    with transaction(sessions) as session:
        acts = session.execute(text("SELECT act, actor, reason FROM trail_entries ORDER BY number")).all()
        assert trail.verify(session).number == 2
    assert [tuple(act) for act in acts] == [
        (act, "ann", "the yearly change") for act in ("rotate-master-key", "retire-old-master-key")
    ]


def test_a_new_master_key_waits_for_whoever_is_making_a_data_key(sessions: Sessions, keys_file: Path) -> None:
    before = open_vault(keys_file)
    officers.prepare([keys_file])
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with transaction(sessions) as session:
            made = {"acc_new": before.seal(session, "acc_new", "name", "name of acc_new")}
            rotating = pool.submit(officers.rotate, sessions, [keys_file], by="ann", reason="the yearly change")
            while not session.execute(waiting).scalar():
                assert not rotating.done()
        assert rotating.result() == 1
    read(sessions, open_vault(keys_file), made)


@pytest.mark.usefixtures("tiny_batches")
def test_nobody_who_seals_meanwhile_is_left_behind(
    sessions: Sessions, keys_file: Path, sealed: dict[str, bytes], at_once: Callable[..., None]
) -> None:
    before, made = open_vault(keys_file), dict(sealed)

    def seal(worker: int) -> Callable[[], None]:
        def run() -> None:
            for number in range(20):
                person = f"acc_{worker}_{number}"
                with transaction(sessions) as session:
                    made[person] = before.seal(session, person, "name", f"name of {person}")

        return run

    at_once([*[seal(worker) for worker in range(3)], lambda: rotated(sessions, keys_file) and None])
    read(sessions, open_vault(keys_file), made)
    with transaction(sessions) as session:
        assert open_vault(keys_file).wrapped_by_others(session) == 0
