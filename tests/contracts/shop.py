"""A shop: funded orders, budgets and campaigns, opened, paid and refunded as their parties do it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from eth_account.signers.local import LocalAccount

from bench.orders import BUDGET, CAMPAIGN, ORDER, Checkout
from bench.packets import ZERO_WORD, Domain, MerkleList, person
from tests.contracts.packets import DAY, key_of

HOUR = 3600
TEA, BOOKS = 5812, 5942
"""Categories of merchants (ISO 18245)."""


@dataclass
class Shop:
    """A checkout and its vouchers over a token; who buys, sells, helps to pay and carries."""

    chain: Any
    token: Any
    checkout: Any
    voucher: Any
    payer: Any
    merchant: Any
    sponsor: Any
    platform: Any
    relayer: Any
    offers: LocalAccount = field(default_factory=lambda: person("offers"))
    issuer: LocalAccount = field(default_factory=lambda: person("issuer"))
    made: int = 0

    @property
    def signing(self) -> Checkout:
        """What is signed here."""
        checkout = Domain("MerchantCheckout", 31337, str(self.checkout.address))
        voucher = Domain("CityVoucher", 31337, str(self.voucher.address))
        return Checkout(checkout, voucher, Domain("Sandbox Yuan Voucher", 31337, str(self.token.address)))

    @property
    def now(self) -> int:
        """The time of the next block."""
        moment: int = self.chain.pending_timestamp
        return moment

    def salt(self) -> bytes:
        """Return one that was not used before."""
        self.made += 1
        return self.made.to_bytes(32, "big")

    def budget(self, funder: Any, total: int = 1_000_000, **changes: Any) -> "Budget":
        """Return a budget of `funder` for a day, not yet open."""
        terms = {
            "funder": str(funder.address),
            "signer": self.offers.address,
            "total": total,
            "end": self.now + DAY,
            "salt": self.salt(),
        }
        return Budget(self, funder, terms | changes)

    def campaign(self, **changes: Any) -> "Campaign":
        """Return a campaign of ten divisible vouchers of ¥20 for the merchant's trade, not yet open."""
        shops = changes.pop("shops", [(str(self.merchant.address), TEA), (person("bookshop").address, BOOKS)])
        terms = {
            "sponsor": str(self.sponsor.address),
            "budget": 20_000,
            "face": 2000,
            "perPerson": 2,
            "start": self.now,
            "end": self.now + DAY,
            "minimumSpend": 0,
            "divisible": True,
            "merchants": MerkleList(shops).root,
            "issuer": self.issuer.address,
            "lottery": ZERO_WORD,
            "salt": self.salt(),
        }
        return Campaign(self, terms | changes, shops)

    def sale(self, own: int, *parts: "Part", **changes: Any) -> "Sale":
        """Return an order to which the payer adds `own` fen, not yet paid."""
        terms = {
            "payer": str(self.payer.address),
            "merchant": str(self.merchant.address),
            "till": b"T01".ljust(32, b"\0"),
            "reference": self.salt(),
            "own": own,
            "amount": own + sum(part.value for part in parts),
            "expiry": self.now + HOUR,
        }
        return Sale(self, self.payer, terms | changes, parts)

    def set_cashier(self, cashier: Any, cap: int, number: int, **options: Any) -> Any:
        """Let the merchant set a cashier's cap; return the receipt. `signature`: in place of the right one."""
        address = str(cashier.address)
        signature = options.pop("signature", None)
        if signature is None:
            signature = self.signing.cashier(key_of(self.merchant), address, cap, number)
        sender = {"sender": self.relayer} | options
        return self.checkout.setCashier(self.merchant, address, cap, number, signature, **sender)

    def holds_nothing(self) -> bool:
        """Whether the checkout is empty, as it always should be."""
        empty: bool = self.token.balanceOf(self.checkout) == 0
        return empty


@dataclass(frozen=True)
class Part:
    """What somebody else pays of an order."""

    funder: str
    budget: bytes
    value: int
    minimum: int = 0
    campaign: "Campaign | None" = None

    @property
    def words(self) -> tuple[str, bytes, int, int]:
        """The part as the contract takes it."""
        return self.funder, self.budget, self.value, self.minimum


