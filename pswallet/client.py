"""The typed Python client of the gateway: it signs with the person's own key, here, and sends only signatures."""

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from pswallet.chain import signing
from pswallet.chain.hashing import keccak
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, Terms, packet_id
from pswallet.redpackets.rules import guest_list

Answer = dict[str, Any]
"""A JSON object as the gateway sent it."""

MAX_SHARE_FEN = 20_000
"""The most a lucky share may be [fen], as the gateway asks."""

_AUTHORIZATION_LIFE_S = 600
_RETRIES = 4


class Refused(Exception):
    """The gateway answered with a problem; `code` is its name in kebab-case, `details` the whole body."""

    def __init__(self, status: int, details: Answer) -> None:
        self.status = status
        self.details = details
        self.code = str(details.get("type", "")).rsplit("/", 1)[-1]
        super().__init__(f"{self.code}: {details.get('title', '')}")


@dataclass(frozen=True)
class Key:
    """A person's signing key: 32 bytes that never leave this process."""

    secret: bytes = field(repr=False)
    address: str

    @classmethod
    def new(cls) -> Self:
        """Make a random key."""
        return cls.of(secrets.token_bytes(32))

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """Take a key of 32 bytes."""
        return cls(secret, signing.address_of(secret))


@dataclass(frozen=True)
class Chain:
    """The chain as the gateway serves it: its id, the two contracts that people sign for, and the block time."""

    chain_id: int
    stablecoin: str
    escrow: str
    block_time: int

    @property
    def token(self) -> signing.Domain:
        """The EIP-712 domain of the stablecoin."""
        return signing.Domain("Sandbox Yuan Voucher", "1", self.chain_id, self.stablecoin)

    @property
    def packets(self) -> signing.Domain:
        """The EIP-712 domain of the red packets."""
        return signing.Domain("RedPacketEscrow", "1", self.chain_id, self.escrow)


@dataclass(frozen=True)
class Given:
    """A red packet that the gateway has accepted: its id, what was signed, and its draw."""

    id: str
    terms: Terms
    draw_id: str | None


