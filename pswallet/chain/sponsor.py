"""The gateway's word for funded orders: budgets name its key, which signs for each order that they help to pay."""

from pswallet.chain.signing import SPONSORSHIP, Domain, address_of, digest, sign


class Sponsor:
    """Signs for orders of one checkout (`domain`); also named by campaigns, whose lists it signs."""

    def __init__(self, key: bytes, domain: Domain) -> None:
        self._key = key
        self._domain = domain
        self.address = address_of(key)

    def sign(self, order: str, budget: str) -> bytes:
        """Return the signature that lets `budget` pay its part of `order` (65 bytes). Both are hashes, "0x…"."""
        return sign(digest(self._domain, SPONSORSHIP, {"order": order, "budget": budget}), self._key)
