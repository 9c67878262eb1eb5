"""The draw, written a second time from the rule's own words (facts.md 2c), to hold the contract against."""

from fractions import Fraction

from eth_utils.crypto import keccak


def below(seed: int, n: int) -> int:
    """Return a uniform number in [0, n): candidates from the last, incomplete stretch of 2^256 are hashed again."""
    whole = 2**256 // n * n
    while seed >= whole:
        seed = int.from_bytes(keccak(seed.to_bytes(32, "big")), "big")
    return seed % n


def bounds(twice_mean: int, rest: int, left: int, cap: int) -> tuple[int, int]:
    """Return the least and the most [fen] that the next of `left` shares may be, symmetric about the mean."""
    lo = max(1, rest - (left - 1) * cap, twice_mean - min(cap, rest - left + 1))
    return lo, twice_mean - lo


def share(link: bytes, packet: bytes, rest: int, left: int, cap: int) -> int:
    """Return the share [fen] that `link` draws in `packet`."""
    if left == 1:
        return rest
    seed = int.from_bytes(keccak(link + packet), "big")
    lo, hi = bounds(roundings(rest, left)[(seed >> 128) % left], rest, left, cap)
    return lo + below(seed, hi - lo + 1)


def roundings(rest: int, left: int) -> list[int]:
    """Return twice the mean of what is left, rounded each of the `left` ways that are drawn alike often."""
    return [(2 * rest + extra) // left for extra in range(left)]


def shares(links: list[bytes], packet: bytes, total: int, cap: int) -> list[int]:
    """Return every share of a packet, in the order of positions."""
    drawn: list[int] = []
    for position, link in enumerate(links):
        drawn.append(share(link, packet, total - sum(drawn), len(links) - position, cap))
    return drawn


def mean(rest: int, left: int, cap: int) -> Fraction:
    """Return the expected next share."""
    return Fraction(sum(sum(bounds(twice, rest, left, cap)) for twice in roundings(rest, left)), 2 * left)
