"""The escrow's book, kept a second time from its logs alone: packets, shares, links, owed shares and refunds."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pswallet.audit.decode import Log, address_in, events
from pswallet.audit.draws import link_before, share_of
from pswallet.audit.guests import proven_places
from pswallet.audit.kept import Kept
from pswallet.audit.ledger import Ledger, Moment, Movement
from pswallet.audit.report import Findings
from pswallet.audit.typed import separator, typed
from pswallet.chain.signing import keccak

_RED_PACKET = keccak(
    b"RedPacket(address creator,uint64 total,uint16 shares,uint64 expiry,uint64 maxShare,bool lucky,bytes32 guests,"
    b"address claimKey,address dealer,bytes20 drawCommitment,bytes32 salt)"
)
_LONGEST_LIFE_S = 24 * 3600 + 60
_MOST_SHARES = 100


def domain_separator(chain_id: int, escrow: str) -> bytes:
    """Return the escrow's EIP-712 domain separator, worked out by hand."""
    return separator("RedPacketEscrow", chain_id, escrow)


@dataclass(slots=True)
class Packet:
    """One open packet. Amounts are fen; `link` is the last one revealed, at first the commitment."""

    creator: str
    total: int
    shares: int
    expiry: int
    max_share: int
    lucky: bool
    guests: bytes
    link: bytes
    remaining: int
    left: int
    claimed: int = 0
    owed: dict[str, int] = field(default_factory=dict)
    drawn_by: dict[str, list[str]] = field(default_factory=dict)
    """The transactions in which each account drew."""

    @property
    def outstanding(self) -> int:
        """Return what the escrow still holds for the packet [fen]."""
        return self.remaining + sum(self.owed.values())

    def state(self) -> tuple[int, int, bytes, int]:
        """Return the fields in the order of the escrow's `stateOf`."""
        return self.remaining, self.left, self.link, sum(self.owed.values())


def read_terms(data: bytes) -> Packet:
    """Return the packet that the eleven words of its terms open."""
    word = [data[start : start + 32] for start in range(0, 352, 32)]
    total, shares, expiry, max_share = (int.from_bytes(one) for one in word[1:5])
    return Packet(
        creator="0x" + word[0][12:].hex(),
        total=total,
        shares=shares,
        expiry=expiry,
        max_share=max_share,
        lucky=any(word[5]),
        guests=word[6],
        link=word[9][:20],
        remaining=total,
        left=shares,
    )


