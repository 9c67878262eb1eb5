"""Ask the chain whether a contract account accepts a signature (ERC-1271)."""

from typing import Protocol, Self, TypeVar

from eth_abi.abi import encode

from pswallet.accounts.service import ContractVerdict
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import is_signed_by

_MAGIC = bytes.fromhex("1626ba7e")
"""isValidSignature(bytes32,bytes): its selector, and what it answers when it accepts."""


def contract_verdict(rpc: Rpc) -> ContractVerdict:
    """Return the question, ready to be asked; an address without code accepts nothing. RpcUnavailable passes."""

    def accepts(address: str, digest: bytes, signature: bytes) -> bool:
        if rpc.call("eth_getCode", [address, "latest"]) in ("0x", "0x0"):
            return False
        question = "0x" + (_MAGIC + encode(["bytes32", "bytes"], [digest, signature])).hex()
        try:
            answer = rpc.call("eth_call", [{"to": address, "data": question}, "latest"])
        except RpcError:  # it reverted: it does not accept
            return False
        return bytes.fromhex(answer[2:])[:32] == _MAGIC.ljust(32, b"\0")

    return accepts


class Signed(Protocol):
    """A command with a signature that a contract may have to judge."""

    @property
    def signature(self) -> str:
        """The signature, "0x…"."""
        ...

    def judged(self, verdict: bool) -> Self:
        """Return the same command with the contract's verdict."""
        ...


S = TypeVar("S", bound=Signed)


def with_contract(rpc: Rpc, command: S, *, signer: str, signed: bytes) -> S:
    """Return `command` with the verdict of its signer's contract, unless the signer's own key signed the digest."""
    if is_signed_by(signer, signed, command.signature):
        return command
    return command.judged(contract_verdict(rpc)(signer, signed, bytes.fromhex(command.signature[2:])))