@dataclass(frozen=True)
class Budget:
    """A funder's counted allowance."""

    shop: Shop
    funder: Any
    named: dict[str, Any]

    @property
    def terms(self) -> tuple[Any, ...]:
        """The terms as the contract takes them."""
        return tuple(self.named[name] for name, _ in BUDGET)

    @property
    def id(self) -> bytes:
        """The budget's id, hashed here."""
        return self.shop.signing.budget_id(self.terms)

    def but(self, **changes: Any) -> Self:
        """Return the budget with other terms."""
        return replace(self, named=self.named | changes)

    @property
    def left(self) -> int:
        """What it may still pay [fen]."""
        left: int = self.shop.checkout.budgetOf(self.named["funder"], self.id).left
        return left

    def open(self, signature: bytes | None = None) -> Any:
        """Open it; return the receipt."""
        signed = self.shop.signing.budget(key_of(self.funder), self.terms) if signature is None else signature
        return self.shop.checkout.openBudget(self.terms, signed, sender=self.shop.relayer)

    def opened(self) -> Self:
        """Open it; return it."""
        self.open()
        return self

    def part(self, value: int, minimum: int = 0) -> Part:
        """Return a part of `value` fen."""
        return Part(self.named["funder"], self.id, value, minimum)


@dataclass(frozen=True)
class Campaign:
    """A campaign, its merchants, and what is known of its winners."""

    shop: Shop
    named: dict[str, Any]
    shops: Sequence[tuple[str, int]]

    @property
    def terms(self) -> tuple[Any, ...]:
        """The terms as the contract takes them."""
        return tuple(self.named[name] for name, _ in CAMPAIGN)

    @property
    def id(self) -> bytes:
        """The campaign's id, hashed here."""
        return self.shop.signing.campaign_id(self.terms)

    @property
    def state(self) -> tuple[int, int]:
        """Unissued and open [fen]."""
        state = self.shop.voucher.stateOf(self.id)
        return state.unissued, state.open

    @property
    def end(self) -> int:
        """The first second at which nothing is given or spent."""
        end: int = self.named["end"]
        return end

    def but(self, **changes: Any) -> Self:
        """Return the campaign with other terms."""
        return replace(self, named=self.named | changes)

    def holding(self, account: Any) -> tuple[int, int]:
        """Return what `account` has left [fen] and how many vouchers it was given."""
        holding = self.shop.voucher.holdingOf(self.id, account)
        return holding.left, holding.count

    def open(self, signature: bytes | None = None) -> Any:
        """Open it; return the receipt."""
        signed = self.shop.signing.fund(key_of(self.shop.sponsor), self.terms) if signature is None else signature
        return self.shop.voucher.open(self.terms, signed, sender=self.shop.relayer)

    def opened(self) -> Self:
        """Open it; return it."""
        self.open()
        return self

    def list_winners(self, root: bytes, signature: bytes | None = None) -> Any:
        """Publish a list; return the receipt."""
        signed = self.shop.signing.winners(self.shop.issuer, self.id, root) if signature is None else signature
        return self.shop.voucher.listWinners(self.terms, root, signed, sender=self.shop.relayer)

    def winners(self, *pairs: tuple[Any, int], listed: bool = True) -> list[tuple[Any, ...]]:
        """Return each account's place in a list of (account, count), published unless told."""
        named = [(str(getattr(account, "address", account)), count) for account, count in pairs]
        tree = MerkleList(named)
        if listed:
            self.list_winners(tree.root)
        return [(tree.root, account, count, tree.proof(i)) for i, (account, count) in enumerate(named)]

    def issue(self, winner: tuple[Any, ...], **options: Any) -> Any:
        """Give one winner its vouchers; return the receipt."""
        return self.shop.voucher.issue(self.terms, winner, **({"sender": self.shop.relayer} | options))

    def given(self, *accounts: Any, count: int = 1) -> Self:
        """Open it and give each account `count` vouchers; return it."""
        self.open()
        for winner in self.winners(*((account, count) for account in accounts)):
            self.issue(winner)
        return self

    def part(self, value: int, minimum: int | None = None) -> Part:
        """Return a part of `value` fen."""
        least = self.named["minimumSpend"] if minimum is None else minimum
        return Part(str(self.shop.voucher.address), self.id, value, least, self)

    def evidence(self, merchant: str, category: int | None = None) -> tuple[Any, ...]:
        """Return the campaign and the merchant's place in its list, or the first one's if it has none."""
        place = next((i for i, (one, _) in enumerate(self.shops) if one == merchant), 0)
        listed = self.shops[place][1] if category is None else category
        return self.terms, (listed, MerkleList(self.shops).proof(place))

    def close(self, **options: Any) -> Any:
        """Give the rest back; return the receipt."""
        return self.shop.voucher.close(self.terms, **({"sender": self.shop.relayer} | options))


