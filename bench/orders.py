"""Funded orders, budgets and campaigns as their parties sign them.

Made with eth-account and eth-abi alone, apart from `pswallet`, so that the contracts are measured and tested against a
second opinion. All keys are synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from bench.packets import RECEIVE_WITH_AUTHORIZATION, Domain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eth_account.signers.local import LocalAccount

ORDER = (
    ("payer", "address"),
    ("merchant", "address"),
    ("till", "bytes32"),
    ("reference", "bytes32"),
    ("own", "uint64"),
    ("amount", "uint64"),
    ("expiry", "uint64"),
    ("parts", "bytes32"),
)
PART = ("address", "bytes32", "uint64", "uint64")
BUDGET = (("funder", "address"), ("signer", "address"), ("total", "uint64"), ("end", "uint32"), ("salt", "bytes32"))
SPONSORSHIP = (("order", "bytes32"), ("budget", "bytes32"))
REFUND = (("order", "bytes32"), ("number", "uint32"), ("value", "uint64"))
CASHIER = (("merchant", "address"), ("cashier", "address"), ("cap", "uint64"), ("number", "uint32"))
CAMPAIGN = (
    ("sponsor", "address"),
    ("budget", "uint64"),
    ("face", "uint64"),
    ("perPerson", "uint32"),
    ("start", "uint64"),
    ("end", "uint64"),
    ("minimumSpend", "uint64"),
    ("divisible", "bool"),
    ("merchants", "bytes32"),
    ("issuer", "address"),
    ("lottery", "bytes32"),
    ("salt", "bytes32"),
)
WINNERS = (("campaign", "bytes32"), ("list", "bytes32"))

Order = tuple[Any, ...]
"""The fields of ORDER in order, without the parts."""
Part = tuple[str, bytes, int, int]
"""Funder, budget, value, minimum spend."""


@dataclass(frozen=True)
class Checkout:
    """What payers, funders, merchants and issuers sign for one checkout, its vouchers and its token."""

    domain: Domain
    voucher: Domain
    token: Domain

    def order_id(self, order: Order, parts: Sequence[Part]) -> bytes:
        """Return the id of `order` with `parts`."""
        return self.domain.digest("FundedOrder", ORDER, (*order, _hash(parts)))

    def pay(self, payer: LocalAccount, order: Order, parts: Sequence[Part]) -> bytes:
        """Return the payer's authorization of its own money; of the order itself when it adds none."""
        if order[4] == 0:
            return self.domain.sign(payer, "FundedOrder", ORDER, (*order, _hash(parts)))
        message = (payer.address, self.domain.contract, order[4], 0, order[6], self.order_id(order, parts))
        return self.token.sign(payer, "ReceiveWithAuthorization", RECEIVE_WITH_AUTHORIZATION, message)

    def budget_id(self, budget: Sequence[Any]) -> bytes:
        """Return the id of a budget of these terms."""
        return self.domain.digest("Budget", BUDGET, budget)

    def budget(self, funder: LocalAccount, budget: Sequence[Any]) -> bytes:
        """Return the funder's signature of its budget."""
        return self.domain.sign(funder, "Budget", BUDGET, budget)

    def sponsor(self, signer: LocalAccount, order: bytes, budget: bytes) -> bytes:
        """Return the leave of a budget's signer to pay its part of `order`."""
        return self.domain.sign(signer, "Sponsorship", SPONSORSHIP, (order, budget))

    def refund(self, signer: LocalAccount, order: bytes, number: int, value: int) -> bytes:
        """Return a merchant's, or its cashier's, leave for a refund."""
        return self.domain.sign(signer, "Refund", REFUND, (order, number, value))

    def cashier(self, merchant: LocalAccount, cashier: str, cap: int, number: int) -> bytes:
        """Return the merchant's act on a cashier."""
        return self.domain.sign(merchant, "Cashier", CASHIER, (merchant.address, cashier, cap, number))

    def campaign_id(self, campaign: Sequence[Any]) -> bytes:
        """Return the id of a campaign of these terms."""
        return self.voucher.digest("Campaign", CAMPAIGN, campaign)

    def fund(self, sponsor: LocalAccount, campaign: Sequence[Any]) -> bytes:
        """Return the sponsor's authorization of a campaign's money, whose nonce is the campaign's id."""
        nonce = self.campaign_id(campaign)
        message = (sponsor.address, self.voucher.contract, campaign[1], 0, campaign[5], nonce)
        return self.token.sign(sponsor, "ReceiveWithAuthorization", RECEIVE_WITH_AUTHORIZATION, message)

    def winners(self, issuer: LocalAccount, campaign: bytes, root: bytes) -> bytes:
        """Return the issuer's signature of a list of winners."""
        return self.voucher.sign(issuer, "Winners", WINNERS, (campaign, root))


def _hash(parts: Sequence[Part]) -> bytes:
    return keccak(b"".join(encode(PART, part) for part in parts))
