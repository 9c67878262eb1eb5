"""The rows that the chain's logs must have become, worked out a second time; `database` holds the real ones to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pswallet.accounts.models import AccountFreeze, AccountTier
from pswallet.audit.accounts import day_of, year_of
from pswallet.audit.decode import Log, address_in, errors, events, words
from pswallet.audit.ledger import NOBODY, Moment
from pswallet.audit.rows import Row, shown
from pswallet.audit.shopfacts import ShopFacts
from pswallet.audit.state import Contracts
from pswallet.bank.models import BankMint, BankRedemption, ReserveAttestation
from pswallet.chain.signing import checksum
from pswallet.checkout.models import (
    Allowance,
    BudgetOpening,
    CheckoutCashier,
    CheckoutPart,
    CheckoutPayment,
    CheckoutRefund,
)
from pswallet.kit.db import Base
from pswallet.kit.money import MAX_FEN
from pswallet.payments.models import (
    AuthorizationCancellation,
    AuthorizationUse,
    Entry,
    PaymentPause,
    Succession,
    TierLimit,
)
from pswallet.redpackets.models import PacketCollection, PacketOpening, PacketRefund, PacketShare
from pswallet.vouchers.models import CampaignClosing, CampaignOpening, VoucherEntry, WinnerListing

PARTS: dict[type[Base], str | None] = {
    Entry: "leg",
    AuthorizationUse: None,
    AuthorizationCancellation: None,
    TierLimit: None,
    PaymentPause: None,
    Succession: None,
    BankMint: None,
    BankRedemption: None,
    ReserveAttestation: None,
    AccountTier: "address",
    AccountFreeze: "address",
    PacketOpening: None,
    PacketShare: None,
    PacketCollection: None,
    PacketRefund: None,
    Allowance: None,
    BudgetOpening: None,
    CheckoutPayment: None,
    CheckoutPart: "place",
    CheckoutRefund: None,
    CheckoutCashier: None,
    CampaignOpening: None,
    WinnerListing: None,
    VoucherEntry: None,
    CampaignClosing: None,
}
"""Every audited table, and the column that tells the rows of one log apart."""


@dataclass(slots=True)
class Purse:
    """An address's running sums [fen], as an entry states them; `day` is that of its last entry."""

    balance: int = 0
    sent_today: int = 0
    sent_this_year: int = 0
    sent_ever: int = 0
    day: int = -1

    def turn_to(self, today: int) -> None:
        """Begin a new day, and a new year if it is one."""
        if self.day != today:
            self.sent_today = 0
            if self.day < 0 or year_of(self.day) != year_of(today):
                self.sent_this_year = 0
            self.day = today


