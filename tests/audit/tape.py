"""Logs made up by hand: what no honest contract would say, to see that the auditor's books hear it."""

from dataclasses import dataclass, field
from typing import Any

from pswallet.audit.books import Books
from pswallet.audit.decode import Log, events
from pswallet.audit.ledger import NOBODY, Moment
from pswallet.audit.packets import domain_separator
from pswallet.audit.report import Findings
from pswallet.audit.state import Contracts
from pswallet.chain.signing import keccak

TOKEN, ESCROW = "0x" + "aa" * 20, "0x" + "ee" * 20
CHECKOUT, VOUCHER, ANCHOR = "0x" + "cc" * 20, "0x" + "dd" * 20, "0x" + "bb" * 20
NOON = 1_795_320_000
"""A moment of one day in Asia/Shanghai, Unix seconds."""
TYPE = keccak(
    b"RedPacket(address creator,uint64 total,uint16 shares,uint64 expiry,uint64 maxShare,bool lucky,bytes32 guests,"
    b"address claimKey,address dealer,bytes20 drawCommitment,bytes32 salt)"
)


def person(number: int) -> str:
    """An address, lower case."""
    return f"0x{number:040x}"


def word(value: int | bool | str | bytes) -> bytes:
    """A value as an ABI word: text is an address or hash, bytes stand left."""
    if isinstance(value, bytes):
        return value.ljust(32, b"\0")
    if isinstance(value, str):
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    return int(value).to_bytes(32)


@dataclass
class Tape:
    """The books, fed log by log; each `step` is a transaction of its own, sent with `calldata`."""

    findings: Findings = field(default_factory=Findings)
    now: Moment = field(default_factory=lambda: Moment(block=1, time=NOON))
    position: int = 0
    calldata: bytes = b""

    def __post_init__(self) -> None:
        contracts = Contracts(TOKEN, ESCROW, CHECKOUT, VOUCHER, ANCHOR)
        self.books = Books(self.findings, self.now, contracts, chain_id=1, calldata=lambda transaction: self.calldata)
        self.ledger, self.packets = self.books.ledger, self.books.packets
        self.limit(2, max_balance=10_000, payment=5_000, day=8_000, year=9_000)
        for contract in (ESCROW, CHECKOUT, VOUCHER):
            self.token("TierSet", contract, data=[7])
        self.token("ReserveAttested", data=[10**9, NOON + 90_000])

    def wrong(self) -> list[str]:
        """The checks that have found something, one name a difference."""
        self.end()
        return [check.name for check in self.findings.checks.values() for _ in check.differences]

    def end(self) -> None:
        """End the transaction and begin the next."""
        self.books.close()
        self.now.block += 1
        self.now.transaction = f"0x{self.now.block:064x}"
        self.position = 0

    def token(self, event: str, *topics: str | int, data: list[Any] = (), skip: int = 0) -> None:
        """The token says something; `skip` logs of others stand before it."""
        self.books.read(self._log("Stablecoin", TOKEN, event, topics, data, skip), TOKEN)

    def escrow(self, event: str, *topics: str | int, data: list[Any] = ()) -> None:
        """The escrow says something."""
        self.say("RedPacketEscrow", ESCROW, event, *topics, data=data)

    def say(self, contract: str, address: str, event: str, *topics: str | int, data: list[Any] = ()) -> None:
        """Any contract says something."""
        self.books.read(self._log(contract, address, event, topics, data, 0), address)

    def _log(self, contract: str, address: str, event: str, topics: Any, data: Any, skip: int) -> Log:
        topic = next(topic for topic, name in events(contract).items() if name == event)
        self.position += skip + 1
        return {
            "address": address,
            "topics": [topic, *("0x" + word(each).hex() for each in topics)],
            "data": "0x" + b"".join(word(each) for each in data).hex(),
            "blockNumber": hex(self.now.block),
            "transactionHash": self.now.transaction,
            "logIndex": hex(self.position - 1),
        }

    # --- honest sentences ---

    def limit(self, tier: int, *, max_balance: int, payment: int, day: int, year: int, life: bool = False) -> None:
        """Set a tier's limits [fen]."""
        self.token("TierLimitsSet", tier, data=[max_balance, payment, day, year, day, life])

    def register(self, *people: str, tier: int = 2) -> None:
        """Give people a tier."""
        for one in people:
            self.token("TierSet", one, data=[tier])
        self.end()

    def mint(self, who: str, value: int, entry: int) -> None:
        """Issue money for a bank entry."""
        self.token("Minted", who, entry, data=[value])
        self.token("Transfer", NOBODY, who, data=[value])
        self.end()

    def pay(self, sender: str, recipient: str, value: int) -> None:
        """Move money."""
        self.token("Transfer", sender, recipient, data=[value])
        self.end()

    def open(self, creator: str, *, total: int, shares: int, lifetime_s: int = 86_400, **changed: Any) -> str:
        """Open an equal link packet; `changed` replaces what the log says of it."""
        lucky, commitment = changed.get("lucky", False), changed.get("commitment", bytes(20))
        most, expiry = changed.get("most", 0), self.now.time + lifetime_s
        terms = [creator, total, shares, expiry, most, lucky, 0, person(77), 0, commitment, self.now.block]
        body = b"".join(word(each) for each in terms)
        packet = keccak(b"\x19\x01" + domain_separator(1, ESCROW) + keccak(TYPE + body))
        packet_id = changed.get("packet_id", "0x" + packet.hex())
        self.token("Transfer", creator, ESCROW, data=[changed.get("paid_in", total)])
        self.escrow("PacketCreated", packet_id, changed.get("named", creator), data=terms)
        self.end()
        return packet_id

    def draw(
        self, packet: str, who: str, value: int, position: int, *, link: bytes = bytes(20), paid: int | None = None
    ) -> None:
        """Draw a share and pay it, or `paid` in its place."""
        self.token("Transfer", ESCROW, who, data=[value if paid is None else paid])
        self.escrow("PacketClaimed", packet, who, data=[position, value, link])
        self.end()

    def refund(self, packet: str, creator: str, value: int, *, paid: int | None = None) -> None:
        """Give back what is left, or `paid` in its place."""
        self.escrow("PacketRefunded", packet, creator, data=[value])
        self.token("Returned", creator, data=[value if paid is None else paid])
        self.token("Transfer", ESCROW, creator, data=[value if paid is None else paid])
        self.end()
