"""The merchant's rows: plain orders, an order that a budget or a voucher helps to pay, its refund.

As contracts.md §5 demands: not the day's first payment, everybody holds a balance, the batch has 100 different payers.
A plain order's nonce is its hash, so it opens a word of its own. Payer and merchant of the single rows are of one tier,
as in the token's; the batch pays a merchant of the merchants' tier. The refund is whole: to the payer and the funder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench import gas_token
from bench.gas_rows import NOON, Chain, Row, emitted, person
from bench.gas_token import BATCH, CALL_GAS_CAP, T2, Token
from bench.orders import Checkout
from bench.packets import ZERO_WORD, Domain, MerkleList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eth_account.signers.local import LocalAccount
    from web3.contract import Contract

    from bench.orders import Part

MERCHANT, SPONSOR = 5, 6
TEA = 5812
TILL = b"T01".ljust(32, b"\x00")
ORDER = tuple(
    zip(
        ("merchant", "till", "reference", "amount", "expiry"),
        ("address", "bytes32", "bytes32", "uint256", "uint256"),
        strict=True,
    )
)
FORM = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
OWN, HELP = 1234, 500
EXPIRY = NOON + 3600


@dataclass
class Till:
    """A checkout over the direct token; who buys, sells and helps to pay."""

    token: Token
    payer: LocalAccount = field(default_factory=lambda: person("buyer"))
    merchant: LocalAccount = field(default_factory=lambda: person("seller"))
    funder: LocalAccount = field(default_factory=lambda: person("funder"))
    signer: LocalAccount = field(default_factory=lambda: person("offers"))
    made: int = 0

    def __post_init__(self) -> None:
        """Deploy, give everybody money, and let funder and merchant allow the checkout to move theirs."""
        chain, contract = self.token.chain, self.token.contract
        self.checkout: Contract = chain.deploy("MerchantCheckout", contract.address)
        self.voucher: Contract = chain.at("CityVoucher", self.checkout.functions.voucher().call())
        for listed in (self.checkout, self.voucher):
            chain.send(contract.functions.setSystem(listed.address))
        self.token.enrol(self.payer.address, self.merchant.address)
        self.token.enrol(self.funder.address, tier=SPONSOR)
        for owner in (self.funder, self.merchant):
            self._permit(owner)
        token = Domain("Sandbox Yuan Voucher", chain.w3.eth.chain_id, contract.address)
        self.signing = Checkout(
            Domain("MerchantCheckout", token.chain_id, self.checkout.address),
            Domain("CityVoucher", token.chain_id, self.voucher.address),
            token,
        )

    def open_budget(self) -> Part:
        """Open a budget; return a part that it pays."""
        terms = (self.funder.address, self.signer.address, 10**6, EXPIRY, ZERO_WORD)
        signed = self.signing.budget(self.funder, terms)
        self.token.chain.send(self.checkout.functions.openBudget(terms, signed))
        return self.funder.address, self.signing.budget_id(terms), HELP, 0

    def open_campaign(self) -> tuple[Any, ...]:
        """Open a campaign, give the payer its vouchers; return the terms."""
        terms = (
            *(self.funder.address, 20_000, 2000, 5, NOON, EXPIRY, 0, True, self.shops.root),
            *(self.signer.address, ZERO_WORD, ZERO_WORD),
        )
        winners = MerkleList([(self.payer.address, 5)])
        campaign, calls = self.signing.campaign_id(terms), self.voucher.functions
        listed = self.signing.winners(self.signer, campaign, winners.root)
        self.token.chain.send(calls.open(terms, self.signing.fund(self.funder, terms)))
        self.token.chain.send(calls.listWinners(terms, winners.root, listed))
        self.token.chain.send(calls.issue(terms, (winners.root, self.payer.address, 5, b"")))
        return terms

    @property
    def shops(self) -> MerkleList:
        """A campaign's merchants, as many as Luohu's."""
        return MerkleList([(self.merchant.address, TEA), *((person(f"shop {i}").address, TEA) for i in range(3388))])

    def order(self, part: Part) -> tuple[Any, ...]:
        """Return a new order, of which `part` pays a part."""
        self.made += 1
        reference = str(20261122_00000 + self.made).encode().ljust(32, b"\x00")
        return (self.payer.address, self.merchant.address, TILL, reference, OWN, OWN + part[2], EXPIRY)

    def pay(self, order: tuple[Any, ...], part: Part, campaign: tuple[Any, ...] | None = None) -> int:
        """Pay `order`; return the gas used."""
        payment = self.signing.pay(self.payer, order, [part])
        sponsorship, vouchers = b"", []
        if campaign is None:
            sponsorship = self.signing.sponsor(self.signer, self.signing.order_id(order, [part]), part[1])
        else:
            vouchers = [(campaign, (TEA, self.shops.proof(0)))]
        call = self.checkout.functions.pay(order, [part], payment, [sponsorship], vouchers)
        used: int = self.token.chain.send(call)["gasUsed"]
        return used

    def refund(self, order: tuple[Any, ...], part: Part) -> int:
        """Refund the whole of `order`; return the gas used."""
        signed = self.signing.refund(self.merchant, self.signing.order_id(order, [part]), 0, order[5])
        call = self.checkout.functions.refund(order, [part], 0, order[5], self.merchant.address, signed, [])
        used: int = self.token.chain.send(call)["gasUsed"]
        return used

    def _permit(self, owner: LocalAccount) -> None:
        fields = [("owner", "address"), ("spender", "address"), ("value", "uint256"), ("nonce", "uint256")]
        message = (owner.address, self.checkout.address, 2**256 - 1, 0, EXPIRY)
        domain = Domain("Sandbox Yuan Voucher", self.token.chain.w3.eth.chain_id, self.token.contract.address)
        signed = domain.sign(owner, "Permit", [*fields, ("deadline", "uint256")], message)
        shown = (*message[:3], EXPIRY, signed[64], signed[:32], signed[32:64])
        self.token.chain.send(self.token.contract.functions.permit(*shown))


def rows(chain: Chain) -> Iterator[Row]:
    """Measure the six rows, and tell a charge between two tiers."""
    direct, proxied = gas_token.deploy(chain, proxied=False), gas_token.deploy(chain, proxied=True)
    yield Row("charge", "charge: a plain order, gasless", _charge(direct, T2), 69_000)
    yield Row("charge_proxied", "the same behind the proxy", _charge(proxied, T2), 74_500)
    yield Row("charge_two_tiers", "charge by a person to a merchant's tier", _charge(direct, MERCHANT), None)
    yield Row("charge_batch100", "charge, each of 100 in one batch", _batch(direct), 44_000)

    till = Till(direct)
    part = till.open_budget()
    orders = [till.order(part) for _ in range(2)]
    funded = [till.pay(order, part) for order in orders]
    yield Row("charge_funded", "charge, a part from a counted budget", funded[-1], 159_810)
    refunds = [till.refund(order, part) for order in orders]
    yield Row("charge_refund", "refund of a funded order, whole", refunds[-1], 90_000)

    campaign = till.open_campaign()
    by_voucher = (till.voucher.address, till.signing.campaign_id(campaign), HELP, 0)
    spent = [till.pay(till.order(by_voucher), by_voucher, campaign) for _ in range(2)]
    yield Row("voucher_spend", "charge, a part from a voucher", spent[-1], 159_810)


def _order(token: Token, payer: LocalAccount, merchant: str, number: int) -> Any:
    """Return the payment of a plain order: the authorization whose nonce is the order's hash."""
    domain = Domain("Sandbox Yuan Voucher", token.chain.w3.eth.chain_id, token.contract.address)
    reference = str(20261122_00000 + number).encode().ljust(32, b"\x00")
    order = domain.digest("Order", ORDER, (merchant, TILL, reference, OWN, EXPIRY))
    return token.contract.get_function_by_signature(FORM)(
        *token.authorization(payer, merchant, int.from_bytes(order, "big"))
    )


def _charge(token: Token, tier: int) -> int:
    payer, merchant = person(f"payer at tier {tier}"), person(f"merchant of tier {tier}").address
    token.enrol(payer.address)
    token.enrol(merchant, tier=tier)
    used = [token.chain.send(_order(token, payer, merchant, number))["gasUsed"] for number in (1, 2)]
    return used[-1]


def _batch(token: Token) -> int:
    payers, merchant = [person(f"buyer {i}") for i in range(BATCH)], person("merchant of a batch").address
    token.enrol(*(payer.address for payer in payers))
    token.enrol(merchant, tier=MERCHANT)
    for day in (0, 1):
        calls = [_order(token, payer, merchant, BATCH * day + i) for i, payer in enumerate(payers)]
        items = [(token.contract.address, CALL_GAS_CAP, call._encode_transaction_data()) for call in calls]
        receipt = token.chain.send(token.batch.functions.execute(items))
        if (paid := len(emitted(token.contract, "Transfer", receipt))) != BATCH:
            raise RuntimeError(f"{paid} of {BATCH} charges moved money")
    return -(-receipt["gasUsed"] // BATCH)
