"""What must be done before a person is erased, what the law keeps then, and how long. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pswallet.kit.money import Fen

FRESH_FOR = timedelta(minutes=10)
"""How old a session may be that asks for everything we hold."""

STATEMENT = "Erase my pswallet account."
"""What the signed message must say: a sign-in that somebody caught erases nobody."""

RETENTION_YEARS = 10
"""From the end of the relationship (AML Law 2024, Art. 34)."""

BASIS = "AML Law 2024, Art. 34; PIPL Art. 47"


@dataclass(frozen=True)
class Affairs:
    """What is still going on with an account."""

    frozen: bool
    balance: Fen
    pending_payments: int
    packets: list[str]
    bank_entries: list[str]
    campaigns: list[str]


def obstacles(affairs: Affairs) -> list[str]:
    """Every reason why the account cannot be erased yet; empty means it can."""
    reasons = {
        "frozen": affairs.frozen,
        "balance": affairs.balance != 0,
        "pending_payments": affairs.pending_payments > 0,
        "open_packets": bool(affairs.packets),
        "bank_entries": bool(affairs.bank_entries),
        "open_campaigns": bool(affairs.campaigns),
    }
    return [reason for reason, holds in reasons.items() if holds]


def law_keeps(*, identity_checked: bool, has_traded: bool) -> bool:
    """Whether who left was a customer: checked by name, or party to a payment. Nobody else's record is kept."""
    return identity_checked or has_traded


def retained_until(left_at: datetime) -> datetime:
    """Return when the law lets go of a record: 10 years after the person left; from 29 February on 1 March."""
    try:
        return left_at.replace(year=left_at.year + RETENTION_YEARS)
    except ValueError:
        return left_at.replace(year=left_at.year + RETENTION_YEARS, month=3, day=1)
