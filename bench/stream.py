"""A stream of events for the auditor's memory: generated blocks that hash and follow each other, with no node behind.

A million events on a real Anvil take minutes and gigabytes. What keeps state is the same either way: the checks of
headers and blooms, and both books. 1,000 people transfer, mint and give packets that are claimed whole; no id comes
twice.
"""

import random
from collections.abc import Iterator
from typing import Any

from pswallet.audit.decode import Log, events
from pswallet.audit.node import Header, Span
from pswallet.audit.packets import domain_separator
from pswallet.chain.deploy import Deployment
from pswallet.chain.hashing import keccak
from pswallet.chain.signing import RED_PACKET
from pswallet.chain.tries import bloom_of, header_hash

A_BLOCK = 500
"""Events of a block, about: packets are not cut."""
_PEOPLE = 1_000
_MINTS, _PACKETS, _GUESTS = 20, 10, 10
_TIER = 6
_BEGIN = 1_795_000_000
_NOBODY = f"0x{0:064x}"
_SAME = {name: "0x" + "11" * 32 for name in ("sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot", "mixHash")}

Said = tuple[str, list[str], str]
"""An event as its contract says it: address, topics, data."""


def _words(*values: int) -> str:
    return "0x" + "".join(f"{value:064x}" for value in values)


class Stream:
    """Blocks of a chain on which the contracts are where `deployment` says."""

    def __init__(self, deployment: Deployment) -> None:
        self._token, self._escrow = deployment.stablecoin.lower(), deployment.escrow.lower()
        self._separator = domain_separator(deployment.chain_id, self._escrow)
        self._topics = {
            name: topic for kind in ("RedPacketEscrow", "Stablecoin") for topic, name in events(kind).items()
        }
        self._people = [_words(int.from_bytes(keccak(b"person %d" % place)[:20])) for place in range(_PEOPLE)]
        self._chance = random.Random(1)
        self._serial = 0
        self._parent = _NOBODY

    def spans(self, total: int) -> Iterator[Span]:
        """Yield blocks, each alone, until there were `total` events."""
        made, number = 0, 0
        while made < total:
            said = self._busy(_BEGIN + number) if number else self._beginning()
            number += 1
            span = self._block(number, list(said))
            made += len(span.logs)
            yield span

    def _block(self, number: int, said: list[Said]) -> Span:
        transaction = "0x" + keccak(b"transaction %d" % number).hex()
        logs: list[Log] = [
            {"address": address, "topics": topics, "data": data, "blockNumber": hex(number),
             "transactionHash": transaction, "logIndex": hex(place)}
            for place, (address, topics, data) in enumerate(said)
        ]  # fmt: skip
        zeros = dict.fromkeys(("difficulty", "gasLimit", "gasUsed", "baseFeePerGas"), "0x0")
        header: Any = {
            **_SAME, **zeros, "parentHash": self._parent, "miner": "0x" + "00" * 20, "number": hex(number),
            "logsBloom": "0x" + bloom_of(logs).to_bytes(256).hex(), "timestamp": hex(_BEGIN + number),
            "extraData": "0x", "nonce": "0x" + "00" * 8, "transactions": [transaction],
        }  # fmt: skip
        self._parent = header["hash"] = header_hash(header)
        found: Header = header
        return Span(number, number, [found], logs)

    def _new(self) -> int:
        self._serial += 1
        return int.from_bytes(keccak(b"serial %d" % self._serial))

    def _of_token(self, event: str, *topics: str, data: str = "0x") -> Said:
        return self._token, [self._topics[event], *topics], data

    def _of_escrow(self, event: str, *topics: str, data: str) -> Said:
        return self._escrow, [self._topics[event], *topics], data

    def _beginning(self) -> Iterator[Said]:
        limits = _words(10**10, 10**8, 10**9, 10**11, 10**9, 0)
        yield self._of_token("TierLimitsSet", _words(_TIER), data=limits)
        yield self._of_token("TierSet", _words(int(self._escrow, 16)), data=_words(7))
        yield self._of_token("ReserveAttested", data=_words(10**14, 2**40))
        for person in self._people:
            yield self._of_token("TierSet", person, data=_words(_TIER))
            yield from self._mint(person, 1_000_000)

    def _busy(self, now: int) -> Iterator[Said]:
        for person in self._chance.choices(self._people, k=_MINTS):
            yield from self._mint(person, 500)
        for _ in range(_PACKETS):
            yield from self._packet(now)
        for _ in range((A_BLOCK - 2 * _MINTS - _PACKETS * (3 + 2 * _GUESTS)) // 2):
            payer, payee = self._chance.sample(self._people, 2)
            yield self._of_token("AuthorizationUsed", payer, _words(self._new()))
            yield self._of_token("Transfer", payer, payee, data=_words(self._chance.randint(1, 500)))

    def _mint(self, person: str, fen: int) -> Iterator[Said]:
        yield self._of_token("Minted", person, _words(self._new()), data=_words(fen))
        yield self._of_token("Transfer", _NOBODY, person, data=_words(fen))

    def _packet(self, now: int) -> Iterator[Said]:
        creator, *guests = self._chance.sample(self._people, _GUESTS + 1)
        terms = _words(int(creator, 16), 50 * _GUESTS, _GUESTS, now + 1_000, 0, 0, self._new(), 0, 0, 0, self._new())
        struct = keccak(RED_PACKET.type_hash + bytes.fromhex(terms[2:]))
        packet = "0x" + keccak(b"\x19\x01" + self._separator + struct).hex()
        escrow = _words(int(self._escrow, 16))
        yield self._of_token("AuthorizationUsed", creator, packet)
        yield self._of_token("Transfer", creator, escrow, data=_words(50 * _GUESTS))
        yield self._of_escrow("PacketCreated", packet, creator, data=terms)
        for place, guest in enumerate(guests):
            yield self._of_token("Transfer", escrow, guest, data=_words(50))
            yield self._of_escrow("PacketClaimed", packet, guest, data=_words(place, 50, 0))
