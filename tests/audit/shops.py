"""Shops on a real chain for the auditor: orders paid with vouchers, by a budget and by people, and given back."""

from dataclasses import dataclass, field
from typing import Any

from pswallet import audit
from pswallet.chain import signing
from pswallet.chain.abi import artifact
from pswallet.chain.funded import Budget, Campaign, FundedOrder, Part, budget_id, funded_order_id
from tests.features.fair import Fair
from tests.parts import Person, secret

OFFERS, CASHIER = Person("offers of a platform"), Person("a cashier")


@dataclass
class Shops:
    """A fair whose sponsor lets a platform spend a budget too."""

    fair: Fair
    budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        chain, sponsor = self.fair.town.pipeline.chain, self.fair.sponsor
        chain.token(sponsor.key, "approve", chain.deployment.checkout, 10**9)
        end = int(self.fair.now.timestamp()) + 10**6
        self.budget = Budget(sponsor.address, OFFERS.address, 50_000, end, "0x" + "07" * 32)
        signed = self.sign(signing.BUDGET, self.budget.message(), sponsor)
        self.carry("openBudget", self.budget.terms(), signed)

    def audit(self, rpc_url: str | None = None) -> audit.Report:
        pipeline = self.fair.town.pipeline
        return audit.run(rpc_url or pipeline.chain.rpc.url, pipeline.chain.deployment, pipeline.database_url)

    def sign(self, struct: Any, message: dict[str, Any], person: Person) -> bytes:
        return signing.sign(signing.digest(self.fair.checkout, struct, message), person.key)

    def carry(self, function: str, *arguments: Any) -> dict[str, Any]:
        chain = self.fair.town.pipeline.chain
        data = artifact("MerchantCheckout").call(function, *arguments)
        receipt = chain.transact(secret("anybody"), chain.deployment.checkout, data)
        assert receipt["status"] == "0x1"
        self.fair.town.settle()
        return receipt

    def part(self, value: int, minimum_spend: int = 0) -> Part:
        """A part that the budget pays."""
        return Part(self.fair.sponsor.address, budget_id(self.fair.checkout, self.budget), value, minimum_spend)

    def pay(self, order: FundedOrder, payer: Person, terms: Campaign | None = None) -> dict[str, Any]:
        """Pay an order whose last part the budget pays, the one before a campaign's vouchers if `terms` is given."""
        identity = funded_order_id(self.fair.checkout, order)
        sponsored = {"order": identity, "budget": order.parts[-1].budget}
        sponsorships = [b""] * (len(order.parts) - 1) + [self.sign(signing.SPONSORSHIP, sponsored, OFFERS)]
        shown = [(terms.terms(), self._place(terms, order.merchant))] if terms else []
        payment = self.fair._signed(order, payer)
        return self.carry("pay", order.terms(), order.given(), payment, sponsorships, shown)

    def _place(self, terms: Campaign, merchant: str) -> tuple[int, bytes]:
        from pswallet.vouchers import service

        shop = self.fair.town.run(lambda session: service.proof_for(session, self.fair.id(terms), merchant))
        return shop.category, shop.proof

    def refund(
        self,
        order: FundedOrder,
        value: int,
        *,
        number: int = 0,
        by: Person | None = None,
        terms: Campaign | None = None,
    ) -> dict[str, Any]:
        """Give `value` fen of an order back, signed by the tea house or its cashier."""
        signer = by or self.fair.tea_house
        message = {"order": funded_order_id(self.fair.checkout, order), "number": number, "value": value}
        signature = self.sign(signing.REFUND, message, signer)
        campaigns = [terms.terms()] if terms else []
        return self.carry("refund", order.terms(), order.given(), number, value, signer.address, signature, campaigns)

    def name_cashier(self, cap: int, number: int = 0) -> dict[str, Any]:
        """Let the tea house's cashier give back `cap` fen a day."""
        house = self.fair.tea_house
        message = {"merchant": house.address, "cashier": CASHIER.address, "cap": cap, "number": number}
        signature = self.sign(signing.CASHIER, message, house)
        return self.carry("setCashier", house.address, CASHIER.address, cap, number, signature)
