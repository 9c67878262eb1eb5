"""The vouchers' book, kept a second time from their logs alone: campaigns, lists, holdings, and what came back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pswallet.audit.decode import Log, address_in, events, words
from pswallet.audit.ledger import Ledger, Moment, Movement
from pswallet.audit.listed import shows_shop, shows_signature, shows_winner
from pswallet.audit.money import Money
from pswallet.audit.orders import Part
from pswallet.audit.report import Findings
from pswallet.audit.typed import separator, typed
from pswallet.chain.hashing import keccak

_CAMPAIGN = keccak(
    b"Campaign(address sponsor,uint64 budget,uint64 face,uint32 perPerson,uint64 start,uint64 end,uint64 minimumSpend,"
    b"bool divisible,bytes32 merchants,address issuer,bytes32 lottery,bytes32 salt)"
)
_WINNERS = keccak(b"Winners(bytes32 campaign,bytes32 list)")
_LONGEST_S = 400 * 24 * 3600


@dataclass(slots=True)
class Holding:
    """What an account has of a campaign: `left` fen, of `count` vouchers given so far."""

    left: int = 0
    count: int = 0


@dataclass(slots=True)
class Campaign:
    """A campaign's terms and money [fen]; times are Unix seconds."""

    terms: bytes
    sponsor: str
    budget: int
    face: int
    per_person: int
    start: int
    end: int
    minimum_spend: int
    divisible: bool
    unissued: int
    open: int = 0
    closed: bool = False
    shops: set[str] = field(default_factory=set)
    """Those that a payment has shown to be on the list."""

    @property
    def outstanding(self) -> int:
        """Return what the contract must hold for the campaign [fen]."""
        return self.unissued + self.open


def read_campaign(terms: bytes) -> Campaign:
    """Return the campaign that the twelve words of its terms open."""
    word = [int.from_bytes(terms[start : start + 32]) for start in range(0, 384, 32)]
    sponsor, budget, face, per_person, start, end, minimum_spend, divisible = word[:8]
    return Campaign(
        terms=terms,
        sponsor=f"0x{sponsor:040x}",
        budget=budget,
        face=face,
        per_person=per_person,
        start=start,
        end=end,
        minimum_spend=minimum_spend,
        divisible=bool(divisible),
        unissued=budget,
    )


