"""A key in a file: sealed by a password, readable by its owner alone, never written over."""

import copy
import json
import os
import pickle
from pathlib import Path

import pytest
from eth_account import Account

from pswallet.client import Key, KeystoreUnreadable

WEAK = 2
"""The work of a test's password."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "wallet" / "key.json"


def test_a_key_comes_back_by_its_password(file: Path):
    key = Key.new()
    key.save(file, "坪山擂茶", work=WEAK)
    assert Key.load(file, "坪山擂茶") == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert key.secret.hex() not in file.read_text()


def test_the_file_is_one_that_every_ethereum_wallet_reads(file: Path):
    key = Key.new()
    key.save(file, "password", work=WEAK)
    assert bytes(Account.decrypt(file.read_text(), "password")) == key.secret
    assert json.loads(file.read_text())["crypto"]["kdf"] == "scrypt"
    theirs = file.with_name("theirs.json")
    theirs.touch(0o600)
    theirs.write_text(json.dumps(Account.encrypt(key.secret, "password", kdf="pbkdf2", iterations=2)))
    assert Key.load(theirs, "password") == key


def test_nonces_are_all_different_and_256_of_them_share_a_word():
    key, twin = Key.new(), Key.new()
    nonces = [key.fresh_nonce() for _ in range(600)]
    assert len({*nonces, twin.fresh_nonce(), Key.of(key.secret).fresh_nonce()}) == 602
    assert [len({nonce[:31] for nonce in nonces[start : start + 256]}) for start in (0, 256, 512)] == [1, 1, 1]
    assert len({nonce[:31] for nonce in nonces}) == 3


def test_copies_of_a_key_here_and_in_another_process_repeat_no_nonce():
    key = Key.new()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, key.fresh_nonce())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 32)
    copies = [copy.deepcopy(key), pickle.loads(pickle.dumps(key))]
    assert copies == [key, key]
    assert len({theirs, key.fresh_nonce(), *(one.fresh_nonce() for one in copies)}) == 4


def test_another_password_opens_nothing(file: Path):
    Key.new().save(file, "right", work=WEAK)
    with pytest.raises(KeystoreUnreadable, match="another password"):
        Key.load(file, "wrong")


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int):
    Key.new().save(file, "right", work=WEAK)
    file.chmod(mode)
    with pytest.raises(KeystoreUnreadable, match="others can read it"):
        Key.load(file, "right")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"version": 3, "crypto": {}}', '{"version": 9}'])
def test_what_is_no_keystore_is_told_as_such(tmp_path: Path, text: str):
    file = tmp_path / "key.json"
    file.touch(0o600)
    file.write_text(text)
    with pytest.raises(KeystoreUnreadable, match="no keystore file"):
        Key.load(file, "right")


def test_a_missing_file_is_told_as_such(file: Path):
    with pytest.raises(KeystoreUnreadable, match="no such file"):
        Key.load(file, "right")


def test_a_key_is_never_written_over(file: Path):
    key = Key.new()
    key.save(file, "right", work=WEAK)
    with pytest.raises(FileExistsError):
        Key.new().save(file, "right", work=WEAK)
    assert Key.load(file, "right") == key


def test_a_key_shown_does_not_show_its_secret():
    key = Key.new()
    assert key.secret.hex() not in repr(key)
    assert str(key.secret) not in repr(key)
