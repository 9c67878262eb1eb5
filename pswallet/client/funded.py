"""What is signed for orders that others help to pay: by their payers, their merchants, and those who give the money."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from pswallet.chain import signing
from pswallet.chain.funded import Budget, FundedOrder, Part, funded_order_id
from pswallet.client.answers import OrderShape, PermitState
from pswallet.client.bodies import NewCashier, NewPermit, OpenABudget, PayFundedOrder, RefundAFundedOrder
from pswallet.client.errors import OrderForged
from pswallet.client.keys import Key
from pswallet.client.parts import FundedShape, OrderPaymentShape
from pswallet.client.signed import AUTHORIZATION_LIFE_S, Chain, hexed

UNLIMITED = 2**256 - 1


def funded_terms(order: OrderShape, payer: str, parts: Sequence[Part]) -> FundedOrder:
    """Return an order with these parts: what they do not pay is the payer's own."""
    return FundedOrder(
        payer=payer,
        merchant=order["merchant"],
        till=order["till"],
        reference=order["reference"],
        own=order["amount_fen"] - sum(part.value for part in parts),
        amount=order["amount_fen"],
        expiry=order["expiry"],
        parts=tuple(parts),
    )


def parts_of(order: OrderShape) -> tuple[Part, ...]:
    """Return what others pay of an order, as its quote says."""
    return tuple(
        Part(part["funder"], part["budget"], part["value_fen"], part["minimum_spend_fen"]) for part in order["parts"]
    )


def authorize_funded(chain: Chain, key: Key, order: OrderShape, parts: Sequence[Part]) -> PayFundedOrder:
    """Sign an order with its parts: the payer's own money, or where there is none the order itself."""
    terms = funded_terms(order, key.address, parts)
    order_id = funded_order_id(chain.orders, terms)
    if terms.own:
        message = {
            "from": key.address, "to": chain.checkout, "value": terms.own, "validAfter": 0,
            "validBefore": terms.expiry, "nonce": order_id,
        }  # fmt: skip
        digest = signing.digest(chain.token, signing.RECEIVE_WITH_AUTHORIZATION, message)
    else:
        digest = signing.digest(chain.orders, signing.FUNDED_ORDER, terms.message())
    return {
        "own_fen": terms.own,
        "parts": [
            {
                "funder": part.funder,
                "budget": part.budget,
                "value_fen": part.value,
                "minimum_spend_fen": part.minimum_spend,
            }
            for part in parts
        ],
        "signature": hexed(signing.sign(digest, key.secret)),
    }


def require_payment(chain: Chain, order: OrderShape, payment: OrderPaymentShape) -> FundedShape:
    """Return a payment's funded order, whose hash is worked out here: under a foreign one another order would be
    refunded. Raises OrderForged.
    """
    funded = payment["funded"]
    if funded is None:
        raise OrderForged(order["id"])
    parts = [Part(one["funder"], one["budget"], one["value_fen"], one["minimum_spend_fen"]) for one in funded["parts"]]
    terms = replace(funded_terms(order, payment["payer"], parts), own=funded["own_fen"])
    if funded_order_id(chain.orders, terms) != funded["hash"]:
        raise OrderForged(order["id"])
    return funded


def sign_refund(chain: Chain, key: Key, order_hash: str, number: int, amount_fen: int) -> RefundAFundedOrder:
    """Sign money of a funded order back, as its merchant or one of its cashiers, under the payment's next number."""
    message = {"order": order_hash, "number": number, "value": amount_fen}
    signature = signing.sign(signing.digest(chain.orders, signing.REFUND, message), key.secret)
    return {
        "hash": order_hash, "number": number, "amount_fen": amount_fen, "signer": key.address,
        "signature": hexed(signature),
    }  # fmt: skip


def sign_budget(chain: Chain, key: Key, signer: str, *, total_fen: int, lasts_s: int) -> OpenABudget:
    """Sign a budget of `total_fen` for `lasts_s` seconds of the chain's time, which `signer` spends on orders."""
    terms = Budget(key.address, signer, total_fen, chain.block_time + lasts_s, hexed(secrets.token_bytes(32)))
    signature = signing.sign(signing.digest(chain.orders, signing.BUDGET, terms.message()), key.secret)
    return {
        "signer": signer, "total_fen": total_fen, "end": terms.end, "salt": terms.salt, "signature": hexed(signature),
    }  # fmt: skip


def sign_permit(chain: Chain, key: Key, state: PermitState, *, allow: bool = True) -> NewPermit:
    """Sign that the checkout may move this account's money, or may not any more (ERC-2612)."""
    deadline = chain.block_time + AUTHORIZATION_LIFE_S
    message = {
        "owner": key.address, "spender": chain.checkout, "value": UNLIMITED if allow else 0,
        "nonce": state["number"], "deadline": deadline,
    }  # fmt: skip
    signature = signing.sign(signing.digest(chain.token, signing.PERMIT, message), key.secret)
    return {"allow": allow, "number": state["number"], "deadline": deadline, "signature": hexed(signature)}


def sign_cashier(chain: Chain, key: Key, cashier: str, *, cap_fen: int, number: int) -> NewCashier:
    """Sign, as a merchant, that `cashier` may refund up to `cap_fen` a day; 0 dismisses it."""
    message = {"merchant": key.address, "cashier": cashier, "cap": cap_fen, "number": number}
    signature = signing.sign(signing.digest(chain.orders, signing.CASHIER, message), key.secret)
    return {"cashier": cashier, "cap_fen": cap_fen, "number": number, "signature": hexed(signature)}
