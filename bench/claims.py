"""Claims a second through the gateway, beside the chain's own ceiling: the same claims with no HTTP and no SQL."""

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import text

from bench import load
from bench.machine import Machine, Member
from pswallet.chain import calldata, signing
from pswallet.chain.dealer import Dealer
from pswallet.chain.deploy import current_fee
from pswallet.chain.hashing import keccak
from pswallet.chain.rpc import RpcError
from pswallet.chain.terms import Terms
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.client import Client
from pswallet.redpackets.rules import guest_list

CONNECTIONS = 64
SIZES = (10,) * 400 + (100,) * 40
"""Guests of each packet of a round: 8,000 claims."""

_GAS_A_CLAIM = 60_000
_GAS_BASE = 300_000
_MOST_GAS = 16_000_000
_FEN_A_GUEST = 50


@dataclass(frozen=True)
class Packet:
    """An open packet and who may claim it."""

    id: str
    terms: Terms
    draw_id: str
    guests: list[Member]


def open_packets(machine: Machine, creators: Sequence[Member], guests: Sequence[Member]) -> list[Packet]:
    """Open a round's packets through the API, and wait until the gateway has seen them open."""
    before = machine.scalar("SELECT count(*) FROM packet_openings")
    ring = _ring(guests)
    invited = [list(islice(ring, size)) for size in SIZES]
    each = len(SIZES) // len(creators)

    def give(place: int) -> list[Packet]:
        with machine.client(creators[place]) as client:
            return [_open(client, some) for some in invited[place * each : (place + 1) * each]]

    with ThreadPoolExecutor(8) as pool:
        opened = [packet for packets in pool.map(give, range(len(creators))) for packet in packets]
    machine.wait("SELECT count(*) FROM packet_openings", before + len(opened))
    return opened


def _open(client: Client, guests: list[Member]) -> Packet:
    given = client.give(
        kind="lucky",
        total_fen=_FEN_A_GUEST * len(guests),
        shares=len(guests),
        lucky=True,
        guests=[guest.key.address for guest in guests],
    )
    return Packet(given.id, given.terms, given.draw_id or "", guests)


def _ring(guests: Sequence[Member]) -> Iterator[Member]:
    while True:
        yield from guests


def measure_gateway(machine: Machine, packets: Sequence[Packet], name: str) -> tuple[float, list[int]]:
    """Claim every share, one claim an HTTP request; return claims/s up to the last row, and the batches."""
    before = machine.scalar("SELECT count(*) FROM packet_shares")
    sent_before = machine.scalar("SELECT coalesce(max(id), 0) FROM chain_transactions")
    host = machine.stack.settings.api_host
    port = int(machine.stack.url.rsplit(":", 1)[1])
    claims = list(crowd(packets))
    requests = [
        load.post(f"/v1/red-packets/{packet.id}/claims", b"{}", token=guest.token, key=f"{name}-{number}", host=host)
        for number, (packet, guest) in enumerate(claims)
    ]
    answers = load.closed_loop(host, port, requests, connections=CONNECTIONS)
    refused = [answer.status for answer in answers if answer.status != 202]
    if refused:
        raise RuntimeError(f"{len(refused)} claims were refused: {sorted(set(refused))}")
    start = min(answer.sent_at for answer in answers)
    end = machine.wait("SELECT count(*) FROM packet_shares", before + len(claims))
    rows = _batches(machine, sent_before)
    return len(claims) / (end - start), rows


def crowd(packets: Sequence[Packet]) -> Iterator[tuple[Packet, Member]]:
    """Yield claims as a crowd makes them: first guests of all packets first."""
    longest = max(len(packet.guests) for packet in packets)
    for place in range(longest):
        for packet in packets:
            if place < len(packet.guests):
                yield packet, packet.guests[place]