@dataclass(frozen=True)
class Sale:
    """An order, its parts and all signatures of it."""

    shop: Shop
    payer: Any
    named: dict[str, Any]
    parts: tuple[Part, ...]

    @property
    def order(self) -> tuple[Any, ...]:
        """The order as the contract takes it."""
        return tuple(self.named[name] for name, _ in ORDER[:-1])

    @property
    def words(self) -> list[tuple[str, bytes, int, int]]:
        """The parts as the contract takes them."""
        return [part.words for part in self.parts]

    @property
    def id(self) -> bytes:
        """The order's id, hashed here."""
        return self.shop.signing.order_id(self.order, self.words)

    @property
    def state(self) -> tuple[Any, ...]:
        """Returned of the payer's own and of each part [fen], number of refunds, whether it is paid."""
        state = self.shop.checkout.stateOf(self.id)
        return state.ownReturned, *state.returned, state.number, state.paid

    def but(self, **changes: Any) -> Self:
        """Return the order with other terms."""
        parts = changes.pop("parts", self.parts)
        return replace(self, named=self.named | changes, parts=parts)

    def payment(self) -> bytes:
        """Return the payer's signature."""
        return self.shop.signing.pay(key_of(self.payer), self.order, self.words)

    def evidence(self) -> dict[str, Any]:
        """Return all signatures and proofs that `pay` takes."""
        signing, order = self.shop.signing, self.id
        return {
            "payment": self.payment(),
            "sponsorships": [
                b"" if part.campaign else signing.sponsor(self.shop.offers, order, part.budget) for part in self.parts
            ],
            "vouchers": [part.campaign.evidence(self.named["merchant"]) for part in self.parts if part.campaign],
        }

    def pay(self, **options: Any) -> Any:
        """Pay it; return the receipt. `payment`, `sponsorships`, `vouchers`: in place of the right ones."""
        given = {name: options.pop(name) for name in ("payment", "sponsorships", "vouchers") if name in options}
        evidence = self.evidence() | given if len(given) < 3 else given
        sent = [evidence[name] for name in ("payment", "sponsorships", "vouchers")]
        return self.shop.checkout.pay(self.order, self.words, *sent, **({"sender": self.shop.relayer} | options))

    def paid(self) -> Self:
        """Pay it; return it."""
        self.pay()
        return self

    def refund(self, value: int, number: int = 0, signer: Any = None, **options: Any) -> Any:
        """Refund `value` fen, signed by the merchant or `signer`; return the receipt.

        `signature`, `campaigns`: in place of the right ones.
        """
        by = signer or self.shop.merchant
        signature = options.pop("signature", None)
        if signature is None:
            signature = self.shop.signing.refund(key_of(by), self.id, number, value)
        campaigns = options.pop("campaigns", [part.campaign.terms for part in self.parts if part.campaign])
        sender = {"sender": self.shop.relayer} | options
        return self.shop.checkout.refund(self.order, self.words, number, value, by, signature, campaigns, **sender)


def told(receipt: Any, contract: Any) -> list[tuple[Any, ...]]:
    """Return the events of `contract` in `receipt`, each as its name and its arguments."""
    return [
        (event.event_name, *event.event_arguments.values())
        for event in receipt.events
        if event.contract_address == contract.address
    ]
