"""Gas money: a development node grants it, of every other chain it is said whom to give how much."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pswallet.chain import deploy, funding
from pswallet.chain.deploy import current_fee
from pswallet.chain.funding import ADVISED_GAS, DEPLOYMENT_GAS, SendersUnfunded
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Fee
from pswallet.local import anvil as local_anvil
from tests.parts import synthetic_keys

KEYS = synthetic_keys()
SENDERS = ["relayer 1", "relayer 2", "minter", "compliance", "reserve", "anchorer", "admin", "pauser", "unpauser"]


@pytest.fixture
def stingy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A chain without our contracts whose node gives no money away."""
    child, url = local_anvil.start(port=0, log=tmp_path / "anvil.log")
    monkeypatch.setattr(deploy, "fund", lambda *_: None)
    with Rpc(url) as rpc:
        yield rpc
    child.stop()


def give(rpc: Rpc, wei: int, *names: str) -> None:
    for name in names:
        rpc.call("anvil_setBalance", [address_of(KEYS.senders()[name]), hex(wei)])


def test_a_deployment_without_money_names_every_sender_and_sends_nothing(stingy: Rpc, tmp_path: Path):
    with pytest.raises(SendersUnfunded) as refused:
        deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json")
    advised = ADVISED_GAS * current_fee(stingy).most
    assert [(one.name, one.held, one.advised) for one in refused.value.unfunded] == [
        (name, 0, advised) for name in SENDERS
    ]
    for key in KEYS.senders().values():
        assert f"{address_of(key)}  holds 0, advised 0." in str(refused.value)
    assert int(stingy.call("eth_blockNumber"), 16) == 0


def test_what_is_asked_for_is_enough_and_a_wei_less_is_not(stingy: Rpc, tmp_path: Path):
    fee = current_fee(stingy).most
    give(stingy, 300_000 * fee, *SENDERS)
    give(stingy, DEPLOYMENT_GAS * fee - 1, "admin")
    with pytest.raises(SendersUnfunded, match="admin") as refused:
        deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json")
    assert [one.name for one in refused.value.unfunded] == ["admin"]
    give(stingy, DEPLOYMENT_GAS * fee, "admin")
    give(stingy, 300_000 * fee - 1, "relayer 2")
    with pytest.raises(SendersUnfunded, match="relayer 2"):
        deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json")
    give(stingy, 300_000 * fee, "relayer 2")
    found = deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json")
    assert deploy.is_complete(stingy, found, KEYS)


def test_a_half_done_deployment_asks_for_no_more_than_its_next_step(stingy: Rpc, tmp_path: Path, monkeypatch):
    give(stingy, 10**24, *SENDERS)
    whole = deploy._steps
    with monkeypatch.context() as patch:
        patch.setattr(deploy, "_steps", lambda *each: whole(*each)[:7])
        patch.setattr(deploy, "check", lambda *_: None)
        deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json")
    give(stingy, 9_000_000 * current_fee(stingy).most, "admin")
    assert deploy.is_complete(stingy, deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json"), KEYS)


def test_a_finished_deployment_is_checked_without_money(stingy: Rpc, tmp_path: Path):
    give(stingy, 10**24, *SENDERS)
    found = deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json")
    give(stingy, 0, *SENDERS)
    assert deploy.deploy(stingy.url, KEYS, tmp_path / "deployment.json") == found


def test_a_chain_without_gas_prices_asks_for_nothing(stingy: Rpc):
    funding.require_funds(stingy, KEYS, Fee(0, None))


def test_the_gateways_own_senders_are_the_relayers_and_four_roles(stingy: Rpc):
    assert list(KEYS.of_gateway().senders()) == SENDERS[:6]
    assert list(replace(KEYS, admin=None).senders()) == [name for name in SENDERS if name != "admin"]


def test_a_chain_that_grants_no_money_needs_no_such_method(chain, monkeypatch):
    """Funding is asked for, not relied on: a node that knows no hardhat_setBalance is no failure."""
    monkeypatch.setattr(chain.rpc, "batch", lambda calls: [RpcError(-32601, "method not found") for _ in calls])
    funding.fund(chain.rpc, chain.keys)


@pytest.mark.parametrize(
    ("wei", "ether"),
    [(0, "0"), (10**18, "1"), (15 * 10**17, "1.5"), (1, "0.000000000000000001"), (1234567 * 10**9, "0.00123457")],
)
def test_wei_are_said_in_ether_never_too_few(wei: int, ether: str):
    assert funding._ether(wei) == ether


def test_the_command_lists_whom_to_fund_in_lines_and_exits_with_1(stingy: Rpc, tmp_path: Path):
    KEYS.save(tmp_path / "operator-keys.json")
    program = "from pswallet.chain import deploy; deploy.fund = lambda *_: None; from pswallet.cli import app; app()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PSWALLET_")} | {
        "PSWALLET_RPC_URL": stingy.url,
        "PSWALLET_DEPLOYMENT_FILE": str(tmp_path / "deployment.json"),
    }
    command = [sys.executable, "-c", program, "deploy", "--key-file", str(tmp_path / "operator-keys.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.split("0x")[0].strip() for line in done.stdout.splitlines()[1:]] == SENDERS
