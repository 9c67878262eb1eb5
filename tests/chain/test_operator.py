"""`pswallet operator`: an act is done, or one line says why not."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pswallet.chain.signing import address_of
from pswallet.cli import app
from tests.parts import Chain, Person

ANN = Person("ann")


@pytest.fixture
def place(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the operators' keys and the deployment, and a shell that knows where."""
    chain.keys.save(tmp_path / "operator-keys.json")
    chain.deployment.save(tmp_path / "deployment.json")
    monkeypatch.setenv("PSWALLET_RPC_URL", chain.rpc.url)
    monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", str(tmp_path / "deployment.json"))
    return tmp_path


def operate(place: Path, *words: str, key_file: str = "operator-keys.json") -> Result:
    return CliRunner().invoke(app, ["operator", *words, "--key-file", str(place / key_file)])


def refused(result: Result, status: int, words: str) -> None:
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit)  # nothing else got out
    (line,) = result.stderr.splitlines()
    assert words in line


def test_an_act_is_done_and_its_transaction_named(place: Path, chain: Chain):
    chain.register(ANN)
    result = operate(place, "freeze", ANN.address.lower())
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    receipt = chain.rpc.call("eth_getTransactionReceipt", [line.removeprefix("freeze: done in transaction ")])
    assert receipt["status"] == "0x1"


def test_the_contracts_refusal_is_named(place: Path, chain: Chain):
    refused(operate(place, "freeze", chain.deployment.escrow), 1, "the contract refused: SystemAccount")


def test_a_node_that_is_away(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PSWALLET_RPC_URL", "http://127.0.0.1:1")
    refused(
        operate(place, "freeze", ANN.address), 1, "does not answer: ConnectionRefusedError (node http://127.0.0.1:1"
    )


def test_a_key_that_does_not_hold_the_role(place: Path, chain: Chain):
    replace(chain.keys, pauser=Person("somebody").key).save(place / "others.json")
    refused(operate(place, "pause", key_file="others.json"), 1, "the contract refused: RoleMissing")


def test_a_sender_without_gas_money(place: Path, chain: Chain):
    chain.rpc.call("anvil_setBalance", [address_of(chain.keys.pauser), "0x0"])
    refused(operate(place, "pause"), 1, "nsufficient funds")


def test_a_chain_without_the_token(place: Path, chain: Chain):
    replace(chain.deployment, stablecoin=ANN.address).save(place / "deployment.json")
    refused(operate(place, "pause"), 1, f"there is no token at {ANN.address}")
    replace(chain.deployment, chain_id=5).save(place / "deployment.json")
    refused(operate(place, "pause"), 1, "belongs to chain 5, this is chain 31337")


@pytest.mark.parametrize("text", [None, "{", "[]", '{"chain_id": 1}'])
def test_a_deployment_file_that_is_missing_or_none(place: Path, text: str | None):
    (place / "deployment.json").unlink() if text is None else (place / "deployment.json").write_text(text)
    refused(operate(place, "pause"), 1, f"no deployment in {place / 'deployment.json'}")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"pauser": null}', '{"pauser": 5}', "0x12", ""])
def test_a_key_file_without_the_key(place: Path, text: str):
    (place / "odd.json").touch(mode=0o600)
    (place / "odd.json").write_text(text)
    refused(operate(place, "pause", key_file="odd.json"), 2, f"no key for pauser in {place / 'odd.json'}")


@pytest.mark.parametrize("text", ["0x12", "alice", ANN.address + "0", ANN.address[:-1] + "g"])
def test_a_malformed_address(place: Path, text: str):
    refused(operate(place, "freeze", text), 2, f"{text} is no address: that is 0x and 40 hexadecimal digits")


def test_an_address_with_a_wrong_digit(place: Path):
    other = ANN.address[:-1] + ("1" if ANN.address[-1] != "1" else "2")
    refused(operate(place, "freeze", other), 2, f"{other} is no address: its capitals say that a digit is wrong")


def test_no_deployment_at_all(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PSWALLET_DEPLOYMENT_FILE")
    monkeypatch.setenv("PSWALLET_STATE", str(place / "nothing"))
    monkeypatch.chdir(place)
    Path("deployment.json").unlink()
    refused(operate(place, "pause"), 1, "no deployment file")
    result = CliRunner().invoke(app, ["audit", "--rpc", "http://127.0.0.1:1"])
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1), result.output


def test_the_audit_finds_the_deployment_of_the_only_machine(place: Path, chain: Chain, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PSWALLET_DEPLOYMENT_FILE")
    monkeypatch.setenv("PSWALLET_STATE", str(place))
    monkeypatch.chdir(place)
    (place / "demo").mkdir()
    Path("deployment.json").rename(place / "demo" / "deployment.json")
    result = CliRunner().invoke(app, ["audit", "--rpc", chain.rpc.url])
    assert result.exit_code == 0, result.output
