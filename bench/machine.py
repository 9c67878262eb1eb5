"""The machine under measurement: the whole gateway on a fresh chain, with people who are signed in and hold money."""

import hashlib
import os
import resource
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, text

from bench import slots
from pswallet import tables
from pswallet.accounts.models import Account, AccountSession
from pswallet.chain.acts import Act, carry_out
from pswallet.chain.deploy import Deployment
from pswallet.chain.hashing import keccak
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.client import Client, Key
from pswallet.kit import clock
from pswallet.kit.db import engine_for, sessions_of, transaction
from pswallet.kit.ids import new_id
from pswallet.local import lock
from pswallet.local.stack import PROCESSES, Stack
from pswallet.settings import Settings

FOLDER = Path("var/bench")
_TIER_T2 = 3
_START_FEN = 5_000_000
_AT_ONCE = 200


@dataclass
class Member:
    """A synthetic account, signed in."""

    key: Key
    token: str


def raise_file_limit(wanted: int) -> None:
    """Let us and the processes that we start open `wanted` files, as far as we may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))


class Machine:
    """A running gateway and its chain. Use as a context manager; nothing is left behind."""

    def __init__(self) -> None:
        self._lock = lock.take(FOLDER)
        shutil.rmtree(FOLDER, ignore_errors=True)
        self.stack = Stack(Settings(block_time_s=0), FOLDER)
        self.members: tuple[list[Member], list[Member]] = ([], [])
        """Creators and guests."""

    def __enter__(self) -> "Machine":
        """Start it."""
        try:
            self.stack.start(migrate=tables.migrate, tell=lambda part: None)
        except BaseException:
            self.stack.stop()
            self._lock.release()
            raise
        self.engine: Engine = engine_for(self.stack.database_url)
        self.rpc = Rpc(self.stack.rpc_url)
        self.deployment = Deployment.load(self.stack.deployment_file)
        self.keys = Keys.load(self.stack.keys_file)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.rpc.close()
        self.engine.dispose()
        self.stack.stop()
        self._lock.release()

    @property
    def host(self) -> str:
        """Where the gateway listens."""
        return self.stack.settings.api_host

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.stack.url.rsplit(":", 1)[1])

    def rss_mb(self, name: str) -> float:
        """Return the resident memory of a process of the stack [MB of 1,048,576 bytes]."""
        status = Path(f"/proc/{self.stack.children[name].process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def cpu_s(self, name: str) -> float:
        """Return the processor time that a process of the stack has used [s]."""
        fields = Path(f"/proc/{self.stack.children[name].process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def client(self, member: Member) -> Client:
        """Return a client that acts for `member`."""
        client = Client(self.stack.url, member.key)
        client.token = member.token
        return client

    def scalar(self, query: str, **values: object) -> int:
        """Return the one number that `query` selects."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(query), values).scalar_one())

    def wait(self, query: str, wanted: int, *, patience_s: float = 120.0, **values: object) -> float:
        """Wait until `query` selects at least `wanted`; return the moment [s of the monotonic clock]."""
        deadline = time.monotonic() + patience_s
        while self.scalar(query, **values) < wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{query}: not {wanted} within {patience_s:.0f} s")
            time.sleep(0.01)
        return time.monotonic()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the gateway's processes still (SIGSTOP) for a block: the chain has the cores to itself."""
        children = [self.stack.children[name] for name in PROCESSES]
        for child in children:
            child.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for child in children:
                child.process.send_signal(signal.SIGCONT)

    def slots(self) -> int:
        """Count the storage slots of the whole state."""
        return slots.count(self.rpc)

    def populate(self, people: int) -> list[Member]:
        """Make signed-in accounts of tier T2 that hold money.

        Accounts and sessions go straight into their tables (registration is not what is measured), tiers and money go
        through the chain and reach the gateway as events.
        """
        keys = [Key.new() for _ in range(people)]
        members = [Member(key, secrets.token_urlsafe(32)) for key in keys]
        now = clock.now()
        with transaction(sessions_of(self.engine)) as session:
            for place, member in enumerate(members):
                account = new_id("acc")
                session.execute(
                    insert(Account).values(
                        id=account, address=member.key.address, phone_index=f"synthetic-{place}-{account}",
                        phone_sealed=b"", created_at=now,
                    )
                )  # fmt: skip
                session.execute(
                    insert(AccountSession).values(
                        id=new_id("ses"), account_id=account, token_hash=hashlib.sha256(member.token.encode()).digest(),
                        created_at=now, expires_at=now + timedelta(days=1),
                    )
                )  # fmt: skip
        self._endow([key.address for key in keys])
        return members

    def _endow(self, addresses: list[str]) -> None:
        carry_out(self.rpc, self.deployment, Act("reserve", "attestReserve", (10**14,)), self.keys.reserve)
        for start in range(0, len(addresses), _AT_ONCE):
            some = addresses[start : start + _AT_ONCE]
            tiers = Act("compliance", "setTiers", ([(address, _TIER_T2) for address in some],))
            carry_out(self.rpc, self.deployment, tiers, self.keys.compliance)
            mints = [(address, _START_FEN, keccak(b"bench" + address.encode())) for address in some]
            carry_out(self.rpc, self.deployment, Act("minter", "mintMany", (mints,)), self.keys.minter)
        self.wait("SELECT count(*) FROM account_tiers", len(addresses))
