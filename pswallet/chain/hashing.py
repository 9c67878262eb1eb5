"""Keccak-256 in C, addresses with their checksum, and function selectors."""

from functools import lru_cache

import sha3


def keccak(data: bytes) -> bytes:
    """Return the Keccak-256 hash of `data` (32 bytes)."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


@lru_cache(maxsize=262_144)
def checksum(address: bytes) -> str:
    """Write a 20-byte address with its checksum (EIP-55)."""
    lower = address.hex()
    casing = keccak(lower.encode()).hex()
    return "0x" + "".join(
        letter.upper() if nibble > "7" else letter for letter, nibble in zip(lower, casing, strict=False)
    )


@lru_cache(maxsize=262_144)
def address_bytes(address: str) -> bytes:
    """Read an address, 0x and 40 hexadecimal digits, into 20 bytes. Raises ValueError for anything else."""
    raw = bytes.fromhex(address.removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"{address!r} is not an address of 20 bytes")
    return raw


def selector(signature: str) -> bytes:
    """Return the four bytes that name a function or an error, such as `transfer(address,uint256)`."""
    return keccak(signature.encode())[:4]


def require_native() -> None:
    """Refuse to start on a slow keccak: pure Python costs a hundred times as much. Raises RuntimeError."""
    if sha3.keccak_256.__module__ != "_pysha3":
        raise RuntimeError("Keccak is not the C implementation: install safe-pysha3")
