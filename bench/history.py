"""A chain with a past: events of ours in blocks of 500, signed and carried as the gateway does it.

Transfers, packets with their claims, mints and registrations of a small city. All keys are synthetic.
"""

import hashlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pswallet.chain import calldata, signing
from pswallet.chain.dealer import Dealer
from pswallet.chain.deploy import current_fee, deploy
from pswallet.chain.hashing import keccak
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.chain.terms import ZERO_20, ZERO_ADDRESS, Terms, packet_id
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.local import anvil, lock
from pswallet.redpackets.rules import guest_list

FOLDER = Path("var/bench-audit")
A_BLOCK = 500
"""Events of a block."""

_PEOPLE = 1_000
_TRANSFERS, _MINTS, _PACKETS, _GUESTS = 125, 17, 5, 20  # 250 + 34 + 15 + 200 events, and one registration
_AT_ONCE = 200
_TIER_T2 = 3
_START_FEN = 2_000_000
_GAS = 16_000_000


@dataclass
class Person:
    """Somebody with a synthetic key, who counts his authorizations."""

    key: bytes
    address: str
    signed: int = 0

    @classmethod
    def number(cls, place: int) -> "Person":
        """Return the person at `place`, the same each time."""
        key = hashlib.sha256(f"synthetic person {place} of the bench".encode()).digest()
        return cls(key, signing.address_of(key))


