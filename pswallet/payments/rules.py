"""What a payment may be: the token's limits previewed, validity times, the split of a request. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pswallet.kit.money import Fen, split_evenly

MERCHANT_TIER = 5
SYSTEM_TIER = 7
"""The chain's tier of listed contracts: no limits, never frozen."""
ZERO_ADDRESS = "0x" + "0" * 40
MAX_VALIDITY_S = 86_460
"""How far ahead an authorization may stay good: 24 hours and a minute. What is pending stays bounded by it."""
BLOCK_NUMBER_BIT = 1 << 47
"""OpenZeppelin 5.7 reads times that carry it as block numbers; our clients never set it."""
MAX_TIME = 2**48 - 1
MAX_PAYERS = 100
MAX_NOTE = 40
MAX_REQUEST_DAYS = 30
REMINDER_INTERVAL = timedelta(days=1)
"""One payer is reminded by the asker at most so often."""
LAST_REMINDER = timedelta(days=1)
"""How long before the end of a request the worker reminds of what is open."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A tier's limits as the token holds them [fen]."""

    max_balance: int
    per_payment: int
    per_day: int
    per_year: int
    one_factor_per_day: int
    lifetime: bool


@dataclass(slots=True)
class Purse:
    """What an address has and has sent, confirmed and on its way [fen]. Changes as a list of payments is worked off."""

    balance: int = 0
    sent_today: int = 0
    sent_this_year: int = 0
    incoming: int = 0

    def pay(self, value: int) -> None:
        """Count a debit that was accepted."""
        self.balance -= value
        self.sent_today += value
        self.sent_this_year += value

    def expect(self, value: int) -> None:
        """Count a credit that was accepted."""
        self.incoming += value


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that would be passed: the error's name, what was attempted and what is allowed [fen]."""

    error: str
    attempted: int
    limit: int


def debit_excess(purse: Purse, limits: Limits, value: int) -> Excess | None:
    """Return the first limit that sending `value` would pass, in the token's own order, or None."""
    today, this_year = purse.sent_today + value, purse.sent_this_year + value
    checks = (
        Excess("PaymentLimitExceeded", value, limits.per_payment),
        Excess("DailyLimitExceeded", today, limits.per_day),
        Excess("YearlyLimitExceeded", this_year, limits.per_year),
        Excess("StepUpRequired", today, limits.one_factor_per_day),
        Excess("BalanceInsufficient", value, purse.balance),
    )
    return next((check for check in checks if check.attempted > check.limit), None)


def credit_excess(purse: Purse, limits: Limits, value: int) -> Excess | None:
    """Return the cap that receiving `value` would pass, or None. Money on its way counts."""
    held = purse.balance + purse.incoming + value
    return Excess("BalanceLimitExceeded", held, limits.max_balance) if held > limits.max_balance else None


def validity_violation(*, valid_after: int, valid_before: int, chain_time: int) -> str | None:
    """Return what is wrong with the validity times at `chain_time` (the last block's, Unix seconds), or None."""
    if not (0 <= valid_after <= MAX_TIME and 0 <= valid_before <= MAX_TIME):
        return "ValidityOutOfRange"
    if (valid_after | valid_before) & BLOCK_NUMBER_BIT or valid_before > chain_time + MAX_VALIDITY_S:
        return "ValidityOutOfRange"
    if valid_before <= chain_time:
        return "AuthorizationExpired"
    return "AuthorizationNotYetValid" if valid_after >= chain_time else None


def shares_asked(total: Fen, payers: int, *, split: bool) -> list[Fen]:
    """Return what each payer is asked for. Raises ValueError for payers that cannot share `total`.

    A split is even to a fen, the first shares the larger; a request asks one payer for everything.
    """
    if not (2 <= payers <= MAX_PAYERS if split else payers == 1):
        raise ValueError(f"{payers} payers")
    return split_evenly(total, payers)


def last_reminder_at(created_at: datetime, expires_at: datetime) -> datetime:
    """Return when the worker reminds: a day before the end, halfway through a request of less than two days."""
    return expires_at - min(LAST_REMINDER, (expires_at - created_at) / 2)


def may_remind(reminded_at: datetime | None, *, now: datetime) -> bool:
    """Whether a payer who was last reminded at `reminded_at` may be reminded by the asker at `now`."""
    return reminded_at is None or now >= reminded_at + REMINDER_INTERVAL
