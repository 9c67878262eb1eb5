"""Red packets on a table: opened, claimed and read as their parties do it, signed apart from `pswallet`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bench.packets import RED_PACKET, ZERO_ADDRESS, ZERO_LINK, ZERO_WORD, Domain, Escrow, GuestList, HashChain, person
from tests.contracts import drawing
from tests.contracts.parties import FOREVER

DAY = 86_400
FIELDS = (
    *("creator", "total", "shares", "expiry", "maxShare", "lucky"),
    *("guests", "claimKey", "dealer", "drawCommitment", "salt"),
)


def key_of(account: Any) -> LocalAccount:
    """Return the key of one of Ape's test accounts."""
    key: LocalAccount = Account.from_key(account.private_key)
    return key


@dataclass
class Table:
    """An escrow over a token, a creator who gives, a dealer who draws, a relayer who carries."""

    chain: Any
    token: Any
    escrow: Any
    creator: Any
    relayer: Any
    dealer: LocalAccount = field(default_factory=lambda: person("dealer"))
    made: int = 0

    @property
    def signing(self) -> Escrow:
        """What is signed for this escrow."""
        escrow = Domain("RedPacketEscrow", 31337, str(self.escrow.address))
        return Escrow(escrow, Domain("Sandbox Yuan Voucher", 31337, str(self.token.address)))

    def equal(self, guests: Sequence[Any], /, **changes: Any) -> "Packet":
        """Return an equal packet of one share for each guest, 100 fen each unless told otherwise; not yet open."""
        return self._packet(guests, None, {"total": 100 * len(guests), "shares": len(guests)} | changes)

    def lucky(self, guests: Sequence[Any], /, **changes: Any) -> "Packet":
        """Return a lucky packet of one share for each guest, drawn from 100 fen each; not yet open."""
        draw = HashChain(f"draw {self.made}", length=100)
        drawn = {
            "lucky": True,
            "maxShare": 20_000,
            "dealer": self.dealer.address,
            "drawCommitment": draw.commitment,
        }
        return self._packet(guests, draw, {"total": 100 * len(guests), "shares": len(guests)} | drawn | changes)

    def equal_by_link(self, shares: int, **changes: Any) -> "Packet":
        """Return an equal packet for whoever holds the link; not yet open."""
        key = {"guests": ZERO_WORD, "claimKey": person("claim key").address}
        return self._packet([], None, {"total": 100 * shares, "shares": shares} | key | changes)

    def lucky_by_link(self, shares: int, **changes: Any) -> "Packet":
        """Return a lucky packet for whoever holds the link; not yet open."""
        key = {"guests": ZERO_WORD, "claimKey": person("claim key").address}
        return self.lucky([], **({"total": 100 * shares, "shares": shares} | key | changes))

    def _packet(self, guests: Sequence[Any], draw: HashChain | None, terms: dict[str, Any]) -> "Packet":
        accounts = [str(getattr(guest, "address", guest)) for guest in guests]
        tree = GuestList(accounts) if accounts else None
        self.made += 1
        plain: dict[str, Any] = {
            "creator": str(self.creator.address),
            "expiry": self.chain.pending_timestamp + DAY,
            "maxShare": 0,
            "lucky": False,
            "guests": tree.root if tree else ZERO_WORD,
            "claimKey": ZERO_ADDRESS,
            "dealer": ZERO_ADDRESS,
            "drawCommitment": ZERO_LINK,
            "salt": self.made.to_bytes(32, "big"),
        }
        return Packet(self, plain | terms, accounts, tree, draw)


