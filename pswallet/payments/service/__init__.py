"""Decisions about payments inside a session; nothing here commits, and nothing says that money has moved."""

from pswallet.payments.service.activity import Activity, Line, Period, Place, activity, balances, lines_of
from pswallet.payments.service.announcing import OfOrder, announce_transfers, named
from pswallet.payments.service.asking import ask_customer, order_under
from pswallet.payments.service.cashbacks import Cashback, cashbacks
from pswallet.payments.service.codepaying import CODE_LEVEL, paid_by_codes
from pswallet.payments.service.funded import (
    AcceptedOrder,
    Office,
    PayFunded,
    funded_order,
    order_digest,
    own_payment,
    pay_funded_orders,
)
from pswallet.payments.service.funded_refunds import refund_funded_order
from pswallet.payments.service.intake import (
    Accepted,
    SignedPayment,
    accept,
    contract_digest,
    credit_problem,
    transfer,
)
from pswallet.payments.service.ledger import last_entries, pending_payments
from pswallet.payments.service.orderbook import OrderPayment, OrderView, RefundView
from pswallet.payments.service.orders import (
    OpenOrder,
    PayOrder,
    find_order,
    find_order_by_reference,
    open_order,
    open_orders,
    pay_orders,
    payment_of,
    void_order,
)
from pswallet.payments.service.quotes import draw_up, funding_of, release_unpaid, require_fund
from pswallet.payments.service.reading import Transfer, find_transfer
from pswallet.payments.service.refunds import RefundOrder, refund_order
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
from pswallet.payments.service.settlement import Settlement, settlement
from pswallet.payments.service.statements import Statement, statement
from pswallet.payments.service.tiers import TierView, tiers

__all__ = [
    "CODE_LEVEL",
    "Accepted",
    "AcceptedOrder",
    "Activity",
    "AskForPayment",
    "Cashback",
    "Line",
    "OfOrder",
    "Office",
    "OpenOrder",
    "OrderPayment",
    "OrderView",
    "PayFunded",
    "PayOrder",
    "PaymentRequestView",
    "Period",
    "Place",
    "RefundOrder",
    "RefundView",
    "RequestPage",
    "Settlement",
    "ShareView",
    "SignedPayment",
    "Statement",
    "TierView",
    "Transfer",
    "accept",
    "activity",
    "announce_transfers",
    "ask_customer",
    "balances",
    "cashbacks",
    "contract_digest",
    "create_request",
    "credit_problem",
    "decline_share",
    "draw_up",
    "find_order",
    "find_order_by_reference",
    "find_request",
    "find_transfer",
    "funded_order",
    "funding_of",
    "last_entries",
    "lines_of",
    "named",
    "open_order",
    "open_orders",
    "order_digest",
    "order_under",
    "own_payment",
    "paid_by_codes",
    "pay_funded_orders",
    "pay_orders",
    "pay_share",
    "payment_of",
    "pending_payments",
    "refund_funded_order",
    "refund_order",
    "release_unpaid",
    "remind",
    "remind_before_end",
    "requests_made",
    "requests_to_pay",
    "require_fund",
    "settlement",
    "statement",
    "tiers",
    "transfer",
    "void_order",
]
