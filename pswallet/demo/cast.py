"""Who plays: the people with their keys and clients, and the places where the story happens."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pswallet.chain.terms import ZERO_ADDRESS
from pswallet.client import Chain, Client, Refused
from pswallet.client.answers import ClaimShape, PacketShape, TransferShape
from pswallet.demo.people import Identity
from pswallet.demo.stage import Stage, StoryBroke
from pswallet.demo.wallet import Wallet
from pswallet.local import places

Settling = TypeVar("Settling", TransferShape, ClaimShape)

T0, T2, MERCHANT, SPONSOR = 1, 3, 5, 6
"""Chain tiers: 0 is nobody, T0 (visitor) is 1, T2 (name, card and face checked) is 3, then shops and sponsors."""


@dataclass
class Person:
    """One of the people: an invented identity, a key of their own, a connection to the gateway."""

    identity: Identity
    client: Client

    @property
    def name(self) -> str:
        """The name as friends say it."""
        return self.identity.name

    @property
    def address(self) -> str:
        """The account's address."""
        return self.client.key.address


@dataclass
class Campaign:
    """The district's vouchers: who gave them, and the order that one of them helped to pay."""

    id: str
    district: Person
    order: str = ""


@dataclass
class World:
    """The stage, the addresses of the running parts, and the people so far."""

    stage: Stage
    url: str
    public_url: str
    rpc_url: str
    database_url: str
    deployment_file: Path
    keys_file: Path
    operator_keys_file: Path
    folder: Path
    wallet: Wallet
    people: list[Person] = field(default_factory=list)
    campaign: Campaign | None = None

    @property
    def chain(self) -> Chain:
        """The chain as the gateway serves it now."""
        return self.people[0].client.chain()

    def name_of(self, address: str) -> str:
        """Return the name of the person at `address`, or a short form of the address."""
        names = {person.address: person.name for person in self.people} | {ZERO_ADDRESS: "the bank"}
        return names.get(address, f"{address[:8]}…")

    def welcome(self, identity: Identity) -> Person:
        """Let a person in by their own key: who has an account already signs in, anybody else opens one."""
        person = self.enter(identity)
        if person.client.api.show_own_account()["tier"] < T2:
            self._show_identity(person)
        return person

    def enter(self, identity: Identity) -> Person:
        """Sign in by the key of `identity`, or open an account for it that nobody has checked."""
        person = Person(identity, Client(self.url, self.wallet.key_of(identity)))
        try:
            person.client.sign_in()
        except Refused as refused:
            if refused.code != "account-unknown":
                raise
            self._register(person)
        return person

    def _register(self, person: Person) -> None:
        """Open an account: a code by SMS, a proof of the address, the first tier's event."""
        client, phone = person.client, person.identity.phone
        client.api.send_code({"phone": phone})
        client.register(phone, read_code(client, phone))
        self.wait_for_tier(person, 0)

    def _show_identity(self, person: Person) -> None:
        """Pass the real-name check, whose tier the chain's event brings."""
        identity = person.identity
        person.client.api.check_real_name(
            {
                "name": identity.name,
                "id_number": identity.id_number,
                "bank_card": {"number": identity.bank_card, "phone": identity.phone},
                "liveness_token": "sandbox-live-face",
            }
        )
        self.wait_for_tier(person, 2)

    def wait_for_tier(self, person: Person, tier: int) -> None:
        """Wait until the chain has given the person's account at least tier T`tier` (the chain counts from 1)."""
        client = person.client
        self.stage.until(f"{person.name}'s tier T{tier}", lambda: client.api.show_own_account()["tier"] > tier)

    def operate(self, act: str, address: str, *more: str) -> None:
        """Let the operator do `act` to the account at `address`, by the command as one would type it."""
        words: list[str | Path] = ["operator", act, address, *more, "--key-file", self.operator_keys_file]
        where: dict[str, str | Path] = {
            "PSWALLET_RPC_URL": self.rpc_url, "PSWALLET_DEPLOYMENT_FILE": self.deployment_file,
        }  # fmt: skip
        self.stage.paste(f"$ {places.typed(*words, **where)}")
        self._run(words, where)

    def _run(self, words: Sequence[str | Path], where: Mapping[str, str | Path]) -> str:
        command = [sys.executable, "-m", "pswallet.cli", *map(str, words)]
        environment = os.environ | {name: str(value) for name, value in where.items()}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
        if done.returncode:
            raise StoryBroke(f"`pswallet {' '.join(map(str, words[:2]))}` ended with {done.returncode}:\n{done.stdout}")
        return done.stdout.rstrip()

    def command(self, *words: str | Path, **more: Path) -> str:
        """Show a command that reads the gateway's database, as one would type it, and return what it prints.

        `more`: what it is told by variables besides.
        """
        where: dict[str, str | Path] = {
            "PSWALLET_DATABASE_URL": self.database_url, "PSWALLET_KEYS_FILE": self.keys_file, **more,
        }  # fmt: skip
        self.stage.paste(f"$ {places.typed(*words, **where)}")
        return self._run(words, where)

    def anybody(self, *words: str | Path) -> str:
        """Show a command that asks neither gateway nor database, as one would type it, and return what it prints."""
        where: dict[str, str | Path] = {"PSWALLET_DEPLOYMENT_FILE": self.deployment_file}
        self.stage.paste(f"$ {places.typed(*words, **where)}")
        return self._run(words, where)

    def advance(self, seconds: int) -> None:
        """Move the sandbox chain's clock and wait until the gateway has seen it."""
        before = self.chain.block_time
        self.people[0].client.api.move_time({"advance_s": seconds})
        self.stage.until("the chain's clock", lambda: self.chain.block_time >= before + seconds)

    def packet(self, packet: str, status: str) -> PacketShape:
        """Wait until the packet has `status`, and return it."""
        client = self.people[0].client

        def ask() -> PacketShape | None:
            found = client.api.show_packet(packet)
            if found["status"] == "refused":
                raise StoryBroke(f"packet {packet} was refused: {found}")
            return found if found["status"] == status else None

        return self.stage.until(f"packet {packet[:10]}… {status}", ask)

    def transferred(self, person: Person, transfer: str) -> TransferShape:
        """Wait until a transfer is confirmed by its event, and return it."""
        return self._settled(f"transfer {transfer}", lambda: person.client.api.show_transfer(transfer))

    def claimed(self, person: Person, packet: str) -> ClaimShape:
        """Wait until the person's share of a packet is confirmed by its event, and return it."""
        return self._settled(f"claim of {packet[:10]}…", lambda: person.client.api.show_own_claim(packet))

    def _settled(self, what: str, show: Callable[[], Settling]) -> Settling:
        def ask() -> Settling | None:
            found = show()
            if found["status"] == "refused":
                raise StoryBroke(f"{what} was refused: {found}")
            return None if found["status"] == "submitted" else found

        return self.stage.until(what, ask)

    def balances(self) -> dict[str, int]:
        """Return each person's balance as the gateway serves it [fen]."""
        return {person.name: person.client.balance_fen() for person in self.people}


def read_code(client: Client, phone: str) -> str:
    """Look into the sandbox's SMS box for the last code sent to `phone`."""
    messages = client.api.open_box({"phone": phone})["messages"]
    if not messages:
        raise StoryBroke("the SMS box holds no code")
    return messages[-1]["code"]


Chapter = Callable[[World], None]
"""A chapter of the story: plays on the world, raises StoryBroke when something is not as it must be."""
