"""`ape run` deploys, shows the roles and seeds, on a chain that is already there."""

import os
import subprocess
from pathlib import Path

import pytest

from pswallet.chain.deploy import Deployment
from pswallet.chain.rpc import Rpc
from pswallet.local import anvil as local_anvil
from tests.parts import Chain, Person, synthetic_keys

ROOT = Path(__file__).parents[2]


@pytest.mark.xdist_group("ape")
def test_ape_deploys_shows_the_roles_and_seeds(tmp_path):
    keys, ann = synthetic_keys(), Person("ann")
    keys.save(tmp_path / "keys.json")
    child, url = local_anvil.start(port=0, log=tmp_path / "anvil.log")
    try:
        place = tmp_path / "deployment.json"
        common = ["--key-file", str(tmp_path / "keys.json")]
        run(url, "deploy", *common, "--out", str(place))
        roles = run(url, "roles", *common, "--deployment", str(place))
        assert roles.count("since") == 9
        assert roles.count("delay 48 h") == 2
        run(url, "seed", *common, "--deployment", str(place), "--fen", "777", ann.address)
        with Rpc(url) as rpc:
            assert Chain(rpc, Deployment.load(place), keys).balance(ann.address) == 777
    finally:
        child.stop()


def run(url: str, script: str, *arguments: str) -> str:
    """Run a script on the chain at `url` and return what it printed."""
    command = [ROOT / ".venv/bin/ape", "run", script, "--network", "ethereum:local:foundry", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PSWALLET_APE_ANVIL": url}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
