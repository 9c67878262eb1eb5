"""Identifiers made off chain: a prefix that says what it names, then a time-ordered random part."""

import hashlib
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(prefix: str) -> str:
    """Make an id such as `acc_06f3…`: 48 bits of milliseconds, then 80 random bits, so that ids sort by time.

    `prefix` is three or four letters. Two ids are never equal in practice (80 random bits a millisecond).
    """
    return _written(prefix, (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80))


def named_id(prefix: str, name: str) -> str:
    """Make the id of what has a `name`, always the same: 128 bits of the name's SHA-256. It sorts by nothing."""
    return _written(prefix, int.from_bytes(hashlib.sha256(name.encode()).digest()[:16]))


def _written(prefix: str, number: int) -> str:
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"
