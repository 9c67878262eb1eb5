"""What of an account's vouchers an order can be paid with, and why not: CityVoucher.spend, in its order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an account has left of a campaign [fen], and the terms by which it is spent; times in Unix seconds."""

    campaign: str
    left: int
    face: int
    start: int
    end: int
    minimum_spend: int
    divisible: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What of a campaign can go into an order [fen]; `refusal` names the error when it is nothing."""

    campaign: str
    value: int
    refusal: str | None


def refusal(holding: Holding, value: int, *, price: int, listed: bool, now: int) -> str | None:
    """Return the name of the error that spending `value` fen on an order of `price` fen would meet; None for none."""
    if now < holding.start:
        return "CampaignNotStarted"
    if now >= holding.end:
        return "CampaignEnded"
    if price < holding.minimum_spend:
        return "MinimumSpendNotMet"
    if not holding.divisible and value != holding.face:
        return "VoucherNotDivisible"
    if not listed:
        return "MerchantNotAllowed"
    return "VoucherBalanceTooLow" if value > holding.left else None


def spendable_of(holding: Holding, *, price: int, listed: bool, now: int) -> Offer:
    """Return the most of a holding that an order of `price` fen can be paid with.

    A divisible voucher pays what it can, a whole one its face, if the price holds that much. `listed`: whether the
    order's merchant is on the campaign's list.
    """
    value = min(holding.left, price) if holding.divisible else holding.face
    found = refusal(holding, value, price=price, listed=listed, now=now)
    if found is None and value > price:
        found = "VoucherNotDivisible"
    if found is None and value == 0:
        found = "VoucherBalanceTooLow"
    return Offer(holding.campaign, 0 if found else value, found)
