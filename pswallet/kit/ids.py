"""Identifiers made off chain: a prefix that says what it names, then a time-ordered random part."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id(prefix: str) -> str:
    """Make an id such as `acc_06f3…`: 48 bits of milliseconds, then 80 random bits, so that ids sort by time.

    `prefix` is three or four letters. Two ids are never equal in practice (80 random bits a millisecond).
    """
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"
