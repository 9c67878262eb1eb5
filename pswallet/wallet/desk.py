"""Where a command stands: screen, purse and gateway; here it signs in, opens the key, and waits for the chain."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import httpx

from pswallet.chain.hashing import checksum
from pswallet.client import Client, Key, Refused
from pswallet.client.answers import AccountShape, ClaimShape, EntryShape, PacketShape, TransferShape
from pswallet.client.api import Api
from pswallet.client.transport import Transport
from pswallet.kit.money import parse_yuan
from pswallet.settings import Settings
from pswallet.wallet.purse import Purse, Session
from pswallet.wallet.screen import Screen, Stopped

T = TypeVar("T")
Settling = TypeVar("Settling", TransferShape, ClaimShape, PacketShape, EntryShape)

PATIENCE_S = 60.0
"""How long a command waits for the chain's event [s]; what was accepted happens later all the same."""

_TIMEOUT_S = 30.0
_WAITING = ("submitted", "recorded")
"""Before the chain has said anything; an entry at the bank is recorded."""


@dataclass
class Desk:
    """One command's parts."""

    screen: Screen
    purse: Purse
    gateway: str
    password: str | None = None
    _key: Key | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, screen: Screen) -> "Desk":
        """Take the folder, the gateway and perhaps the password from the settings."""
        password = settings.wallet_password
        folder = settings.wallet.expanduser()
        gateway = settings.gateway_url.rstrip("/")
        return cls(screen, Purse(folder), gateway, password.get_secret_value() if password else None)

    @cached_property
    def http(self) -> httpx.Client:
        """The one connection."""
        return httpx.Client(base_url=self.gateway, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connection, if there was one."""
        if "http" in vars(self):
            self.http.close()

    # --- the key and the session ---

    def key(self) -> Key:
        """Open the key, once a command. Raises KeystoreUnreadable, Stopped."""
        if self._key is None:
            address = self.purse.address()
            password = self.password or self.screen.ask("Password of {address}", hide=True, address=address)
            with self.screen.waiting("Opening the key …"):
                self._key = Key.load(self.purse.keystore, password)
        return self._key

    def client(self) -> Client:
        """Return a client that signs, with a session; a new one if the kept one has ended."""
        session = self.purse.session(self.gateway)
        client = self.stranger()
        if session is not None:
            client.knows, client.token = session.chain, session.token
            if _is_live(client.api):
                return client
            client.token = None
        try:
            client.sign_in()
        except Refused as refused:
            if refused.code != "account-unknown":
                raise
            raise Stopped("This key has no account here yet: pswallet wallet register PHONE") from refused
        self.keep_session(client)
        return client

    def stranger(self) -> Client:
        """Return a client that signs and has no session yet."""
        return Client(self.gateway, self.key(), http=self.http, language=self.screen.language)

    def keep_session(self, client: Client) -> None:
        """Remember the session, and the contracts: the key signs for no others at this gateway."""
        self.purse.keep(Session(self.gateway, client.token or "", client.chain()))

    def api(self) -> Api:
        """Return the operations for reading alone: the key stays closed while the session lives."""
        self.purse.address()
        session = self.purse.session(self.gateway)
        if session is not None:
            api = Api(Transport(self.http, token=session.token, language=self.screen.language))
            if _is_live(api):
                return api
        return self.client().api

    # --- what people type ---

    def fen(self, yuan: str) -> int:
        """Read an amount in yuan, exactly. Raises Stopped."""
        try:
            amount = parse_yuan(yuan)
        except ValueError:
            raise Stopped("{yuan} is not an amount in yuan, such as 12 or 12.34.", yuan=yuan) from None
        if not amount:
            raise Stopped("An amount is at least 0.01 yuan.")
        return amount

    def recipient(self, api: Api, typed: str) -> tuple[str, str]:
        """Return address and name of whom a person typed, by address or by phone. Raises Stopped, Refused."""
        if not typed.lower().startswith("0x"):
            found = api.look_up({"phone": typed})
            return found["address"], found["masked_name"] or found["masked_phone"]
        if not re.fullmatch("0[xX][0-9a-fA-F]{40}", typed):
            raise Stopped("{address} is no address: that is 0x and 40 hexadecimal digits.", address=typed)
        address = checksum(bytes.fromhex(typed[2:]))
        if typed[2:] not in (typed[2:].lower(), typed[2:].upper(), address[2:]):
            raise Stopped("{address} is no address: its capitals say that a digit is wrong.", address=typed)
        return address, address

    # --- waiting ---

    def settled(self, api: Api, show: Callable[[], Settling]) -> Settling:
        """Wait for what the chain says of something submitted. Raises Refused, or Stopped when it takes too long."""
        found = self.until(lambda: None if (told := show())["status"] in _WAITING else told)
        if found["status"] == "refused":
            raise refused_by_chain(api, found["error"] or "")
        return found

    def above(self, api: Api, tier: int) -> AccountShape:
        """Wait until the chain has given the account a tier above `tier`. Raises Stopped when it takes too long."""
        return self.until(lambda: me if (me := api.show_own_account())["tier"] > tier else None)

    def until(self, ask: Callable[[], T | None]) -> T:
        """Ask until there is an answer. Raises Stopped after `PATIENCE_S`."""
        with self.screen.waiting("Waiting for the chain …"):
            deadline = time.monotonic() + PATIENCE_S
            while (found := ask()) is None:
                if time.monotonic() > deadline:
                    raise Stopped("The chain takes its time. Nothing is lost: pswallet wallet activity shows it later.")
                time.sleep(0.1)  # a stream of events would take a second connection for one answer
        return found


def refused_by_chain(api: Api, error: str) -> Refused:
    """Make the refusal that the gateway would have told by `error`, a problem's name."""
    code = re.sub(r"(?<!^)(?=[A-Z])", "-", error).lower()
    try:
        told = api.explain_problem(code)
    except Refused:
        return Refused(409, {"type": f"/problems/{code}", "title": error})
    return Refused(told["status"], {"type": told["type"], "title": told["title"]})


def _is_live(api: Api) -> bool:
    try:
        api.show_own_account()
    except Refused as refused:
        if refused.status != httpx.codes.UNAUTHORIZED:
            raise
        return False
    return True
