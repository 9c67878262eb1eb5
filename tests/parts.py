"""Parts that tests build with: a chain with handles, people with synthetic keys, and the way down and up."""

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.chain import signing
from pswallet.chain.abi import artifact
from pswallet.chain.dealer import Dealer
from pswallet.chain.deploy import Deployment, current_fee, wait_for_receipt
from pswallet.chain.events import Event
from pswallet.chain.hashing import keccak
from pswallet.chain.indexer import Indexer
from pswallet.chain.keys import Keys
from pswallet.chain.outbox import Call, CallKind, authorization_key, enqueue
from pswallet.chain.relayer import Relayer
from pswallet.chain.rpc import Rpc
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, PacketTerms, Terms, packet_id
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.kit.db import Sessions, transaction

DAY_S = 24 * 3600


def secret(name: str) -> bytes:
    """A synthetic private key, the same for the same name; worth nothing."""
    return hashlib.sha256(f"pswallet synthetic test key: {name}".encode()).digest()


def synthetic_keys(relayers: int = 2) -> Keys:
    """The gateway's keys in tests."""
    return Keys.made(relayers, secret)


@dataclass
class Chain:
    """A chain and what a test does to it."""

    rpc: Rpc
    deployment: Deployment
    keys: Keys

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.rpc.call("hardhat_mine", [hex(blocks)])

    def move_time(self, seconds: int) -> None:
        """Move the clock forward and mine a block that shows it."""
        self.rpc.call("evm_increaseTime", [seconds])
        self.mine()

    def reorg(self, depth: int) -> None:
        """Replace the last `depth` blocks by empty ones; Anvil must not be mining meanwhile, or it loses a block."""
        deadline = time.monotonic() + 10
        while self.rpc.call("txpool_status")["pending"] != "0x0" and time.monotonic() < deadline:
            time.sleep(0.005)
        self.rpc.call("anvil_reorg", [depth, []])

    def head(self) -> int:
        """The number of the last block."""
        return int(self.rpc.call("eth_blockNumber"), 16)

    def now(self) -> int:
        """The last block's time, Unix seconds."""
        return int(self.rpc.call("eth_getBlockByNumber", ["latest", False])["timestamp"], 16)

    def transact(self, key: bytes, to: str | None, data: bytes, *, gas: int = 3_000_000) -> dict[str, Any]:
        """Send a transaction past all our machinery and return its receipt."""
        sender = signing.address_of(key)
        self.rpc.batch([("hardhat_setBalance", [sender, hex(10**24)])])  # elsewhere the sender has money already
        nonce = int(self.rpc.call("eth_getTransactionCount", [sender, "pending"]), 16)
        draft = Draft(self.deployment.chain_id, nonce, to, data, gas, current_fee(self.rpc))
        signed = sign_transaction(draft, key)
        self.rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
        return wait_for_receipt(self.rpc, signed.hash)

    def token(self, key: bytes, function: str, *arguments: Any) -> dict[str, Any]:
        """Call the token with `key`."""
        return self.transact(key, self.deployment.stablecoin, artifact("Stablecoin").call(function, *arguments))

    def balance(self, address: str) -> int:
        """What `address` holds [fen]."""
        data = artifact("Stablecoin").call("balanceOf", address)
        answer = self.rpc.call("eth_call", [{"to": self.deployment.stablecoin, "data": "0x" + data.hex()}, "latest"])
        return int(answer, 16)

    def register(self, *people: "Person", tier: int = 3) -> None:
        """Give people a tier, past the gateway."""
        receipt = self.token(self.keys.compliance, "setTiers", [(person.address, tier) for person in people])
        assert int(receipt["status"], 16) == 1

    def fund(self, *people: "Person", fen: int = 100_000) -> None:
        """Mint each of them `fen`, past the gateway."""
        self.token(self.keys.reserve, "attestReserve", 10**15)
        mints = [(person.address, fen, keccak(f"{person.name} {self.head()}".encode())) for person in people]
        receipt = self.token(self.keys.minter, "mintMany", mints)
        assert int(receipt["status"], 16) == 1