class Vouchers:
    """Folds the voucher contract's logs in their order; every broken promise goes to `findings`.

    `ledger` is the token's book, read up to the same log; `calldata` gives a transaction's input.
    """

    def __init__(
        self,
        findings: Findings,
        now: Moment,
        ledger: Ledger,
        *,
        chain_id: int,
        voucher: str,
        checkout: str,
        calldata: Callable[[str], bytes],
    ) -> None:
        self.findings, self.now, self.ledger = findings, now, ledger
        self.address, self._checkout, self._calldata = voucher, checkout, calldata
        self.money = Money(findings, now, contract=voucher, check="vouchers", name="the vouchers")
        self.campaigns: dict[str, Campaign] = {}
        self.holdings: dict[tuple[str, str], Holding] = {}
        self.lists: dict[str, dict[str, str]] = {}
        """By campaign: each list, and the transaction that listed it first."""
        self.outstanding = self.entries = 0
        self._separator = separator("CityVoucher", chain_id, voucher)
        # What orders say of vouchers (+) and what vouchers say themselves (-): together nothing, a transaction.
        self._unmatched: dict[tuple[str, str, str, int], int] = {}
        self._handlers: dict[str, Callable[[Log], None]] = {
            topic: getattr(self, f"_on_{name}", self._on_unknown) for topic, name in events("CityVoucher").items()
        }

    def read(self, log: Log) -> None:
        """Book one log of the vouchers; `now` must stand at its block and transaction."""
        handler = self._handlers.get(log["topics"][0], self._on_unknown) if log["topics"] else self._on_unknown
        handler(log)

    def close(self) -> None:
        """Report, at a transaction's end, what orders and vouchers say otherwise, and money that does not add up."""
        self.money.close()
        for (campaign, account, merchant, value), surplus in self._unmatched.items():
            where = f"at {merchant}" if merchant else "back"
            told = f"{value} fen of {account}'s vouchers of {campaign} {where}"
            says = "an order says so, and no voucher" if surplus > 0 else "no order says so"
            self._wrong("vouchers", f"{told}: {says}")
        self._unmatched.clear()
        held = self.ledger.account(self.address).balance
        if held != self.outstanding:
            self._wrong("vouchers", f"the vouchers hold {held} fen, and owe {self.outstanding}")
            self.outstanding = held  # said once, not of each transaction that follows

    # --- what orders say ---

    def ordered(self, part: Part, *, payer: str, merchant: str) -> None:
        """Note a part of an order that was paid with vouchers."""
        self._match(part.budget, payer, merchant, part.value, 1)
        campaign = self.campaigns.get(part.budget)
        if campaign and campaign.minimum_spend != part.minimum_spend:
            told = f"an order says that the minimum of {part.budget} is {part.minimum_spend}"
            self._wrong("vouchers", f"{told} fen; it is {campaign.minimum_spend}")

    def given_back(self, campaign_id: str, payer: str, value: int) -> list[Movement]:
        """Note what a refund brings back; return what the token must move for it."""
        self._match(campaign_id, payer, "", value, 1)
        return self._moved_back(self.campaigns.get(campaign_id), value)

    def _moved_back(self, campaign: Campaign | None, value: int) -> list[Movement]:
        moves = [Movement("payment", self._checkout, self.address, value)]
        if campaign and self.now.time >= campaign.end:
            moves.append(Movement("return", self.address, campaign.sponsor, value))
        return moves

    def _match(self, campaign: str, account: str, merchant: str, value: int, count: int) -> None:
        key = (campaign, account, merchant, value)
        left = self._unmatched.pop(key, 0) + count
        if left:
            self._unmatched[key] = left

    # --- campaigns ---

    def _on_CampaignOpened(self, log: Log) -> None:
        campaign_id, data = log["topics"][1], bytes.fromhex(log["data"][2:])
        campaign = read_campaign(data[:384])
        own_id = "0x" + typed(self._separator, _CAMPAIGN + campaign.terms).hex()
        if campaign_id != own_id or address_in(log["topics"][2]) != campaign.sponsor:
            self._wrong("vouchers", f"campaign {campaign_id} is not the hash of its terms ({own_id})")
        if campaign_id in self.campaigns:
            self._wrong("vouchers", f"campaign {campaign_id} was opened a second time")
        for told in self._wrong_terms(campaign):
            self._wrong("vouchers", f"campaign {campaign_id} {told}")
        self.money.explain(
            [Movement("payment", campaign.sponsor, self.address, campaign.budget)], f"campaign {campaign_id}"
        )
        self.campaigns[campaign_id] = campaign
        self.outstanding += campaign.budget
        for winners, transaction in self.lists.get(campaign_id, {}).items():
            self._check_list(campaign_id, campaign, winners, transaction)

    def _wrong_terms(self, campaign: Campaign) -> Iterator[str]:
        if not (campaign.face and campaign.budget and campaign.per_person) or campaign.budget % campaign.face:
            yield f"cuts {campaign.budget} fen into vouchers of {campaign.face}, {campaign.per_person} a person"
        if not max(self.now.time, campaign.start) < campaign.end <= self.now.time + _LONGEST_S:
            yield f"lasts from {campaign.start} to {campaign.end}, opened at {self.now.time}"

    def _on_WinnersListed(self, log: Log) -> None:
        campaign_id, winners = log["topics"][1:3]
        listed = self.lists.setdefault(campaign_id, {})
        campaign = self.campaigns.get(campaign_id)  # a list may come before its campaign
        if winners not in listed and campaign is not None:
            self._check_list(campaign_id, campaign, winners, self.now.transaction)
        listed.setdefault(winners, self.now.transaction)

    def _check_list(self, campaign_id: str, campaign: Campaign, winners: str, transaction: str) -> None:
        root = bytes.fromhex(winners[2:])
        digest = typed(self._separator, _WINNERS + bytes.fromhex(campaign_id[2:]) + root)
        if not shows_signature(self._calldata(transaction), campaign.terms, root, digest):
            told = f"the list {winners} of campaign {campaign_id} was not signed by its issuer"
            self.findings.add("vouchers", told, self.now.block, transaction)

    def _on_CampaignClosed(self, log: Log) -> None:
        campaign_id = log["topics"][1]
        unissued, left = words(log["data"])
        campaign = self._campaign(campaign_id)
        if campaign is None:
            return
        if self.now.time < campaign.end:
            self._wrong("vouchers", f"campaign {campaign_id} was closed before its end at {campaign.end}")
        if (unissued, left) != (campaign.unissued, campaign.open) or address_in(log["topics"][2]) != campaign.sponsor:
            told = f"campaign {campaign_id} was closed with {unissued} fen unissued and {left} open"
            self._wrong("vouchers", f"{told}; there were {campaign.unissued} and {campaign.open}")
        self.money.announce(
            [Movement("return", self.address, campaign.sponsor, campaign.outstanding)], f"the end of {campaign_id}"
        )
        self.outstanding -= campaign.outstanding
        campaign.unissued = campaign.open = 0
        campaign.closed = True

    # --- vouchers ---

    def _on_VoucherIssued(self, log: Log) -> None:
        campaign_id, account = log["topics"][1], address_in(log["topics"][2])
        count, value = words(log["data"])
        campaign = self._campaign(campaign_id)
        if campaign is None:
            return
        holding = self._holding(campaign_id, account)
        if value != (count - holding.count) * campaign.face or not holding.count < count <= campaign.per_person:
            told = (
                f"{account} was given {value} fen and {count} vouchers in all of {campaign_id}, after {holding.count}"
            )
            self._wrong("vouchers", f"{told}; it gives {campaign.per_person} a person, of {campaign.face} fen")
        if self.now.time >= campaign.end:
            self._wrong("vouchers", f"{account} was given vouchers of {campaign_id} after its end at {campaign.end}")
        if not self._is_winner(campaign_id, account, count):
            self._wrong("vouchers", f"{account} is on no signed list of {campaign_id} with {count} vouchers")
        holding.left, holding.count = holding.left + value, count
        campaign.unissued, campaign.open = campaign.unissued - value, campaign.open + value
        if campaign.unissued < 0:
            self._wrong("vouchers", f"campaign {campaign_id} gave {-campaign.unissued} fen more than its budget")

    def _is_winner(self, campaign_id: str, account: str, count: int) -> bool:
        calldata = self._calldata(self.now.transaction)
        lists = self.lists.get(campaign_id, {})
        return any(shows_winner(calldata, bytes.fromhex(one[2:]), account, count) for one in lists)

    def _on_VoucherSpent(self, log: Log) -> None:
        campaign_id, account, merchant = log["topics"][1], address_in(log["topics"][2]), address_in(log["topics"][3])
        value = int(log["data"], 16)
        self._match(campaign_id, account, merchant, value, -1)
        self.money.announce([Movement("payment", self.address, merchant, value)], f"vouchers of {campaign_id}")
        campaign = self._campaign(campaign_id)
        if campaign is None:
            return
        if not campaign.start <= self.now.time < campaign.end:
            told = f"{account} spent vouchers of {campaign_id} at {self.now.time}"
            self._wrong("vouchers", f"{told}; they are spent from {campaign.start} to {campaign.end}")
        if not campaign.divisible and value != campaign.face:
            self._wrong("vouchers", f"{account} spent {value} fen of a voucher of {campaign_id}, which is spent whole")
        if not self._takes_vouchers(campaign, merchant):
            self._wrong("vouchers", f"{account} spent {value} fen of {campaign_id} at {merchant}, not on its list")
        self._take(campaign_id, campaign, account, value)

    def _takes_vouchers(self, campaign: Campaign, merchant: str) -> bool:
        """Whether a payment, this one or one before, shows that `merchant` is on the campaign's list."""
        if merchant not in campaign.shops:
            if not shows_shop(self._calldata(self.now.transaction), campaign.terms, merchant):
                return False
            campaign.shops.add(merchant)
        return True

    def _take(self, campaign_id: str, campaign: Campaign, account: str, value: int) -> None:
        holding = self._holding(campaign_id, account)
        holding.left -= value
        campaign.open -= value
        self.outstanding -= value
        if holding.left < 0 or campaign.open < 0:
            self._wrong("vouchers", f"{account} spent {value} fen of {campaign_id} and had {holding.left + value}")

    def _on_VoucherRestored(self, log: Log) -> None:
        campaign_id, account, value, campaign = self._back(log)
        if campaign is None:
            return
        if self.now.time >= campaign.end:
            self._wrong("vouchers", f"{account} got vouchers of {campaign_id} back after its end at {campaign.end}")
        self._holding(campaign_id, account).left += value
        campaign.open += value
        self.outstanding += value

    def _on_VoucherReturned(self, log: Log) -> None:
        campaign_id, account, value, campaign = self._back(log)
        if campaign is None:
            return
        if self.now.time < campaign.end:
            told = f"{value} fen of {account} went to the sponsor of {campaign_id}"
            self._wrong("vouchers", f"{told} before its end at {campaign.end}")

    def _back(self, log: Log) -> tuple[str, str, int, Campaign | None]:
        """Read what a refund brought back; the order's own refund says what moves."""
        campaign_id, account, value = log["topics"][1], address_in(log["topics"][2]), int(log["data"], 16)
        self._match(campaign_id, account, "", value, -1)
        campaign = self._campaign(campaign_id)
        self.money.announce(self._moved_back(campaign, value), f"a refund of vouchers of {campaign_id}")
        return campaign_id, account, value, campaign

    # --- help ---

    def _campaign(self, campaign_id: str) -> Campaign | None:
        self.entries += 1
        campaign = self.campaigns.get(campaign_id)
        if campaign is None:
            self._wrong("vouchers", f"campaign {campaign_id} was never opened")
        return campaign

    def _holding(self, campaign_id: str, account: str) -> Holding:
        return self.holdings.setdefault((campaign_id, account), Holding())

    def _wrong(self, check: str, message: str) -> None:
        self.findings.add(check, message, self.now.block, self.now.transaction)

    def _on_WinnerSkipped(self, log: Log) -> None:
        """Pass over a winner who was given nothing."""

    def _on_EIP712DomainChanged(self, log: Log) -> None:
        """Pass over an event that the contract inherits and never emits."""

    def _on_unknown(self, log: Log) -> None:
        topic = log["topics"][0] if log["topics"] else "none"
        self._wrong("code", f"the vouchers emitted an event that its published code does not have (topic {topic})")
