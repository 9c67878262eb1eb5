"""A town for the tests of money: people with tiers and balances on a real chain, and what they sign."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from pswallet.chain import signing
from pswallet.chain.hashing import keccak
from pswallet.chain.orders import refund_id
from pswallet.chain.outbox import last_block
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, Terms, packet_id
from pswallet.kit.db import transaction
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.vault import Vault
from pswallet.payments import service as payments
from pswallet.payments.service import SignedPayment
from pswallet.redpackets import rules
from pswallet.redpackets import service as redpackets
from pswallet.redpackets.service import ClaimPacket, CreatePacket
from tests.parts import Person, Pipeline, secret

R = TypeVar("R")

VAULT = Vault(secret("vault"))
"""Seals what the features keep of people."""


def name(outcome: Any) -> str:
    """The Problem's name, or the outcome's class."""
    return type(outcome).__name__


@dataclass
class Town:
    """People on a chain, the gateway's rows behind it, and the services on top."""

    pipeline: Pipeline
    serial: int = 0
    made: dict[str, CreatePacket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        deployment = self.pipeline.chain.deployment
        self.token = signing.token_domain(deployment)
        self.escrow = signing.escrow_domain(deployment)

    def settle(self) -> None:
        self.pipeline.settle()

    def people(self, *names: str, tier: int = 3, fen: int = 100_000) -> list[Person]:
        """Give people a tier and money, and let the gateway see it."""
        people = [Person(one) for one in names]
        self.pipeline.chain.register(*people, tier=tier)
        if fen:
            self.pipeline.chain.fund(*people, fen=fen)
        self.settle()
        return people

    def freeze(self, person: Person) -> None:
        self.pipeline.chain.token(self.pipeline.chain.keys.compliance, "freeze", [person.address])
        self.settle()

    def unfreeze(self, person: Person) -> None:
        self.pipeline.chain.token(self.pipeline.chain.keys.compliance, "unfreeze", [person.address])
        self.settle()

    def pass_time(self, seconds: int) -> None:
        """Move the chain's clock and let the gateway see it."""
        self.pipeline.chain.move_time(seconds)
        self.settle()

    @property
    def now(self) -> datetime:
        """The last indexed block's time."""
        with self.pipeline.sessions() as session:
            block = last_block(session)
            assert block is not None
            return block.time

    def run(self, act: Callable[[Session], R]) -> R:
        """Run `act` in a transaction of its own."""
        with transaction(self.pipeline.sessions) as session:
            return act(session)

    # --- orders ---

    def order(self, merchant: Person, payer: Person, amount: int) -> payments.OrderView:
        """Open an order and let it be paid."""
        self.serial += 1
        asked = payments.OpenOrder(
            merchant=merchant.address,
            till="T01",
            reference=f"R{self.serial}",
            amount_fen=Fen(amount),
            expires_in=timedelta(hours=1),
        )
        order = self.run(lambda session: payments.open_order(session, asked, domain=self.token, now=self.now))
        paid = self.payment(
            payer, merchant.address, amount, nonce=order.hash, valid_before=int(order.expires_at.timestamp())
        )
        command = payments.PayOrder(
            order_id=order.id, payer=payer.address, valid_before=paid.valid_before, signature=paid.signature
        )
        outcome = self.run(lambda session: payments.pay_orders(session, [command], domain=self.token, now=self.now)[0])
        assert not isinstance(outcome, Problem), outcome
        self.settle()
        return order

    def give_back(self, merchant: Person, order: payments.OrderView, payer: Person, amount: int) -> None:
        """Refund a part of an order for the first time."""
        nonce = refund_id(self.token, order.hash, 0)
        command = payments.RefundOrder(
            order_id=order.id, number=0, payment=self.payment(merchant, payer.address, amount, nonce=nonce)
        )
        self.run(lambda session: payments.refund_order(session, command, domain=self.token, now=self.now))
        self.settle()

    # --- payments ---

    def payment(self, payer: Person, to: str, value: int, *, domain: Any = None, **changed: Any) -> SignedPayment:
        """A payment signed by `payer`; `changed` replaces fields before the signature."""
        self.serial += 1
        fields: dict[str, Any] = {
            "payer": payer.address,
            "recipient": to,
            "value_fen": value,
            "valid_after": 0,
            "valid_before": int(self.now.timestamp()) + 600,
            "nonce": "0x" + keccak(f"{payer.name} {self.serial}".encode()).hex(),
            "signature": "0x",
        } | changed
        unsigned = SignedPayment(**fields)
        digest = signing.digest(domain or self.token, signing.TRANSFER_WITH_AUTHORIZATION, unsigned.message())
        return SignedPayment(**{**fields, "signature": "0x" + signing.sign(digest, payer.key).hex()})

    def transfer(self, *given: SignedPayment) -> list[Any]:
        return self.run(lambda session: payments.transfer(session, given, domain=self.token, now=self.now))

    def pay(self, payer: Person, payee: Person, value: int) -> Any:
        """One payment, and what became of it at intake."""
        return self.transfer(self.payment(payer, payee.address, value))[0]

    def status(self, transfer_id: str, viewer: Person) -> payments.Transfer:
        return self.run(lambda session: payments.find_transfer(session, transfer_id, viewer=viewer.address))

    def balance(self, person: Person) -> int:
        return self.run(lambda session: payments.balances(session, [person.address]))[person.address]

    # --- red packets ---

    def command(
        self,
        creator: Person,
        guests: Sequence[Person] = (),
        *,
        total: int = 1_000,
        shares: int | None = None,
        lucky: bool = False,
        kind: str | None = None,
        claim_key: str = ZERO_ADDRESS,
        signer: Person | None = None,
        domain: Any = None,
        draw: redpackets.DrawGiven | None = None,
        root: str | None = None,
        **changed: Any,
    ) -> CreatePacket:
        """A packet signed by `creator`; `changed` replaces fields of the terms, or of the command, before it."""
        self.serial += 1
        if lucky and draw is None:
            draw = self.draw(creator)
        addresses = [guest.address for guest in guests]
        fields: dict[str, Any] = {
            "creator": creator.address,
            "total": total,
            "shares": shares or len(guests),
            "expiry": int(self.now.timestamp()) + 86_400,
            "max_share": min(total, rules.MAX_SHARE) if lucky else 0,
            "lucky": lucky,
            "guests": root or ("0x" + rules.guest_list(addresses).root.hex() if guests else ZERO_32),
            "claim_key": claim_key,
            "dealer": draw.dealer if draw else ZERO_ADDRESS,
            "draw_commitment": draw.commitment if draw else ZERO_20,
            "salt": "0x" + keccak(f"salt {self.serial}".encode()).hex(),
        }
        terms = Terms(**{key: changed.pop(key, value) for key, value in fields.items()})
        before = changed.pop("valid_before", int(self.now.timestamp()) + 600)
        message = {
            "from": creator.address,
            "to": self.escrow.verifying_contract,
            "value": terms.total,
            "validAfter": 0,
            "validBefore": before,
            "nonce": packet_id(self.escrow, terms),
        }
        digest = signing.digest(domain or self.token, signing.RECEIVE_WITH_AUTHORIZATION, message)
        made: dict[str, Any] = {
            "creator": creator.address,
            "terms": terms,
            "valid_after": 0,
            "valid_before": before,
            "signature": "0x" + signing.sign(digest, (signer or creator).key).hex(),
            "kind": kind or (("lucky" if lucky else "equal") if guests else "link"),
            "guests": addresses,
            "greeting": rules.DEFAULT_GREETING,
            "cover": "dawan",
            "draw_id": draw.id if draw else None,
        } | changed
        return CreatePacket(**made)

    def draw(self, creator: Person) -> redpackets.DrawGiven:
        dealer = self.pipeline.dealer
        return self.run(lambda session: redpackets.give_draw(session, dealer, creator=creator.address, now=self.now))

    def create(self, command: CreatePacket) -> redpackets.PacketAccepted:
        """Ask for the packet. Raises the Problem that refuses it."""
        dealer = self.pipeline.dealer.address
        accepted = self.run(
            lambda session: redpackets.create(
                session, command, token=self.token, escrow=self.escrow, dealer=dealer, now=self.now
            )
        )
        self.made[accepted.id] = command
        return accepted

    def refusal(self, command: CreatePacket) -> str:
        """The name of the Problem that refuses the packet."""
        try:
            self.create(command)
        except Problem as problem:
            return name(problem)
        return "accepted"

    def give(self, creator: Person, guests: Sequence[Person] = (), **terms: Any) -> str:
        """Give a packet, wait until it is open, return its id."""
        packet = self.create(self.command(creator, guests, **terms)).id
        self.settle()
        assert self.packet(packet).status == "open"
        return packet

    def packet(self, packet: str, reader: Person | None = None) -> redpackets.PacketView:
        """The packet as `reader`, else its creator, sees it."""
        address = reader.address if reader else self.made[packet].creator
        return self.run(lambda session: redpackets.find_packet(session, packet, reader=address, now=self.now))

    def claim(self, *commands: ClaimPacket) -> list[Any]:
        return self.run(
            lambda session: redpackets.claim(
                session, commands, dealer=self.pipeline.dealer, domain=self.escrow, now=self.now
            )
        )

    def open(self, packet: str, *guests: Person) -> list[Any]:
        """Everybody asks for a share in one list."""
        return self.claim(*[ClaimPacket(packet, guest.address) for guest in guests])

    def link_signature(self, key: bytes, packet: str, claimant: Person, domain: Any = None) -> str:
        message = {"packet": packet, "claimant": claimant.address}
        return "0x" + signing.sign(signing.digest(domain or self.escrow, signing.LINK_CLAIM, message), key).hex()

    def shares(self, packet: str) -> list[redpackets.ShareLine]:
        """The drawn shares as the packet's creator sees them."""
        reader = self.made[packet].creator
        return self.run(lambda session: redpackets.claims_of(session, VAULT, packet, reader=reader))

    def own_claim(self, packet: str, person: Person) -> redpackets.ClaimView | None:
        return self.run(lambda session: redpackets.find_claim(session, packet, person.address))
