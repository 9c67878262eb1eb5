"""A tea house, a city that sponsors vouchers, a platform that gives money, and how they all come to an order."""

from collections.abc import Sequence
from typing import Any

from pswallet.chain import calldata, signing
from pswallet.chain.abi import artifact
from pswallet.chain.funded import Budget, FundedOrder, Part, budget_id, funded_order_id
from pswallet.client import Key, authorize_funded, authorize_order, sign_cashier, sign_permit, sign_refund
from tests.api.campaigns import campaign_body, list_winners
from tests.api.gateway import Member
from tests.api.money import client_of, members, served
from tests.api.shopping import EVER
from tests.parts import Pipeline, secret

MERCHANT, SPONSOR = 5, 6


def tea_house(stranger: Any, pipeline: Pipeline, fen: int = 0) -> Member:
    """The merchant that campaigns list."""
    return members(stranger, pipeline, "tea house", tier=MERCHANT, fen=fen)[0]


def sponsor(stranger: Any, pipeline: Pipeline, name: str, fen: int = 100_000) -> Member:
    """Somebody who gives money for others' purchases, and lets the checkout move it."""
    return sponsors(stranger, pipeline, name, fen=fen)[0]


def sponsors(stranger: Any, pipeline: Pipeline, *names: str, fen: int = 100_000) -> list[Member]:
    """Several of them."""
    found = members(stranger, pipeline, *names, tier=SPONSOR, fen=fen)
    for one in found:
        client_of(one).permit()
    pipeline.settle()
    return found


def permit(member: Member, pipeline: Pipeline) -> None:
    """Let the checkout move the member's money."""
    client_of(member).permit()
    pipeline.settle()


def budget(funder: Member, pipeline: Pipeline, fen: int = 50_000) -> str:
    """Open a budget for a day; return its id."""
    return budgets(funder, pipeline, fen)[0]


def budgets(funder: Member, pipeline: Pipeline, *fens: int) -> list[str]:
    """Open several."""
    opened = [client_of(funder).open_budget(total_fen=fen, lasts_s=86_400)["id"] for fen in fens]
    pipeline.settle()
    return opened


def campaign(city: Member, pipeline: Pipeline, *winners: Member, **changed: Any) -> str:
    """Open a campaign and give each of the winners a voucher of ¥20; return its id."""
    answer = city.post("/campaigns", campaign_body(city, pipeline, **changed))
    assert answer.status_code == 202, answer.text
    pipeline.settle()
    found: str = answer.json()["id"]
    if winners:
        list_winners(pipeline, found, *winners)
        for winner in winners:
            assert winner.post(f"/campaigns/{found}/vouchers").status_code == 202
        pipeline.settle()
    return found


def order(shop: Member, amount: int = 2_880, reference: str = "2026112600010", **changed: Any) -> Any:
    """Open an order."""
    answer = shop.post("/orders", {"till": "T01", "reference": reference, "amount_fen": amount, **changed})
    assert answer.status_code == 201, answer.text
    return answer.json()


def voucher_part(payer: Member, campaign_id: str, fen: int, minimum: int = 0) -> Part:
    """What vouchers pay."""
    return Part(served(payer).voucher, campaign_id, fen, minimum)


def pay_body(payer: Member, asked: Any, parts: Sequence[Part]) -> Any:
    """A signed payment of an order with these parts, the rest with own money."""
    return authorize_funded(served(payer), Key.of(payer.key), asked, parts)


def pay(payer: Member, asked: Any, parts: Sequence[Part], **changed: Any) -> Any:
    """Pay an order with these parts, the rest with own money."""
    return payer.post(f"/orders/{asked['id']}/funded-payments", {**pay_body(payer, asked, parts), **changed})


def pay_plain(payer: Member, asked: Any) -> Any:
    """Pay an order with own money alone."""
    return payer.post(f"/orders/{asked['id']}/payments", authorize_order(served(payer), Key.of(payer.key), asked))


def refund(shop: Member, asked: Any, amount: int, *, by: Member | None = None, **changed: Any) -> Any:
    """Give money of the order's first funded payment back, signed by the shop or a cashier."""
    paid = shop.get(f"/orders/{asked['id']}").json()["payments"][0]["funded"]
    number = len([one for one in paid["refunds"] if one["status"] != "refused"])
    signed = sign_refund(served(shop), Key.of((by or shop).key), paid["hash"], number, amount)
    return shop.post(f"/orders/{asked['id']}/funded-refunds", {**signed, **changed})


