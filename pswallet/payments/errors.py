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
