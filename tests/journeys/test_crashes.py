"""kill -9 of relayer, indexer, worker and gateway at random moments during 500 claims, through the public API."""

import os
import random
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from pswallet import tables
from pswallet.chain.deploy import Deployment
from pswallet.chain.events import TOPICS, PacketClaimed, ShareOwed
from pswallet.chain.rpc import Rpc
from pswallet.client import Client
from pswallet.demo.cast import read_code
from pswallet.demo.people import identities
from pswallet.local.stack import PROCESSES, Stack
from pswallet.settings import Settings

BUILD = Path(__file__).parents[2] / "build"

GUESTS, PACKETS, TOTAL_FEN = 50, 10, 5_000
PATIENCE_S = 90.0


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

    def rows(self, statement: str) -> list[tuple]:
        """Ask the database."""
        with psycopg.connect(self.stack.database_url) as connection:
            return connection.execute(statement).fetchall()


def visitor(url: str, phone: str) -> Client:
    """Register somebody by phone alone (T0)."""
    client = Client(url)
    client.post("/codes", {"phone": phone})
    client.register(phone, read_code(client, phone))
    return client


@pytest.fixture
def town(worker) -> Iterator[Town]:
    """One creator with ¥1,000.00 and fifty visitors, registered through the API."""
    clients = ExitStack()
    # Not below pytest's own folder: that is closed to the user under which root's PostgreSQL runs.
    folder = BUILD / f"test-town-{worker}-{os.getpid()}"
    stack = Stack(Settings(api_port=18_000, anvil_port=18_500, state=folder), folder)
    try:
        stack.start(migrate=tables.migrate, tell=lambda _: None)
        identity = identities()[0]
        creator = clients.enter_context(visitor(stack.url, identity.phone))
        until("the creator's first tier", lambda: creator.get("/accounts/me")["tier"] >= 1)
        creator.post(
            "/kyc/real-name",
            {
                "name": identity.name,
                "id_number": identity.id_number,
                "bank_card": {"number": identity.bank_card, "phone": identity.phone},
                "liveness_token": "sandbox-live-face",
            },
        )
        phones = [f"+86139000{place:05d}" for place in range(GUESTS)]
        guests = [clients.enter_context(visitor(stack.url, phone)) for phone in phones]
        until("the creator's tier", lambda: creator.get("/accounts/me")["tier"] == 3)
        entry = {"address": creator.key.address, "amount_fen": 100_000, "entry": "BANK-CRASH-1"}
        creator.post("/sandbox/bank-entries", entry)
        until("the money", lambda: creator.balance_fen() == 100_000)
        until("the last guest's tier", lambda: all(guest.get("/accounts/me")["tier"] >= 1 for guest in guests))
        yield Town(stack, creator, guests)
    finally:
        clients.close()
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def kill_and_start(town: Town, name: str) -> None:
    """Kill a process as a power cut would, start it again, and wait until it works again.

    Called from the main thread alone: a child dies with the thread that started it.
    """
    before = None if name == "api" else town.progress(name)
    town.stack.children[name].kill()
    town.stack.start_process(name)
    until(f"{name} to work again", lambda: town.progress(name) != before or town.is_idle())


def claim(guest: Client, packet: str) -> dict:
    """Claim until the gateway answers; the same idempotency key each time, so a lost answer is given again."""
    key = secrets.token_hex(16)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            return guest.post(f"/red-packets/{packet}/claims", {}, idempotency_key=key)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the gateway did not come back")


def claim_logs(town: Town) -> Counter[tuple[str, str]]:
    """How often the chain drew a share, by packet and account."""
    deployment = Deployment.load(town.stack.deployment_file)
    topics = [[TOPICS[PacketClaimed], TOPICS[ShareOwed]]]
    with Rpc(town.stack.rpc_url) as rpc:
        logs = rpc.call("eth_getLogs", [{"fromBlock": "0x0", "address": deployment.escrow, "topics": topics}])
    return Counter((log["topics"][1], log["topics"][2][26:]) for log in logs)


def test_every_accepted_claim_ends_in_one_event_or_one_refusal_whatever_is_killed(town):
    addresses = [guest.key.address for guest in town.guests]
    packets = [
        town.creator.give(kind=kind, total_fen=TOTAL_FEN, shares=GUESTS, lucky=kind == "lucky", guests=addresses).id
        for kind in ("lucky", "equal") * (PACKETS // 2)
    ]
    until("open packets", lambda: all(town.creator.get(f"/red-packets/{one}")["status"] == "open" for one in packets))
    asked = [(guest, packet) for guest in town.guests for packet in packets]
    chance = random.Random(20260217)
    victims = [*PROCESSES, *PROCESSES]
    chance.shuffle(victims)
    share = -(-len(asked) // len(victims))
    with ThreadPoolExecutor(16) as pool:
        answers = []
        for turn, victim in enumerate(victims):
            part = asked[turn * share : (turn + 1) * share]
            answers += [pool.submit(claim, guest, packet) for guest, packet in part]
            time.sleep(chance.uniform(0.0, 0.4))  # any moment of the work may be the last
            kill_and_start(town, victim)
        assert all(answer.result()["status"] == "submitted" for answer in answers)
    assert len(answers) == GUESTS * PACKETS
    until("every call's end", town.is_idle)
    assert town.rows("SELECT refusal, count(*) FROM chain_calls GROUP BY 1") == [
        (None, town.rows("SELECT count(*) FROM chain_calls")[0][0])
    ]
    assert claim_logs(town) == Counter(
        {(packet, address[2:].lower()): 1 for packet in packets for address in addresses}
    )
    assert town.rows("SELECT count(*), sum(value_fen) FROM packet_shares") == [(GUESTS * PACKETS, PACKETS * TOTAL_FEN)]
    assert sum(guest.balance_fen() for guest in town.guests) == PACKETS * TOTAL_FEN
