"""The token's book, kept a second time from its logs alone: balances, tiers, counters, freezes, supply and reserve."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pswallet.audit.accounts import NOT_REGISTERED, SYSTEM, UNLISTED, Account, Limits, day_of
from pswallet.audit.decode import Log, address_in, events, words
from pswallet.audit.kept import Kept
from pswallet.audit.report import Findings

NOBODY = "0x" + "0" * 40
"""The sender of a mint and the recipient of a redemption."""

_SILENT = {"Approval", "AuthorityUpdated", "Initialized", "EIP712DomainChanged", "AuthorizationCanceled", "Upgraded"}
"""Events that change nothing in this book; `code` looks at upgrades."""

_KINDS = {"Minted": "mint", "Redeemed": "redemption", "Returned": "return"}


@dataclass(slots=True)
class Moment:
    """Where the reading stands: `time` is the block's, in Unix seconds."""

    block: int = 0
    time: int = 0
    transaction: str = ""


Announced = tuple[str, str, int | None, Log]
"""A log that must stand directly before its payment: its event, whose money, how much (None: whatever is paid)."""


class Movement(NamedTuple):
    """Money that moved. `kind`: payment, mint, redemption or return."""

    kind: str
    sender: str
    recipient: str
    value: int


class Ledger:
    """Folds the token's logs in their order; every broken promise goes to `findings`."""

    def __init__(self, findings: Findings, now: Moment) -> None:
        self.findings, self.now = findings, now
        self.accounts: dict[str, Account] = {}
        self.tiers: dict[int, Limits] = {}
        self.entries = Kept()
        self.minted = self.redeemed = self.payments = self.authorizations = 0
        self.reserve = self.reserve_expiry = self.paused_until = 0
        self._announced: Announced | None = None
        self._handlers: dict[str, Callable[[Log], Movement | None]] = {
            topic: self._on_silent if name in _SILENT else getattr(self, f"_on_{name}", self._on_unknown)
            for topic, name in events("Stablecoin").items()
        }
        self._transfer = next(
            self._handlers[topic] for topic, name in events("Stablecoin").items() if name == "Transfer"
        )

    @property
    def supply(self) -> int:
        """Return what was minted less what was redeemed [fen]."""
        return self.minted - self.redeemed

    def read(self, log: Log) -> Movement | None:
        """Book one log of the token and return the money it moved; `now` must stand at its block and transaction."""
        topics = log["topics"]
        handler = self._handlers.get(topics[0], self._on_unknown) if topics else self._on_unknown
        if self._announced and handler is not self._transfer:
            self.close()
        return handler(log)

    def close(self) -> None:
        """Report what was announced and did not come at once."""
        one, self._announced = self._announced, None
        if one:
            event, party, _, log = one
            message = f"{event} of {party} (log {int(log['logIndex'], 16)}) has no payment directly after it"
            self.findings.add("authorizations", message, self.now.block, log["transactionHash"])

    def account(self, address: str) -> Account:
        """Return the account of `address` (lower case), which is empty until a log speaks of it."""
        found = self.accounts.get(address)
        if found is None:
            found = self.accounts[address] = Account()
        return found

    def _wrong(self, check: str, message: str) -> None:
        self.findings.add(check, message, self.now.block, self.now.transaction)

    # --- money ---

    def _on_Transfer(self, log: Log) -> Movement:
        topics = log["topics"]
        sender, recipient, value = "0x" + topics[1][26:], "0x" + topics[2][26:], int(log["data"], 16)
        event = self._take_announced(log, sender, recipient, value) if self._announced else None
        kind = _KINDS.get(event, "payment") if event else "payment"
        if value == 0:
            self._wrong("standing", f"{sender} paid nothing to {recipient}")
        if kind != "return" and self.now.time < self.paused_until:
            self._wrong("standing", f"{sender} paid {recipient} in a pause that lasts until {self.paused_until}")
        if sender == NOBODY:
            self._issue(kind, recipient, value)
        else:
            self._debit(kind, sender, recipient, value)
        if recipient == NOBODY:
            self._burn(kind, sender, value)
        else:
            self._credit(kind, sender, recipient, value)
        self.payments += 1
        return Movement(kind, sender, recipient, value)

    def _take_announced(self, log: Log, sender: str, recipient: str, value: int) -> str | None:
        """Return the event directly before, if it announced this payment; report it otherwise."""
        if self._announced is None:
            return None
        event, party, announced, before = self._announced
        near = int(before["logIndex"], 16) == int(log["logIndex"], 16) - 1
        owner = recipient if event in ("Minted", "Returned") else sender
        same = before["transactionHash"] == log["transactionHash"]
        if near and same and party == owner and announced in (None, value):
            self._announced = None
            return event
        self.close()
        return None

    def _issue(self, kind: str, recipient: str, value: int) -> None:
        self.minted += value
        if kind != "mint":
            self._wrong("mints", f"{value} fen were minted to {recipient} for no bank entry")
        if self.now.time >= self.reserve_expiry:
            self._wrong("mints", f"{value} fen were minted to {recipient} without a fresh reserve attestation")
        if self.supply > self.reserve:
            self._wrong("mints", f"minting {value} fen made the supply {self.supply}, above the reserve {self.reserve}")

    def _burn(self, kind: str, sender: str, value: int) -> None:
        self.redeemed += value
        if kind != "redemption":
            self._wrong("supply", f"{value} fen of {sender} were burnt for no bank payment")

    def _debit(self, kind: str, sender: str, recipient: str, value: int) -> None:
        account = self.account(sender)
        account.balance -= value
        if account.balance < 0:
            self._wrong("supply", f"{sender} paid {value} fen and had {account.balance + value}")
        if account.tier == SYSTEM:
            return
        if kind == "return":
            self._wrong("standing", f"{sender} returned {value} fen and is no SYSTEM contract")
        if account.tier == NOT_REGISTERED:
            self._wrong("standing", f"{sender} paid {value} fen and is not registered")
        if account.frozen:
            self._wrong("standing", f"{sender} paid {value} fen while frozen")
        limits = self.tiers.get(account.tier, UNLISTED)
        yearly = recipient != NOBODY
        account.count(value, limits, day_of(self.now.time), yearly=yearly)
        if account.breaks(value, limits, yearly=yearly):
            for broken in account.broken_limits(value, limits, yearly=yearly):
                self._wrong("limits", f"{sender} {broken}")

    def _credit(self, kind: str, sender: str, recipient: str, value: int) -> None:
        account = self.account(recipient)
        account.balance += value
        if account.tier == SYSTEM or kind == "return":
            return
        if account.tier == NOT_REGISTERED:
            self._wrong("standing", f"{recipient} was paid {value} fen and is not registered")
        if account.frozen:
            self._wrong("standing", f"{recipient} was paid {value} fen while frozen")
        limit = self.tiers.get(account.tier, UNLISTED).max_balance
        if account.balance > limit:
            self._wrong("limits", f"{recipient} was paid up to {account.balance} fen, above its cap of {limit}")

    # --- what stands directly before a payment ---

    def _announce(self, event: str, log: Log, value: int | None) -> None:
        self._announced = event, address_in(log["topics"][1]), value, log

    def _on_AuthorizationUsed(self, log: Log) -> None:
        self.authorizations += 1
        self._announce("AuthorizationUsed", log, None)

    def _on_Minted(self, log: Log) -> None:
        entry, value = bytes.fromhex(log["topics"][2][2:]), int(log["data"], 16)
        if not self.entries.add(entry):
            recipient = address_in(log["topics"][1])
            self._wrong("mints", f"the bank entry 0x{entry.hex()} was minted again, {value} fen to {recipient}")
        self._announce("Minted", log, value)

    def _on_Redeemed(self, log: Log) -> None:
        self._announce("Redeemed", log, int(log["data"], 16))

    def _on_Returned(self, log: Log) -> None:
        self._announce("Returned", log, int(log["data"], 16))

    # --- standing ---

    def _on_TierSet(self, log: Log) -> None:
        account, tier = self.account(address_in(log["topics"][1])), int(log["data"], 16)
        if account.tier == SYSTEM != tier:
            self._wrong("standing", f"the SYSTEM contract {address_in(log['topics'][1])} was given tier {tier}")
        account.tier = tier
        if tier == SYSTEM:
            account.frozen = False

    def _on_TierLimitsSet(self, log: Log) -> None:
        self.tiers[int(log["topics"][1], 16)] = Limits(*words(log["data"]))

    def _on_AccountReplaced(self, log: Log) -> None:
        account, successor = self.account(address_in(log["topics"][1])), self.account(address_in(log["topics"][2]))
        successor.spent_today, successor.spent_this_year = account.spent_today, account.spent_this_year
        successor.day, successor.one_factor_today = account.day, account.one_factor_today
        successor.tier, successor.frozen = account.tier, account.frozen
        account.tier = NOT_REGISTERED

    def _on_AccountFrozen(self, log: Log) -> None:
        account = self.account(address_in(log["topics"][1]))
        if account.tier == SYSTEM:
            self._wrong("standing", f"the SYSTEM contract {address_in(log['topics'][1])} was frozen")
        account.frozen = True

    def _on_AccountUnfrozen(self, log: Log) -> None:
        self.account(address_in(log["topics"][1])).frozen = False

    def _on_Paused(self, log: Log) -> None:
        self.paused_until = int(log["data"], 16)

    def _on_Unpaused(self, log: Log) -> None:
        self.paused_until = 0

    def _on_ReserveAttested(self, log: Log) -> None:
        self.reserve, self.reserve_expiry = words(log["data"])

    def _on_silent(self, log: Log) -> None:
        """Pass over an event that moves nothing here."""

    def _on_unknown(self, log: Log) -> None:
        topic = log["topics"][0] if log["topics"] else "none"
        self._wrong("code", f"the token emitted an event that its published code does not have (topic {topic})")
