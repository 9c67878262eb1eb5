"""Decisions about payments inside a session; nothing here commits, and nothing says that money has moved."""

from pswallet.payments.service.activity import Activity, Line, Period, Place, activity, balances, lines_of
from pswallet.payments.service.intake import (
    Accepted,
    SignedPayment,
    accept,
    contract_digest,
    credit_problem,
    transfer,
)
from pswallet.payments.service.ledger import last_entries, pending_payments
from pswallet.payments.service.reading import Transfer, find_transfer
from pswallet.payments.service.reminders import remind, remind_before_end
from pswallet.payments.service.requests import (
    AskForPayment,
    PaymentRequestView,
    RequestPage,
    ShareView,
    create_request,
    decline_share,
    find_request,
    pay_share,
    requests_made,
    requests_to_pay,
)
from pswallet.payments.service.statements import Statement, statement
from pswallet.payments.service.tiers import TierView, tiers

__all__ = [
    "Accepted",
    "Activity",
    "AskForPayment",
    "Line",
    "PaymentRequestView",
    "Period",
    "Place",
    "RequestPage",
    "ShareView",
    "SignedPayment",
    "Statement",
    "TierView",
    "Transfer",
    "accept",
    "activity",
    "balances",
    "contract_digest",
    "create_request",
    "credit_problem",
    "decline_share",
    "find_request",
    "find_transfer",
    "last_entries",
    "lines_of",
    "pay_share",
    "pending_payments",
    "remind",
    "remind_before_end",
    "requests_made",
    "requests_to_pay",
    "statement",
    "tiers",
    "transfer",
]