@dataclass(frozen=True)
class Packet:
    """One packet: its terms and all that its claimants and its dealer know."""

    table: Table
    named: dict[str, Any]
    accounts: list[str]
    tree: GuestList | None
    draw: HashChain | None

    @property
    def terms(self) -> tuple[Any, ...]:
        """The terms as the contract takes them."""
        return tuple(self.named[name] for name in FIELDS)

    @property
    def id(self) -> bytes:
        """The packet's id, hashed here."""
        return self.table.signing.packet_id(self.terms)

    @property
    def total(self) -> int:
        """What the creator gives [fen]."""
        total: int = self.named["total"]
        return total

    @property
    def expiry(self) -> int:
        """The first second in which a claim fails."""
        expiry: int = self.named["expiry"]
        return expiry

    @property
    def state(self) -> tuple[int, int, int]:
        """Remaining [fen], shares left, owed [fen]."""
        state = self.table.escrow.stateOf(self.id)
        return state.remaining, state.sharesLeft, state.owed

    def but(self, **changes: Any) -> Self:
        """Return the packet with other terms."""
        return replace(self, named=self.named | changes)

    def authorization(self, **options: Any) -> tuple[int, int, bytes]:
        """Return the creator's authorization."""
        creator = key_of(self.table.creator)
        return self.table.signing.authorize(creator, self.terms, options.pop("valid_before", FOREVER), **options)

    def hash_of(self, words: bytes) -> bytes:
        """Return the id that terms encoded as `words` have."""
        return self.table.signing.domain.digest_of_words("RedPacket", RED_PACKET, words)

    def open(self, authorization: tuple[int, int, bytes] | None = None) -> Any:
        """Create it; return the receipt."""
        given = authorization or self.authorization()
        return self.table.escrow.create(self.terms, given, sender=self.table.relayer)

    def opened(self) -> Self:
        """Create it; return it."""
        self.open()
        return self

    def shares(self) -> list[int]:
        """Return what each position draws, by the second opinion."""
        count: int = self.named["shares"]
        if self.draw is None:
            return [self.total // count] * count
        return drawing.shares(self.draw.links[:count], self.id, self.total, self.named["maxShare"])

    def one(self, account: Any, index: int | None = None) -> tuple[str, int, bytes]:
        """Return the claim of `account`, with its place in the list or the link's signature."""
        address = str(getattr(account, "address", account))
        if self.tree is None:
            return address, 0, self.table.signing.link_claim(person("claim key"), self.id, address)
        place = self.accounts.index(address) if index is None else index
        return address, place, self.tree.proof(place)

    def deal(self, first: int, claims: Sequence[tuple[str, int, bytes]], links: Sequence[bytes]) -> bytes:
        """Return the dealer's signature over `claims` from position `first` on; empty in an equal packet."""
        if self.draw is None:
            return b""
        return self.table.signing.deal(self.table.dealer, self.id, first, claims, links)

    def links(self, first: int, count: int) -> list[bytes]:
        """Return the links of `count` positions; none in an equal packet."""
        return self.draw.links[first : first + count] if self.draw else []

    def claim(self, account: Any, *, one: tuple[str, int, bytes] | None = None, **options: Any) -> Any:
        """Let `account` claim alone, at the packet's position; return the receipt.

        `one`, `link`, `signature`: in place of the right ones. Other options go to the transaction.
        """
        asked = one or self.one(account)
        position = self.named["shares"] - self.state[1]
        links = self.links(position, 1) or [ZERO_LINK]
        link = options.pop("link", links[0])
        signature = options.pop("signature", None)
        if signature is None:
            signature = self.deal(position, [asked], [link])
        sender = {"sender": self.table.relayer}
        return self.table.escrow.claim(self.terms, asked, link, signature, **(sender | options))

    def group(self, claims: Sequence[Any], *, first: int = 0, **options: Any) -> tuple[Any, ...]:
        """Return the claims of these accounts (or claims) as a group of a batch, dealt from position `first` on."""
        asked = [one if isinstance(one, tuple) else self.one(one) for one in claims]
        links = options.pop("links", self.links(first, len(asked)))
        signature = options.pop("signature", None)
        if signature is None:
            signature = self.deal(first, asked, links)
        return self.terms, first, asked, links, signature

    def refund(self, **options: Any) -> Any:
        """Give the rest back; return the receipt."""
        return self.table.escrow.refund(self.terms, **({"sender": self.table.relayer} | options))

    def collect(self, account: Any, **options: Any) -> Any:
        """Pay `account` its owed share; return the receipt."""
        return self.table.escrow.collect(self.terms, account, **({"sender": self.table.relayer} | options))


def facts(table: Table, receipt: Any) -> list[tuple[Any, ...]]:
    """Return the escrow's events of `receipt`, each as its name and its arguments without the packet's id."""
    return [
        (event.event_name, *(value for name, value in event.event_arguments.items() if name != "packet"))
        for event in receipt.events
        if event.contract_address == table.escrow.address
    ]


def error(signature: str, *values: Any) -> bytes:
    """Return the revert data of the error of this signature."""
    kinds = signature.partition("(")[2].rstrip(")")
    return keccak(text=signature)[:4] + encode(kinds.split(",") if kinds else [], values)
