"""Where Ape's own Anvil listens and where its files go: said before Ape reads ape-config.yaml."""

import os
from pathlib import Path

from pswallet.local.ports import free_port

ROOT = Path(__file__).parent

# Below the ephemeral ports (32768), and another one for each process, so that two test runs do not meet.
if "PSWALLET_APE_ANVIL" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["PSWALLET_APE_ANVIL"] = f"http://127.0.0.1:{free_port(20_000 + os.getpid() * 7 % 12_000)}"
os.environ["APE_DATA_FOLDER"] = str(ROOT / "build/ape" / os.environ.get("PYTEST_XDIST_WORKER", "main"))
os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / "tools/solcx"))
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
os.environ["PATH"] = f"{ROOT / 'node_modules/.bin'}:{os.environ['PATH']}"
