"""The keys of the demo's people, which outlive it: made once, and never lost when a newer demo has more of them."""

import json
from pathlib import Path

from pswallet.demo.people import DISTRICT, identities
from pswallet.demo.wallet import Wallet


def test_everybody_finds_the_own_key_again(tmp_path: Path) -> None:
    first = Wallet.at(tmp_path / "keys.json")
    again = Wallet.at(tmp_path / "keys.json")
    assert (first.is_new, again.is_new) == (True, False)
    for identity in (*identities(), DISTRICT):
        assert again.key_of(identity).address == first.key_of(identity).address


def test_a_file_of_an_older_demo_keeps_its_keys_and_gets_those_that_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    before = Wallet.at(file)
    older = json.loads(file.read_text())[:-1]
    file.write_text(json.dumps(older))
    after = Wallet.at(file)
    assert not after.is_new
    assert [after.key_of(one).address for one in identities()] == [before.key_of(one).address for one in identities()]
    assert Wallet.at(file).key_of(DISTRICT).address == after.key_of(DISTRICT).address
    assert file.stat().st_mode & 0o777 == 0o600
