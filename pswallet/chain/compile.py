"""Compile the contracts with the one pinned compiler and write what the package needs into `chain/abi`.

The same compiler and settings stand in foundry.toml and ape-config.yaml (a test compares them). Ape alone cannot leave
the metadata out: what it compiles for its tests ends in a few bytes more, which no code reads; it deploys ours.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

SOLC_VERSION = "0.8.37"

ABI_FOLDER = Path(__file__).parent / "abi"

TARGETS = {
    "Stablecoin": "contracts/Stablecoin.sol",
    "RedPacketEscrow": "contracts/RedPacketEscrow.sol",
    "MerchantCheckout": "contracts/MerchantCheckout.sol",
    "CityVoucher": "contracts/CityVoucher.sol",
    "Anchor": "contracts/Anchor.sol",
    "Batch": "contracts/Batch.sol",
    "AccessManager": "@openzeppelin/contracts/access/manager/AccessManager.sol",
    "ERC1967Proxy": "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol",
}
"""The contracts of a deployment and the files they are in."""

SETTINGS: dict[str, Any] = {
    "evmVersion": "osaka",
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
    "outputSelection": {
        "*": {
            "*": [
                "abi",
                "evm.bytecode.object",
                "evm.deployedBytecode.object",
                "evm.deployedBytecode.immutableReferences",
            ]
        }
    },
}

_IMPORT = re.compile(r"""^\s*import\s+(?:\{[^}]*\}\s+from\s+)?["']([^"']+)["']\s*;""", re.MULTILINE)


def sources(root: Path) -> dict[str, str]:
    """Return the targets' sources and all that they import, by the path below `root`."""
    found: dict[str, str] = {}
    waiting = [_located(target) for target in TARGETS.values()]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = (root / path).read_text()
        waiting.extend(_resolved(path, imported) for imported in _IMPORT.findall(found[path]))
    return dict(sorted(found.items()))


def _located(path: str) -> str:
    return f"node_modules/{path}" if path.startswith("@") else path


def _resolved(importer: str, imported: str) -> str:
    if imported.startswith("."):
        return os.path.normpath(os.path.join(os.path.dirname(importer), imported))
    return _located(imported)


def compiled(root: Path) -> dict[str, dict[str, Any]]:
    """Compile under `root` (the checkout) and return each target's ABI, bytecode and deployed bytecode.

    Raises solcx.exceptions.SolcError for a contract that does not compile.
    """
    os.environ.setdefault("SOLCX_BINARY_PATH", str(root / "tools" / "solcx"))
    import solcx  # reads SOLCX_BINARY_PATH when it is imported

    request = {
        "language": "Solidity",
        "sources": {path: {"content": content} for path, content in sources(root).items()},
        "settings": SETTINGS,
    }
    output = solcx.compile_standard(request, solc_version=SOLC_VERSION, base_path=str(root))
    return {name: _artifact(output["contracts"][_located(path)][name]) for name, path in TARGETS.items()}


def _artifact(contract: dict[str, Any]) -> dict[str, Any]:
    deployed = contract["evm"]["deployedBytecode"]
    places = [place for each in deployed.get("immutableReferences", {}).values() for place in each]
    return {
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
        # Where constructors write: a chain's code is compared with these bytes left out.
        "immutables": sorted([place["start"], place["length"]] for place in places),
    }


def rendered(artifact: dict[str, Any]) -> str:
    """Write an artifact as the committed file holds it."""
    return json.dumps(artifact, separators=(",", ":"), sort_keys=True) + "\n"


def main() -> int:
    """Write every artifact; run from the checkout."""
    root = Path(__file__).resolve().parents[2]
    ABI_FOLDER.mkdir(exist_ok=True)
    for name, artifact in compiled(root).items():
        (ABI_FOLDER / f"{name}.json").write_text(rendered(artifact))
        sys.stdout.write(f"{name}: {len(artifact['deployedBytecode']) // 2 - 1} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