def _batches(machine: Machine, after: int) -> list[int]:
    query = text(
        "SELECT cardinality(call_ids) FROM chain_transactions"
        " WHERE id > :after AND cardinality(call_ids) > 0 ORDER BY id"
    )
    with machine.engine.connect() as connection:
        return [int(size) for size in connection.execute(query, {"after": after}).scalars()]


def measure_ceiling(machine: Machine, packets: Sequence[Packet], batches: Sequence[int]) -> float:
    """Send the same kind of claims by `claimMany` in batches of the same sizes, signed beforehand; return claims/s."""
    dealer = Dealer(machine.keys.dealer, machine.keys.dealer_seed, signing.escrow_domain(machine.deployment))
    claims = list(crowd(packets))
    drafts = [_claim_many(dealer, batch) for batch in _cut(claims, batches)]
    key = secrets.token_bytes(32)  # nobody else sends with it
    sender = signing.address_of(key)
    machine.rpc.call("anvil_setBalance", [sender, hex(10**24)])
    nonce = int(machine.rpc.call("eth_getTransactionCount", [sender, "latest"]), 16)
    fee = current_fee(machine.rpc).raised(100)
    raws = []
    for place, (data, size) in enumerate(drafts):
        gas = min(_MOST_GAS, _GAS_BASE + _GAS_A_CLAIM * size)
        draft = Draft(machine.deployment.chain_id, nonce + place, machine.deployment.escrow, data, gas, fee)
        raws.append(sign_transaction(draft, key))
    with machine.alone():
        start = time.monotonic()
        machine.rpc.batch([("eth_sendRawTransaction", ["0x" + raw.raw.hex()]) for raw in raws])
        paid = sum(_claimed(machine, raw.hash) for raw in raws)
        elapsed = time.monotonic() - start
    if paid != len(claims):
        raise RuntimeError(f"the ceiling's run paid {paid} of {len(claims)} shares")
    return len(claims) / elapsed


def _cut(claims: Sequence[tuple[Packet, Member]], batches: Sequence[int]) -> Iterator[list[tuple[Packet, Member]]]:
    left, sizes = iter(claims), iter(batches)
    while batch := list(islice(left, next(sizes, 100))):
        yield batch


_next_position: dict[str, int] = {}
_proofs: dict[str, list[bytes]] = {}


def _claim_many(dealer: Dealer, batch: Sequence[tuple[Packet, Member]]) -> tuple[bytes, int]:
    grouped: dict[str, tuple[Packet, list[Member]]] = {}
    for packet, guest in batch:
        grouped.setdefault(packet.id, (packet, []))[1].append(guest)
    return calldata.claim_many([_group(dealer, packet, guests) for packet, guests in grouped.values()]), len(batch)


def _group(dealer: Dealer, packet: Packet, guests: Sequence[Member]) -> calldata.PacketClaims:
    if packet.id not in _proofs:
        _proofs[packet.id] = guest_list([guest.key.address for guest in packet.guests]).proofs
    first = _next_position.get(packet.id, 0)
    _next_position[packet.id] = first + len(guests)
    places = [packet.guests.index(guest) for guest in guests]
    claims = [
        calldata.Claim(guest.key.address, place, _proofs[packet.id][place])
        for guest, place in zip(guests, places, strict=True)
    ]
    links = dealer.links(packet.draw_id, first, len(guests))
    words = [(claim.account, claim.index, claim.evidence) for claim in claims]
    return calldata.PacketClaims(packet.terms, first, claims, links, dealer.sign_deal(packet.id, first, words, links))


_CLAIMED = "0x" + keccak(b"PacketClaimed(bytes32,address,uint16,uint64,bytes20)").hex()


def _claimed(machine: Machine, transaction: str) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            receipt: dict[str, Any] | None = machine.rpc.call("eth_getTransactionReceipt", [transaction])
        except RpcError:
            receipt = None
        if receipt is not None:
            return sum(log["topics"][0] == _CLAIMED for log in receipt["logs"])
        time.sleep(0.002)
    raise TimeoutError(f"{transaction} was not mined within 60 s")
