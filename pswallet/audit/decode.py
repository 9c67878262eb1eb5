"""Reads raw logs by the contracts' ABI: which event a first topic names, and the words behind it."""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypedDict

from pswallet.chain.abi import artifact, type_of
from pswallet.chain.signing import keccak


class Log(TypedDict):
    """A log as `eth_getLogs` and receipts give it; numbers are hex."""

    address: str
    topics: list[str]
    data: str
    blockNumber: str
    transactionHash: str
    logIndex: str


def signature(entry: dict[str, Any]) -> str:
    """Return the canonical signature of an ABI entry: "Transfer(address,address,uint256)"."""
    return f"{entry['name']}({','.join(type_of(parameter) for parameter in entry['inputs'])})"


def _entries(contract: str, kind: str) -> Iterator[dict[str, Any]]:
    return (entry for entry in artifact(contract).abi if entry["type"] == kind)


@cache
def events(contract: str) -> dict[str, str]:
    """Return event names by first topic ("0x…") for every event of `contract`."""
    return {"0x" + keccak(signature(entry).encode()).hex(): entry["name"] for entry in _entries(contract, "event")}


@cache
def errors(contract: str) -> dict[str, str]:
    """Return error names by their first four bytes ("0x…") for every error of `contract`."""
    return {"0x" + keccak(signature(entry).encode())[:4].hex(): entry["name"] for entry in _entries(contract, "error")}


@cache
def selector(contract: str, function: str) -> str:
    """Return the first four bytes ("0x…") of a call of `function`, which is not overloaded."""
    (entry,) = (entry for entry in _entries(contract, "function") if entry["name"] == function)
    return "0x" + keccak(signature(entry).encode())[:4].hex()


def words(data: str) -> list[int]:
    """Cut ABI data ("0x…") into its 256-bit words."""
    return [int(data[start : start + 64], 16) for start in range(2, len(data) - 63, 64)]


def address_in(topic: str) -> str:
    """Return the address in a topic or word, lower case."""
    return "0x" + topic[-40:]


def place(log: Log) -> tuple[int, str]:
    """Return a log's block and transaction."""
    return int(log["blockNumber"], 16), log["transactionHash"]
