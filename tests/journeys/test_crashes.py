"""kill -9 of relayer, indexer, worker and gateway, one or all, during 500 claims and 36 payments through the API.

Half of the payments are bound to be refused on the chain: their payers are frozen there after the gateway's yes.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import httpx
import psycopg
import pytest

from pswallet import tables
from pswallet.chain.deploy import Deployment
from pswallet.chain.events import TOPICS, AuthorizationUsed, PacketClaimed, ShareOwed
from pswallet.chain.hashing import checksum
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.client import Client
from pswallet.demo.cast import read_code
from pswallet.demo.people import identities
from pswallet.local.processes import Child
from pswallet.local.stack import PROCESSES, Stack
from pswallet.settings import Settings
from tests.parts import Chain

BUILD = Path(__file__).parents[2] / "build"

GUESTS, PACKETS, TOTAL_FEN = 50, 10, 5_000
STORMS, PAYERS, PAYMENTS, PURSE_FEN = 2, 6, 3, 1_000
"""How often all four fall at once; in each storm so many payers make so many payments out of so much [fen]."""
CREATOR_FEN = 100_000
PATIENCE_S = 90.0

Name = tuple[str, str]
"""What names a call on the chain: a claim's packet and account; a payment's payer and nonce (a packet's is its id)."""


def until(what: str, ask: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Ask until the answer is true."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            if ask():
                return
        except (httpx.TransportError, psycopg.OperationalError):
            pass  # being restarted
        time.sleep(0.05)
    raise AssertionError(f"waited {patience_s} s for {what}")


@dataclass
class Town:
    """The running gateway with people in it."""

    stack: Stack
    creator: Client
    guests: list[Client]
    payers: list[Client]

    def progress(self, name: str) -> object:
        """Something that changes when the process works; the gateway's is whether it answers."""
        if name == "api":
            return httpx.get(f"{self.stack.url}/healthz", timeout=2).status_code
        if name == "worker":
            return (self.stack.folder / "logs/worker.log").read_text().count("worker.started")
        table = {"relayer": "chain_transactions", "indexer": "chain_blocks"}[name]
        return self.rows(f"SELECT count(*) FROM {table}")

    def is_idle(self) -> bool:
        """Whether every call that was left is settled and the gateway answers."""
        return self.progress("api") == 200 and self.rows(
            "SELECT count(*) FROM chain_calls WHERE settled_block IS NULL"
        ) == [(0,)]

    @contextmanager
    def chain(self) -> Iterator[Chain]:
        """Reach past the gateway to the chain, with the gateway's keys."""
        with Rpc(self.stack.rpc_url) as rpc:
            yield Chain(rpc, Deployment.load(self.stack.deployment_file), Keys.load(self.stack.keys_file))

    def rows(self, statement: str) -> list[tuple]:
        """Ask the database."""
        with psycopg.connect(self.stack.database_url) as connection:
            return connection.execute(statement).fetchall()


def visitor(url: str, phone: str) -> Client:
    """Register somebody by phone alone (T0)."""
    # There is no TLS here, and to read its certificates for everybody takes longer than to register them.
    client = Client(url, http=httpx.Client(base_url=url, timeout=30, verify=False))
    client.transport.patience_s = PATIENCE_S  # a lost answer is asked for again, under the same idempotency key
    client.api.send_code({"phone": phone})
    client.register(phone, read_code(client, phone))
    return client


def settle_in(url: str, clients: ExitStack) -> tuple[Client, list[Client], list[Client]]:
    """Register the creator with money, guests with none, and payers with a little."""
    identity = identities()[0]
    creator = clients.enter_context(visitor(url, identity.phone))
    until("the creator's first tier", lambda: creator.api.show_own_account()["tier"] >= 1)
    creator.api.check_real_name(
        {
            "name": identity.name,
            "id_number": identity.id_number,
            "bank_card": {"number": identity.bank_card, "phone": identity.phone},
            "liveness_token": "sandbox-live-face",
        }
    )
    phones = [f"+86139000{place:05d}" for place in range(GUESTS + STORMS * PAYERS)]
    people = [clients.enter_context(visitor(url, phone)) for phone in phones]
    guests, payers = people[:GUESTS], people[GUESTS:]
    until("the creator's tier", lambda: creator.api.show_own_account()["tier"] == 3)
    until("the last visitor's tier", lambda: all(person.api.show_own_account()["tier"] >= 1 for person in people))
    purses = {creator: CREATOR_FEN} | dict.fromkeys(payers, PURSE_FEN)
    for place, (person, fen) in enumerate(purses.items()):
        person.api.report_entry({"address": person.key.address, "amount_fen": fen, "entry": f"BANK-CRASH-{place}"})
    until("the money", lambda: all(person.balance_fen() == fen for person, fen in purses.items()))
    return creator, guests, payers


@pytest.fixture
def town(worker) -> Iterator[Town]:
    """One creator with ¥1,000.00, fifty visitors, and twelve with ¥10.00, registered through the API."""
    clients = ExitStack()
    # Not below pytest's own folder: that is closed to the user under which root's PostgreSQL runs.
    folder = BUILD / f"test-town-{worker}-{os.getpid()}"
    stack = Stack(Settings(api_port=18_000, anvil_port=18_500, state=folder), folder)
    try:
        stack.start(migrate=tables.migrate, tell=lambda _: None)
        yield Town(stack, *settle_in(stack.url, clients))
    finally:
        clients.close()
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def kill_and_start(town: Town, names: Sequence[str]) -> None:
    """Kill processes at once as a power cut would, start them again in this order, and wait until they work again.

    Called from the main thread alone: a child dies with the thread that started it.
    """
    before = {name: None if name == "api" else town.progress(name) for name in names}
    for name in names:
        town.stack.children[name].process.kill()
    for name in names:
        town.stack.children[name].process.wait()
    for name in names:
        town.stack.start_process(name)
    for name in names:
        until(f"{name} to work again", lambda name=name: town.progress(name) != before[name] or town.is_idle())


@contextmanager
def held(child: Child) -> Iterator[None]:
    """Hold a process in the middle of its work (SIGSTOP)."""
    child.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        child.process.send_signal(signal.SIGCONT)


@dataclass
class Payments:
    """What the gateway accepted, by payer and nonce [fen], and which of it the chain must refuse."""

    accepted: dict[Name, int] = field(default_factory=dict)
    doomed: set[Name] = field(default_factory=set)

    def leave(self, town: Town, payers: list[Client]) -> None:
        """Let each payer pay; before the relayer carries anything, the first half are frozen past the gateway."""
        frozen = payers[: len(payers) // 2]
        with held(town.stack.children["relayer"]):
            for payer in payers:
                for place in range(PAYMENTS):
                    self._pay(town, payer, 100 + place, doomed=payer in frozen)
            with town.chain() as chain:
                receipt = chain.token(chain.keys.compliance, "freeze", [payer.key.address for payer in frozen])
            assert int(receipt["status"], 16) == 1

    def _pay(self, town: Town, payer: Client, fen: int, *, doomed: bool) -> None:
        to = town.creator.key.address
        signed = payer.authorization(to, fen)
        assert payer.api.send_money({"to": to, "amount_fen": fen, **signed})["status"] == "submitted"
        self.accepted[payer.key.address, signed["nonce"]] = fen
        if doomed:
            self.doomed.add((payer.key.address, signed["nonce"]))

    @property
    def paid_fen(self) -> int:
        """What must have moved."""
        return sum(fen for key, fen in self.accepted.items() if key not in self.doomed)


def events(chain: Chain) -> Counter[Name]:
    """How often the chain drew a share, by packet and account, or took an authorization, by payer and nonce."""
    topics = [TOPICS[kind] for kind in (PacketClaimed, ShareOwed, AuthorizationUsed)]
    contracts = [chain.deployment.escrow, chain.deployment.stablecoin]
    logs = chain.rpc.call("eth_getLogs", [{"fromBlock": "0x0", "address": contracts, "topics": [topics]}])
    names: Counter[Name] = Counter()
    for kind, first, second in (log["topics"][:3] for log in logs):
        if kind == TOPICS[AuthorizationUsed]:
            names[checksum(bytes.fromhex(first[26:])), second] += 1
        else:
            names[first, checksum(bytes.fromhex(second[26:]))] += 1
    return names


def refusals(town: Town) -> list[tuple[Name, str]]:
    """What names each refused call on the chain, and the reason."""
    found = town.rows("SELECT arguments, refusal FROM chain_calls WHERE refusal IS NOT NULL")
    return [
        ((asked["from"], asked["nonce"]) if "nonce" in asked else (asked["packet"], asked["account"]), refusal)
        for asked, refusal in found
    ]


def give(town: Town) -> list[str]:
    """Open the packets, every guest in each."""
    addresses = [guest.key.address for guest in town.guests]
    packets = [
        town.creator.give(kind=kind, total_fen=TOTAL_FEN, shares=GUESTS, lucky=kind == "lucky", guests=addresses).id
        for kind in ("lucky", "equal") * (PACKETS // 2)
    ]
    until("open packets", lambda: all(town.creator.api.show_packet(one)["status"] == "open" for one in packets))
    return packets


def claim_and_pay_while_all_fall(town: Town, packets: list[str], chance: random.Random) -> Payments:
    """Let every guest claim in every packet, and payers pay; kill one process each turn, in a storm all at once."""
    asked = [(guest, packet) for guest in town.guests for packet in packets]
    turns = [[name] for name in (*PROCESSES, *PROCESSES)] + [list(PROCESSES) for _ in range(STORMS)]
    chance.shuffle(turns)
    share = -(-len(asked) // len(turns))
    payments, payers = Payments(), iter(town.payers)
    with ThreadPoolExecutor(16) as pool:
        answers = []
        for turn, victims in enumerate(turns):
            if len(victims) > 1:
                payments.leave(town, list(islice(payers, PAYERS)))
                chance.shuffle(victims)
            part = asked[turn * share : (turn + 1) * share]
            answers += [pool.submit(guest.claim, packet) for guest, packet in part]
            time.sleep(chance.uniform(0.0, 0.4))  # any moment of the work may be the last
            kill_and_start(town, victims)
        assert all(answer.result()["status"] == "submitted" for answer in answers)
    assert len(answers) == GUESTS * PACKETS
    assert len(payments.accepted) == 2 * len(payments.doomed) == STORMS * PAYERS * PAYMENTS
    return payments


def test_every_accepted_call_ends_in_one_event_or_one_refusal_whatever_is_killed(town):
    packets = give(town)
    payments = claim_and_pay_while_all_fall(town, packets, random.Random(20260217))
    until("every call's end", town.is_idle)
    claims = {(packet, guest.key.address) for packet in packets for guest in town.guests}
    creations = {(town.creator.key.address, packet) for packet in packets}
    refused = refusals(town)
    with town.chain() as chain:
        happened = events(chain)
        balances = [chain.balance(person.key.address) for person in (town.creator, *town.guests, *town.payers)]
    ended = happened + Counter(name for name, _ in refused)
    assert ended == dict.fromkeys(claims | creations | payments.accepted.keys(), 1)
    assert dict(refused) == dict.fromkeys(payments.doomed, "AccountIsFrozen")
    told = town.rows("SELECT payer, nonce, error FROM authorization_refusals")
    assert sorted(((payer, nonce), error) for payer, nonce, error in told) == sorted(refused)
    assert town.rows("SELECT count(*), sum(value_fen) FROM packet_shares") == [(GUESTS * PACKETS, PACKETS * TOTAL_FEN)]
    assert balances[0] == CREATOR_FEN - PACKETS * TOTAL_FEN + payments.paid_fen
    assert sum(balances[1 : 1 + GUESTS]) == PACKETS * TOTAL_FEN
    assert sum(balances[1 + GUESTS :]) == STORMS * PAYERS * PURSE_FEN - payments.paid_fen
    assert [person.balance_fen() for person in (town.creator, *town.guests, *town.payers)] == balances
