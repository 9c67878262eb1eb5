"""The draw, worked out a second time from its published rule. Shares no code with the gateway or the contract."""

from pswallet.chain.signing import keccak

_WORD = 1 << 256


def link_before(link: bytes) -> bytes:
    """Return the link of 20 bytes that `link` must hash to."""
    return keccak(link)[:20]


def share_of(link: bytes, packet: bytes, *, rest: int, left: int, max_share: int) -> int:
    """Return the share [fen] that `link` draws while `left` shares hold `rest` fen, none above `max_share`.

    The double-mean rule: uniform on [lo, hi], lo + hi = 2 rest / left rounded up or down by the seed's upper half, so
    that its mean is exact; the last share takes the rest.
    """
    if left == 1:
        return rest
    seed = int.from_bytes(keccak(link + packet))
    twice_mean, remainder = divmod(2 * rest, left)
    twice_mean += (seed >> 128) % left >= left - remainder
    most = min(max_share, rest - left + 1)
    lowest = max(1, rest - (left - 1) * max_share, twice_mean - most)
    return lowest + _below(seed, twice_mean - 2 * lowest + 1)


def _below(seed: int, bound: int) -> int:
    """Return a number uniform on [0, bound): a seed in the incomplete last stretch is hashed again."""
    complete = _WORD - _WORD % bound
    while seed >= complete:
        seed = int.from_bytes(keccak(seed.to_bytes(32)))
    return seed % bound
