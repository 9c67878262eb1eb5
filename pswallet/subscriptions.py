"""The event graph on one screen: which projections hear of which chain event, in this order."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from pswallet.accounts import projection as accounts
from pswallet.bank import projection as bank
from pswallet.chain.events import (
    AccountFrozen,
    AccountReplaced,
    AccountUnfrozen,
    Approval,
    AuthorizationCanceled,
    AuthorizationUsed,
    BudgetOpened,
    CallRefused,
    CampaignClosed,
    CampaignOpened,
    CashierSet,
    Event,
    Minted,
    OrderPaid,
    OrderRefunded,
    PacketClaimed,
    PacketCreated,
    PacketRefunded,
    Paused,
    Redeemed,
    ReserveAttested,
    ShareCollected,
    ShareOwed,
    TierLimitsSet,
    TierSet,
    Transfer,
    Unpaused,
    VoucherIssued,
    VoucherRestored,
    VoucherReturned,
    VoucherSpent,
    WinnersListed,
)
from pswallet.checkout import projection as checkout
from pswallet.payments import projection as payments
from pswallet.redpackets import projection as redpackets
from pswallet.vouchers import projection as vouchers

Projection = Callable[[Session, list[Any]], None]

PROJECTIONS: dict[type[Event], tuple[Projection, ...]] = {
    TierLimitsSet: (payments.on_tier_limits_set,),
    Paused: (payments.on_paused,),
    Unpaused: (payments.on_unpaused,),
    TierSet: (accounts.on_tier_set,),
    AccountFrozen: (accounts.on_account_frozen,),
    AccountUnfrozen: (accounts.on_account_unfrozen,),
    AccountReplaced: (accounts.on_account_replaced, payments.on_accounts_replaced),
    ReserveAttested: (bank.on_reserve_attested,),
    Minted: (bank.on_minted,),
    Redeemed: (bank.on_redeemed,),
    AuthorizationUsed: (payments.on_authorizations_used,),
    AuthorizationCanceled: (payments.on_authorizations_canceled,),
    Approval: (checkout.on_approvals,),
    BudgetOpened: (checkout.on_budgets_opened,),
    CashierSet: (checkout.on_cashiers_set,),
    OrderPaid: (checkout.on_orders_paid, payments.on_funded_orders_paid),
    OrderRefunded: (checkout.on_orders_refunded, payments.on_funded_orders_refunded),
    Transfer: (payments.on_transfers,),
    PacketCreated: (redpackets.on_packets_created,),
    PacketClaimed: (redpackets.on_packets_claimed,),
    ShareOwed: (redpackets.on_shares_owed,),
    ShareCollected: (redpackets.on_shares_collected,),
    PacketRefunded: (redpackets.on_packets_refunded,),
    CampaignOpened: (vouchers.on_campaigns_opened,),
    WinnersListed: (vouchers.on_winners_listed,),
    VoucherIssued: (vouchers.on_vouchers_issued,),
    VoucherSpent: (vouchers.on_vouchers_spent,),
    VoucherRestored: (vouchers.on_vouchers_restored,),
    VoucherReturned: (vouchers.on_vouchers_returned,),
    CampaignClosed: (vouchers.on_campaigns_closed,),
    CallRefused: (
        accounts.on_call_refused,
        payments.on_calls_refused,
        redpackets.on_calls_refused,
        bank.on_calls_refused,
        checkout.on_calls_refused,
        vouchers.on_calls_refused,
    ),
}
"""Within a range of blocks the indexer calls them event type by event type in this order, each with the range's events
of that type in log order."""
