"""What a red packet may be and what a link draws: pure functions over plain values (facts.md §2).

The draw repeats `contracts/libraries/DoubleMean.sol` and the guest list OpenZeppelin's standard Merkle tree, both bit
for bit (tested against the contract).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eth_hash.auto import keccak

from pswallet.kit.merkle import MerkleList, leaf_of, merkle_list
from pswallet.kit.money import Fen

MAX_SHARES = 100
MAX_SHARE: Fen = Fen(20_000)
"""The most one share may be: ¥200.00."""
MAX_GUESTS = 500
"""The largest guest list: a WeChat group has 500 members."""
MAX_LIFETIME_S = 86_460
"""24 hours, and a minute for a clock that is not ours."""
SENT_PER_DAY: Fen = Fen(500_000)
"""What one person may give in packets in a calendar day of Asia/Shanghai: ¥5,000.00."""
PACKETS_PER_DAY = 100
RECEIVED_PER_DAY: Fen = Fen(100_000)
"""What a person of tier T0 or T1 may be given in packets in a day: ¥1,000.00."""
LOWEST_SENDING_TIER = 2
"""Chain tier of T1: a visitor (T0) receives packets and gives none."""
HIGHEST_RECEIVING_LIMITED_TIER = 2
"""Chain tier of T1: above it no limit a day on what packets bring."""
REFUND_GRACE_S = 600
"""The worker gives a packet back this long after its expiry, so that anybody may come first."""
DEFAULT_GREETING = "恭喜发财，大吉大利"
MAX_GREETING = 25
MAX_THANKS = 25
COVERS = ("dawan", "qilin", "maluan", "dengzhan", "yuebing", "longzhou")
"""Covers of Pingshan and its year: 大万世居, 麒麟舞, 马峦山梅花, 上灯, 月饼, 龙舟."""
PHRASE_TRIES_PER_HOUR = 5
MAX_PHRASE = 40

_WORD = 2**256


class Shape(Protocol):
    """The part of a packet's terms that the limits speak about."""

    @property
    def total(self) -> int:
        """All the money [fen]."""
        ...

    @property
    def shares(self) -> int:
        """How many share it."""
        ...

    @property
    def expiry(self) -> int:
        """Unix seconds."""
        ...

    @property
    def max_share(self) -> int:
        """The most a lucky share may be [fen]; 0 in an equal packet."""
        ...

    @property
    def lucky(self) -> bool:
        """Drawn, not equal."""
        ...

    @property
    def guests(self) -> str:
        """Merkle root of the guest list, or zero."""
        ...

    @property
    def claim_key(self) -> str:
        """Address of the link's key, or zero."""
        ...

    @property
    def dealer(self) -> str:
        """Who deals a lucky packet, or zero."""
        ...

    @property
    def draw_commitment(self) -> str:
        """End of the dealer's hash chain, or zero."""
        ...


ZERO_ADDRESS = "0x" + "0" * 40
ZERO_WORD = "0x" + "0" * 64
ZERO_LINK = "0x" + "0" * 40


def violation(terms: Shape, *, chain_time: int) -> str | None:
    """Return the name of the first rule that `terms` break at `chain_time` (Unix seconds), or None.

    The order is the escrow's own; "ShareLimitExceeded" is the gateway's.
    """
    return _shares_violation(terms) or _audience_violation(terms, chain_time=chain_time)


def _shares_violation(terms: Shape) -> str | None:
    if not 1 <= terms.shares <= MAX_SHARES:
        return "ShareCountOutOfRange"
    if terms.total < terms.shares or (not terms.lucky and terms.total % terms.shares):
        return "TotalNotDivisible"
    if terms.total > terms.shares * MAX_SHARE or terms.max_share > MAX_SHARE:
        return "ShareLimitExceeded"
    if (terms.max_share * terms.shares < terms.total) if terms.lucky else terms.max_share != 0:
        return "MaxShareOutOfRange"
    return None


def _audience_violation(terms: Shape, *, chain_time: int) -> str | None:
    if not chain_time < terms.expiry <= chain_time + MAX_LIFETIME_S:
        return "ExpiryOutOfRange"
    if (terms.guests == ZERO_WORD) == (terms.claim_key == ZERO_ADDRESS):
        return "AudienceAmbiguous"
    has_dealer, has_commitment = terms.dealer != ZERO_ADDRESS, terms.draw_commitment != ZERO_LINK
    if has_dealer is not terms.lucky or has_commitment is not terms.lucky:
        return "DrawTermsMismatch"
    return None


