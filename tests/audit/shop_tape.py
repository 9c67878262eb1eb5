"""Logs of shops made up by hand: budgets, funded orders, campaigns and vouchers, honest but for what a test changes."""

from dataclasses import dataclass, field
from typing import Any

from pswallet.audit.typed import separator, typed
from pswallet.chain import signing
from pswallet.chain.hashing import keccak
from pswallet.kit.merkle import merkle_list
from tests.audit.tape import ANCHOR, CHECKOUT, VOUCHER, Tape, person, word

AN, SHOP, DISTRICT, CASHIER = (person(number) for number in (11, 12, 13, 14))
ISSUER = keccak(b"synthetic key of an issuer")
TEA = 5812
OF_CHECKOUT, OF_VOUCHER = separator("MerchantCheckout", 1, CHECKOUT), separator("CityVoucher", 1, VOUCHER)
_BUDGET = keccak(b"Budget(address funder,address signer,uint64 total,uint32 end,bytes32 salt)")
_ORDER = keccak(
    b"FundedOrder(address payer,address merchant,bytes32 till,bytes32 reference,uint64 own,uint64 amount,uint64 expiry,"
    b"bytes32 parts)"
)


def of(*values: Any) -> bytes:
    """ABI words in a row."""
    return b"".join(word(value) for value in values)


