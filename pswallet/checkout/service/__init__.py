"""Decisions about budgets, permits, cashiers and refunds, and what the chain says of funded orders."""

from pswallet.checkout.service.budgets import (
    LEFT,
    BudgetView,
    OpenBudget,
    OpenedBudget,
    budget_digest,
    budget_of,
    budget_view,
    budgets,
    open_budget,
    spent_of,
)
from pswallet.checkout.service.cashiers import CashierView, SetCashier, cashier_digest, cashiers_of, set_cashier
from pswallet.checkout.service.permits import Permit, allowed, permit, require_allowance
from pswallet.checkout.service.reading import FundedPayment, FundedRefund, funded_payments
from pswallet.checkout.service.refunds import (
    Refundable,
    RefundFunded,
    check_signer,
    leave_refund,
    refund_digest,
    refundable,
)
from pswallet.checkout.service.refused import refusals

__all__ = [
    "LEFT",
    "BudgetView",
    "CashierView",
    "FundedPayment",
    "FundedRefund",
    "OpenBudget",
    "OpenedBudget",
    "Permit",
    "RefundFunded",
    "Refundable",
    "SetCashier",
    "allowed",
    "budget_digest",
    "budget_of",
    "budget_view",
    "budgets",
    "cashier_digest",
    "cashiers_of",
    "check_signer",
    "funded_payments",
    "leave_refund",
    "open_budget",
    "permit",
    "refund_digest",
    "refundable",
    "refusals",
    "require_allowance",
    "set_cashier",
    "spent_of",
]