def kind_fits(kind: str, *, lucky: bool, shares: int, guests: int) -> bool:
    """Return whether a packet's kind says what its terms and its guest list are.

    equal and lucky are for a group, exclusive for one person and one share, link and phrase for no list at all.
    """
    fits = {
        "equal": guests > 0 and not lucky,
        "lucky": guests > 0 and lucky,
        "exclusive": guests == 1 and shares == 1,
        "link": guests == 0,
        "phrase": guests == 0,
    }
    return fits.get(kind, False)


def takes_part(account: str, *, creator: str, is_guest: bool, has_claimed: bool) -> bool:
    """Return whether a packet's words and names are for `account`: who gave it, was asked to it or has claimed of it.

    Knowing the id is no invitation: ids are public on the chain.
    """
    return account == creator or is_guest or has_claimed


def largest_share(*, total: int, shares: int, max_share: int, lucky: bool) -> Fen:
    """Return the most that one share of the packet can turn out to be [fen]."""
    if not lucky:
        return Fen(total // shares)
    return Fen(min(max_share, total - shares + 1))


# --- the draw ---------------------------------------------------------------


def link_before(link: bytes) -> bytes:
    """Return the link that was public before `link` was revealed: its hash's first 20 bytes."""
    return keccak(link)[:20]


def share_of(link: bytes, packet: bytes, *, rest: int, left: int, max_share: int) -> Fen:
    """Return the share [fen] that `link` draws from `rest` fen with `left` shares to go (double mean, facts.md §2c)."""
    if left == 1:
        return Fen(rest)
    seed = int.from_bytes(keccak(link + packet), "big")
    twice_mean = (2 * rest + (seed >> 128) % left) // left
    lowest, highest = share_bounds(twice_mean, rest=rest, left=left, max_share=max_share)
    return Fen(lowest + below(seed, highest - lowest + 1))


def share_bounds(twice_mean: int, *, rest: int, left: int, max_share: int) -> tuple[int, int]:
    """Return the least and the most fen that the next of `left` > 1 shares may be, symmetric about the mean.

    `twice_mean` is 2 * rest / left, rounded either way: at random, so that its mean is exact (docs/decisions/0006).
    """
    most = min(max_share, rest - left + 1)
    lowest = max(1, rest - (left - 1) * max_share, twice_mean - most)
    return lowest, twice_mean - lowest


def below(seed: int, n: int) -> int:
    """Return a number uniform on [0, n) from a 256-bit `seed`; the incomplete last stretch is hashed again."""
    while seed >= _WORD - _WORD % n:
        seed = int.from_bytes(keccak(seed.to_bytes(32, "big")), "big")
    return seed % n


def draw(
    *, commitment: bytes, links: Sequence[bytes], packet: bytes, total: int, shares: int, max_share: int
) -> list[Fen]:
    """Recompute every share of the revealed `links`, in order of position.

    Raises ValueError if a link does not hash to the one before it, or if there are more links than shares.
    """
    if len(links) > shares:
        raise ValueError(f"{len(links)} links for {shares} shares")
    drawn: list[Fen] = []
    known, rest = commitment, total
    for place, link in enumerate(links):
        if link_before(link) != known:
            raise ValueError(f"link {place} does not hash to the one before it")
        drawn.append(share_of(link, packet, rest=rest, left=shares - place, max_share=max_share))
        known, rest = link, rest - drawn[-1]
    return drawn


def luckiest(values: Sequence[int], *, shares: int, lucky: bool) -> int | None:
    """Return the position of 手气最佳, or None while there is none.

    Only of a lucky packet of two or more shares, only after the last one; of equal shares the earliest.
    """
    if not lucky or shares < 2 or len(values) < shares:
        return None
    return max(range(shares), key=lambda place: (values[place], -place))


# --- the guest list ---------------------------------------------------------


def guest_leaf(account: str, place: int) -> bytes:
    """Return the leaf of a guest and its place in the list."""
    return leaf_of(account, place)


def guest_list(accounts: Sequence[str]) -> MerkleList:
    """Build the standard tree over (account, place in the list). Raises ValueError unless 1 to 500 of them differ."""
    if not 1 <= len(accounts) <= MAX_GUESTS or len({account.lower() for account in accounts}) != len(accounts):
        raise ValueError("a guest list holds 1 to 500 different accounts")
    return merkle_list((account, place) for place, account in enumerate(accounts))
