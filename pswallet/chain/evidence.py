"""Questions to the node about the past: did this transaction revert and why, did this call's event happen."""

from collections.abc import Callable
from typing import Any, Protocol

from pswallet.chain import events
from pswallet.chain.events import TOPICS
from pswallet.chain.hashing import checksum
from pswallet.chain.outbox import CallKind
from pswallet.chain.reverts import UNEXPLAINED, error_name
from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable


class Addresses(Protocol):
    """What of a deployment the questions need."""

    @property
    def block(self) -> int:
        """The first block with our code."""
        ...

    @property
    def stablecoin(self) -> str:
        """The token."""
        ...

    @property
    def escrow(self) -> str:
        """The red packets."""
        ...

    @property
    def batch(self) -> str:
        """The carrier of signed calls."""
        ...

    @property
    def checkout(self) -> str:
        """The funded orders."""
        ...

    @property
    def voucher(self) -> str:
        """The campaigns."""
        ...

    @property
    def anchor(self) -> str:
        """The keeper of hashes."""
        ...


def reverted(rpc: Rpc, transaction: str) -> bool:
    """Whether a mined transaction reverted. Raises RpcUnavailable when the node has no receipt (yet)."""
    receipt = rpc.call("eth_getTransactionReceipt", [transaction])
    if receipt is None:
        raise RpcUnavailable(f"no receipt of {transaction} yet")
    return int(receipt["status"], 16) == 0


def why_reverted(rpc: Rpc, transaction: str) -> tuple[str, str]:
    """Return the error's name and the contract called, by making the call again on the state before its block."""
    sent = rpc.call("eth_getTransactionByHash", [transaction])
    if sent is None or sent.get("blockNumber") is None:
        raise RpcUnavailable(f"{transaction} is not in a block")
    request = {"from": sent["from"], "to": sent["to"], "data": sent["input"], "gas": sent["gas"]}
    contract = checksum(bytes.fromhex(sent["to"][2:]))
    for number in (int(sent["blockNumber"], 16) - 1, int(sent["blockNumber"], 16)):
        # Earlier transactions of the same block may be what it failed on: then the state after it tells.
        answer: Any = rpc.batch([("eth_call", [request, hex(number)])])[0]
        if isinstance(answer, RpcError) and answer.revert_data:
            return error_name(answer.revert_data), contract
    return UNEXPLAINED, contract


def _address_topic(address: str) -> str:
    return "0x" + address[2:].lower().rjust(64, "0")


