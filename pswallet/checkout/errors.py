"""What can be wrong with a funded order: first the contract's errors by name, then the gateway's own.

`OrderExpired`, `OrderAlreadyPaid`, `OrderNotPaid`, `RefundExceedsPaid` and `RefundNumberMismatch` are payments' words.
"""

from pswallet.kit.problems import Problem


class BudgetInvalid(Problem):
    """A budget has a signer, money, and an end to come."""

    status = 422
    title = "This budget has no signer, no money, or is over"


class BudgetAlreadyOpen(Problem):
    """The same terms were opened before; another salt makes another budget."""

    status = 409
    title = "This budget is open already"


class BudgetNotOpen(Problem):
    """The budget is not on the chain, or it is another funder's."""

    status = 409
    title = "This budget is not open"


class BudgetEnded(Problem):
    """The budget pays nothing from its end on."""

    status = 409
    title = "This budget has ended"


class BudgetExceeded(Problem):
    """`left` is what the budget can still pay."""

    status = 409
    title = "This budget has not so much left"


class FunderSignatureInvalid(Problem):
    """The funder did not sign these terms of the budget."""

    status = 422
    title = "The funder did not sign this budget"


class SponsorshipInvalid(Problem):
    """The budget's signer did not sign this order."""

    status = 422
    title = "The budget's signer did not sign for this order"


class OrderInvalid(Problem):
    """A funded order has 1 to 3 parts of different budgets, which with the payer's own are its amount."""

    status = 422
    title = "The parts of this order do not fit"


class PayerSignatureInvalid(Problem):
    """The payer did not sign this order with these parts."""

    status = 422
    title = "The payer did not sign this order"


class EvidenceMismatch(Problem):
    """Parts, signatures and campaigns do not go together."""

    status = 422
    title = "The proofs do not match the parts of this order"


class RefundSignatureInvalid(Problem):
    """The signer did not sign this refund, or is neither the merchant nor one of its cashiers."""

    status = 403
    title = "Neither the merchant nor its cashier signed this refund"


class CashierLimitExceeded(Problem):
    """The cashier would refund more today than its cap."""

    status = 409
    title = "The cashier may not refund so much today"


class CashierNumberMismatch(Problem):
    """An act on a cashier is signed with the next number; `expected` tells it."""

    status = 409
    title = "This is not the number of the next act on this cashier"


class MerchantSignatureInvalid(Problem):
    """The merchant did not sign this act on its cashier."""

    status = 422
    title = "The merchant did not sign this"


# --- the gateway's own ------------------------------------------------------


class BudgetSignerUnknown(Problem):
    """The budget names another signer than this gateway's, which alone signs for orders here."""

    status = 422
    title = "The budget names another signer than this gateway"


class BudgetUnknown(Problem):
    """No budget of that id."""

    status = 404
    title = "There is no such budget"


class FundedOrderUnknown(Problem):
    """No funded order of that hash was paid, or it is another merchant's."""

    status = 404
    title = "There is no such funded order"


class PermitNumberMismatch(Problem):
    """A permit is signed with the token's next nonce of its owner; `expected` tells it."""

    status = 409
    title = "This is not the number of the next permit"
