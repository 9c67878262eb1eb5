"""Whether a campaign's terms and lists are ones that the contract takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

LONGEST_S = 400 * 86_400
"""The furthest that a campaign's end may be away."""
CLOSING_GRACE_S = 600
"""The worker gives a campaign's rest back this long after its end, so that anybody may come first."""
MAX_POSTED_SHOPS = 500
"""Shops of one request; longer lists come by the operators' command."""
HIGHEST_CATEGORY = 9_999
SPONSOR_TIER = 6
"""Chain tier of who may open campaigns."""
ZERO_ADDRESS = "0x" + "00" * 20
ZERO_WORD = "0x" + "00" * 32


class Terms(Protocol):
    """The part of a campaign's terms that the contract's rules speak about."""

    @property
    def budget(self) -> int:
        """All the money [fen]."""
        ...

    @property
    def face(self) -> int:
        """One voucher [fen]."""
        ...

    @property
    def per_person(self) -> int:
        """The most vouchers of one account."""
        ...

    @property
    def start(self) -> int:
        """Unix seconds."""
        ...

    @property
    def end(self) -> int:
        """Unix seconds."""
        ...

    @property
    def merchants(self) -> str:
        """Root of the shops."""
        ...

    @property
    def issuer(self) -> str:
        """Who signs lists."""
        ...


def violation(terms: Terms, *, chain_time: int) -> str | None:
    """Return the name of the contract's first error against `terms` at `chain_time` (Unix seconds); None for none."""
    if not (terms.face and terms.budget and terms.per_person) or terms.budget % terms.face:
        return "BudgetNotDivisible"
    if terms.end <= chain_time or terms.end <= terms.start or terms.end > chain_time + LONGEST_S:
        return "CampaignDatesInvalid"
    if terms.issuer == ZERO_ADDRESS or terms.merchants == ZERO_WORD:
        return "CampaignIncomplete"
    return None


def shops_fit(shops: Sequence[tuple[str, int]]) -> bool:
    """Whether (merchant, category) make a list: somebody, nobody twice, categories of four digits (ISO 18245)."""
    different = len({merchant.lower() for merchant, _ in shops}) == len(shops)
    return bool(shops) and different and all(0 <= category <= HIGHEST_CATEGORY for _, category in shops)


def winners_violation(winners: Sequence[tuple[str, int]], *, per_person: int) -> str | None:
    """Return the name of the first error of a list of (account, vouchers in all); None for none."""
    if not winners or len({account.lower() for account, _ in winners}) != len(winners):
        return "WinnerListInvalid"
    if min(count for _, count in winners) < 1:
        return "WinnerListInvalid"
    return "VoucherLimitExceeded" if max(count for _, count in winners) > per_person else None