class Packets:
    """Folds the escrow's logs in their order; every broken promise goes to `findings`.

    `ledger` is the token's book, read up to the same log; `calldata` gives a transaction's input.
    """

    def __init__(
        self,
        findings: Findings,
        now: Moment,
        ledger: Ledger,
        *,
        chain_id: int,
        escrow: str,
        calldata: Callable[[str], bytes],
    ) -> None:
        self.findings, self.now, self.ledger, self.escrow = findings, now, ledger, escrow
        self._calldata = calldata
        self.open: dict[str, Packet] = {}
        self.ended = Kept()
        self.created = self.shares = self.refunds = 0
        self._separator = domain_separator(chain_id, escrow)
        # Money that the escrow's events speak of (+) and that the token moved (-): together nothing, a transaction.
        self._unmatched: dict[tuple[str, str, int], int] = {}
        self._handlers: dict[str, Callable[[Log], None]] = {
            topic: getattr(self, f"_on_{name}", self._on_unknown) for topic, name in events("RedPacketEscrow").items()
        }

    def read(self, log: Log) -> None:
        """Book one log of the escrow; `now` must stand at its block and transaction."""
        handler = self._handlers.get(log["topics"][0], self._on_unknown) if log["topics"] else self._on_unknown
        handler(log)

    def moved(self, movement: Movement) -> None:
        """Note money that the token moved to or from the escrow."""
        if movement.recipient == self.escrow:
            self._match("in", movement.sender, movement.value, -1)
        if movement.sender == self.escrow:
            kind = "return" if movement.kind == "return" else "out"
            self._match(kind, movement.recipient, movement.value, -1)

    def close(self) -> None:
        """Report, at a transaction's end, money that moved without its event and events without their money."""
        for (kind, account, value), surplus in self._unmatched.items():
            way = {"in": "into the escrow from", "out": "out of the escrow to", "return": "back from the escrow to"}[
                kind
            ]
            if surplus < 0:
                self._wrong("escrow", f"{value} fen went {way} {account} and no packet's event says so")
            elif surplus > 0:
                self._wrong("escrow", f"an event says that {value} fen went {way} {account}, and none did")
        self._unmatched.clear()

    def outstanding(self) -> int:
        """Return what the escrow must hold for all packets [fen]."""
        return sum(packet.outstanding for packet in self.open.values())

    def _wrong(self, check: str, message: str) -> None:
        self.findings.add(check, message, self.now.block, self.now.transaction)

    def _match(self, kind: str, account: str, value: int, count: int) -> None:
        key = (kind, account, value)
        left = self._unmatched.pop(key, 0) + count
        if left:
            self._unmatched[key] = left

    # --- life of a packet ---

    def _on_PacketCreated(self, log: Log) -> None:
        packet_id, data = log["topics"][1], bytes.fromhex(log["data"][2:])
        packet = read_terms(data)
        self.created += 1
        own_id = typed(self._separator, _RED_PACKET + data[:352]).hex()
        if packet_id != "0x" + own_id:
            self._wrong("packets", f"packet {packet_id} is not the hash of its terms (0x{own_id})")
        if address_in(log["topics"][2]) != packet.creator:
            self._wrong("packets", f"packet {packet_id} names a creator that its terms do not")
        if packet_id in self.open or bytes.fromhex(packet_id[2:]) in self.ended:
            self._wrong("packets", f"packet {packet_id} was created a second time")
        for reason in self._wrong_terms(packet):
            self._wrong("packets", f"packet {packet_id} {reason}")
        self._match("in", packet.creator, packet.total, 1)
        self.open[packet_id] = packet

    def _wrong_terms(self, packet: Packet) -> list[str]:
        found = []
        if not 1 <= packet.shares <= _MOST_SHARES or packet.total < packet.shares:
            found.append(f"has {packet.shares} shares of {packet.total} fen")
        if not packet.lucky and packet.shares and packet.total % packet.shares:
            found.append(f"does not divide {packet.total} fen into {packet.shares} equal shares")
        if packet.lucky and packet.max_share * packet.shares < packet.total:
            found.append(f"cannot give {packet.total} fen in {packet.shares} shares of at most {packet.max_share}")
        if not self.now.time < packet.expiry <= self.now.time + _LONGEST_LIFE_S:
            found.append(f"expires at {packet.expiry}, not within 24 h of its creation at {self.now.time}")
        return found

    def _on_PacketClaimed(self, log: Log) -> None:
        drawn = self._draw(log)
        if drawn:
            packet, account, value = drawn
            packet.claimed += value
            self._match("out", account, value, 1)
            self._end(log["topics"][1], packet)

    def _on_ShareOwed(self, log: Log) -> None:
        drawn = self._draw(log)
        if drawn:
            packet, account, value = drawn
            packet.owed[account] = packet.owed.get(account, 0) + value

    def _draw(self, log: Log) -> tuple[Packet, str, int] | None:
        """Take a share from its packet; return whose and how much [fen], None if there is no such packet."""
        packet_id, account = log["topics"][1], address_in(log["topics"][2])
        data = log["data"]
        position, value, link = int(data[2:66], 16), int(data[66:130], 16), bytes.fromhex(data[130:170])
        packet = self.open.get(packet_id)
        self.shares += 1
        if packet is None:
            self._wrong("packets", f"{account} drew {value} fen of packet {packet_id}, which is not open")
            self._match("out", account, value, 1)
            return None
        self._check_claim(packet_id, packet, account)
        self._check_share(packet_id, packet, position, value, link)
        packet.drawn_by.setdefault(account, []).append(self.now.transaction)
        packet.remaining -= value
        packet.left -= 1
        packet.link = link
        if packet.remaining < 0 or packet.left < 0:
            self._wrong(
                "packets", f"packet {packet_id} gave more than its {packet.total} fen in {packet.shares} shares"
            )
        return packet, account, value

    def _check_claim(self, packet_id: str, packet: Packet, account: str) -> None:
        if self.now.time >= packet.expiry:
            self._wrong("packets", f"{account} drew from packet {packet_id} after its expiry at {packet.expiry}")
        if account in packet.drawn_by and not self._is_guest_again(packet, account):
            self._wrong("draws", f"{account} drew a second share of packet {packet_id}")
        if self.ledger.account(packet.creator).frozen:
            self._wrong("standing", f"packet {packet_id} paid {account} while its creator was frozen")

    def _is_guest_again(self, packet: Packet, account: str) -> bool:
        """Whether the creator's own guest list names `account` once for each share that it draws."""
        transactions = {*packet.drawn_by[account], self.now.transaction}
        places = [proven_places(self._calldata(one), packet.guests, account) for one in transactions]
        return len(set().union(*places)) > len(packet.drawn_by[account])

    def _check_share(self, packet_id: str, packet: Packet, position: int, value: int, link: bytes) -> None:
        share = f"share {position} of packet {packet_id}"
        if position != packet.shares - packet.left:
            self._wrong("draws", f"{share} came at position {packet.shares - packet.left}")
        if not packet.lucky:
            due = packet.total // max(packet.shares, 1)
        elif link_before(link) != packet.link:
            self._wrong("draws", f"{share}: its link 0x{link.hex()} does not hash to 0x{packet.link.hex()}")
            return
        elif packet.left < 1:
            return
        else:
            seed = bytes.fromhex(packet_id[2:])
            due = share_of(link, seed, rest=packet.remaining, left=packet.left, max_share=packet.max_share)
        if value != due:
            self._wrong("draws", f"{share} is {value} fen; its draw gives {due}")

    def _on_ShareCollected(self, log: Log) -> None:
        packet_id, account, value = log["topics"][1], address_in(log["topics"][2]), int(log["data"], 16)
        packet = self.open.get(packet_id)
        self._match("out", account, value, 1)
        if packet is None:
            self._wrong("packets", f"{account} collected {value} fen of packet {packet_id}, which is not open")
            return
        if self.now.time >= packet.expiry:
            self._wrong("packets", f"{account} collected from packet {packet_id} after its expiry")
        if self.ledger.account(packet.creator).frozen:
            self._wrong("standing", f"packet {packet_id} paid {account} while its creator was frozen")
        due = packet.owed.pop(account, 0)
        if value != due:
            self._wrong("packets", f"{account} collected {value} fen of packet {packet_id} and was owed {due}")
        packet.claimed += value
        self._end(packet_id, packet)

    def _on_PacketRefunded(self, log: Log) -> None:
        packet_id, creator, value = log["topics"][1], address_in(log["topics"][2]), int(log["data"], 16)
        packet = self.open.get(packet_id)
        self.refunds += 1
        self._match("return", creator, value, 1)
        if packet is None:
            self._wrong("refunds", f"packet {packet_id} refunded {value} fen to {creator} and is not open")
            return
        if self.now.time < packet.expiry:
            self._wrong("refunds", f"packet {packet_id} was refunded before its expiry at {packet.expiry}")
        if creator != packet.creator:
            self._wrong("refunds", f"packet {packet_id} of {packet.creator} was refunded to {creator}")
        if value != packet.outstanding:
            self._wrong("refunds", f"packet {packet_id} refunded {value} fen and held {packet.outstanding}")
        self._check_sum(packet_id, packet, value)
        self._forget(packet_id)

    def _end(self, packet_id: str, packet: Packet) -> None:
        """Forget a packet once everything is drawn and paid, so that memory holds the open ones only."""
        if packet.left <= 0 and not packet.owed:
            self._check_sum(packet_id, packet, 0)
            self._forget(packet_id)

    def _check_sum(self, packet_id: str, packet: Packet, refunded: int) -> None:
        parts = packet.claimed + refunded
        if parts != packet.total:
            self._wrong("packets", f"packet {packet_id} of {packet.total} fen ended with {parts} fen given away")

    def _forget(self, packet_id: str) -> None:
        del self.open[packet_id]
        self.ended.add(bytes.fromhex(packet_id[2:]))

    # --- what moves nothing ---

    def _on_ClaimSkipped(self, log: Log) -> None:
        """Pass over a claim that drew nothing."""

    def _on_EIP712DomainChanged(self, log: Log) -> None:
        """Pass over an event that the escrow inherits and never emits."""

    def _on_unknown(self, log: Log) -> None:
        topic = log["topics"][0] if log["topics"] else "none"
        self._wrong("code", f"the escrow emitted an event that its published code does not have (topic {topic})")
