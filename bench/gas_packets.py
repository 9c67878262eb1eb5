"""The red packet's rows: create, claim by guest and by link, a batch of 100, a whole life, a refund.

As contracts.md §5 demands: lucky packets over the direct token (the link row: an equal one); claimants and creator
hold a balance; a single claim is not its packet's first. The batch is all 100 guests of one packet, the first included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_utils.crypto import keccak

from bench import gas_token
from bench.gas_rows import NOON, Chain, Row, emitted
from bench.packets import ZERO_ADDRESS, ZERO_LINK, ZERO_WORD, Domain, Escrow, GuestList, HashChain, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web3.contract import Contract

    from bench.packets import Terms

SHARES = 100
TOTAL = 88_800
MAX_SHARE = 20_000
EXPIRY = NOON + 86_400


@dataclass
class Table:
    """An escrow over the direct token, a creator, a dealer and a hundred guests, all with money."""

    chain: Chain
    token: gas_token.Token
    contract: Contract = field(init=False)
    signing: Escrow = field(init=False)

    def __post_init__(self) -> None:
        """Deploy the escrow, list it as SYSTEM, register everybody."""
        self.contract = self.chain.deploy("RedPacketEscrow", self.token.contract.address)
        self.chain.send(self.token.contract.functions.setSystem(self.contract.address))
        number = self.chain.w3.eth.chain_id
        domains = (
            Domain("RedPacketEscrow", number, self.contract.address),
            Domain("Sandbox Yuan Voucher", number, self.token.contract.address),
        )
        self.signing = Escrow(*domains)
        self.creator, self.dealer, self.key = person("creator"), person("dealer"), person("claim key")
        self.accounts = [person(f"guest {i}").address for i in range(SHARES)]
        self.guests = GuestList(self.accounts)
        self.token.enrol(self.creator.address, fen=90_000 * gas_token.YUAN)
        self.token.enrol(*self.accounts)

    def lucky(self, draw: HashChain) -> Terms:
        """Return a lucky packet for the guests; its salt is as random as a client's."""
        bounds = (self.creator.address, TOTAL, SHARES, EXPIRY, MAX_SHARE, True, self.guests.root, ZERO_ADDRESS)
        return (*bounds, self.dealer.address, draw.commitment, keccak(draw.commitment))

    def equal_by_link(self) -> Terms:
        """Return an equal packet for whoever holds the link."""
        bounds = (self.creator.address, TOTAL, SHARES, EXPIRY, 0, False, ZERO_WORD, self.key.address)
        return (*bounds, ZERO_ADDRESS, ZERO_LINK, keccak(text="salt"))

    def create(self, terms: Terms) -> int:
        """Open the packet and return the gas used."""
        authorization = self.signing.authorize(self.creator, terms, NOON + 7200)
        return self.chain.send(self.contract.functions.create(terms, authorization))["gasUsed"]

    def claim(self, terms: Terms, draw: HashChain, position: int) -> int:
        """Let guest `position` claim that position of a lucky packet, alone; return the gas used."""
        one = (self.accounts[position], position, self.guests.proof(position))
        links = draw.links[position : position + 1]
        signature = self.signing.deal(self.dealer, self.signing.packet_id(terms), position, [one], links)
        receipt = self.chain.send(self.contract.functions.claim(terms, one, links[0], signature))
        return _paid(self.contract, receipt, 1)

    def claim_all(self, terms: Terms, draw: HashChain) -> int:
        """Let all guests claim in one batch; return the gas used."""
        claims = [(account, i, self.guests.proof(i)) for i, account in enumerate(self.accounts)]
        signature = self.signing.deal(self.dealer, self.signing.packet_id(terms), 0, claims, draw.links)
        receipt = self.chain.send(self.contract.functions.claimMany([(terms, 0, claims, draw.links, signature)]))
        return _paid(self.contract, receipt, SHARES)

    def claim_by_link(self, terms: Terms, guest: int) -> int:
        """Let one holder of the link claim; return the gas used."""
        account = self.accounts[guest]
        evidence = self.signing.link_claim(self.key, self.signing.packet_id(terms), account)
        receipt = self.chain.send(self.contract.functions.claim(terms, (account, 0, evidence), ZERO_LINK, b""))
        return _paid(self.contract, receipt, 1)

    def refund(self, terms: Terms) -> int:
        """Let a stranger refund the packet once it has expired; return the gas used."""
        provider: Any = self.chain.w3.provider
        provider.make_request("evm_setNextBlockTimestamp", [EXPIRY])
        return self.chain.send(self.contract.functions.refund(terms), self.chain.spare[1])["gasUsed"]


def rows(chain: Chain) -> Iterator[Row]:
    """Measure the six rows."""
    table = Table(chain, gas_token.deploy(chain, proxied=False))
    table.create(table.lucky(HashChain("before")))  # the escrow holds money already

    whole, single, by_link = HashChain("whole"), HashChain("single"), table.equal_by_link()
    created = table.create(table.lucky(whole))
    yield Row("packet_create", "create a lucky red packet", created, 102_000)

    table.create(table.lucky(single))
    guest = [table.claim(table.lucky(single), single, position) for position in (0, 1)]
    yield Row("claim_guest", "claim, single, guest, lucky", guest[-1], 74_000)

    table.create(by_link)
    link = [table.claim_by_link(by_link, i) for i in (0, 1)]
    yield Row("claim_link", "claim, single, link, equal", link[-1], 83_000)

    batch = table.claim_all(table.lucky(whole), whole)
    yield Row("claim_batch100", "claim, each of 100 in one batch", -(-batch // SHARES), 21_500)
    yield Row("packet_life_100", "whole life of a packet of 100 shares", created + batch, 2_250_000)
    yield Row("packet_refund", "refund", table.refund(table.lucky(single)), 46_000)


def _paid(contract: Contract, receipt: Any, count: int) -> int:
    if (paid := len(emitted(contract, "PacketClaimed", receipt))) != count:
        raise RuntimeError(f"{paid} of {count} claims were paid")
    used: int = receipt["gasUsed"]
    return used