@dataclass(frozen=True)
class Person:
    """Somebody with a key of their own; synthetic."""

    name: str

    @property
    def key(self) -> bytes:
        """The private key."""
        return secret(self.name)

    @property
    def address(self) -> str:
        """The address."""
        return signing.address_of(self.key)

    def payment(
        self, deployment: Deployment, to: str, value: int, *, nonce: bytes | None = None, valid_before: int = 2**40
    ) -> Call:
        """A signed payment, ready for the outbox."""
        message = {
            "from": self.address,
            "to": to,
            "value": value,
            "validAfter": 0,
            "validBefore": valid_before,
            "nonce": "0x" + (nonce or keccak(f"{self.name} {to} {value}".encode())).hex(),
        }
        signature = signing.sign(
            signing.digest(signing.token_domain(deployment), signing.TRANSFER_WITH_AUTHORIZATION, message), self.key
        )
        return Call(
            key=authorization_key(self.address, message["nonce"], to, value),
            kind=CallKind.AUTHORIZATION,
            arguments={**message, "signature": "0x" + signature.hex()},
        )


@dataclass(frozen=True)
class Packet:
    """A red packet before it is on chain, with its guests."""

    terms: Terms
    id: str
    draw_id: str | None
    guests: tuple[Person, ...]
    link_key: bytes | None
    creation: Call

    def claim(self, person: Person, position: int | None = None, *, domain: signing.Domain) -> Call:
        """A claim of this packet; a guest proves the list, anybody else shows the link's signature."""
        if self.link_key is None:
            addresses = [guest.address for guest in self.guests]
            index = addresses.index(person.address)
            evidence = b"".join(merkle_proof(addresses, index))
        else:
            index = 0
            message = {"packet": self.id, "claimant": person.address}
            evidence = signing.sign(signing.digest(domain, signing.LINK_CLAIM, message), self.link_key)
        return Call(
            key=f"packet-claim:{self.id}:{person.address}",
            kind=CallKind.PACKET_CLAIM,
            arguments={
                "packet": self.id,
                "account": person.address,
                "index": index,
                "evidence": "0x" + evidence.hex(),
                "position": position,
            },
            lane=self.id,
        )


