"""A fair for the tests of campaigns: a sponsor, a tea house, people with vouchers, and orders paid past the gateway."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pswallet.chain import signing
from pswallet.chain.abi import artifact
from pswallet.chain.funded import Campaign, FundedOrder, Part, campaign_id, funded_order_id
from pswallet.chain.hashing import keccak
from pswallet.chain.terms import ZERO_32
from pswallet.kit.merkle import merkle_list
from pswallet.vouchers import service
from pswallet.vouchers.service import ClaimVouchers, OpenCampaign
from tests.features.money import Town, name
from tests.parts import DAY_S, Person, secret

TEA = 5812
"""The tea house's category (ISO 18245)."""

NAMES = {"zh-CN": "坪山茶券", "zh-HK": "坪山茶券", "en": "Tea in Pingshan"}
NOTES = {"zh-CN": "仅限茶馆使用", "zh-HK": "只限茶館使用", "en": "In tea houses only"}


@dataclass
class Fair:
    """Campaigns of one sponsor, whose vouchers are money in one tea house and one bookshop."""

    town: Town
    serial: int = 0
    sponsor: Person = field(default_factory=lambda: Person("district"))
    tea_house: Person = field(default_factory=lambda: Person("tea house"))
    bookshop: Person = field(default_factory=lambda: Person("bookshop"))

    def __post_init__(self) -> None:
        deployment = self.town.pipeline.chain.deployment
        self.voucher = signing.voucher_domain(deployment)
        self.checkout = signing.checkout_domain(deployment)
        self.issuer_key = self.town.pipeline.chain.keys.sponsor
        chain = self.town.pipeline.chain
        chain.register(self.sponsor, tier=6)
        chain.register(self.tea_house, self.bookshop, tier=5)
        chain.fund(self.sponsor, fen=1_000_000)
        chain.token(self.tea_house.key, "approve", chain.deployment.checkout, 10**9)
        self.town.settle()

    @property
    def shops(self) -> list[tuple[str, int]]:
        return [(self.tea_house.address, TEA), (self.bookshop.address, 5942)]

    @property
    def now(self) -> datetime:
        return self.town.now

    # --- the sponsor ---

    def terms(self, **changed: Any) -> Campaign:
        """Ten divisible vouchers of ¥20.00, two a person at most, for a day."""
        self.serial += 1
        start = int(self.now.timestamp())
        fields: dict[str, Any] = {
            "sponsor": self.sponsor.address,
            "budget": 20_000,
            "face": 2_000,
            "per_person": 2,
            "start": start,
            "end": start + DAY_S,
            "minimum_spend": 0,
            "divisible": True,
            "merchants": "0x" + merkle_list(self.shops).root.hex(),
            "issuer": signing.address_of(self.issuer_key),
            "lottery": ZERO_32,
            "salt": "0x" + keccak(f"campaign {self.serial}".encode()).hex(),
        }
        return Campaign(**fields | changed)

    def command(self, terms: Campaign, *, signer: Person | None = None, **changed: Any) -> OpenCampaign:
        """The campaign as `signer`, else the sponsor, signed it; `changed` replaces fields of the command."""
        digest = service.money_digest(terms, token=self.town.token, voucher=self.voucher)
        signature = "0x" + signing.sign(digest, (signer or self.sponsor).key).hex()
        made: dict[str, Any] = {
            "sponsor": self.sponsor.address,
            "terms": terms,
            "signature": signature,
            "names": NAMES,
            "notes": NOTES,
            "shops": self.shops,
        }
        return OpenCampaign(**made | changed)

    def open(self, command: OpenCampaign) -> str:
        """Ask for the campaign. Raises the Problem that refuses it."""
        issuer = signing.address_of(self.issuer_key)
        return self.town.run(
            lambda session: service.open_campaign(
                session, command, token=self.town.token, voucher=self.voucher, issuer=issuer, now=self.now
            )
        )

    def opened(self, **terms: Any) -> Campaign:
        """Open a campaign and wait for it."""
        made = self.terms(**terms)
        self.open(self.command(made))
        self.town.settle()
        return made

    def id(self, terms: Campaign) -> str:
        return campaign_id(self.voucher, terms)

    def publish(self, terms: Campaign, *winners: tuple[Person, int]) -> str:
        """Sign and publish a list."""
        listed = [(person.address, count) for person, count in winners]
        return self.town.run(
            lambda session: service.list_winners(
                session, self.id(terms), listed, voucher=self.voucher, issuer_key=self.issuer_key
            )
        )

    def close(self, terms: Campaign) -> None:
        self.town.run(lambda session: service.close(session, self.id(terms), now=self.now))

    # --- people ---

    def claim(self, terms: Campaign, *people: Person) -> list[Any]:
        """Everybody claims in one list."""
        commands = [ClaimVouchers(self.id(terms), person.address) for person in people]
        return self.town.run(lambda session: service.claim(session, commands, now=self.now))

    def give(self, terms: Campaign, *winners: tuple[Person, int]) -> None:
        """List winners, and let each claim."""
        self.publish(terms, *winners)
        self.town.settle()
        outcomes = self.claim(terms, *[person for person, _ in winners])
        assert {name(one) for one in outcomes} == {"Claim"}, outcomes
        self.town.settle()

    def view(self, terms: Campaign) -> service.CampaignView:
        return self.town.run(lambda session: service.find_campaign(session, self.id(terms), now=self.now))

    def vouchers(self, person: Person) -> list[service.VoucherView]:
        return self.town.run(lambda session: service.vouchers_of(session, person.address, now=self.now, limit=100))

    def spendable(self, person: Person, price: int, merchant: Person | None = None) -> list[service.Spendable]:
        shop = (merchant or self.tea_house).address
        return self.town.run(
            lambda session: service.spendable(session, person.address, merchant=shop, price=price, now=self.now)
        )

    # --- the chain, past the gateway ---

    def holding(self, terms: Campaign, person: Person) -> tuple[int, int]:
        """What the contract says that a person has left [fen], and how many vouchers it was given."""
        left, count = self._words("holdingOf", self.id(terms), person.address)
        return left, count

    def state(self, terms: Campaign) -> tuple[int, int]:
        """What the contract says is unissued and open [fen]."""
        unissued, opened = self._words("stateOf", self.id(terms))
        return unissued, opened

    def _words(self, function: str, campaign: str, *more: Any) -> list[int]:
        chain = self.town.pipeline.chain
        data = artifact("CityVoucher").call(function, bytes.fromhex(campaign[2:]), *more)
        asked = {"to": chain.deployment.voucher, "data": "0x" + data.hex()}
        answer = chain.rpc.call("eth_call", [asked, "latest"])[2:]
        return [int(answer[at : at + 64], 16) for at in range(0, len(answer), 64)]

    def order(self, terms: Campaign, payer: Person, value: int, *, own: int = 0, **changed: Any) -> FundedOrder:
        """An order at the tea house of which `value` fen are paid with vouchers."""
        self.serial += 1
        part = Part(self.voucher.verifying_contract, self.id(terms), value, terms.minimum_spend)
        fields: dict[str, Any] = {
            "payer": payer.address,
            "merchant": self.tea_house.address,
            "till": "T01",
            "reference": f"2026{self.serial}",
            "own": own,
            "amount": own + value,
            "expiry": int(self.now.timestamp()) + 600,
            "parts": (part,),
        }
        return FundedOrder(**fields | changed)

    def pay(
        self, terms: Campaign, order: FundedOrder, payer: Person, shop: service.Shop | None = None
    ) -> dict[str, Any]:
        """Carry the order to the checkout; return the receipt. `shop`: in place of the merchant's own proof."""
        place = shop or self.town.run(lambda session: service.proof_for(session, self.id(terms), order.merchant))
        data = artifact("MerchantCheckout").call(
            "pay", order.terms(), order.given(), self._signed(order, payer), [b""],
            [(terms.terms(), (place.category, place.proof))],
        )  # fmt: skip
        return self._carry(data)

    def _signed(self, order: FundedOrder, payer: Person) -> bytes:
        if not order.own:
            return signing.sign(signing.digest(self.checkout, signing.FUNDED_ORDER, order.message()), payer.key)
        message = {
            "from": payer.address, "to": self.checkout.verifying_contract, "value": order.own, "validAfter": 0,
            "validBefore": order.expiry, "nonce": funded_order_id(self.checkout, order),
        }  # fmt: skip
        return signing.sign(signing.digest(self.town.token, signing.RECEIVE_WITH_AUTHORIZATION, message), payer.key)

    def refund(self, terms: Campaign, order: FundedOrder, value: int, number: int = 0) -> dict[str, Any]:
        """The tea house gives `value` fen of the order back; return the receipt."""
        message = {"order": funded_order_id(self.checkout, order), "number": number, "value": value}
        signature = signing.sign(signing.digest(self.checkout, signing.REFUND, message), self.tea_house.key)
        data = artifact("MerchantCheckout").call(
            "refund", order.terms(), order.given(), number, value, self.tea_house.address, signature, [terms.terms()]
        )
        return self._carry(data)

    def _carry(self, data: bytes) -> dict[str, Any]:
        chain = self.town.pipeline.chain
        receipt = chain.transact(secret("anybody"), chain.deployment.checkout, data)
        self.town.settle()
        return receipt
