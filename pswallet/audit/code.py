"""Holds the code on the chain against the published code, and the contracts against each other."""

from typing import Protocol

from pswallet.audit.decode import selector, words
from pswallet.audit.ledger import Moment
from pswallet.audit.node import Node
from pswallet.audit.report import Findings
from pswallet.chain.abi import artifact
from pswallet.chain.rpc import RpcError

_IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"  # ERC-1967
_ROLES = range(9)  # contracts/Roles.sol


class Addresses(Protocol):
    """Where the contracts are; `block` is the first that has their code."""

    @property
    def chain_id(self) -> int: ...  # noqa: D102 - fields
    @property
    def block(self) -> int: ...  # noqa: D102
    @property
    def stablecoin(self) -> str: ...  # noqa: D102
    @property
    def stablecoin_implementation(self) -> str: ...  # noqa: D102
    @property
    def escrow(self) -> str: ...  # noqa: D102
    @property
    def batch(self) -> str: ...  # noqa: D102
    @property
    def checkout(self) -> str: ...  # noqa: D102
    @property
    def voucher(self) -> str: ...  # noqa: D102
    @property
    def anchor(self) -> str: ...  # noqa: D102
    @property
    def access_manager(self) -> str: ...  # noqa: D102


def check_code(findings: Findings, node: Node, addresses: Addresses, block: int) -> None:
    """Check each contract's code and how they point at each other, at `block`."""
    deployed = {
        "ERC1967Proxy": addresses.stablecoin,
        "Stablecoin": addresses.stablecoin_implementation,
        "RedPacketEscrow": addresses.escrow,
        "Batch": addresses.batch,
        "MerchantCheckout": addresses.checkout,
        "CityVoucher": addresses.voucher,
        "Anchor": addresses.anchor,
        "AccessManager": addresses.access_manager,
    }
    for contract, address in deployed.items():
        findings.looked_at("code", 1)
        if not artifact(contract).runs(node.code(address, block)):
            findings.add("code", f"the code at {address} is not the published {contract}", block)
    _check_pointers(findings, node, addresses, block)
    _check_batch(findings, node, addresses, block)


def _check_pointers(findings: Findings, node: Node, addresses: Addresses, block: int) -> None:
    def told(contract: str, address: str, function: str) -> int:
        return int(node.read(address, selector(contract, function), block), 16)

    implementation = node.storage(addresses.stablecoin, _IMPLEMENTATION_SLOT, block)
    pointers = [
        ("the token's proxy runs", implementation, addresses.stablecoin_implementation),
        ("the escrow pays in", told("RedPacketEscrow", addresses.escrow, "token"), addresses.stablecoin),
        ("the checkout pays in", told("MerchantCheckout", addresses.checkout, "token"), addresses.stablecoin),
        ("the checkout's vouchers are", told("MerchantCheckout", addresses.checkout, "voucher"), addresses.voucher),
        ("the vouchers are money of", told("CityVoucher", addresses.voucher, "token"), addresses.stablecoin),
        ("the vouchers are spent by", told("CityVoucher", addresses.voucher, "checkout"), addresses.checkout),
        ("the token obeys", told("Stablecoin", addresses.stablecoin, "authority"), addresses.access_manager),
        ("the anchor obeys", told("Anchor", addresses.anchor, "authority"), addresses.access_manager),
    ]
    for what, found, expected in pointers:
        findings.looked_at("code", 1)
        if found != int(expected, 16):
            findings.add("code", f"{what} {found:#042x}, not {expected}", block)


def _check_batch(findings: Findings, node: Node, addresses: Addresses, block: int) -> None:
    """Hold that the batch, which anyone may speak through, has no role, no tier and no money."""
    ask = selector("AccessManager", "hasRole")
    word = addresses.batch[2:].lower().rjust(64, "0")
    calls = [f"{ask}{role:064x}{word}" for role in _ROLES]
    answers = node.read_all(addresses.access_manager, calls, block, words=2)
    for role, answer in zip(_ROLES, answers, strict=True):
        findings.looked_at("code", 1)
        if int(answer[:66], 16):
            findings.add("code", f"the batch {addresses.batch} holds the role {role}", block)
    findings.looked_at("code", 1)
    account = node.read(addresses.stablecoin, selector("Stablecoin", "accountOf") + word, block)
    if any(words(account)):
        findings.add("code", f"the batch {addresses.batch} is an account: {words(account)}", block)


def check_upgrade(findings: Findings, node: Node, addresses: Addresses, now: Moment, topics: list[str]) -> None:
    """Report an upgrade of the token to anything but the published code.

    The deployment's own implementation is looked at by `check_code`, at the head; another's code may have to be, too.
    """
    implementation = "0x" + topics[1][-40:]
    if implementation == addresses.stablecoin_implementation.lower():
        return
    try:
        code = node.code(implementation, now.block)
    except RpcError:  # the node forgets old states
        code = node.code(implementation, node.number("eth_blockNumber"))
    if not artifact("Stablecoin").runs(code):
        told = f"the token was upgraded to {implementation}, unpublished code"
        findings.add("code", told, now.block, now.transaction)
