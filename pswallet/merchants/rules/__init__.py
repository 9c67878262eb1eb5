"""Kinds of merchants, what their staff and their keys may do, and bounds. Pure."""

from datetime import timedelta
from enum import StrEnum

MERCHANT_TIER = 5
"""Chain tier of merchants."""

MAX_STORES, MAX_TILLS, MAX_STAFF, MAX_API_KEYS, MAX_ENDPOINTS = 200, 2_000, 500, 20, 10

LONGEST_OVERLAP = timedelta(days=7)
"""How long an API key or a webhook's secret may serve beside the one that replaced it."""


class MerchantKind(StrEnum):
    """How a merchant sells."""

    OFFLINE_POS = "OFFLINE_POS"
    OFFLINE_STATIC_QR = "OFFLINE_STATIC_QR"
    ONLINE = "ONLINE"


class Role(StrEnum):
    """What a person does for a merchant. Each may do what those after it may."""

    OWNER = "owner"
    MANAGER = "manager"
    CASHIER = "cashier"


class Scope(StrEnum):
    """What an API key may do for its merchant."""

    REPORTS = "reports"
    """Read settlements and statements."""
    WEBHOOKS = "webhooks"
    """Read deliveries, and ask for them again."""
    ORDERS = "orders"
    """What a cashier may: open, look at and void orders, hand in signed refunds."""


def may_act(role: Role, needed: Role) -> bool:
    """Return whether somebody of `role` may do what takes `needed`."""
    ranks = list(Role)
    return ranks.index(role) <= ranks.index(needed)
