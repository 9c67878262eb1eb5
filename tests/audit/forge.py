"""Broken promises, made for real on a real chain: code that lies, and storage that somebody rewrote."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pswallet.audit.packets import domain_separator
from pswallet.chain import compile as compiler
from pswallet.chain.abi import artifact
from tests.audit.city import CARRIER, City
from tests.parts import DAY_S

ROOT = Path(__file__).resolve().parents[2]
CODE_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
"""Where the token's proxy keeps its code's address (ERC-1967)."""
COUNTERS = (2**128 - 1) << 64 | (2**24 - 1) << 216
"""spentToday, spentThisYear and oneFactorToday in an account's word (contracts/libraries/AccountWord.sol)."""
LIES = (
    # The next claimant gets all but a fen for each of the others.
    ("contracts/libraries/DoubleMean.sol", r"if \(left == 1\) return rest;", "if (left > 0) return rest - left + 1;"),
    # A packet is refunded before its expiry.
    ("contracts/RedPacketEscrow.sol", r"if \(block\.timestamp < terms\.expiry\) revert PacketNotExpired\([^;]*\);", ""),
)


TOKEN_LIES = (
    # No limit holds, not even the tier's for one payment.
    ("contracts/Ledger.sol", r"if \(value > limits\.perPayment\(\)\) revert PaymentLimitExceeded\([^;]*;", ""),
    ("contracts/Ledger.sol", r"if \(ofToday > limits\.perDay\(\)\) revert DailyLimitExceeded\([^;]*;", ""),
    ("contracts/Ledger.sol", r"if \(byOneFactor > limits\.oneFactorPerDay\(\)\) \{[^}]*\}", ""),
    # Who is frozen pays.
    ("contracts/Ledger.sol", r"if \(word\.frozen\(\)\) revert AccountIsFrozen\(from\);", ""),
    # Who is paid 777 fen gets one more, out of nothing.
    (
        "contracts/Ledger.sol",
        r"word\.credited\(value\);(?=\s*}\s*/// @dev The word of)",
        "word.credited(value == 777 ? 778 : value);",
    ),
    # Who is said to be given tier 2 is given tier 3.
    (
        "contracts/Stablecoin.sol",
        r"_person\(account\)\.withTier\(tier\)",
        "_person(account).withTier(tier == 2 ? 3 : tier)",
    ),
)


@cache
def lying_escrow() -> bytes:
    """Compile the escrow with `LIES` in it; return its creation code without the constructor's argument."""
    return _compiled("RedPacketEscrow", LIES, optimizer={"enabled": False})


@cache
def lying_token() -> bytes:
    """Compile the token with `TOKEN_LIES` in it; return its creation code."""
    return _compiled("Stablecoin", TOKEN_LIES, optimizer={"enabled": True, "runs": 1})  # else it is too long to deploy


def _compiled(contract: str, lies: tuple[tuple[str, str, str], ...], *, optimizer: dict[str, Any]) -> bytes:
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / "tools" / "solcx"))
    import solcx

    sources = compiler.sources(ROOT)
    for path, honest, lie in lies:
        sources[path], replaced = re.subn(honest, lie, sources[path])
        assert replaced == 1
    target = compiler.TARGETS[contract]
    request = {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            **compiler.SETTINGS,
            "optimizer": optimizer,
            "outputSelection": {target: {contract: ["evm.bytecode.object"]}},
        },
    }
    output = solcx.compile_standard(request, solc_version=compiler.SOLC_VERSION, base_path=str(ROOT))
    return bytes.fromhex(output["contracts"][target][contract]["evm"]["bytecode"]["object"])


def upgrade(city: City, code: bytes) -> dict[str, Any]:
    """Announce an upgrade of the token to the contract that `code` creates, carry it out two days later."""
    chain, keys = city.chain, city.chain.keys
    token, manager = chain.deployment.stablecoin, chain.deployment.access_manager
    created = chain.transact(keys.upgrader, None, code, gas=12_000_000)["contractAddress"]
    act = artifact("Stablecoin").call("upgradeToAndCall", created, b"")
    assert city.call("AccessManager", manager, keys.upgrader, "schedule", token, act, 0)["status"] == "0x1"
    chain.move_time(2 * DAY_S)
    receipt = city.call("AccessManager", manager, keys.upgrader, "execute", token, act)
    assert receipt["status"] == "0x1"
    return receipt


@contextmanager
def escrow_lies(city: City) -> Iterator[None]:
    """Let the escrow run lying code, and give it its own code back."""
    rpc, escrow = city.chain.rpc, city.chain.deployment.escrow
    token = bytes(12) + bytes.fromhex(city.chain.deployment.stablecoin[2:])
    receipt = city.chain.transact(CARRIER, None, lying_escrow() + token, gas=12_000_000)
    liar = receipt["contractAddress"]
    # The constructor wrote the liar's own EIP-712 domain into its code: it must speak in the escrow's name.
    names = [domain_separator(city.chain.deployment.chain_id, address).hex() for address in (liar, escrow)]
    code = rpc.call("eth_getCode", [liar, "latest"]).replace(*names)
    honest = rpc.call("eth_getCode", [escrow, "latest"])
    rpc.call("anvil_setCode", [escrow, code])
    yield
    rpc.call("anvil_setCode", [escrow, honest])


def rewrite(city: City, change: Callable[[int], int], view: str, *arguments: object) -> None:
    """Rewrite the one word of the token's storage that the function `view` reads."""
    token, rpc = city.chain.deployment.stablecoin, city.chain.rpc
    data = "0x" + artifact("Stablecoin").call(view, *arguments).hex()
    touched = rpc.call("eth_createAccessList", [{"to": token, "data": data}, "latest"])["accessList"]
    slots = {slot for each in touched if each["address"].lower() == token.lower() for slot in each["storageKeys"]}
    (slot,) = slots - {CODE_SLOT}
    before = int(rpc.call("eth_getStorageAt", [token, slot, "latest"]), 16)
    rpc.call("anvil_setStorageAt", [token, slot, f"0x{change(before):064x}"])


def forget_spending(city: City, address: str) -> None:
    """Set an account's counters to zero behind its back."""
    rewrite(city, lambda word: word & ~COUNTERS, "accountOf", address)


def forget_entry(city: City, entry: bytes) -> None:
    """Make the token forget that a bank entry was minted."""
    rewrite(city, lambda word: 0, "isMinted", entry)


def slip_in(city: City, address: str, fen: int) -> None:
    """Add money to an account without a transaction."""
    rewrite(city, lambda word: word + fen, "accountOf", address)
