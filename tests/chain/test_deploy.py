"""The package holds the checkout's contracts; a deployment is idempotent, resumes, and refuses strangers."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pswallet.chain import compile as compiling
from pswallet.chain import deploy
from pswallet.chain.deploy import DeploymentMismatch
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.local import anvil as local_anvil
from tests.parts import Person, secret, synthetic_keys

ROOT = Path(__file__).parents[2]


def test_the_committed_abi_and_bytecode_are_fresh():
    for name, artifact in compiling.compiled(ROOT).items():
        assert (compiling.ABI_FOLDER / f"{name}.json").read_text() == compiling.rendered(artifact), (
            f"{name} changed: run `make abi`"
        )


def test_forge_and_ape_use_the_same_compiler_and_settings():
    ours = compiling.SETTINGS
    forge = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    assert forge["solc"] == "tools/solc"
    assert (forge["evm_version"], forge["via_ir"]) == (ours["evmVersion"], ours["viaIR"])
    assert {"enabled": forge["optimizer"], "runs": forge["optimizer_runs"]} == ours["optimizer"]
    assert {"bytecodeHash": forge["bytecode_hash"], "appendCBOR": forge["cbor_metadata"]} == ours["metadata"]
    assert forge["remappings"] == ours["remappings"]
    ape = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    assert ape["version"] == compiling.SOLC_VERSION
    assert (ape["evm_version"], ape["via_ir"]) == (ours["evmVersion"], ours["viaIR"])
    assert {"enabled": ape["optimize"], "runs": ape["optimization_runs"]} == ours["optimizer"]
    assert [one.rstrip("/") for one in ape["import_remapping"]] == [one.rstrip("/") for one in ours["remappings"]]


def test_the_roles_are_those_of_the_contracts_table():
    table = (ROOT / "contracts/Roles.sol").read_text()
    numbers = {name.lower(): int(n) for name, n in re.findall(r"uint64 public constant (\w+) = (\d+);", table)}
    assert {name: role for name, (role, _) in deploy.ROLES.items()} | {"admin": deploy.ADMIN_ROLE} == numbers
    for _, (_, functions) in deploy.ROLES.items():
        for function in functions:
            assert f"{function.partition('(')[0]}.selector" in table
    assert table.count(".selector") == sum(len(functions) for _, functions in deploy.ROLES.values()) + 2  # ADMIN's


@pytest.fixture
def bare(tmp_path):
    """A chain without our contracts."""
    child, url = local_anvil.start(port=0, log=tmp_path / "anvil.log")
    yield url
    child.stop()


def test_a_second_deployment_changes_nothing(bare, tmp_path):
    keys, path = synthetic_keys(), tmp_path / "deployment.json"
    first = deploy.deploy(bare, keys, path)
    with Rpc(bare) as rpc:
        head = rpc.call("eth_blockNumber")
        assert deploy.deploy(bare, keys, path) == first
        assert rpc.call("eth_blockNumber") == head
        path.unlink()
        found = deploy.deploy(bare, keys, path)
        assert found.code() == first.code()
        assert rpc.call("eth_blockNumber") == head


@pytest.mark.parametrize("done", range(1, 8))
def test_a_half_done_deployment_goes_on_where_it_stopped(bare, tmp_path, monkeypatch, done):
    keys, path = synthetic_keys(), tmp_path / "deployment.json"
    whole = deploy._steps
    monkeypatch.setattr(deploy, "_steps", lambda *each: whole(*each)[:done])
    monkeypatch.setattr(deploy, "check", lambda *_: None)
    half = deploy.deploy(bare, keys, path)
    monkeypatch.undo()
    if done % 2:
        path.unlink()
    assert deploy.deploy(bare, keys, path).code() == half.code()
    with Rpc(bare) as rpc:
        assert deploy.is_complete(rpc, half, keys)


def test_a_chain_with_other_code_is_refused(bare, tmp_path):
    keys, path = synthetic_keys(), tmp_path / "deployment.json"
    found = deploy.deploy(bare, keys, path)
    with Rpc(bare) as rpc:
        rpc.call("anvil_setCode", [found.batch, "0x6001"])
    with pytest.raises(DeploymentMismatch, match="not our Batch"):
        deploy.deploy(bare, keys, path)


def test_another_chains_file_is_refused(bare, tmp_path):
    keys, path = synthetic_keys(), tmp_path / "deployment.json"
    found = deploy.deploy(bare, keys, path)
    replace(found, chain_id=1).save(path)
    with pytest.raises(DeploymentMismatch, match="chain 1"):
        deploy.deploy(bare, keys, path)


def test_a_proxy_with_another_implementation_is_refused(bare, tmp_path):
    keys, path = synthetic_keys(), tmp_path / "deployment.json"
    found = deploy.deploy(bare, keys, path)
    with Rpc(bare) as rpc:
        rpc.call(
            "anvil_setStorageAt",
            [found.stablecoin, deploy._IMPLEMENTATION_SLOT, "0x" + found.batch[2:].lower().rjust(64, "0")],
        )
    with pytest.raises(DeploymentMismatch, match="another implementation"):
        deploy.deploy(bare, keys, path)


ACTS = {
    "minter": ("mintMany", []),
    "compliance": ("setTiers", []),
    "pauser": ("pause",),
    "unpauser": ("unpause",),
    "reserve": ("attestReserve", 5),
}


@pytest.mark.parametrize("role", ACTS)
def test_a_role_can_do_its_act_and_nobody_else_can(chain, role):
    assert int(chain.token(getattr(chain.keys, role), *ACTS[role])["status"], 16) == 1
    for other in ACTS:
        if other != role:
            assert int(chain.token(getattr(chain.keys, other), *ACTS[role])["status"], 16) == 0


def test_the_deployers_own_acts_wait_once_the_deployment_is_done(chain):
    limits = (1, 1, 1, 1, 1, False)
    assert int(chain.token(chain.keys.admin, "setTierLimits", 1, limits)["status"], 16) == 0


def test_every_tier_has_its_limits_and_the_escrow_is_system(chain):
    chain.register(*[Person(f"tier {tier}") for tier in range(1, 7)])
    for tier in range(1, 7):
        assert int(chain.token(chain.keys.compliance, "setTiers", [(Person("x").address, tier)])["status"], 16) == 1
    assert int(chain.token(chain.keys.compliance, "freeze", [chain.deployment.escrow])["status"], 16) == 0


def test_keys_are_kept_from_others(tmp_path):
    path = tmp_path / "keys.json"
    keys = Keys.generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keys.load(path) == keys
    with pytest.raises(FileExistsError):
        Keys.generate(path)
    path.chmod(0o640)
    with pytest.raises(PermissionError):
        Keys.load(path)


def test_the_gateways_key_file_holds_no_key_of_the_operators(tmp_path):
    path = tmp_path / "keys.json"
    keys = Keys.generate(tmp_path / "all.json")
    keys.of_gateway().save(path)
    everybodys = set(json.loads((tmp_path / "all.json").read_text()))
    assert everybodys - set(json.loads(path.read_text())) == {"admin", "upgrader", "pauser", "unpauser", "retention"}
    assert Keys.load(path) == keys.of_gateway()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lacking", ["admin", "upgrader", "pauser", "unpauser"])
def test_a_deployment_without_an_operators_key_is_refused_before_anything_is_sent(bare, tmp_path, lacking):
    with pytest.raises(ValueError, match=f"lacks {lacking}$"):
        deploy.deploy(bare, replace(synthetic_keys(), **{lacking: None}), tmp_path / "deployment.json")
    with Rpc(bare) as rpc:
        assert int(rpc.call("eth_blockNumber"), 16) == 0


def test_synthetic_keys_differ():
    keys = synthetic_keys()
    given = [getattr(keys, name) for name in Keys.__dataclass_fields__ if name != "relayers"]
    named = [key for key in given if key is not None]
    assert len({*keys.relayers, *named}) == len(keys.relayers) + len(named)
    assert secret("a") != secret("b")