def name_cashier(shop: Member, cashier: Member, cap: int, pipeline: Pipeline, number: int = 0) -> None:
    """Let a cashier refund up to `cap` fen a day."""
    assert shop.post("/cashiers", cashier_body(shop, cashier, cap, number=number)).status_code == 202
    pipeline.settle()


def cashier_body(shop: Member, cashier: Member, cap: int, *, number: int) -> Any:
    """A signed act on a cashier."""
    return sign_cashier(served(shop), Key.of(shop.key), cashier.address, cap_fen=cap, number=number)


def refund_body(signer: Member, order_hash: str, number: int, amount: int) -> Any:
    """A signed refund."""
    return sign_refund(served(signer), Key.of(signer.key), order_hash, number, amount)


def permit_body(owner: Member, *, allow: bool = True) -> Any:
    """A signed permit."""
    return sign_permit(served(owner), Key.of(owner.key), owner.get("/permits").json(), allow=allow)


def offer(owner: Member, fund: str, budget_fen: int = 50_000, **terms: Any) -> str:
    """Make an offer that is paid out of a budget or a campaign."""
    answer = owner.post("/offers", {"terms": terms, "fund": fund, "budget_fen": budget_fen, **EVER})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def pay_past_the_gateway(payer: Member, payee: Member, funder: Member, pipeline: Pipeline, *, own: int) -> str:
    """Pay an order that nobody opened, a fen of it from a budget that its funder signs orders for; return its id."""
    chain = pipeline.chain
    checkout, token = signing.checkout_domain(chain.deployment), signing.token_domain(chain.deployment)

    def sign(domain: signing.Domain, struct: signing.StructType, message: Any, member: Member) -> bytes:
        return signing.sign(signing.digest(domain, struct, message), member.key)

    def carry(function: str, *arguments: Any) -> None:
        data = artifact("MerchantCheckout").call(function, *arguments)
        assert chain.transact(secret("stranger"), chain.deployment.checkout, data)["status"] == "0x1"

    end = chain.now() + 86_400
    budget = Budget(funder.address, funder.address, 50_000, end, "0x" + "07" * 32)
    name = budget_id(checkout, budget)
    carry("openBudget", budget.terms(), sign(checkout, signing.BUDGET, budget.message(), funder))
    parts = (Part(funder.address, name, 1, 0),)
    asked = FundedOrder(payer.address, payee.address, "T01", "past", own, own + 1, end, parts)
    paid = funded_order_id(checkout, asked)
    given = {
        "from": payer.address, "to": chain.deployment.checkout, "value": own, "validAfter": 0, "validBefore": end,
        "nonce": paid,
    }  # fmt: skip
    payment = sign(token, signing.RECEIVE_WITH_AUTHORIZATION, given, payer)
    sponsored = sign(checkout, signing.SPONSORSHIP, {"order": paid, "budget": name}, funder)
    carry("pay", asked.terms(), asked.given(), payment, [sponsored], [])
    pipeline.settle()
    return paid


def use_nonce(member: Member, nonce: str, pipeline: Pipeline) -> None:
    """Let somebody pay itself a fen under that nonce, past the gateway."""
    send_past_the_gateway(member, member.address, 1, nonce, pipeline)


def pay_plain_past_the_gateway(payer: Member, asked: Any, pipeline: Pipeline) -> None:
    """Let somebody pay an order whose payer it is not: the gateway would refuse it, the token does not know."""
    send_past_the_gateway(payer, asked["merchant"], asked["amount_fen"], asked["hash"], pipeline)


def send_past_the_gateway(member: Member, to: str, amount: int, nonce: str, pipeline: Pipeline) -> None:
    """Let a stranger carry a payment to the token."""
    chain = pipeline.chain
    paid = {
        "from": member.address, "to": to, "value": amount, "validAfter": 0, "validBefore": chain.now() + 86_400,
        "nonce": nonce,
    }  # fmt: skip
    signed = signing.digest(signing.token_domain(chain.deployment), signing.TRANSFER_WITH_AUTHORIZATION, paid)
    signature = "0x" + signing.sign(signed, member.key).hex()
    data = calldata.transfer_with_authorization({**paid, "signature": signature})
    assert chain.transact(secret("stranger"), chain.deployment.stablecoin, data)["status"] == "0x1"
    pipeline.settle()