class Client:
    """One person's connection to the gateway.

    A POST carries an `Idempotency-Key`, so that a retry after a lost answer does nothing twice; lost connections
    and 502–504 are retried by themselves. Problems are raised as `Refused`.
    """

    def __init__(self, url: str, key: Key | None = None, *, http: httpx.Client | None = None) -> None:
        self.key = key or Key.new()
        self.url = url
        self.token: str | None = None
        self.http = http or httpx.Client(base_url=url, timeout=30)

    def __enter__(self) -> Self:
        """Keep the connection open for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.http.close()

    # --- plain requests ---

    def get(self, path: str, **query: Any) -> Answer:
        """GET `path` below /v1."""
        return self._send("GET", path, params=query or None)

    def post(self, path: str, body: Answer | None = None, *, idempotency_key: str | None = None) -> Answer:
        """POST `body` to `path` below /v1."""
        return self._send("POST", path, json=body or {}, key=idempotency_key or secrets.token_hex(16))

    def delete(self, path: str) -> Answer:
        """DELETE `path` below /v1."""
        return self._send("DELETE", path)

    def _send(
        self, method: str, path: str, *, params: Answer | None = None, json: Answer | None = None, key: str = ""
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["Idempotency-Key"] = key
        for attempt in range(_RETRIES):
            last = attempt == _RETRIES - 1
            try:
                answer = self.http.request(method, f"/v1{path}", params=params, json=json, headers=headers)
            except httpx.TransportError:
                if last:
                    raise
            else:
                if last or answer.status_code not in (502, 503, 504):
                    return _read(answer)
            time.sleep(0.1 * 2**attempt)
        raise AssertionError("unreachable")

    # --- who I am ---

    def register(self, phone: str, code: str) -> Answer:
        """Open an account for this key's address with the code that came by SMS; the session is kept."""
        opened = self.post("/accounts", {"phone": phone, "code": code, **self._proof_of_address()})
        self.token = opened["token"]
        account: Answer = opened["account"]
        return account

    def sign_in(self) -> None:
        """Open a session by EIP-4361."""
        self.token = self.post("/sessions", self._proof_of_address())["token"]

    def _proof_of_address(self) -> Answer:
        nonce = self.post("/sign-in/nonces")
        message = (
            f"{nonce['domain']} wants you to sign in with your Ethereum account:\n{self.key.address}\n\n"
            f"Sign in to pswallet.\n\nURI: {nonce['uri']}\nVersion: 1\nChain ID: {nonce['chain_id']}\n"
            f"Nonce: {nonce['nonce']}\nIssued At: {nonce['issued_at']}"
        )
        prefixed = f"\x19Ethereum Signed Message:\n{len(message.encode())}{message}".encode()
        signature = signing.sign(keccak(prefixed), self.key.secret)
        return {"message": message, "signature": _hex(signature)}

    # --- money ---

    def chain(self) -> Chain:
        """Ask for the chain's id, contracts and block time; signing times count from the latter."""
        found = self.get("/chain")
        contracts = found["contracts"]
        return Chain(found["chain_id"], contracts["stablecoin"], contracts["escrow"], found["block"]["time"])

    def balance_fen(self) -> int:
        """Return what this account holds [fen]."""
        return int(self.get("/balance")["balance_fen"])

    def authorization(self, to: str, amount_fen: int) -> Answer:
        """Sign an ERC-3009 transfer of `amount_fen` to `to`; whoever carries it, the outcome is the same."""
        return authorize(self.chain(), self.key, to, amount_fen)

    def transfer(self, to: str, amount_fen: int) -> Answer:
        """Send money to an address."""
        return self.post("/transfers", {"to": to, "amount_fen": amount_fen, **self.authorization(to, amount_fen)})

    def requests_to_pay(self) -> list[Answer]:
        """Return the last requests that ask this account for money, newest first."""
        found: list[Answer] = self.get("/payment-requests", role="payer")["items"]
        return found

    def pay_share(self, request: Answer) -> Answer:
        """Pay this account's share of a request, as a list or the request's own page shows it, to who asked."""
        amount = next(share["amount_fen"] for share in request["shares"] if share["payer"] == self.key.address)
        return self.post(f"/payment-requests/{request['id']}/pay", self.authorization(request["creator"], amount))

    def give(
        self,
        *,
        kind: str,
        total_fen: int,
        shares: int,
        lucky: bool,
        guests: Sequence[str] = (),
        claim_key: str = ZERO_ADDRESS,
        lifetime_s: int = 86_400,
        greeting: str | None = None,
        cover: str | None = None,
    ) -> Given:
        """Give a red packet to `guests`, or to whoever holds the key of `claim_key`; one signature moves the money.

        A lucky packet first asks for a draw commitment.
        """
        chain = self.chain()
        draw = self.post("/draws") if lucky else None
        terms = Terms(
            creator=self.key.address,
            total=total_fen,
            shares=shares,
            expiry=chain.block_time + lifetime_s,
            max_share=MAX_SHARE_FEN if lucky else 0,
            lucky=lucky,
            guests=_hex(guest_list(guests).root) if guests else ZERO_32,
            claim_key=claim_key,
            dealer=draw["dealer"] if draw else ZERO_ADDRESS,
            draw_commitment=draw["draw_commitment"] if draw else ZERO_20,
            salt=_hex(secrets.token_bytes(32)),
        )
        body = {
            "terms": asdict(terms),
            "authorization": authorize_packet(chain, self.key, terms),
            "kind": kind,
            "guests": list(guests) or None,
            "draw_id": draw["id"] if draw else None,
        }
        words = {"greeting": greeting, "cover": cover}
        answer = self.post("/red-packets", body | {name: text for name, text in words.items() if text})
        return Given(answer["id"], terms, draw["id"] if draw else None)

    def packets(self, role: str) -> list[Answer]:
        """Return the last packets that this account has given, is invited to or has received a share of (`role`)."""
        found: list[Answer] = self.get("/red-packets", role=role)["items"]
        return found

    def events(self, *, last_event_id: str | None = None) -> Iterator[Answer]:
        """Iterate over this account's own events as they happen, from after `last_event_id` on."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        with self.http.stream("GET", "/v1/events", headers=headers, timeout=None) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    event: Answer = orjson.loads(line[5:])
                    yield event


def authorize(chain: Chain, key: Key, to: str, amount_fen: int) -> Answer:
    """Sign TransferWithAuthorization (ERC-3009) with a fresh nonce, valid for ten minutes of the chain's time."""
    nonce = secrets.token_bytes(32)
    before = chain.block_time + _AUTHORIZATION_LIFE_S
    message = {
        "from": key.address, "to": to, "value": amount_fen, "validAfter": 0, "validBefore": before, "nonce": nonce,
    }  # fmt: skip
    signature = signing.sign(signing.digest(chain.token, signing.TRANSFER_WITH_AUTHORIZATION, message), key.secret)
    return {"valid_after": 0, "valid_before": before, "nonce": _hex(nonce), "signature": _hex(signature)}


def authorize_packet(chain: Chain, key: Key, terms: Terms) -> Answer:
    """Sign ReceiveWithAuthorization (ERC-3009) to the escrow, its nonce the packet's id."""
    before = chain.block_time + _AUTHORIZATION_LIFE_S
    message = {
        "from": key.address, "to": chain.escrow, "value": terms.total, "validAfter": 0, "validBefore": before,
        "nonce": bytes.fromhex(packet_id(chain.packets, terms)[2:]),
    }  # fmt: skip
    signature = signing.sign(signing.digest(chain.token, signing.RECEIVE_WITH_AUTHORIZATION, message), key.secret)
    return {"valid_after": 0, "valid_before": before, "signature": _hex(signature)}


def sign_link(chain: Chain, link_key: Key, packet: str, claimant: str) -> str:
    """Sign a claim with a link's key: only `claimant` can use it, only for `packet`, only on this chain."""
    message = {"packet": bytes.fromhex(packet[2:]), "claimant": claimant}
    return _hex(signing.sign(signing.digest(chain.packets, signing.LINK_CLAIM, message), link_key.secret))


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()


def _read(answer: httpx.Response) -> Answer:
    if answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    body: Answer = orjson.loads(answer.content)
    if answer.is_error:
        raise Refused(answer.status_code, body)
    return body
