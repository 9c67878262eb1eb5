"""Ask the chain whether a contract account accepts a signature (ERC-1271)."""

from eth_abi.abi import encode

from pswallet.accounts.service import ContractVerdict
from pswallet.chain.rpc import Rpc, RpcError

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
