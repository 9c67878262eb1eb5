"""What can be wrong with a payment beyond the token's own Problems (those live in accounts.errors)."""

from pswallet.kit.problems import Problem


class AuthorizationNotYetValid(Problem):
    """`valid_after` is not before the last block: the chain would refuse the payment now."""

    status = 409
    title = "This authorization is not valid yet"


class ValidityOutOfRange(Problem):
    """The times are no Unix seconds, carry the bit that OpenZeppelin reads as "block number", or last over 24 hours."""

    status = 422
    title = "The validity of this authorization is out of range"


class TransferUnknown(Problem):
    """No payment of that id that concerns this account."""

    status = 404
    title = "There is no such payment"


class PaymentRequestUnknown(Problem):
    """No payment request of that id that concerns this account."""

    status = 404
    title = "There is no such payment request"


class PayersOutOfRange(Problem):
    """A request names one payer; a split 2 to 100 different accounts and at least a fen for each."""

    status = 422
    title = "These payers cannot share this amount"


class NotAskedToPay(Problem):
    """The account has no share in this payment request."""

    status = 403
    title = "You are not asked to pay here"


class ShareMismatch(Problem):
    """The authorization is not for the asked amount to the asking account."""

    status = 422
    title = "The payment does not match what was asked for"


class ShareAlreadyPaid(Problem):
    """The share is paid, or its payment is on its way."""

    status = 409
    title = "This share is paid or being paid"


class PaymentRequestExpired(Problem):
    """The request is over: its shares can be neither paid nor declined, and nobody is reminded of them."""

    status = 409
    title = "This payment request has expired"


class NotTheAsker(Problem):
    """Only who made a payment request may remind its payers."""

    status = 403
    title = "Only who asked may remind"


class NobodyToRemind(Problem):
    """Every share of the request is paid, being paid or declined."""

    status = 409
    title = "Nobody is left to remind"


class RemindedTooSoon(Problem):
    """Each payer who has not paid was reminded within the last 24 hours; `retry_after_s` says when one may be again."""

    status = 429
    title = "They were reminded within the last 24 hours"


class OrderUnknown(Problem):
    """No order of that id or number, or it is another merchant's."""

    status = 404
    title = "There is no such order"


class OrderReferenceReused(Problem):
    """The merchant opened another order under this number; a new order takes a new number."""

    status = 409
    title = "This order number belongs to another order"


class OrderMismatch(Problem):
    """The signature is not for this order: another amount, merchant or number; or the merchant pays itself."""

    status = 422
    title = "The payment does not match the order"


class OrderAlreadyPaid(Problem):
    """The order is paid, or a payment is on its way."""

    status = 409
    title = "This order is paid or being paid"


class OrderExpired(Problem):
    """The order's time is over, or the authorization is good for longer than the order."""

    status = 409
    title = "This order has expired"


class OrderVoided(Problem):
    """The merchant closed the order."""

    status = 409
    title = "This order was closed by the merchant"


class OrderNotPaid(Problem):
    """This account has paid nothing for the order that could go back."""

    status = 409
    title = "There is no payment of this order to refund"


class RefundExceedsPaid(Problem):
    """With this refund more would go back than was paid."""

    status = 409
    title = "The refund is more than what is left of the payment"


class RefundNumberMismatch(Problem):
    """A refund is signed with the order's next number; `expected` tells it."""

    status = 409
    title = "This is not the number of the order's next refund"
