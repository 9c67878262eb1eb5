"""The calldata of the checkout's functions. Paying is hot and written by hand; the rest goes by the ABI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pswallet.chain.abi import artifact
from pswallet.chain.calldata import address_word, array_tail, bytes_tail, word
from pswallet.chain.funded import Budget, Campaign, FundedOrder
from pswallet.chain.hashing import selector
from pswallet.chain.orders import text_word

UNLIMITED = 2**256 - 1
"""What a permit lets the checkout move: each movement has a signature and a counted budget of its own besides."""

_ORDER = "(address,address,bytes32,bytes32,uint64,uint64,uint64)"
_PART = "(address,bytes32,uint64,uint64)"
_CAMPAIGN = "(address,uint64,uint64,uint32,uint64,uint64,uint64,bool,bytes32,address,bytes32,bytes32)"
_PAY = selector(f"pay({_ORDER},{_PART}[],bytes,bytes[],({_CAMPAIGN},(uint256,bytes))[])")


@dataclass(frozen=True, slots=True)
class ShownVoucher:
    """What the contract is shown of a voucher's part: its campaign, and the merchant's place on the list."""

    campaign: Campaign
    category: int
    proof: bytes


def opening(budget: Budget, signature: str) -> str:
    """Encode `openBudget`."""
    return _call("MerchantCheckout", "openBudget", budget.terms(), bytes.fromhex(signature[2:]))


def paying(order: FundedOrder, payment: str, sponsorships: Sequence[bytes], vouchers: Sequence[ShownVoucher]) -> str:
    """Encode `pay`; `sponsorships` has an empty one for each voucher."""
    tails = (
        word(len(order.parts)) + b"".join(part.words() for part in order.parts),
        bytes_tail(bytes.fromhex(payment[2:])),
        array_tail([bytes_tail(one) for one in sponsorships]),
        array_tail([_shown(one) for one in vouchers]),
    )
    heads, place = [], 32 * 11
    for tail in tails:
        heads.append(word(place))
        place += len(tail)
    return "0x" + b"".join((_PAY, _order_words(order), *heads, *tails)).hex()


def refunding(
    order: FundedOrder, *, number: int, value: int, signer: str, signature: str, campaigns: Sequence[Campaign]
) -> str:
    """Encode `refund`; a campaign for each voucher's part."""
    terms = [one.terms() for one in campaigns]
    signed = bytes.fromhex(signature[2:])
    return _call("MerchantCheckout", "refund", order.terms(), order.given(), number, value, signer, signed, terms)


def naming(merchant: str, cashier: str, cap: int, number: int, signature: str) -> str:
    """Encode `setCashier`."""
    return _call("MerchantCheckout", "setCashier", merchant, cashier, cap, number, bytes.fromhex(signature[2:]))


def permitting(owner: str, spender: str, value: int, deadline: int, signature: str) -> str:
    """Encode the token's `permit`; the signature has 65 bytes."""
    raw = bytes.fromhex(signature[2:])
    return _call("Stablecoin", "permit", owner, spender, value, deadline, raw[64], raw[:32], raw[32:64])


def _order_words(order: FundedOrder) -> bytes:
    return b"".join(
        (
            address_word(order.payer),
            address_word(order.merchant),
            text_word(order.till),
            text_word(order.reference),
            word(order.own),
            word(order.amount),
            word(order.expiry),
        )
    )


def _shown(voucher: ShownVoucher) -> bytes:
    shop = word(voucher.category) + word(64) + bytes_tail(voucher.proof)
    return _campaign_words(voucher.campaign) + word(32 * 13) + shop


@lru_cache(maxsize=256)
def _campaign_words(campaign: Campaign) -> bytes:
    """Return the terms as twelve words."""
    return artifact("CityVoucher").call("close", campaign.terms())[4:]


def _call(contract: str, function: str, *arguments: object) -> str:
    return "0x" + artifact(contract).call(function, *arguments).hex()