def merkle_layers(addresses: list[str]) -> list[list[bytes]]:
    """The tree of a guest list, leaves first: (account, index) hashed twice, pairs sorted, an odd node moves up."""
    leaves = [
        keccak(keccak(signing.address_bytes(address).rjust(32, b"\0") + index.to_bytes(32, "big")))
        for index, address in enumerate(addresses)
    ]
    layers = [leaves]
    while len(layers[-1]) > 1:
        below = layers[-1]
        pairs = [below[place : place + 2] for place in range(0, len(below), 2)]
        layers.append([keccak(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs])
    return layers


def merkle_proof(addresses: list[str], index: int) -> list[bytes]:
    """The nodes beside the path from guest `index` to the root."""
    proof = []
    for layer in merkle_layers(addresses)[:-1]:
        beside = index ^ 1
        if beside < len(layer):
            proof.append(layer[beside])
        index //= 2
    return proof


@dataclass
class Pipeline:
    """The way down and up: outbox, relayer, chain, indexer, projections."""

    chain: Chain
    sessions: Sessions
    database_url: str
    book: dict[str, PacketTerms] = field(default_factory=dict)
    seen: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dealer = Dealer(
            self.chain.keys.dealer, self.chain.keys.dealer_seed, signing.escrow_domain(self.chain.deployment)
        )
        self.relayer = self.new_relayer()
        self.indexer = self.new_indexer()

    def new_relayer(self, **options: Any) -> Relayer:
        """A relayer as after a restart."""
        chain = self.chain
        return Relayer(chain.rpc, self.sessions, chain.keys, chain.deployment, self.packets, self.dealer, **options)

    def new_indexer(self, **options: Any) -> Indexer:
        """An indexer as after a restart."""
        from pswallet.subscriptions import PROJECTIONS

        return Indexer(self.chain.rpc, self.sessions, self.chain.deployment, PROJECTIONS, **options)

    def packets(self, session: Session, ids: list[str]) -> dict[str, PacketTerms]:
        """Terms of packets: those that a test made by hand, and those that the feature knows."""
        ours = {packet: self.book[packet] for packet in ids if packet in self.book}
        others = [packet for packet in ids if packet not in ours]
        if not others:
            return ours
        from pswallet.redpackets.service import terms_of

        return {**ours, **terms_of(session, others)}

    def leave(self, *calls: Call) -> None:
        """Put calls into the outbox."""
        with transaction(self.sessions) as session:
            enqueue(session, calls)

    def carry(self, *, patience_s: float = 20.0) -> None:
        """Make one pass down and read the chain until everything sent so far is in a block that was read.

        Anvil mines in its own time: right after `relayer.step()` there may be no block for `indexer.step()` to read.
        """
        self.relayer.step()
        deadline = time.monotonic() + patience_s
        while self._is_underway():
            self.indexer.step()
            assert time.monotonic() < deadline, f"not mined and read after {patience_s} s: {self.calls()}"

    def _is_underway(self) -> bool:
        """Whether a transaction is stored that no read block holds."""
        with self.sessions() as session:
            return (
                session.execute(text("SELECT 1 FROM chain_transactions WHERE mined_block IS NULL")).first() is not None
            )

    def settle(self, *, patience_s: float = 20.0) -> None:
        """Run relayer and indexer until every call is settled (or waits for a later time) and nothing is on its way."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            relayed = self.relayer.step()
            indexed = self.indexer.step()
            if not relayed and not indexed and not self._unfinished():
                return
        raise AssertionError(f"not settled after {patience_s} s: {self.calls()}")

    def _unfinished(self) -> bool:
        with self.sessions() as session:
            left = session.execute(
                text(
                    "SELECT 1 FROM chain_calls WHERE settled_block IS NULL AND (retry_at IS NULL OR retry_at <= now())"
                    " UNION ALL SELECT 1 FROM chain_transactions WHERE mined_block IS NULL LIMIT 1"
                )
            )
            return left.first() is not None

    def calls(self) -> dict[str, tuple[int | None, str | None]]:
        """Each call's settled block and refusal, by key."""
        with self.sessions() as session:
            rows = session.execute(text("SELECT key, settled_block, refusal FROM chain_calls ORDER BY id")).all()
        return {key: (block, refusal) for key, block, refusal in rows}

    def packet(
        self,
        creator: Person,
        guests: tuple[Person, ...],
        *,
        total: int = 8_888,
        shares: int | None = None,
        lucky: bool = True,
        link_key: bytes | None = None,
        salt: bytes | None = None,
        lifetime_s: int = DAY_S,
    ) -> Packet:
        """Make a packet: its terms, its id, and the call that opens it."""
        deployment = self.chain.deployment
        domain = signing.escrow_domain(deployment)
        salt = salt or keccak(f"{creator.name} {total} {len(self.book)}".encode())
        draw_id = f"drw_{salt.hex()[:12]}" if lucky else None
        terms = Terms(
            creator=creator.address,
            total=total,
            shares=shares or len(guests),
            expiry=self.chain.now() + lifetime_s,
            max_share=total if lucky else 0,
            lucky=lucky,
            guests=ZERO_32 if link_key else "0x" + merkle_layers([guest.address for guest in guests])[-1][0].hex(),
            claim_key=signing.address_of(link_key) if link_key else ZERO_ADDRESS,
            dealer=self.dealer.address if draw_id else ZERO_ADDRESS,
            draw_commitment=self.dealer.commitment(draw_id) if draw_id else ZERO_20,
            salt="0x" + salt.hex(),
        )
        packet = packet_id(domain, terms)
        self.book[packet] = PacketTerms(terms, draw_id)
        return Packet(terms, packet, draw_id, guests, link_key, _creation(deployment, creator, terms, packet))

    def close(self) -> None:
        """Let go of what the relayer and the indexer hold."""
        self.relayer.close()
        self.indexer.close()


def _creation(deployment: Deployment, creator: Person, terms: Terms, packet: str) -> Call:
    message = {
        "from": creator.address,
        "to": deployment.escrow,
        "value": terms.total,
        "validAfter": 0,
        "validBefore": terms.expiry,
        "nonce": packet,
    }
    signature = signing.sign(
        signing.digest(signing.token_domain(deployment), signing.RECEIVE_WITH_AUTHORIZATION, message), creator.key
    )
    return Call(
        key=f"packet-create:{packet}",
        kind=CallKind.PACKET_CREATE,
        arguments={
            "terms": terms.to_json(),
            "validAfter": 0,
            "validBefore": terms.expiry,
            "signature": "0x" + signature.hex(),
        },
        lane=packet,
    )
