"""One row of the gas table, and the fresh chain that its figure comes from."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from pswallet.local import anvil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eth_account.signers.local import LocalAccount
    from web3.contract import Contract
    from web3.types import TxReceipt

ROOT = Path(__file__).resolve().parents[1]
TRANSACTION_GAS_CAP = 2**24
"""EIP-7825: no real chain takes a transaction above it."""

NOON = 1_771_300_800
"""2026-02-17, a Spring Festival, 12:00 in Shenzhen: the same calldata, and so the same gas, in every run."""


@dataclass(frozen=True)
class Row:
    """What one operation used, beside what it may use at most. `bar` None: told, not judged."""

    key: str
    operation: str
    gas: int
    bar: int | None

    @property
    def reached(self) -> bool:
        """Whether the figure is within its bar."""
        return self.bar is None or self.gas <= self.bar


def person(label: str) -> LocalAccount:
    """Return the synthetic key that `label` always has."""
    account: LocalAccount = Account.from_key(keccak(text=f"synthetic gas bench key: {label}"))
    return account


class Chain:
    """A fresh Anvil whose first account deploys, holds every role and relays."""

    def __init__(self, url: str) -> None:
        """Connect to the Anvil at `url`."""
        self.w3 = Web3(HTTPProvider(url))
        self.operator, *self.spare = self.w3.eth.accounts

    def deploy(self, name: str, *arguments: Any) -> Contract:
        """Deploy the contract `name`, compiled by forge."""
        artifact = _artifact(name)
        factory = self.w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
        receipt = self.send(factory.constructor(*arguments))
        return self.at(name, receipt["contractAddress"])

    def at(self, name: str, address: Any) -> Contract:
        """Return the contract `name` that stands at `address`."""
        return self.w3.eth.contract(address=address, abi=_artifact(name)["abi"])

    def store(self, address: str, slot: int, value: int) -> None:
        """Write one storage slot, as no transaction could."""
        word = f"0x{value:064x}"
        self.w3.provider.make_request(RPCEndpoint("anvil_setStorageAt"), [address, f"0x{slot:064x}", word])

    def send(self, call: Any, sender: Any = None) -> TxReceipt:
        """Send one call and return its receipt. Raises RuntimeError if it failed."""
        transaction = call.transact({"from": sender or self.operator, "gas": TRANSACTION_GAS_CAP})
        receipt = self.w3.eth.wait_for_transaction_receipt(transaction, poll_latency=0.01)
        if receipt["status"] != 1:
            raise RuntimeError(f"{call} failed: {receipt}")
        return receipt


@contextmanager
def fresh_chain() -> Iterator[Chain]:
    """Compile the contracts, start an Anvil at noon of a fixed day, and stop it at the end."""
    subprocess.run([str(ROOT / "node_modules/.bin/forge"), "build", "--silent", "contracts"], cwd=ROOT, check=True)
    child, url = anvil.start(port=0, log=ROOT / "build/gas-anvil.log", timestamp=NOON)
    try:
        yield Chain(url)
    finally:
        child.stop()


def emitted(contract: Contract, event: str, receipt: TxReceipt) -> Sequence[Any]:
    """Return the `event`s of `contract` in `receipt`."""
    mine = [log for log in receipt["logs"] if log["address"] == contract.address]
    made = contract.events[event]()
    return [made.process_log(log) for log in mine if log["topics"][0].to_0x_hex() == made.topic]


def _artifact(name: str) -> Any:
    return json.loads((ROOT / f"build/forge/{name}.sol/{name}.json").read_text())
