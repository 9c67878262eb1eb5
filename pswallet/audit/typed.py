"""EIP-712 by hand: what a contract's signed words hash to."""

from pswallet.chain.hashing import keccak

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


def separator(name: str, chain_id: int, contract: str) -> bytes:
    """Return the domain separator of the contract `name`, version 1, at an address ("0x…")."""
    names = keccak(name.encode()) + keccak(b"1")
    return keccak(_DOMAIN + names + chain_id.to_bytes(32) + bytes(12) + bytes.fromhex(contract[2:]))


def typed(domain: bytes, struct: bytes) -> bytes:
    """Return the digest of a struct given as its type's hash and its words, in a domain."""
    return keccak(b"\x19\x01" + domain + keccak(struct))
