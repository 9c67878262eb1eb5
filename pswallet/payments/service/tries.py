"""Tries of one payment: what the chain has refused, and who may sign it again.

An order's payment has the order's hash for a nonce, and so no other: refused, it may be signed again. All else is
signed under a nonce of the payer's choice, and takes another one: a message that was refused once stays refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from pswallet.kit.rows import TEXTS

if TYPE_CHECKING:
    from pswallet.payments.service.intake import SignedPayment

REFUSED = "EXISTS (SELECT FROM authorization_refusals f WHERE f.payer = a.payer AND f.nonce = a.nonce OFFSET a.tries)"
"""Of an authorization `a`, in SQL: whether the chain refused every try of it."""

_ONE_NONCE = ("order", "checkout")
"""Purposes whose nonce says what is paid."""

_EARLIER = text(
    f"""
    SELECT asked.payer, asked.nonce, a.id, CASE
        WHEN u.payer IS NULL AND c.payer IS NULL AND a.purpose = :purpose AND a.purpose = ANY(:one_nonce) AND {REFUSED}
        THEN (SELECT count(*) FROM authorization_refusals f WHERE f.payer = a.payer AND f.nonce = a.nonce)
        ELSE 0 END AS refused
    FROM unnest(:payers, :nonces) AS asked(payer, nonce)
    LEFT JOIN authorizations a ON a.payer = asked.payer AND a.nonce = asked.nonce
    LEFT JOIN authorization_uses u ON u.payer = asked.payer AND u.nonce = asked.nonce
    LEFT JOIN authorization_cancellations c ON c.payer = asked.payer AND c.nonce = asked.nonce
    WHERE a.id IS NOT NULL OR u.payer IS NOT NULL OR c.payer IS NOT NULL
    """  # noqa: S608 - our own words
).bindparams(*[bindparam(name, type_=TEXTS) for name in ("payers", "nonces", "one_nonce")])


class Earlier(NamedTuple):
    """A nonce that was given here (its transfer's `id`) or used on chain.

    `refused`: how often the chain refused the payment that may be signed again; 0 where it may not.
    """

    id: str | None
    refused: int


def earlier(session: Session, payments: Sequence[SignedPayment], *, purpose: str) -> dict[tuple[str, str], Earlier]:
    """Return what became so far of those nonces of `payments` that were given or used before, by payer and nonce."""
    asked = {
        "payers": [payment.payer for payment in payments],
        "nonces": [payment.nonce for payment in payments],
        "purpose": purpose,
        "one_nonce": list(_ONE_NONCE),
    }
    return {(row.payer, row.nonce): Earlier(row.id, row.refused) for row in session.execute(_EARLIER, asked)}
