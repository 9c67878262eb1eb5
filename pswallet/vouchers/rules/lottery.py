"""The lottery of a campaign, as anybody recomputes it from the published files: docs/lottery.md says each byte.

An applicant is 32 bytes: keccak256 of an account and a random blinding. Whoever loses stays unknown; whoever wins is
shown with both, and gets its vouchers in the open anyway.
"""

from __future__ import annotations

import heapq
import re
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eth_hash.auto import keccak
from sha3 import keccak_256

Progress = Callable[[int], None]
"""Hears how many applicants more were ranked."""

OPENINGS_HEAD = "applicant,account,blinding"
"""First line of a file of openings; the words are hexadecimal, the account's with 0x before it."""

_STRETCH = 50_000
_OPENING = re.compile(r"([0-9a-f]{64}),0x([0-9a-fA-F]{40}),([0-9a-f]{64})")


class LotteryInvalid(ValueError):
    """A file is not of the format, or does not say what was committed to; the message says which and where."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who is behind an applicant: the address, and 32 random bytes."""

    account: str
    blinding: bytes


def applicant_of(opening: Opening) -> bytes:
    """Return the applicant: keccak256(account, left-padded to 32 bytes ‖ blinding)."""
    return keccak(bytes.fromhex(opening.account[2:]).rjust(32, b"\0") + opening.blinding)


def read_applicants(file: bytes) -> list[bytes]:
    """Return the applicants of a file in ascending order: 64 hexadecimal digits a line, in any order.

    Raises LotteryInvalid for anything else, for an applicant that is there twice, and for nobody.
    """
    lines = file.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    wrong = next((place for place, line in enumerate(lines, 1) if len(line) != 64), None if lines else 1)
    if wrong is not None:
        raise LotteryInvalid(f"line {wrong} of the applicants is not 64 hexadecimal digits and a line feed")
    try:
        applicants = sorted(map(unhexlify, lines))
    except ValueError as error:
        raise LotteryInvalid(f"the applicants are not hexadecimal: {error}") from error
    twice = next((one for one, after in pairwise(applicants) if one == after), None)
    if twice is not None:
        raise LotteryInvalid(f"applicant {twice.hex()} is there twice")
    return applicants


def read_openings(lines: Iterable[str], wanted: Iterable[bytes] | None = None) -> dict[bytes, Opening]:
    """Return the openings of a CSV file `applicant,account,blinding` with that first line, of those `wanted` if given.

    Raises LotteryInvalid for a line that is not of that form, and for an applicant that is there twice.
    """
    of_interest = None if wanted is None else set(wanted)
    found: dict[bytes, Opening] = {}
    rows = iter(lines)
    if next(rows, "").strip() != OPENINGS_HEAD:
        raise LotteryInvalid(f"the first line of the openings is not {OPENINGS_HEAD}")
    for number, line in enumerate(rows, 2):
        matched = _OPENING.fullmatch(line.rstrip("\r\n"))
        if matched is None:
            raise LotteryInvalid(f"line {number} of the openings is not {OPENINGS_HEAD}")
        applicant = unhexlify(matched[1])
        if of_interest is not None and applicant not in of_interest:
            continue
        if applicant in found:
            raise LotteryInvalid(f"line {number} of the openings: applicant {matched[1]} is there twice")
        found[applicant] = Opening("0x" + matched[2], unhexlify(matched[3]))
    return found


def applicants_hash(applicants: Iterable[bytes]) -> bytes:
    """Return keccak256 of the applicants in ascending order, 32 bytes each: a file's order makes no difference."""
    return keccak(b"".join(sorted(applicants)))


def draw(
    applicants: Sequence[bytes], *, seed: bytes, block_hash: bytes, winners: int, progress: Progress = lambda _: None
) -> list[bytes]:
    """Return the winning applicants, the best rank first: the lowest keccak256(seed ‖ block hash ‖ applicant).

    Of equal ranks, which would take a collision of keccak256, the lower applicant is first. With fewer applicants than
    `winners` everybody wins. Raises LotteryInvalid unless seed and block hash have 32 bytes.
    """
    if len(seed) != 32 or len(block_hash) != 32:
        raise LotteryInvalid("seed and block hash have 32 bytes each")
    ranked = _ranked(applicants, seed + block_hash, progress)
    return [applicant for _, applicant in heapq.nsmallest(winners, ranked)]


def _ranked(applicants: Sequence[bytes], known: bytes, progress: Progress) -> Iterator[tuple[bytes, bytes]]:
    for first in range(0, len(applicants), _STRETCH):
        stretch = applicants[first : first + _STRETCH]
        # The C hash itself: eth_hash's wrapper costs as much again.
        yield from [(keccak_256(known + applicant).digest(), applicant) for applicant in stretch]
        progress(len(stretch))


def accounts_of(winning: Sequence[bytes], openings: Mapping[bytes, Opening]) -> list[str]:
    """Return the winners' accounts in the order of their ranks.

    Raises LotteryInvalid for a winner that is not opened, opened wrongly, or an account that won twice.
    """
    accounts = []
    for applicant in winning:
        opening = openings.get(applicant)
        if opening is None or applicant_of(opening) != applicant:
            raise LotteryInvalid(f"winner {applicant.hex()} is not opened, or by another account or blinding")
        accounts.append(opening.account)
    if len({account.lower() for account in accounts}) != len(accounts):
        raise LotteryInvalid("an account applied, and won, more than once")
    return accounts
