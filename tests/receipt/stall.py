"""A stall on the street whose orders others help to pay: a district's budget, a campaign's voucher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pswallet.chain import signing
from pswallet.chain.abi import artifact
from pswallet.chain.funded import Budget, Campaign, FundedOrder, Part, budget_id, campaign_id, funded_order_id
from pswallet.chain.terms import ZERO_32
from pswallet.kit.merkle import merkle_list
from pswallet.receipt import Receipt, build
from tests.parts import Chain, Person
from tests.receipt import street
from tests.receipt.street import CARRIER, LI, MEI, SHOP, Block

DISTRICT, OFFERS = Person("a district that helps"), Person("offers of a platform")
HELP, FACE = 1_000, 2_000
TEA = 5812


@dataclass(frozen=True)
class Sale:
    """A funded order that was paid on a chain, with all that a receipt of it needs."""

    token: signing.Domain
    checkout: signing.Domain
    order: FundedOrder
    signature: bytes
    transaction: str
    receipt: Receipt
    block: Block
    logs: Sequence[Mapping[str, Any]]

    @property
    def id(self) -> str:
        """The order's hash."""
        return funded_order_id(self.checkout, self.order)

    @property
    def block_hash(self) -> bytes:
        """The block's hash."""
        return self.block.hash


class Stall:
    """A shop whose orders a district helps to pay."""

    def __init__(self, chain: Chain) -> None:
        self.chain, deployment = chain, chain.deployment
        self.token, self.checkout = signing.token_domain(deployment), signing.checkout_domain(deployment)
        self.vouchers = signing.voucher_domain(deployment)
        street.settle_in(chain, MEI, LI)
        chain.register(DISTRICT, tier=6)
        chain.fund(DISTRICT, fen=1_000_000)
        chain.token(DISTRICT.key, "approve", deployment.checkout, 2**255)
        self.budget = Budget(DISTRICT.address, OFFERS.address, 500_000, chain.now() + 10**6, "0x" + "07" * 32)
        signature = signing.sign(signing.digest(self.checkout, signing.BUDGET, self.budget.message()), DISTRICT.key)
        self.transact("MerchantCheckout", "openBudget", self.budget.terms(), signature)

    def transact(self, contract: str, function: str, *arguments: object) -> str:
        """Call the checkout or the vouchers."""
        to = self.checkout if contract == "MerchantCheckout" else self.vouchers
        data = artifact(contract).call(function, *arguments)
        receipt = self.chain.transact(CARRIER, to.verifying_contract, data)
        assert receipt["status"] == "0x1"
        return str(receipt["transactionHash"])

    def sales(self) -> dict[str, Sale]:
        """Sell in one block: MEI adds money, adds none, and spends a voucher beside both."""
        campaign, shown = self.campaign()
        voucher = Part(self.vouchers.verifying_contract, campaign, FACE, 0)
        orders = {
            "helped": (self.order("F-1", 2_880, self.help()), []),
            "given": (self.order("F-2", 0, self.help()), []),
            "with a voucher": (self.order("F-3", 500, voucher, self.help()), [shown]),
        }
        calls = {name: self.call(order, vouchers) for name, (order, vouchers) in orders.items()}
        with street.one_block(self.chain):
            sent = street.carry(self.chain, *((self.checkout.verifying_contract, data) for data, _ in calls.values()))
        return {
            name: self.sale(orders[name][0], calls[name][1], transaction)
            for name, transaction in zip(orders, sent, strict=True)
        }

    def alone(self) -> Sale:
        """Sell once, with own money."""
        order = self.order("F-1", 2_880, self.help())
        data, signature = self.call(order, [])
        (transaction,) = street.carry(self.chain, (self.checkout.verifying_contract, data))
        return self.sale(order, signature, transaction)

    def help(self) -> Part:
        """What the district pays of an order."""
        return Part(DISTRICT.address, budget_id(self.checkout, self.budget), HELP, 0)

    def order(self, reference: str, own: int, *parts: Part) -> FundedOrder:
        amount = own + sum(part.value for part in parts)
        expiry = self.chain.now() + 1_000
        return FundedOrder(MEI.address, SHOP.address, "T01", reference, own, amount, expiry, parts)

    def call(self, order: FundedOrder, vouchers: Sequence[object]) -> tuple[bytes, bytes]:
        """The checkout's function that carries an order out, and MEI's signature."""
        identity = funded_order_id(self.checkout, order)
        message = {
            **{"from": MEI.address, "to": self.checkout.verifying_contract, "value": order.own, "nonce": identity},
            **{"validAfter": 0, "validBefore": order.expiry},
        }
        payment = signing.digest(self.token, signing.RECEIVE_WITH_AUTHORIZATION, message)
        signature = signing.sign(payment if order.own else bytes.fromhex(identity[2:]), MEI.key)
        sponsorships = [b"" if part.funder == self.vouchers.verifying_contract else self.sponsored(identity, part)
                        for part in order.parts]  # fmt: skip
        arguments = (order.terms(), order.given(), signature, sponsorships, vouchers)
        return artifact("MerchantCheckout").call("pay", *arguments), signature

    def sponsored(self, order: str, part: Part) -> bytes:
        message = {"order": order, "budget": part.budget}
        return signing.sign(signing.digest(self.checkout, signing.SPONSORSHIP, message), OFFERS.key)

    def sale(self, order: FundedOrder, signature: bytes, transaction: str) -> Sale:
        block = street.block_of(self.chain, transaction)
        receipt = build(
            self.chain.rpc, self.token, order,
            payer=MEI.address, signature=signature, transaction=transaction, checkout=self.checkout,
        )  # fmt: skip
        logs = block.receipts[receipt.transaction]["logs"]
        return Sale(self.token, self.checkout, order, signature, transaction, receipt, block, logs)

    def campaign(self) -> tuple[str, object]:
        """Open a campaign, give MEI a voucher; return its id, and how the shop is shown to be on its list."""
        shops, winners = merchant_list(), merchant_list(MEI)
        start = self.chain.now()
        terms = Campaign(
            DISTRICT.address, 10_000, FACE, 1, start, start + 10**5, 0, True, "0x" + shops.root.hex(),
            OFFERS.address, ZERO_32, "0x" + "09" * 32,
        )  # fmt: skip
        identity = campaign_id(self.vouchers, terms)
        message = {
            **{"from": DISTRICT.address, "to": self.vouchers.verifying_contract, "value": terms.budget},
            **{"validAfter": 0, "validBefore": terms.end, "nonce": identity},
        }
        money = signing.digest(self.token, signing.RECEIVE_WITH_AUTHORIZATION, message)
        listed = signing.digest(self.vouchers, signing.WINNERS, {"campaign": identity, "list": winners.root})
        self.transact("CityVoucher", "open", terms.terms(), signing.sign(money, DISTRICT.key))
        self.transact("CityVoucher", "listWinners", terms.terms(), winners.root, signing.sign(listed, OFFERS.key))
        self.transact("CityVoucher", "issue", terms.terms(), (winners.root, MEI.address, 1, winners.proofs[0]))
        return identity, (terms.terms(), (TEA, shops.proofs[0]))


def merchant_list(first: Person = SHOP) -> Any:
    """A list of two, of shops or winners."""
    return merkle_list([(first.address, TEA if first == SHOP else 1), (LI.address, 1)])
