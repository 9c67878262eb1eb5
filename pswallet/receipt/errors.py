"""Why a receipt proves nothing: one named reason for each way in which it can be wrong."""

from pswallet.kit.problems import Problem


class ReceiptInvalid(Problem):
    """It does not prove what it says. Each reason is a Problem of its own."""

    status = 422
    title = "This receipt proves nothing"


class ReceiptMalformed(ReceiptInvalid):
    """Not the bytes that a receipt's file, or its short form, of a known version has."""

    title = "This is not a receipt of a known version"


class ReceiptForeign(ReceiptInvalid):
    """It tells of another token, or of another chain, than the verifier trusts."""

    title = "This receipt is of another token or chain"


class ReceiptBlockDiffers(ReceiptInvalid):
    """Its block is not the one whose hash is trusted."""

    title = "This receipt's block is not the one that you trust"


class ReceiptProofBroken(ReceiptInvalid):
    """Its proof does not lead from the block's root of receipts to that transaction."""

    title = "This receipt's proof does not lead to its block"


class ReceiptTransactionFailed(ReceiptInvalid):
    """The transaction was reverted: it moved nothing."""

    title = "The transaction of this receipt failed"


class ReceiptUnpaid(ReceiptInvalid):
    """At that place the token does not say that the payer paid by this order's hash."""

    title = "The chain does not say that this order was paid"


class ReceiptCancelled(ReceiptInvalid):
    """The payer made the order's nonce useless; no money moved."""

    title = "The payer cancelled the payment of this order"


class ReceiptSelfPaid(ReceiptInvalid):
    """The order's nonce was used for a payment to the payer."""

    title = "The payer paid only oneself"


class ReceiptDiffers(ReceiptInvalid):
    """The payment that follows at once is to somebody else, or of another amount."""

    title = "What was paid is not what the order asks for"


class ReceiptLate(ReceiptInvalid):
    """The block's time is not before the order's expiry."""

    title = "The order had expired before it was paid"


class ReceiptUnsigned(ReceiptInvalid):
    """The payer's key did not sign this payment."""

    title = "The payer did not sign this payment"
