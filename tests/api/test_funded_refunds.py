"""Refunds of funded orders through the gateway: by merchant or cashier, in their order, never above what was paid."""

from typing import Any

import pytest
from sqlalchemy import text

from pswallet.checkout.service import calls
from tests.api import selling
from tests.api.gateway import Member, code_of
from tests.api.money import balance, members
from tests.api.selling import refund, voucher_part
from tests.parts import DAY_S, Pipeline, secret


class Street:
    """A tea house that sold something for ¥28.80, ¥20 of it in vouchers; and its cashier."""

    def __init__(self, stranger: Any, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.shop = selling.tea_house(stranger, pipeline)
        self.ann, self.cashier = members(stranger, pipeline, "ann", "cashier", fen=10_000)
        self.city = selling.sponsor(stranger, pipeline, "city")
        self.campaign = selling.campaign(self.city, pipeline, self.ann)
        self.order = selling.order(self.shop, 2_880)
        selling.pay(self.ann, self.order, [voucher_part(self.ann, self.campaign, 2_000)])
        pipeline.settle()

    def refund(self, amount: int, *, by: Member | None = None, **changed: Any) -> Any:
        return refund(self.shop, self.order, amount, by=by, **changed)

    @property
    def refunds(self) -> list[Any]:
        paid = self.shop.get(f"/orders/{self.order['id']}").json()["payments"][0]
        found: list[Any] = paid["funded"]["refunds"]
        return found

    def voucher(self) -> int:
        found: int = self.ann.get("/vouchers").json()["items"][0]["left_fen"]
        return found


def told(street: Street, kind: str) -> list[tuple[str, Any]]:
    """Who was told what by notices of a kind."""
    with street.pipeline.sessions() as session:
        query = text("SELECT address, body FROM notifications WHERE kind = :kind ORDER BY block, log_index")
        return [tuple(row) for row in session.execute(query, {"kind": kind})]


@pytest.fixture
def street(stranger: Any, pipeline: Pipeline) -> Street:
    return Street(stranger, pipeline)


def test_the_checkout_must_be_let_before_it_gives_back(street: Street) -> None:
    assert code_of(street.refund(100)) == "allowance-insufficient"
    selling.permit(street.shop, street.pipeline)
    assert street.refund(100).status_code == 202


def test_own_money_goes_back_first_then_the_voucher_and_never_more_than_was_paid(street: Street) -> None:
    selling.permit(street.shop, street.pipeline)
    assert street.refund(1_000).status_code == 202
    assert [(one["status"], one["own_fen"]) for one in street.refunds] == [("submitted", None)]
    assert code_of(street.refund(1_881)) == "refund-exceeds-paid"  # what waits counts
    street.pipeline.settle()
    assert (balance(street.ann), street.voucher(), balance(street.shop)) == (10_000, 120, 1_880)
    assert [(one["own_fen"], one["parts_fen"]) for one in street.refunds] == [(880, [120])]
    assert code_of(street.refund(1_880, number=0)) == "refund-number-mismatch"
    assert code_of(street.refund(1_880, number=1, signature="0x" + "11" * 65)) == "refund-signature-invalid"
    assert street.refund(1_880).status_code == 202
    street.pipeline.settle()
    assert (balance(street.ann), street.voucher(), balance(street.shop)) == (10_000, 2_000, 0)
    assert code_of(street.refund(1)) == "refund-exceeds-paid"
    assert street.shop.get(f"/orders/{street.order['id']}").json()["status"] == "refunded"


def test_after_the_campaigns_end_the_vouchers_part_goes_to_the_sponsor(street: Street) -> None:
    selling.permit(street.shop, street.pipeline)
    before = balance(street.city)
    street.pipeline.chain.move_time(DAY_S)
    street.pipeline.settle()
    assert street.refund(2_880).status_code == 202
    street.pipeline.settle()
    assert (balance(street.ann), balance(street.city)) == (10_000, before + 2_000)


def test_a_cashier_refunds_up_to_its_cap_a_day_until_it_is_dismissed(street: Street) -> None:
    selling.permit(street.shop, street.pipeline)
    assert code_of(street.refund(100, by=street.cashier)) == "refund-signature-invalid"
    selling.name_cashier(street.shop, street.cashier, 500, street.pipeline)
    assert street.refund(300, by=street.cashier).status_code == 202
    assert code_of(street.refund(201, by=street.cashier)) == "cashier-limit-exceeded"  # what waits counts
    street.pipeline.settle()
    assert code_of(street.refund(201, by=street.cashier)) == "cashier-limit-exceeded"
    assert street.refund(200, by=street.cashier).status_code == 202
    street.pipeline.settle()
    (seen,) = street.shop.get("/cashiers").json()["items"]
    assert (seen["cap_fen"], seen["refunded_today_fen"], seen["number"]) == (500, 500, 1)
    street.pipeline.chain.move_time(DAY_S)
    street.pipeline.settle()
    assert street.refund(1, by=street.cashier).status_code == 202  # another day
    selling.name_cashier(street.shop, street.cashier, 0, street.pipeline, number=1)
    assert code_of(street.refund(1, by=street.cashier)) == "refund-signature-invalid"


def test_an_act_on_a_cashier_is_the_merchants_and_passes_once(stranger: Any, street: Street) -> None:
    selling.name_cashier(street.shop, street.cashier, 500, street.pipeline)
    again = selling.cashier_body(street.shop, street.cashier, 900, number=0)
    assert code_of(street.shop.post("/cashiers", again)) == "cashier-number-mismatch"
    other = selling.cashier_body(street.ann, street.cashier, 900, number=1)
    assert code_of(street.shop.post("/cashiers", other)) == "merchant-signature-invalid"


def test_an_act_on_a_cashier_that_waits_is_not_replaced_by_another_of_its_number(street: Street) -> None:
    named, dismissed = (selling.cashier_body(street.shop, street.cashier, cap, number=0) for cap in (500, 0))
    assert street.shop.post("/cashiers", named).status_code == 202
    answer = street.shop.post("/cashiers", dismissed)
    assert (code_of(answer), answer.json()["expected"]) == ("cashier-number-mismatch", 1)
    next_one = selling.cashier_body(street.shop, street.cashier, 0, number=1)
    assert street.shop.post("/cashiers", next_one).status_code == 202
    street.pipeline.settle()
    (seen,) = street.shop.get("/cashiers").json()["items"]
    assert (seen["cap_fen"], seen["number"]) == (0, 2)


def test_a_refused_refund_is_told_and_may_be_signed_again(street: Street) -> None:
    selling.permit(street.shop, street.pipeline)
    assert street.refund(2_880).status_code == 202
    chain = street.pipeline.chain
    chain.token(chain.keys.compliance, "freeze", [street.shop.address])
    street.pipeline.settle()
    assert [(one["status"], one["error"]) for one in street.refunds] == [("refused", "AccountIsFrozen")]
    chain.token(chain.keys.compliance, "unfreeze", [street.shop.address])
    street.pipeline.settle()
    assert street.refund(2_880).status_code == 202
    street.pipeline.settle()
    assert [one["status"] for one in street.refunds if one["status"] == "confirmed"] == ["confirmed"]
    assert balance(street.ann) == 10_000


def test_a_merchant_is_told_of_a_refused_act_on_a_cashier(street: Street) -> None:
    shop, cashier = street.shop, street.cashier
    assert shop.post("/cashiers", selling.cashier_body(shop, cashier, 500, number=0)).status_code == 202
    with street.pipeline.sessions.begin() as session:  # as if its calldata had been spoiled
        spoiled = "jsonb_set(arguments, '{data}', to_jsonb(left(arguments->>'data', -128) || repeat('0', 128)))"
        session.execute(text(f"UPDATE chain_calls SET arguments = {spoiled} WHERE kind = 'cashier'"))
    street.pipeline.settle()
    due = {"cashier": cashier.address, "error": "MerchantSignatureInvalid"}
    assert told(street, "cashier-refused") == [(shop.address, due)]


def test_another_merchant_refunds_nothing_of_it(stranger: Any, street: Street) -> None:
    other = members(stranger, street.pipeline, "noodle shop", tier=selling.MERCHANT, fen=10_000)[0]
    paid = street.shop.get(f"/orders/{street.order['id']}").json()["payments"][0]["funded"]
    body = selling.refund_body(other, paid["hash"], 0, 100)
    assert code_of(other.post(f"/orders/{street.order['id']}/funded-refunds", body)) == "order-unknown"
    mine = selling.order(other, 2_880)
    assert code_of(other.post(f"/orders/{mine['id']}/funded-refunds", body)) == "funded-order-unknown"


def test_a_permit_is_the_owners_and_can_be_taken_back(street: Street) -> None:
    state = street.shop.get("/permits").json()
    assert (state["number"], state["allowed"]) == (0, False)
    body = selling.permit_body(street.shop)
    assert code_of(street.shop.post("/permits", {**body, "number": 1})) == "permit-number-mismatch"
    assert code_of(street.ann.post("/permits", body)) == "signature-invalid"
    assert street.shop.post("/permits", body).status_code == 202
    street.pipeline.settle()
    state = street.shop.get("/permits").json()
    assert (state["number"], state["allowed"]) == (1, True)
    assert street.shop.post("/permits", selling.permit_body(street.shop, allow=False)).status_code == 202
    street.pipeline.settle()
    assert street.shop.get("/permits").json()["allowed"] is False
    assert street.shop.post("/permits", selling.permit_body(street.shop)).status_code == 202  # and given again
    street.pipeline.settle()
    assert street.shop.get("/permits").json()["allowed"] is True


def test_a_permit_that_was_forestalled_is_refused_and_the_next_one_passes_at_once(street: Street) -> None:
    shop, pipeline, chain = street.shop, street.pipeline, street.pipeline.chain
    for allow in (True, False):
        assert shop.post("/permits", selling.permit_body(shop, allow=allow)).status_code == 202
        pipeline.settle()
    other = selling.permit_body(shop, allow=False)
    assert shop.post("/permits", selling.permit_body(shop)).status_code == 202
    owner, spender = shop.address, chain.deployment.checkout
    carried = calls.permitting(owner, spender, 0, other["deadline"], other["signature"])
    chain.transact(secret("stranger"), chain.deployment.stablecoin, bytes.fromhex(carried[2:]))
    pipeline.settle()
    assert not shop.get("/permits").json()["allowed"]
    assert told(street, "permit-refused") == [(shop.address, {"error": "SignatureInvalid"})]
    assert shop.post("/permits", selling.permit_body(shop)).status_code == 202
    pipeline.settle()
    assert shop.get("/permits").json()["allowed"]
    with pipeline.sessions() as session:
        left = text(
            "SELECT attempts, refusal IS NULL FROM chain_calls WHERE kind = 'permit' AND key LIKE :of ORDER BY id"
        )
        tried = session.execute(left, {"of": f"permit:{owner}:%"}).all()
    assert [tuple(row) for row in tried] == [(1, True), (1, True), (1, False), (1, True)]
