"""What a campaign may be and what can be spent of it: pure functions over plain values (contracts/CityVoucher.sol)."""

from pswallet.vouchers.rules.spending import Holding, Offer, refusal, spendable_of
from pswallet.vouchers.rules.terms import (
    CLOSING_GRACE_S,
    HIGHEST_CATEGORY,
    LONGEST_S,
    MAX_POSTED_SHOPS,
    SPONSOR_TIER,
    ZERO_ADDRESS,
    ZERO_WORD,
    shops_fit,
    violation,
    winners_violation,
)

__all__ = [
    "CLOSING_GRACE_S",
    "HIGHEST_CATEGORY",
    "LONGEST_S",
    "MAX_POSTED_SHOPS",
    "SPONSOR_TIER",
    "ZERO_ADDRESS",
    "ZERO_WORD",
    "Holding",
    "Offer",
    "refusal",
    "shops_fit",
    "spendable_of",
    "violation",
    "winners_violation",
]
