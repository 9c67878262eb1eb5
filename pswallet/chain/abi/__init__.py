"""The compiled contracts that travel with the package: ABI, bytecode, and whether code on a chain is theirs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import encode

from pswallet.chain.hashing import keccak

CONTRACTS = (
    "Stablecoin",
    "RedPacketEscrow",
    "Batch",
    "CityVoucher",
    "MerchantCheckout",
    "AccessManager",
    "ERC1967Proxy",
)


@dataclass(frozen=True)
class Artifact:
    """A compiled contract. `immutables` are the (start, length) that its constructor writes into the code."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed: bytes
    immutables: tuple[tuple[int, int], ...]

    def creation(self, *arguments: Any) -> bytes:
        """Return the code that creates it with these constructor arguments."""
        inputs: list[dict[str, Any]] = next(
            (entry["inputs"] for entry in self.abi if entry["type"] == "constructor"), []
        )
        return self.bytecode + encode([type_of(each) for each in inputs], list(arguments))

    def call(self, function: str, *arguments: Any) -> bytes:
        """Encode a call of `function`. For rare calls: hot ones are encoded by hand in `calldata`."""
        entry = next(e for e in self.abi if e["type"] == "function" and e["name"] == function)
        kinds = [type_of(each) for each in entry["inputs"]]
        return keccak(f"{function}({','.join(kinds)})".encode())[:4] + encode(kinds, list(arguments))

    def runs(self, code: bytes) -> bool:
        """Whether `code` on a chain is this contract, whatever its immutables are."""
        return len(code) == len(self.deployed) and self._masked(code) == self._masked(self.deployed)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


@cache
def artifact(name: str) -> Artifact:
    """Load one of `CONTRACTS`."""
    found = json.loads(files("pswallet.chain.abi").joinpath(f"{name}.json").read_text())
    return Artifact(
        name=name,
        abi=found["abi"],
        bytecode=bytes.fromhex(found["bytecode"][2:]),
        deployed=bytes.fromhex(found["deployedBytecode"][2:]),
        immutables=tuple((start, length) for start, length in found["immutables"]),
    )


def call_data(contract: str, signature: str, arguments: Sequence[Any]) -> bytes:
    """Encode a call of the function with this full signature, overloads told apart. For rare calls.

    Raises KeyError when `contract` has no such function.
    """
    kinds = _functions(contract)[signature]
    return keccak(signature.encode())[:4] + encode(list(kinds), list(arguments))


@cache
def _functions(contract: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for entry in artifact(contract).abi:
        if entry["type"] == "function":
            kinds = tuple(type_of(each) for each in entry["inputs"])
            found[f"{entry['name']}({','.join(kinds)})"] = kinds
    return found


def type_of(parameter: dict[str, Any]) -> str:
    """Write an ABI parameter's type as signatures spell it, tuples unfolded."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(type_of(each) for each in parameter['components'])}){kind[5:]}"
