"""The dealer of lucky draws: hash chains that nobody can grind, and signatures over the order of claims.

Its key and seed live in the relayer (which reveals links) and in the gateway (which signs tickets), never in a table.
"""

import hmac
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from pswallet.chain.hashing import address_bytes, keccak
from pswallet.chain.signing import DEAL, POSITION_TICKET, Domain, address_of, digest, sign

MAX_SHARES = 100
"""Links of a chain; a packet has no more shares."""

ClaimWords = tuple[str, int, bytes]
"""A claim as the Deal signs it: account, index, evidence."""


class Dealer:
    """Deals the draws of one escrow (`domain`). `seed` makes every chain; lose it, and packets refund at expiry."""

    def __init__(self, key: bytes, seed: bytes, domain: Domain) -> None:
        self._key = key
        self._seed = seed
        self._domain = domain
        self.address = address_of(key)
        self._chain = lru_cache(maxsize=4096)(self._forged)

    def commitment(self, draw_id: str) -> str:
        """Return the end of the draw's chain (20 bytes as hex): what the creator puts into the terms."""
        return "0x" + self._chain(draw_id)[0].hex()

    def links(self, draw_id: str, first: int, count: int) -> list[bytes]:
        """Return the links of `count` positions from `first` (0-based) on; each hashes to the one before it.

        Raises ValueError beyond position 99.
        """
        if first < 0 or first + count > MAX_SHARES:
            raise ValueError(f"positions {first} to {first + count - 1} are not below {MAX_SHARES}")
        return list(self._chain(draw_id)[first + 1 : first + 1 + count])

    def _forged(self, draw_id: str) -> tuple[bytes, ...]:
        link = hmac.digest(self._seed, draw_id.encode(), sha256)[:20]
        chain = [link]
        for _ in range(MAX_SHARES):
            link = keccak(link)[:20]
            chain.append(link)
        return tuple(reversed(chain))

    def sign_deal(
        self, packet: str, first_position: int, claims: Sequence[ClaimWords], links: Sequence[bytes]
    ) -> bytes:
        """Sign that these claims, in this order, begin at `first_position` and draw with these links (65 bytes)."""
        claimants = b"".join(
            [
                bytes(12) + address_bytes(account) + index.to_bytes(32, "big") + keccak(evidence)
                for account, index, evidence in claims
            ]
        )
        message = {
            "packet": packet,
            "firstPosition": first_position,
            "claimants": keccak(claimants),
            "links": keccak(b"".join([link + bytes(12) for link in links])),
        }
        return sign(digest(self._domain, DEAL, message), self._key)

    def sign_ticket(self, packet: str, claimant: str, position: int) -> bytes:
        """Sign the claimant's place in the queue (65 bytes): evidence, should the order be changed."""
        message = {"packet": packet, "claimant": claimant, "position": position}
        return sign(digest(self._domain, POSITION_TICKET, message), self._key)