class Facts(ShopFacts):
    """Turns logs into the rows that they must have become."""

    def __init__(self, now: Moment, contracts: Contracts) -> None:
        super().__init__(now)
        self._purses: dict[str, Purse] = {}
        self._standing: dict[str, tuple[int, bool]] = {}
        self._handlers: dict[tuple[str, str], Callable[[Log], Iterator[Row]]] = {}
        of_contracts = {
            contracts.token: "Stablecoin",
            contracts.escrow: "RedPacketEscrow",
            contracts.checkout: "MerchantCheckout",
            contracts.voucher: "CityVoucher",
        }
        for address, contract in of_contracts.items():
            for topic, name in events(contract).items():
                handler = getattr(self, f"_on_{name}", None)
                if handler:
                    self._handlers[address, topic] = handler

    def rows(self, log: Log, address: str) -> Iterator[Row]:
        """Yield the rows of one log of the contract at `address` (lower case); logs must come in order."""
        handler = self._handlers.get((address, log["topics"][0])) if log["topics"] else None
        return handler(log) if handler else iter(())

    # --- payments ---

    def _on_Transfer(self, log: Log) -> Iterator[Row]:
        sender, recipient = address_in(log["topics"][1]), address_in(log["topics"][2])
        value = int(log["data"], 16)
        kind = "mint" if sender == NOBODY else "redeem" if recipient == NOBODY else "transfer"
        if kind != "mint":
            purse = self._purse(sender)
            purse.balance -= value
            purse.sent_today += value
            if kind != "redeem":
                purse.sent_this_year += value
                purse.sent_ever += value
            yield self._entry(kind, sender, recipient, -value, purse, 0)
        if kind != "redeem":
            purse = self._purse(recipient)
            purse.balance += value
            yield self._entry(kind, recipient, sender, value, purse, 1)

    def _purse(self, address: str) -> Purse:
        purse = self._purses.setdefault(address, Purse())
        purse.turn_to(day_of(self._now.time))
        return purse

    def _entry(self, kind: str, account: str, counterparty: str, delta: int, purse: Purse, leg: int) -> Row:
        values = {
            "account": shown(account),
            "counterparty": shown(counterparty),
            "kind": kind,
            "delta_fen": delta,
            "balance_after_fen": purse.balance,
            "sent_today_fen": purse.sent_today,
            "sent_this_year_fen": purse.sent_this_year,
            "sent_ever_fen": purse.sent_ever,
            "at": self._at,
        }
        return Row(Entry, leg, values)

    def _on_AuthorizationUsed(self, log: Log) -> Iterator[Row]:
        payer = shown(address_in(log["topics"][1]))
        yield Row(AuthorizationUse, None, {"payer": payer, "nonce": log["topics"][2], "at": self._at})

    def _on_AuthorizationCanceled(self, log: Log) -> Iterator[Row]:
        payer = shown(address_in(log["topics"][1]))
        yield Row(AuthorizationCancellation, None, {"payer": payer, "nonce": log["topics"][2]})

    def _on_TierLimitsSet(self, log: Log) -> Iterator[Row]:
        names = ("max_balance_fen", "per_payment_fen", "per_day_fen", "per_year_fen", "one_factor_per_day_fen")
        *amounts, lifetime = words(log["data"])
        values = dict(zip(names, amounts, strict=True))
        yield Row(TierLimit, None, {"tier": int(log["topics"][1], 16), "lifetime": bool(lifetime), **values})

    def _on_Paused(self, log: Log) -> Iterator[Row]:
        yield Row(PaymentPause, None, {"expires_at": datetime.fromtimestamp(int(log["data"], 16), UTC)})

    def _on_Unpaused(self, log: Log) -> Iterator[Row]:
        yield Row(PaymentPause, None, {"expires_at": None})

    # --- the bank ---

    def _on_Minted(self, log: Log) -> Iterator[Row]:
        yield Row(BankMint, None, {"entry": log["topics"][2], **self._bank(log)})

    def _on_Redeemed(self, log: Log) -> Iterator[Row]:
        yield Row(BankRedemption, None, {"bank_reference": log["topics"][2], **self._bank(log)})

    def _bank(self, log: Log) -> dict[str, Any]:
        account = shown(address_in(log["topics"][1]))
        return {"account": account, "value_fen": int(log["data"], 16), "at": self._at}

    def _on_ReserveAttested(self, log: Log) -> Iterator[Row]:
        reserve, expiry = words(log["data"])
        # The token keeps 64 bits, a column 63: whatever is above is above every supply.
        values = {"reserve_fen": min(reserve, MAX_FEN), "expires_at": datetime.fromtimestamp(expiry, UTC)}
        yield Row(ReserveAttestation, None, values)

    # --- accounts ---

    def _on_TierSet(self, log: Log) -> Iterator[Row]:
        address, tier = address_in(log["topics"][1]), int(log["data"], 16)
        yield self._tier(address, tier)

    def _on_AccountFrozen(self, log: Log) -> Iterator[Row]:
        yield self._freeze(address_in(log["topics"][1]), True)

    def _on_AccountUnfrozen(self, log: Log) -> Iterator[Row]:
        yield self._freeze(address_in(log["topics"][1]), False)

    def _on_AccountReplaced(self, log: Log) -> Iterator[Row]:
        account, successor = address_in(log["topics"][1]), address_in(log["topics"][2])
        tier, frozen = self._standing.get(account, (0, False))
        yield self._tier(account, 0)
        yield self._tier(successor, tier)
        yield self._freeze(successor, frozen)
        yield Row(Succession, None, {"account": shown(account), "successor": shown(successor)})

    def _tier(self, address: str, tier: int) -> Row:
        self._standing[address] = (tier, self._standing.get(address, (0, False))[1])
        return Row(AccountTier, shown(address), {"tier": tier})

    def _freeze(self, address: str, frozen: bool) -> Row:
        self._standing[address] = (self._standing.get(address, (0, False))[0], frozen)
        return Row(AccountFreeze, shown(address), {"frozen": frozen})

    # --- red packets ---

    def _on_PacketCreated(self, log: Log) -> Iterator[Row]:
        terms = _terms(bytes.fromhex(log["data"][2:]))
        values = {
            "packet": log["topics"][1],
            "creator": terms["creator"],
            "terms": terms,
            "shares": terms["shares"],
            "expires_at": datetime.fromtimestamp(terms["expiry"], UTC),
            "at": self._at,
        }
        yield Row(PacketOpening, None, values)

    def _on_PacketClaimed(self, log: Log) -> Iterator[Row]:
        yield Row(PacketShare, None, {**self._share(log), "reason": None})

    def _on_ShareOwed(self, log: Log) -> Iterator[Row]:
        data = bytes.fromhex(log["data"][2:])
        start = int.from_bytes(data[96:128])
        length = int.from_bytes(data[start : start + 32])
        selector = "0x" + data[start + 32 : start + 32 + min(length, 4)].hex()
        values = self._share(log)
        reason = errors("Stablecoin").get(selector, "")
        # What OpenZeppelin calls otherwise than we do is left to the gateway: the money is the same.
        yield Row(PacketShare, None, values if reason.startswith("ERC") or not reason else {**values, "reason": reason})

    def _share(self, log: Log) -> dict[str, Any]:
        position, value, link = words(log["data"])[:3]
        named = {"packet": log["topics"][1], "account": shown(address_in(log["topics"][2])), "at": self._at}
        return {**named, "position": position, "value_fen": value, "link": link.to_bytes(32)[:20]}

    def _on_ShareCollected(self, log: Log) -> Iterator[Row]:
        account = shown(address_in(log["topics"][2]))
        values = {"packet": log["topics"][1], "account": account, "value_fen": int(log["data"], 16), "at": self._at}
        yield Row(PacketCollection, None, values)

    def _on_PacketRefunded(self, log: Log) -> Iterator[Row]:
        creator = shown(address_in(log["topics"][2]))
        values = {"packet": log["topics"][1], "creator": creator, "value_fen": int(log["data"], 16), "at": self._at}
        yield Row(PacketRefund, None, values)


def _terms(data: bytes) -> dict[str, Any]:
    """Return a packet's terms out of their eleven words, as rows keep them."""
    word = [data[start : start + 32] for start in range(0, 352, 32)]
    number = [int.from_bytes(one) for one in word]
    return {
        "creator": checksum(word[0][12:]),
        "total": number[1],
        "shares": number[2],
        "expiry": number[3],
        "maxShare": number[4],
        "lucky": bool(number[5]),
        "guests": "0x" + word[6].hex(),
        "claimKey": checksum(word[7][12:]),
        "dealer": checksum(word[8][12:]),
        "drawCommitment": "0x" + word[9][:20].hex(),
        "salt": "0x" + word[10].hex(),
    }