class History:
    """A fresh chain whose past grows. Use as a context manager; nothing is left behind."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._lock = lock.take(folder)
        shutil.rmtree(folder, ignore_errors=True)
        self._child, self.url = anvil.start(port=0, log=folder / "anvil.log")
        try:
            self.keys = Keys.generate(folder / "keys.json")
            self.deployment = deploy(self.url, self.keys, folder / "deployment.json")
        except BaseException:
            self._child.stop()
            self._lock.release()
            raise
        self.rpc = Rpc(self.url, timeout_s=600)  # its dump is long
        self.chance = random.Random(1)  # the same past each time
        self.people = [Person.number(place) for place in range(_PEOPLE)]
        self.escrow, self.token = signing.escrow_domain(self.deployment), signing.token_domain(self.deployment)
        self.dealer = Dealer(self.keys.dealer, self.keys.dealer_seed, self.escrow)
        self.fee = current_fee(self.rpc).raised(900)
        self.nonces: dict[bytes, int] = {}
        self.blocks = 0

    def __enter__(self) -> "History":
        """Settle people in, each with money."""
        self._send(self.keys.reserve, self.deployment.stablecoin, calldata.attest_reserve(10**14))
        for start in range(0, _PEOPLE, _AT_ONCE):
            some = self.people[start : start + _AT_ONCE]
            self._register([person.address for person in some])
            self._mint([(person.address, _START_FEN) for person in some], f"start {start}")
        self.rpc.call("evm_setAutomine", [False])
        self.rpc.call("evm_mine")  # what Anvil had not got round to
        self.rpc.call("anvil_setBlockTimestampInterval", [1])
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the chain."""
        self.rpc.close()
        self._child.stop()
        self._lock.release()

    def grow(self, events: int, told: Callable[[int], object]) -> None:
        """Add blocks until there are `events`; `told` hears how many there are. Raises RuntimeError when one lacks."""
        while self.blocks * A_BLOCK < events:
            self._block(self.blocks)
            self.blocks += 1
            head = hex(int(self.rpc.call("eth_blockNumber"), 16))
            found = len(self.rpc.call("eth_getLogs", [{"fromBlock": head, "toBlock": head}]))
            if found != A_BLOCK:
                raise RuntimeError(f"block {head} holds {found} events, not {A_BLOCK}")
            told(self.blocks * A_BLOCK)

    def _block(self, number: int) -> None:
        self._register([signing.address_of(keccak(b"synthetic newcomer %d" % number))])
        self._mint([(one.address, 5_000) for one in self.chance.sample(self.people, _MINTS)], f"block {number}")
        transfers = [self._transfer() for _ in range(_TRANSFERS)]
        for start in range(0, _TRANSFERS, 50):
            self._carry(transfers[start : start + 50])
        opened = [self._packet(number * _PACKETS + place) for place in range(_PACKETS)]
        self._carry([creation for creation, _ in opened])
        claims = calldata.claim_many([claimed for _, claimed in opened])
        self._send(self.keys.relayers[0], self.deployment.escrow, claims)
        self.rpc.call("evm_mine")

    def _register(self, addresses: list[str]) -> None:
        data = calldata.set_tiers([(address, _TIER_T2) for address in addresses])
        self._send(self.keys.compliance, self.deployment.stablecoin, data)

    def _mint(self, given: list[tuple[str, int]], name: str) -> None:
        mints = [(to, fen, "0x" + keccak(f"{name} {place}".encode()).hex()) for place, (to, fen) in enumerate(given)]
        self._send(self.keys.minter, self.deployment.stablecoin, calldata.mint_many(mints))

    def _carry(self, calls: list[calldata.BatchCall]) -> None:
        self._send(self.keys.relayers[0], self.deployment.batch, calldata.execute(calls))

    def _transfer(self) -> calldata.BatchCall:
        payer, payee = self.chance.sample(self.people, 2)
        message = self._authorization(payer, payee.address, self.chance.randint(1, 500))
        signed = signing.digest(self.token, signing.TRANSFER_WITH_AUTHORIZATION, message)
        message["signature"] = "0x" + signing.sign(signed, payer.key).hex()
        return calldata.BatchCall(self.deployment.stablecoin, 150_000, calldata.transfer_with_authorization(message))

    def _authorization(self, payer: Person, to: str, value: int, nonce: str | None = None) -> dict[str, object]:
        payer.signed += nonce is None
        counted = "0x" + payer.signed.to_bytes(32).hex()
        named = {"from": payer.address, "to": to, "value": value, "nonce": nonce or counted}
        return {**named, "validAfter": 0, "validBefore": 2**40}

    def _packet(self, number: int) -> tuple[calldata.BatchCall, calldata.PacketClaims]:
        """Return the call that opens a packet, and all of its claims: four packets in five are lucky."""
        creator, *guests = self.chance.sample(self.people, _GUESTS + 1)
        listed = guest_list([guest.address for guest in guests])
        lucky, draw = number % 5 > 0, f"draw {number}"
        terms = Terms(
            creator=creator.address,
            total=50 * _GUESTS,
            shares=_GUESTS,
            expiry=int(self.rpc.call("eth_getBlockByNumber", ["latest", False])["timestamp"], 16) + 86_400,
            max_share=50 * _GUESTS if lucky else 0,
            lucky=lucky,
            guests="0x" + listed.root.hex(),
            claim_key=ZERO_ADDRESS,
            dealer=self.dealer.address if lucky else ZERO_ADDRESS,
            draw_commitment=self.dealer.commitment(draw) if lucky else ZERO_20,
            salt="0x" + keccak(draw.encode()).hex(),
        )
        packet = packet_id(self.escrow, terms)
        message = self._authorization(creator, self.deployment.escrow, terms.total, packet)
        signed = signing.digest(self.token, signing.RECEIVE_WITH_AUTHORIZATION, message)
        creation = calldata.create_packet(terms, 0, 2**40, signing.sign(signed, creator.key))
        claims = [calldata.Claim(guest.address, place, listed.proofs[place]) for place, guest in enumerate(guests)]
        links = self.dealer.links(draw, 0, _GUESTS) if lucky else []
        words = [(claim.account, claim.index, claim.evidence) for claim in claims]
        deal = self.dealer.sign_deal(packet, 0, words, links) if lucky else b""
        return (
            calldata.BatchCall(self.deployment.escrow, 300_000, creation),
            calldata.PacketClaims(terms, 0, claims, links, deal),
        )

    def _send(self, key: bytes, to: str, data: bytes) -> None:
        nonce = self.nonces.get(key)
        if nonce is None:
            nonce = int(self.rpc.call("eth_getTransactionCount", [signing.address_of(key), "latest"]), 16)
        signed = sign_transaction(Draft(self.deployment.chain_id, nonce, to, data, _GAS, self.fee), key)
        self.rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
        self.nonces[key] = nonce + 1
