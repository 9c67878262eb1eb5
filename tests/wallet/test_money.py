"""`pswallet wallet` before a real gateway: what people type moves what it says, once, and to the fen."""

import re

import httpx
import pytest

from pswallet.client import Key
from tests.parts import Chain
from tests.wallet.conftest import Terminal

LINK = re.compile(r"^http://localhost:8000/p/0x[0-9a-f]{64}#[0-9a-f]{64}$", re.M)


def held(chain: Chain, *terminals: Terminal) -> list[int]:
    """What the token itself says they hold [fen]."""
    return [chain.balance(terminal.key.address) for terminal in terminals]


def link_of(shown: str) -> str:
    """The link in what a command showed."""
    found = LINK.search(shown)
    assert found, shown
    return found[0]


def test_money_goes_to_a_phone_and_to_an_address(ping: Terminal, ming: Terminal, chain: Chain):
    assert "¥12.34 sent to 138****8002." in ping.ok("send", "13800138002", "12.34", "--yes")
    assert held(chain, ping, ming) == [50_000 - 1_234, 1_234]
    assert "sent to" in ping.ok("send", ming.key.address.lower(), "０.０７", typed="y\n")
    assert held(chain, ping, ming) == [50_000 - 1_241, 1_241]


def test_nothing_is_sent_without_a_yes(ping: Terminal, ming: Terminal, chain: Chain):
    assert "Nothing was done." in ping.fails("send", "13800138002", "1", typed="n\n")
    assert held(chain, ping, ming) == [50_000, 0]


def test_balance_and_activity_say_what_the_chain_says(ping: Terminal, ming: Terminal):
    ping.ok("send", "13800138002", "12.34", "--yes")
    assert re.search(r"^balance +¥487\.66 *$.*^tier +T1 *$", ping.ok("balance"), re.M | re.S)
    lines = [line.split("│")[2:6] for line in ping.ok("activity").splitlines() if "¥" in line and "│" in line]
    told = [[cell.strip() for cell in line] for line in lines]
    short = f"{ming.key.address[:8]}…{ming.key.address[-4:]}"
    assert told == [
        ["transfer", short, "-¥12.34", "¥487.66"],
        ["from the bank", "0x000000…0000", "¥500.00", "¥500.00"],
    ]
    assert len([line for line in ping.ok("activity", "--limit", "1").splitlines() if "│" in line and "¥" in line]) == 1


def test_a_link_opens_a_packet_for_whoever_has_it_once(ping: Terminal, ming: Terminal, chain: Chain):
    link = link_of(ping.ok("packet", "6.66", "--shares", "2", "--greeting", "坪山", "--yes"))
    shown = ming.ok("claim", link)
    assert "坪山\n¥3.33 for you.\n1 of 2 shares are open.\n" in shown
    assert held(chain, ping, ming) == [50_000 - 666, 333]
    assert "You have your share already" in ming.fails("claim", link)
    assert "also what follows the #" in ping.fails("claim", link.partition("#")[0])
    other = Key.new().secret.hex()
    assert "Copy the whole link" in ping.fails("claim", f"{link.partition('#')[0]}#{other}")
    assert held(chain, ping, ming) == [50_000 - 666, 333]


def test_the_key_of_a_link_never_reaches_the_gateway(ping: Terminal, ming: Terminal, monkeypatch: pytest.MonkeyPatch):
    sent: list[bytes] = []
    send = httpx.Client.send

    def noted(client: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        sent.append(request.url.raw_path + repr(request.headers).encode() + request.read())
        return send(client, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.Client, "send", noted)
    link = link_of(ping.ok("packet", "1", "--yes"))
    ming.ok("claim", link)
    secrets = [link.partition("#")[2], ping.key.secret.hex(), ming.key.secret.hex()]
    assert len(sent) > 10
    assert [one for one in sent for secret in secrets if secret.encode() in one] == []


def test_a_lucky_packet_is_for_its_guests_alone(ping: Terminal, ming: Terminal, chain: Chain):
    packet = ["packet", "8.88", "--lucky", "--to", "13800138002", "--to", ping.key.address, "--yes"]
    link = re.search(r"^http://localhost:8000/p/0x[0-9a-f]{64}$", ping.ok(*packet), re.M)
    assert link
    ming.ok("claim", link[0])
    ping.ok("claim", link[0].rpartition("/")[2])  # the bare id will do
    assert sum(held(chain, ping, ming)) == 50_000
    assert 1 <= held(chain, ming)[0] <= 887


def test_a_phrase_opens_a_packet_and_a_wrong_one_does_not(ping: Terminal, ming: Terminal, chain: Chain):
    shown = ping.ok("packet", "3", "--phrase", "坪山擂茶", "--yes")
    packet = re.search(r"0x[0-9a-f]{64}", shown)
    assert packet
    assert "there are five tries an hour" in ming.fails("claim", packet[0], "--phrase", "奶茶")
    ming.ok("claim", packet[0], "--phrase", "坪山擂茶")
    assert held(chain, ping, ming) == [49_700, 300]


def test_a_bill_is_shared_and_each_pays_a_part(ping: Terminal, ming: Terminal, chain: Chain):
    shown = ming.ok("split", "10.01", "13800138001", "--with-me", "--note", "擂茶")
    request = re.search(r"req_[0-9a-z]{26}", shown)
    assert request
    assert re.search(r"\*小萍 +│ +¥5\.01 │ unpaid", shown)
    assert re.search(r"I +│ +¥5\.00 │ own share", shown)
    assert re.search(rf"{request[0]} │ +¥5\.01 │ 擂茶", ping.ok("pay"))
    assert "¥5.01 sent to" in ping.ok("pay", request[0], "--yes")
    assert held(chain, ping, ming) == [50_000 - 501, 501]
    assert "asks you for nothing" in ping.fails("pay", request[0], "--yes")
    assert "Nobody asks you for money." in ping.ok("pay")


def test_one_who_is_asked_alone_pays_all(ping: Terminal, ming: Terminal, chain: Chain):
    request = re.search(r"req_[0-9a-z]{26}", ming.ok("split", "0.03", ping.key.address))
    assert request
    ping.ok("pay", request[0], typed="y\n")
    assert held(chain, ping, ming) == [49_997, 3]
