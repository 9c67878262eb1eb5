"""What the token's and the checkout's events become for those who pay and are paid."""

from pswallet.payments.projection.funded import on_funded_orders_paid, on_funded_orders_refunded
from pswallet.payments.projection.transfers import (
    on_accounts_replaced,
    on_authorizations_canceled,
    on_authorizations_used,
    on_calls_refused,
    on_paused,
    on_tier_limits_set,
    on_transfers,
    on_unpaused,
)

__all__ = [
    "on_accounts_replaced",
    "on_authorizations_canceled",
    "on_authorizations_used",
    "on_calls_refused",
    "on_funded_orders_paid",
    "on_funded_orders_refunded",
    "on_paused",
    "on_tier_limits_set",
    "on_transfers",
    "on_unpaused",
]
