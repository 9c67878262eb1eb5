"""Refunds of funded orders handed in by a merchant's staff and machines: the signature decides, not who brings it."""

from typing import Any

from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.merchants import api_key, appoint, become_merchant, by_key, delete, place
from tests.api.money import balance
from tests.api.test_funded_refunds import Street, street

__all__ = ["street"]


def hand_in(street: Street, who: Member, amount: int, *, signed_by: Member) -> Any:
    paid = street.shop.get(f"/orders/{street.order['id']}").json()["payments"][0]["funded"]
    body = selling.refund_body(signed_by, paid["hash"], len(paid["refunds"]), amount)
    return who.post(place(street.shop, f"/orders/{street.order['id']}/funded-refunds"), body)


def test_a_cashiers_signature_is_held_to_its_cap_on_the_chain_whoever_hands_it_in(street: Street) -> None:
    shop, cashier, pipeline = street.shop, street.cashier, street.pipeline
    become_merchant(shop)
    appoint(shop, cashier, "cashier")
    machine = by_key(shop, api_key(shop, "orders")["token"])
    assert code_of(hand_in(street, machine, 100, signed_by=shop)) == "allowance-insufficient"
    selling.permit(shop, pipeline)
    assert code_of(hand_in(street, cashier, 100, signed_by=cashier)) == "refund-signature-invalid", "a role is no cap"
    selling.name_cashier(shop, cashier, 500, pipeline)
    assert hand_in(street, cashier, 300, signed_by=cashier).status_code == 202
    assert code_of(hand_in(street, machine, 201, signed_by=cashier)) == "cashier-limit-exceeded"
    assert hand_in(street, machine, 200, signed_by=cashier).status_code == 202
    assert hand_in(street, cashier, 100, signed_by=shop).status_code == 202
    assert code_of(hand_in(street, machine, 100, signed_by=street.ann)) == "refund-signature-invalid"
    pipeline.settle()
    done = [(one["amount_fen"], one["signer"], one["status"]) for one in street.refunds]
    signers = [(300, cashier), (200, cashier), (100, shop)]
    assert done == [(amount, signer.address, "confirmed") for amount, signer in signers]
    assert balance(street.ann) == 10_000 - 880 + 600
    delete(shop, place(shop, f"/staff/{cashier.address}"))
    assert code_of(hand_in(street, cashier, 100, signed_by=shop)) == "merchant-unknown"