def refer(body: bytes) -> bytes:
    """Bytes as the ABI has them: their length, and what fills the last word."""
    return word(len(body)) + body.ljust(-(-len(body) // 32) * 32, b"\0")


@dataclass(frozen=True)
class Order:
    """An order that was paid."""

    id: str
    own: int
    parts: list[tuple[str, str, int, int]]


@dataclass
class ShopTape(Tape):
    """AN with 9,000 fen of own money, a shop, and a district that funds budgets and campaigns."""

    serial: int = field(default=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.limit(6, max_balance=10**6, payment=10**6, day=10**6, year=10**6)
        self.register(AN)
        self.register(SHOP, DISTRICT, tier=6)
        self.mint(AN, 9_000, entry=1)
        self.mint(DISTRICT, 100_000, entry=2)
        self.mint(SHOP, 1_000, entry=3)

    def checkout(self, event: str, *topics: str | int, data: list[Any]) -> None:
        self.say("MerchantCheckout", CHECKOUT, event, *topics, data=data)

    def voucher(self, event: str, *topics: str | int, data: list[Any] = ()) -> None:
        self.say("CityVoucher", VOUCHER, event, *topics, data=data)

    def anchored(self, day: int, *, root: bytes = b"\x12" * 32, total: int = 5) -> None:
        """Anchor points."""
        self.say("Anchor", ANCHOR, "Anchored", "0x" + keccak(b"points").hex(), day, data=[root, total])
        self.end()

    def moves(self, *moves: tuple[str, str, int]) -> None:
        """The token pays."""
        for sender, recipient, value in moves:
            self.token("Transfer", sender, recipient, data=[value])

    def returns(self, sender: str, recipient: str, value: int) -> None:
        """The token pays back, past caps and freezes."""
        self.token("Returned", recipient, data=[value])
        self.moves((sender, recipient, value))

    # --- budgets and orders ---

    def budget(self, total: int = 5_000, *, lasts_s: int = 1_000, **changed: Any) -> str:
        """Open a budget of the district's; return its id."""
        self.serial += 1
        terms = of(DISTRICT, changed.get("signer", person(99)), total, self.now.time + lasts_s, self.serial)
        budget = changed.get("id", "0x" + typed(OF_CHECKOUT, _BUDGET + terms).hex())
        self.checkout("BudgetOpened", budget, DISTRICT, data=[terms])
        self.end()
        return str(budget)

    def order(
        self, own: int, *parts: tuple[str, str, int, int], lasts_s: int = 100, paid: Any = None, **changed: Any
    ) -> Order:
        """Pay an order; `paid` replaces the movements, `changed` what the log says."""
        self.serial += 1
        amount = changed.get("amount", own + sum(part[2] for part in parts))
        payer = changed.get("payer", AN)
        terms = of(payer, SHOP, b"T01", b"R%d" % self.serial, own, amount, self.now.time + lasts_s)
        given = b"".join(of(*part) for part in parts)
        order = Order(
            changed.get("id", "0x" + typed(OF_CHECKOUT, _ORDER + terms + keccak(given)).hex()), own, list(parts)
        )
        for funder, campaign, value, _ in parts:
            if funder == VOUCHER and changed.get("spent", True):
                self.voucher("VoucherSpent", campaign, payer, SHOP, data=[changed.get("spent_fen", value)])
        self.moves(*(self._payment(order, payer) if paid is None else paid))
        self.checkout("OrderPaid", order.id, payer, SHOP, data=[terms, 256, len(parts), given])
        if changed.get("ends", True):
            self.end()
        return order

    def _payment(self, order: Order, payer: str) -> list[tuple[str, str, int]]:
        own = [(payer, CHECKOUT, order.own)] if order.own else []
        on = [(CHECKOUT, SHOP, order.own)] if order.own else []
        return [*own, *((funder, SHOP, value) for funder, _, value, _ in order.parts), *on]

    def refund(self, order: Order, own: int, *shares: int, number: int = 0, by: str = SHOP, **changed: Any) -> None:
        """Give back; `shares` to the parts. The vouchers' campaign goes on."""
        value = changed.get("value", own + sum(shares))
        count = len(shares)
        self.checkout("OrderRefunded", order.id, AN, SHOP, data=[number, by, value, own, 160, count, of(*shares)])
        self.moves((SHOP, CHECKOUT, value))
        if own:
            self.returns(CHECKOUT, AN, own)
        for (funder, budget, _, _), share in zip(order.parts, shares, strict=False):
            if share and funder == VOUCHER:
                self._restore(budget, share, changed.get("sponsor"))
            elif share:
                self.returns(CHECKOUT, funder, share)
        self.end()

    def _restore(self, campaign: str, share: int, sponsor: str | None) -> None:
        self.voucher("VoucherReturned" if sponsor else "VoucherRestored", campaign, AN, data=[share])
        self.moves((CHECKOUT, VOUCHER, share))
        if sponsor:
            self.returns(VOUCHER, sponsor, share)

    # --- campaigns ---

    def campaign(self, *, budget: int = 4_000, face: int = 1_000, lasts_s: int = 1_000, **changed: Any) -> str:
        """Open a campaign of the district's; return its id."""
        self.serial += 1
        start = self.now.time + changed.get("starts_in_s", 0)
        self.terms = of(
            *(DISTRICT, budget, face, changed.get("per_person", 2), start, start + lasts_s),
            *(changed.get("minimum", 0), changed.get("divisible", True)),
            *(merchants().root, signing.address_of(ISSUER), 0, self.serial),
        )
        campaign = changed.get("id", "0x" + typed(OF_VOUCHER, signing.CAMPAIGN.type_hash + self.terms).hex())
        self.moves((DISTRICT, VOUCHER, changed.get("paid_in", budget)))
        self.voucher("CampaignOpened", campaign, DISTRICT, data=[self.terms])
        self.end()
        return str(campaign)

    def give(self, campaign: str, count: int, value: int, *, listed: int | None = None, **changed: Any) -> None:
        """List AN with `listed` vouchers (those given if not said), and give them."""
        winners = merchant_or_winner_list(AN, count if listed is None else listed)
        digest = typed(OF_VOUCHER, signing.WINNERS.type_hash + bytes.fromhex(campaign[2:]) + winners.root)
        signature = signing.sign(digest, changed.get("issuer", ISSUER))
        self.calldata = self.terms + winners.root + word(14 * 32) + refer(signature)
        self.voucher("WinnersListed", campaign, "0x" + winners.root.hex())
        self.end()
        self.calldata = of(winners.root, AN, count, 128) + refer(winners.proofs[0])
        self.voucher("VoucherIssued", campaign, AN, data=[count, value])
        self.end()

    def show_shop(self, *, category: int = TEA) -> None:
        """Let the next transaction show that the shop is on the campaign's list."""
        self.calldata = self.terms + word(13 * 32) + of(category, 64) + refer(merchants().proofs[0])

    def close(self, campaign: str, unissued: int, left: int, *, paid: int | None = None) -> None:
        """Give the rest back to the district."""
        self.voucher("CampaignClosed", campaign, DISTRICT, data=[unissued, left])
        self.returns(VOUCHER, DISTRICT, unissued + left if paid is None else paid)
        self.end()


def merchants() -> Any:
    """The campaign's list: the shop and another."""
    return merkle_list([(SHOP, TEA), (person(15), TEA)])


def merchant_or_winner_list(account: str, number: int) -> Any:
    """A list with somebody else on it too."""
    return merkle_list([(account, number), (person(16), 1)])
