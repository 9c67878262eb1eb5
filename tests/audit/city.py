"""A small city on a real chain, moved by hand past the gateway: what an auditor finds without anybody's help."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pswallet import audit
from pswallet.chain import calldata, signing
from pswallet.chain.abi import artifact
from pswallet.chain.dealer import Dealer
from pswallet.chain.hashing import keccak
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, Terms, packet_id
from tests.parts import DAY_S, Chain, Person, merkle_layers, merkle_proof, secret

CARRIER = secret("a carrier who pays gas and holds nothing")


@dataclass(frozen=True)
class Opened:
    """A packet that is on chain."""

    terms: Terms
    id: str
    draw_id: str
    guests: tuple[Person, ...]
    link_key: bytes | None


@dataclass
class City:
    """People, money and packets on `chain`; every method is one transaction and returns its receipt."""

    chain: Chain
    dealer: Dealer = field(init=False)
    serial: int = 0

    def __post_init__(self) -> None:
        self.domain = signing.escrow_domain(self.chain.deployment)
        self.dealer = Dealer(self.chain.keys.dealer, self.chain.keys.dealer_seed, self.domain)

    def audit(self, rpc_url: str | None = None, **options: Any) -> audit.Report:
        """Audit the chain, or what `rpc_url` tells of it."""
        return audit.run(rpc_url or self.chain.rpc.url, self.chain.deployment, **options)

    def settle_in(self, *people: Person, fen: int = 100_000, tier: int = 3) -> None:
        """Register people and give each money."""
        self.chain.register(*people, tier=tier)
        self.chain.fund(*people, fen=fen)

    def pay(self, payer: Person, to: str, value: int) -> dict[str, Any]:
        """Pay by a plain transfer."""
        return self.chain.token(payer.key, "transfer", to, value)

    def pay_signed(self, payer: Person, to: str, value: int) -> dict[str, Any]:
        """Pay by an authorization that a stranger carries."""
        self.serial += 1
        call = payer.payment(self.chain.deployment, to, value, nonce=keccak(b"%d" % self.serial))
        data = calldata.transfer_with_authorization(call.arguments)
        return self.chain.transact(CARRIER, self.chain.deployment.stablecoin, data)

    def redeem(self, person: Person, value: int) -> dict[str, Any]:
        """Burn money against a bank payment."""
        self.serial += 1
        message = {
            "from": person.address,
            "value": value,
            "bankReference": "0x" + keccak(b"bank %d" % self.serial).hex(),
            "validAfter": 0,
            "validBefore": 2**40,
        }
        domain = signing.token_domain(self.chain.deployment)
        signature = signing.sign(signing.digest(domain, signing.REDEEM, message), person.key)
        reference = bytes.fromhex(message["bankReference"][2:])
        return self.chain.token(CARRIER, "redeem", person.address, value, reference, 0, 2**40, signature)

    def open(
        self,
        creator: Person,
        guests: tuple[Person, ...],
        *,
        total: int = 8_888,
        shares: int | None = None,
        lucky: bool = True,
        link_key: bytes | None = None,
    ) -> Opened:
        """Open a packet with the creator's signature."""
        self.serial += 1
        draw_id = f"drw_{self.serial}"
        terms = Terms(
            creator=creator.address,
            total=total,
            shares=shares or len(guests),
            expiry=self.chain.now() + DAY_S,
            max_share=total if lucky else 0,
            lucky=lucky,
            guests=ZERO_32 if link_key else "0x" + merkle_layers([guest.address for guest in guests])[-1][0].hex(),
            claim_key=signing.address_of(link_key) if link_key else ZERO_ADDRESS,
            dealer=self.dealer.address if lucky else ZERO_ADDRESS,
            draw_commitment=self.dealer.commitment(draw_id) if lucky else ZERO_20,
            salt="0x" + keccak(b"salt %d" % self.serial).hex(),
        )
        opened = Opened(terms, packet_id(self.domain, terms), draw_id, guests, link_key)
        receipt = self.chain.transact(CARRIER, self.chain.deployment.escrow, self._creation(creator, opened))
        assert int(receipt["status"], 16) == 1
        return opened

    def _creation(self, creator: Person, packet: Opened) -> bytes:
        message = {
            "from": creator.address,
            "to": self.chain.deployment.escrow,
            "value": packet.terms.total,
            "validAfter": 0,
            "validBefore": packet.terms.expiry,
            "nonce": packet.id,
        }
        domain = signing.token_domain(self.chain.deployment)
        signature = signing.sign(signing.digest(domain, signing.RECEIVE_WITH_AUTHORIZATION, message), creator.key)
        return calldata.create_packet(packet.terms, 0, packet.terms.expiry, signature)

    def claim(self, packet: Opened, *people: Person, first: int = 0) -> dict[str, Any]:
        """Draw a share for each of `people`, who come from position `first` on."""
        claims = [self._claim(packet, person) for person in people]
        data = calldata.claim_many([self._dealt(packet, claims, first)])
        return self.chain.transact(CARRIER, self.chain.deployment.escrow, data, gas=15_000_000)

    def claim_place(self, packet: Opened, place: int) -> dict[str, Any]:
        """Draw a share of an equal packet for the guest at one place of the list."""
        addresses = [guest.address for guest in packet.guests]
        claim = calldata.Claim(addresses[place], place, b"".join(merkle_proof(addresses, place)))
        data = calldata.claim_many([self._dealt(packet, [claim], 0)])
        return self.chain.transact(CARRIER, self.chain.deployment.escrow, data)

    def _dealt(self, packet: Opened, claims: Sequence[calldata.Claim], first: int) -> calldata.PacketClaims:
        if not packet.terms.lucky:
            return calldata.PacketClaims(packet.terms, first, claims, [], b"")
        links = self.dealer.links(packet.draw_id, first, len(claims))
        dealt = [(claim.account, claim.index, claim.evidence) for claim in claims]
        signature = self.dealer.sign_deal(packet.id, first, dealt, links)
        return calldata.PacketClaims(packet.terms, first, claims, links, signature)

    def _claim(self, packet: Opened, person: Person) -> calldata.Claim:
        if packet.link_key is None:
            addresses = [guest.address for guest in packet.guests]
            index = addresses.index(person.address)
            return calldata.Claim(person.address, index, b"".join(merkle_proof(addresses, index)))
        message = {"packet": packet.id, "claimant": person.address}
        evidence = signing.sign(signing.digest(self.domain, signing.LINK_CLAIM, message), packet.link_key)
        return calldata.Claim(person.address, 0, evidence)

    def refund(self, packet: Opened) -> dict[str, Any]:
        """Refund a packet, as any stranger may."""
        return self.chain.transact(CARRIER, self.chain.deployment.escrow, calldata.refund_packet(packet.terms))

    def collect(self, packet: Opened, person: Person) -> dict[str, Any]:
        """Collect an owed share."""
        data = calldata.collect_share(packet.terms, person.address)
        return self.chain.transact(CARRIER, self.chain.deployment.escrow, data)

    def call(self, contract: str, address: str, key: bytes, function: str, *arguments: Any) -> dict[str, Any]:
        """Call any function of any contract with any key."""
        return self.chain.transact(key, address, artifact(contract).call(function, *arguments))
