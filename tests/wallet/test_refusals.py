"""What the wallet says when it cannot go on: why, and what to do; in the person's language."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pswallet.client import Client, Key, Refused
from pswallet.wallet.desk import Desk
from pswallet.wallet.purse import Purse
from pswallet.wallet.screen import Screen
from tests.parts import Chain
from tests.wallet.conftest import PASSWORD, WEAK, Terminal

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def empty(tmp_path: Path) -> Terminal:
    """A terminal without a key, and without a gateway."""
    return Terminal(NOWHERE, tmp_path / "empty", Key.new())


@pytest.fixture
def alone(empty: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal with a key, and without a gateway that it would wait for."""
    monkeypatch.setattr("pswallet.client.transport.pause_s", lambda tries: 99.0)
    empty.key.save(empty.folder / "key.json", PASSWORD, work=WEAK)
    return empty


def test_a_new_key_is_sealed_in_a_file_of_ones_own(empty: Terminal):
    shown = empty.ok("new")
    key = Key.load(empty.folder / "key.json", PASSWORD)
    assert key.address in shown
    assert "▀" in shown
    assert (empty.folder / "key.json").stat().st_mode & 0o777 == 0o600
    assert "There is a key already" in empty.fails("new")
    assert Key.load(empty.folder / "key.json", PASSWORD) == key


def test_a_password_is_asked_for_twice_and_is_not_shown(empty: Terminal):
    done = empty.run("new", typed="seven 7\nseven 7\n", password="")
    assert (done.exit_code, done.stderr) == (1, "A password has at least 8 characters.\n")
    typed = "eight 88"
    done = empty.run("new", typed=f"{typed}\n{typed}\n", password="")
    assert done.exit_code == 0, done.output
    assert typed not in done.output
    assert Key.load(empty.folder / "key.json", typed)


def test_without_a_key_nothing_is_asked_of_the_gateway(empty: Terminal):
    for words in (["balance"], ["send", "13800138002", "1", "--yes"], ["register", "13800138002"], ["activity"]):
        assert "There is no key in" in empty.fails(*words)


def test_a_gateway_that_is_away_is_named(alone: Terminal):
    told = alone.fails("register", "13800138009", "--sandbox")
    assert f"{NOWHERE} does not answer" in told
    assert "look at the activity before you repeat it" in told  # a second payment would be another one


def test_another_password_opens_nothing(alone: Terminal):
    told = alone.fails("send", "13800138002", "1", password="another one")
    assert "was not opened: another password, or a damaged file." in told


def test_a_key_without_an_account_is_told_to_register(terminal: Callable[[str], Terminal]):
    assert "pswallet wallet register" in terminal("nobody").fails("balance")


@pytest.mark.parametrize("yuan", ["1.234", "1e3", "1,000", "abc", "¥1", "0", "0.00"])
def test_what_is_no_amount_is_refused_before_anything_is_opened(alone: Terminal, yuan: str):
    assert "yuan" in alone.fails("send", "13800138002", yuan, "--yes", password="not even opened")


def test_an_address_with_a_wrong_digit_is_refused(ming: Terminal):
    address = ming.key.address
    wrong = address[:-1] + ("0" if address[-1] != "0" else "1")
    assert "a digit is wrong" in ming.fails("send", wrong, "1", "--yes")
    assert "is no address" in ming.fails("send", address[:-1], "1", "--yes")


@pytest.mark.parametrize("link", ["hello", "0x12", f"http://a/p/0x{'ab' * 32}#12", f"0x{'ab' * 32}#{'0' * 64}"])
def test_what_is_no_link_is_told_before_anything_is_opened(alone: Terminal, link: str):
    assert "no packet's link" in alone.fails("claim", link, password="not even opened")


def test_a_refusal_of_the_gateway_comes_with_what_to_do(ping: Terminal):
    told = ping.fails("send", "13800138077", "1", "--yes")
    assert told.splitlines()[1] == "Ask for the person's address, or have the person register."
    told = ping.fails("send", Key.new().address, "9999.99", "--yes")
    assert "Send less at once" in told


def test_money_that_the_account_may_not_hold_is_told_at_once(ping: Terminal):
    assert "may not hold that much" in ping.fails("top-up", "600000")


def test_it_speaks_the_language_of_the_terminal(ping: Terminal):
    ping.language = "zh_CN.UTF-8"
    assert "请向对方要地址" in ping.fails("send", "13800138077", "1", "--yes")
    assert "余额" in ping.ok("balance")
    assert "請向對方取得地址" in ping.fails("--lang", "zh-HK", "send", "13800138077", "1", "--yes")
    assert "Ask for the person's address" in ping.fails("--lang", "en", "send", "13800138077", "1", "--yes")
    assert "发红包" in ping.ok("--help")
    assert "分成多少份" in ping.ok("packet", "--help")
    assert "Give a red packet" in ping.ok("--lang", "en", "--help")
    assert "--shares" in ping.ok("--lang", "en", "packet", "--help")
    assert "how many people share it" in ping.ok("--lang", "en", "packet", "--help")


def test_an_ended_session_is_opened_again_with_the_key(ming: Terminal):
    kept = json.loads((ming.folder / "session.json").read_text())
    with Client(ming.gateway, ming.key) as client:
        client.token = kept["token"]
        current = next(one["id"] for one in client.api.list_sessions()["sessions"] if one["current"])
        client.api.revoke_session(current)
    assert "was not opened" in ming.fails("balance", password="another one")
    ming.ok("balance")
    assert json.loads((ming.folder / "session.json").read_text())["token"] != kept["token"]
    assert ming.run("balance", password="not even opened").exit_code == 0
    assert (ming.folder / "session.json").stat().st_mode & 0o777 == 0o600


def test_nothing_is_signed_for_other_contracts_than_those_known(ping: Terminal, ming: Terminal, chain: Chain):
    kept = json.loads((ping.folder / "session.json").read_text())
    kept["chain"]["stablecoin"] = Key.new().address
    (ping.folder / "session.json").write_text(json.dumps(kept))
    for words in (["send", ming.key.address, "1", "--yes"], ["packet", "1", "--yes"]):
        assert "nothing was signed" in ping.fails(*words)
    assert chain.balance(ping.key.address) == 50_000


def test_a_refusal_by_the_chain_is_told_by_its_title(ming: Terminal):
    with Client(ming.gateway, ming.key) as client:
        desk = Desk(Screen("en"), Purse(ming.folder), ming.gateway)
        with pytest.raises(Refused) as refused:
            desk.settled(client.api, lambda: {"status": "refused", "error": "AccountIsFrozen"})  # type: ignore[arg-type, return-value]
    assert (refused.value.code, refused.value.title) == ("account-is-frozen", "This account is frozen and cannot send")
