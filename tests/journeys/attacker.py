"""Somebody who has taken the gateway over: its database and its keys, and accounts of his own."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from pswallet.chain import calldata, signing
from pswallet.chain.abi import artifact
from pswallet.chain.evidence import why_reverted
from pswallet.chain.rpc import RpcUnavailable
from tests.audit.city import City, Opened
from tests.parts import Person, Pipeline, secret

THIEF = Person("a thief with an account of his own")
DONE = "done"


@dataclass
class Attacker:
    """Holds the relayer's, dealer's, MINTER's, COMPLIANCE's and ATTESTOR's keys and the whole database."""

    city: City
    pipeline: Pipeline

    @property
    def keys(self) -> dict[str, bytes]:
        """Every key that he holds, by what it is for."""
        held = self.city.chain.keys
        return {
            "relayer": held.relayers[0],
            "dealer": held.dealer,
            "minter": held.minter,
            "compliance": held.compliance,
            "attestor": held.attestor,
            "nobody": secret("a key of the attacker's own"),
        }

    def send(self, key: bytes, to: str, data: bytes) -> str:
        """Send a transaction for real; return `DONE` or the name of the error that refused it."""
        receipt = self.city.chain.transact(key, to, data, gas=5_000_000)
        if receipt["status"] == "0x1":
            return DONE
        return self._reason(receipt["transactionHash"])

    def _reason(self, transaction: str) -> str:
        """Why a mined transaction reverted; a node may show its receipt a moment before its block."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return why_reverted(self.city.chain.rpc, transaction)[0]
            except RpcUnavailable:
                assert time.monotonic() < deadline, f"{transaction} is in no block"

    def token(self, key: bytes, function: str, *arguments: Any) -> str:
        """Call the token."""
        return self.send(key, self.city.chain.deployment.stablecoin, artifact("Stablecoin").call(function, *arguments))

    def manager(self, key: bytes, function: str, *arguments: Any) -> str:
        """Call the table of roles."""
        to = self.city.chain.deployment.access_manager
        return self.send(key, to, artifact("AccessManager").call(function, *arguments))

    def escrow(self, key: bytes, data: bytes) -> str:
        """Call the escrow."""
        return self.send(key, self.city.chain.deployment.escrow, data)

    def stolen(self, kind: str) -> list[dict[str, Any]]:
        """Read from the outbox what people have signed and what has not gone out yet."""
        query = text("SELECT arguments FROM chain_calls WHERE kind = :kind AND settled_block IS NULL ORDER BY id")
        with self.pipeline.sessions() as session:
            return list(session.execute(query, {"kind": kind}).scalars())

    def own_signature(self, struct: signing.StructType, message: dict[str, Any]) -> bytes:
        """Sign somebody else's message with a key of his own."""
        domain = signing.token_domain(self.city.chain.deployment)
        return signing.sign(signing.digest(domain, struct, message), self.keys["nobody"])


@dataclass
class Victims:
    """People whose money must stay where it is."""

    city: City
    people: tuple[Person, ...]
    wealth: dict[str, int]

    @classmethod
    def of(cls, city: City, *people: Person) -> "Victims":
        """Note what everybody has now."""
        return cls(city, people, {person.address: city.chain.balance(person.address) for person in people})

    def assert_unharmed(self) -> None:
        """Nobody's balance has moved, and the thief has nothing."""
        now = {person.address: self.city.chain.balance(person.address) for person in self.people}
        assert now == self.wealth
        assert self.city.chain.balance(THIEF.address) == 0


def claims_of(
    city: City, packet: Opened, account: str, evidence: bytes, *, index: int = 0, deal_with: bytes | None = None
) -> bytes:
    """A claim of a packet's first share for `account`, with the dealer's signature over its link or `deal_with`."""
    claim = calldata.Claim(account, index, evidence)
    links = city.dealer.links(packet.draw_id, 0, 1) if packet.terms.lucky else []
    links = [deal_with] if deal_with else links
    dealt = city.dealer.sign_deal(packet.id, 0, [(account, index, evidence)], links) if packet.terms.lucky else b""
    return calldata.claim_many([calldata.PacketClaims(packet.terms, 0, [claim], links, dealt)])