def _question(addresses: Addresses, kind: str, asked: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """Return the contract and the topics of the event that a call of this kind is after."""
    form = _QUESTIONS.get(kind)
    if form is None:
        return None
    contract, topics = form(asked)
    return getattr(addresses, contract), topics


def _parties(asked: dict[str, Any], *names: str) -> list[str]:
    return [_address_topic(asked[name]) for name in names]


_ENDS = [TOPICS[events.AuthorizationUsed], TOPICS[events.AuthorizationCanceled]]
"""Of a nonce, which ends once: where it was canceled no older block need be read."""
_CLAIMS = [TOPICS[events.PacketClaimed], TOPICS[events.ShareOwed]]

_QUESTIONS: dict[str, Callable[[dict[str, Any]], tuple[str, list[Any]]]] = {
    CallKind.AUTHORIZATION: lambda one: ("stablecoin", [_ENDS, *_parties(one, "from"), one["nonce"]]),
    CallKind.MINT: lambda one: ("stablecoin", [TOPICS[events.Minted], None, one["entry"]]),
    CallKind.PERMIT: lambda one: ("stablecoin", [TOPICS[events.Approval], *_parties(one, "owner", "spender")]),
    CallKind.PACKET_CLAIM: lambda one: ("escrow", [_CLAIMS, one["packet"], *_parties(one, "account")]),
    CallKind.PACKET_COLLECT: lambda one: (
        "escrow",
        [TOPICS[events.ShareCollected], one["packet"], *_parties(one, "account")],
    ),
    CallKind.PACKET_REFUND: lambda one: ("escrow", [TOPICS[events.PacketRefunded], one["packet"]]),
    CallKind.ORDER_REFUND: lambda one: ("checkout", [TOPICS[events.OrderRefunded], one["order"]]),
    CallKind.CASHIER_SET: lambda one: ("checkout", [TOPICS[events.CashierSet], *_parties(one, "merchant", "cashier")]),
    CallKind.VOUCHER_ISSUE: lambda one: (
        "voucher",
        [TOPICS[events.VoucherIssued], one["campaign"], *_parties(one, "account")],
    ),
}


_NAMED: dict[str, tuple[type[events.Event], str]] = {
    CallKind.BUDGET_OPEN: (events.BudgetOpened, "checkout"),
    CallKind.ORDER_PAY: (events.OrderPaid, "checkout"),
    CallKind.CAMPAIGN_OPEN: (events.CampaignOpened, "voucher"),
    CallKind.WINNERS_LIST: (events.WinnersListed, "voucher"),
    CallKind.CAMPAIGN_CLOSE: (events.CampaignClosed, "voucher"),
    CallKind.ANCHOR: (events.Anchored, "anchor"),
}
"""Kinds whose event's first topics are what stands behind the colons of their key."""

_COUNTED: dict[str, int] = {
    CallKind.ORDER_REFUND: 0, CallKind.CASHIER_SET: 1, CallKind.VOUCHER_ISSUE: 0, CallKind.PERMIT: 0,
}  # fmt: skip
"""Kinds of which a thing has many: the word of the event's data that holds the call's `number` (a permit's value)."""


def _named(addresses: Addresses, kind: str, key: str) -> tuple[str, list[Any]]:
    event, contract = _NAMED[kind]
    words = key.split(":")[1:]
    if kind != CallKind.ANCHOR:  # a number at the end counts how often the call was left
        words = [name for name in words if name.startswith("0x")]
    names = [name if name.startswith("0x") else f"0x{int(name):064x}" for name in words]
    return getattr(addresses, contract), [TOPICS[event], *names]


def happened(rpc: Rpc, addresses: Addresses, kind: str, key: str, arguments: dict[str, Any], *, until: int) -> bool:
    """Whether the event that a call is after is on the chain up to block `until`, whoever brought it about."""
    if kind in _NAMED:
        question = _named(addresses, kind, key)
    elif kind == CallKind.PACKET_CREATE:
        question = (addresses.escrow, [TOPICS[events.PacketCreated], key.rpartition(":")[2]])
    else:
        found = _question(addresses, kind, arguments)
        if found is None:
            return False
        question = found
    logs = _newest_logs(rpc, *question, first=addresses.block, last=until)
    if kind == CallKind.AUTHORIZATION:
        return any(_paid(rpc, used, arguments) for used in logs)
    if kind == CallKind.PERMIT:
        logs = logs[-1:]  # what was allowed before, and taken back since, is no more
    if kind in _COUNTED:
        return any(int(log["data"][2 + 64 * _COUNTED[kind] :][:64], 16) == int(arguments["number"]) for log in logs)
    return bool(logs)


def _newest_logs(rpc: Rpc, contract: str, topics: list[Any], *, first: int, last: int) -> list[Any]:
    """Return the logs of the newest blocks that hold any; from window to window where a node limits how many it reads.

    Raises RpcError when it will not even read one block.
    """
    most = last - first + 1
    while first <= last:
        begin = max(first, last - most + 1)
        asked = {"address": contract, "topics": topics, "fromBlock": hex(begin), "toBlock": hex(last)}
        try:
            found: list[Any] = rpc.call("eth_getLogs", [asked])
        except RpcError:
            if most <= 1:
                raise
            most = -(-most // 2)
            continue
        if found:
            return found
        last = begin - 1
    return []


def _paid(rpc: Rpc, used: dict[str, Any], arguments: dict[str, Any]) -> bool:
    """Whether the `Transfer` directly after this `AuthorizationUsed` is the payment that the arguments ask for."""
    if used["topics"][0] != TOPICS[events.AuthorizationUsed]:
        return False
    parties = [_address_topic(arguments["from"]), _address_topic(arguments["to"])]
    asked = {"address": used["address"], "topics": [TOPICS[events.Transfer], *parties], "blockHash": used["blockHash"]}
    next_to_it = int(used["logIndex"], 16) + 1
    return any(
        int(moved["logIndex"], 16) == next_to_it and int(moved["data"], 16) == int(arguments["value"])
        for moved in rpc.call("eth_getLogs", [asked])
    )
