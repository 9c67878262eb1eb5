"""What is said of a receipt, in one line and in the reader's language (catalog `receipt` of `kit.languages`)."""

from pswallet.chain.orders import Order
from pswallet.kit.clock import to_unix
from pswallet.kit.languages import translated
from pswallet.kit.money import format_yuan
from pswallet.kit.problems import Problem
from pswallet.receipt.payments import Payment, Signer, moment

PAID = (
    "✓ {payer} paid {amount} to {merchant} for order {reference} at till {till} on {time} "
    "(block {block}, {hash}; {signer})"
)
FUNDED = (
    "✓ {payer} paid {amount} ({own} of it one's own) to {merchant} for order {reference} at till {till} on {time} "
    "(block {block}, {hash}; {signer})"
)
SIGNERS: dict[Signer, str] = {
    "key": "signed by the payer's key",
    "contract": "the payer is a contract: only the chain knows of its signature",
    "chain": "on the word of the node that was asked",
}
NOT_VALID = "✗ not valid: {code}: {title}"
UNCHECKED = "? could not check: {reason}"

TEXTS = (PAID, FUNDED, *SIGNERS.values(), NOT_VALID, UNCHECKED)
"""All of them, for the catalogs."""


def line_of(payment: Payment, language: str) -> str:
    """Say who paid what for which order, and who vouches for it."""
    order = payment.order
    own = order.amount if isinstance(order, Order) else order.own
    return _said(
        PAID if isinstance(order, Order) else FUNDED,
        language,
        own=format_yuan(own),
        payer=payment.payer,
        amount=format_yuan(order.amount),
        merchant=order.merchant,
        reference=order.reference,
        till=order.till,
        time=moment(to_unix(payment.time)),
        block=payment.block,
        hash=payment.block_hash,
        signer=_said(SIGNERS[payment.signer], language),
    )


def refusal_of(problem: Problem, language: str) -> str:
    """Say why a receipt proves nothing: the reason's name, its title, its details."""
    details = ", ".join(f"{name}={value}" for name, value in problem.details.items())
    title = translated("problems", problem.title, language)
    return _said(NOT_VALID, language, code=problem.code(), title=f"{title} ({details})" if details else title)


def unchecked(reason: str, language: str) -> str:
    """Say why nothing can be said."""
    return _said(UNCHECKED, language, reason=reason)


def _said(text: str, language: str, **values: object) -> str:
    return translated("receipt", text, language).format(**values)
