"""One person at the gateway: signs here with the person's own key, and sends only signatures."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Literal, Self, cast

import httpx

from pswallet.chain.funded import Part
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, Terms
from pswallet.client import answers, bodies
from pswallet.client.api import Api
from pswallet.client.errors import ContractsChanged, DomainUnknown
from pswallet.client.funded import authorize_funded, parts_of, require_payment, sign_budget, sign_permit, sign_refund
from pswallet.client.keys import Key
from pswallet.client.parts import CashbackShape, OrderPaymentShape
from pswallet.client.signed import (
    ERASE,
    SIGN_IN,
    Chain,
    Proof,
    authorize,
    authorize_order,
    authorize_packet,
    authorize_refund,
    hexed,
    prove,
    sign_link,
)
from pswallet.client.stream import Event
from pswallet.client.transport import Transport
from pswallet.redpackets.rules import MAX_SHARE, guest_list

Answer = dict[str, Any]
"""A JSON object as the gateway sent it."""

PacketKind = Literal["equal", "lucky", "exclusive", "link", "phrase"]

_TIMEOUT_S = 30.0
_THIS_MACHINE = frozenset({"", "localhost", "127.0.0.1", "::1"})
"""Hosts whose gateway may call itself by another of its names."""


@dataclass(frozen=True)
class Given:
    """A red packet that the gateway has accepted: its id, what was signed, and its draw."""

    id: str
    terms: Terms
    draw_id: str | None


class Client:
    """One person's connection to the gateway.

    `api` has each operation as the gateway describes it; the methods here are those that sign, and the short ones.
    Problems are raised as `Refused`. Told the chain it `knows`, it signs for no other. With a merchant's `api_key` it
    is a machine instead: it asks for what the key may, and signs for nobody.
    """

    def __init__(
        self,
        url: str,
        key: Key | None = None,
        *,
        http: httpx.Client | None = None,
        language: str | None = None,
        knows: Chain | None = None,
        api_key: str | None = None,
    ) -> None:
        self.key = key or Key.new()
        self.url = url
        self.knows = knows
        self.http = http or httpx.Client(base_url=url, timeout=_TIMEOUT_S)
        self.transport = Transport(self.http, token=api_key, language=language)
        self.is_machine = api_key is not None
        self.api = Api(self.transport)

    @property
    def token(self) -> str | None:
        """The session's token."""
        return self.transport.token

    @token.setter
    def token(self, token: str | None) -> None:
        self.transport.token = token

    def __enter__(self) -> Self:
        """Keep the connection open for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.http.close()

    # --- what the document does not name ---

    def get(self, path: str, **query: Any) -> Answer:
        """GET `path` below /v1."""
        return self.transport.ask(Answer, "GET", f"/v1{path}", query=query)

    def post(self, path: str, body: Answer | None = None, *, idempotency_key: str | None = None) -> Answer:
        """POST `body` to `path` below /v1."""
        return self.transport.ask(Answer, "POST", f"/v1{path}", body=body, key=idempotency_key)

    def delete(self, path: str) -> None:
        """DELETE `path` below /v1."""
        self.transport.send("DELETE", f"/v1{path}")

    # --- who I am ---

    def register(self, phone: str, code: str) -> answers.AccountShape:
        """Open an account for this key's address with the code that came by SMS; the session is kept.

        Raises DomainUnknown, as whatever proves the address: one gateway could sign in at another with the proof.
        """
        opened = self.api.register({"phone": phone, "code": code, **self._prove(SIGN_IN)})
        self.token = opened["token"]
        return opened["account"]

    def sign_in(self) -> None:
        """Open a session by EIP-4361."""
        self.token = self.api.sign_in(cast("bodies.SignIn", self._prove(SIGN_IN)))["token"]

    def erase(self, phone: str, code: str) -> answers.Erased:
        """Leave for good, with a fresh code that came by SMS: nothing of it can be undone, and the session is gone."""
        gone = self.api.erase(cast("bodies.EraseMe", {"phone": phone, "code": code, **self._prove(ERASE)}))
        self.token = None
        return gone

    def _prove(self, statement: str) -> Proof:
        nonce, here = self.api.give_nonce(), httpx.URL(self.url)
        if here.host not in _THIS_MACHINE and nonce["domain"] != here.netloc.decode():
            raise DomainUnknown(nonce["domain"])
        return prove(self.key, nonce, statement)

    # --- money ---

    def chain(self) -> Chain:
        """Ask for the chain's id, contracts and block time; signing times count from the latter.

        Raises ContractsChanged when it is not the chain that this client knows.
        """
        served = Chain.of(self.api.show_chain())
        if self.knows is not None and not self.knows.is_where(served):
            raise ContractsChanged(f"{self.url} serves {served}, known is {self.knows}")
        return served

    def balance_fen(self) -> int:
        """Return what this account holds [fen]."""
        return self.api.show_balance()["balance_fen"]

    def authorization(self, to: str, amount_fen: int) -> bodies.PayShare:
        """Sign an ERC-3009 transfer of `amount_fen` to `to`; whoever carries it, the outcome is the same."""
        return authorize(self.chain(), self.key, to, amount_fen)

    def transfer(self, to: str, amount_fen: int) -> answers.TransferAccepted:
        """Send money to an address."""
        body = {"to": to, "amount_fen": amount_fen, **self.authorization(to, amount_fen)}
        return self.api.send_money(cast("bodies.SendMoney", body))

    def requests_to_pay(self) -> list[answers.RequestShape]:
        """Return the last requests that ask this account for money, newest first."""
        return self.api.list_requests(role="payer")["items"]

    def pay_share(self, request: answers.RequestShape) -> answers.TransferAccepted:
        """Pay this account's share of a request, as a list or the request's own page shows it, to who asked."""
        amount = next(share["amount_fen"] for share in request["shares"] if share["payer"] == self.key.address)
        return self.api.pay_share(request["id"], self.authorization(request["creator"], amount))

    # --- orders ---

    def pay_order(self, order: answers.OrderShape) -> answers.TransferAccepted:
        """Pay an order as it is shown, after looking whether its hash says the same. Raises OrderForged."""
        return self.api.pay_order(order["id"], authorize_order(self.chain(), self.key, order))

    def give_back(self, order: answers.OrderShape, payer: str, amount_fen: int) -> answers.TransferAccepted:
        """Give a payer of this merchant's order money back."""
        return self.api.refund_order(order["id"], authorize_refund(self.chain(), self.key, order, payer, amount_fen))

    def pay_funded(self, order: answers.OrderShape, parts: Sequence[Part] | None = None) -> answers.FundedOrderAccepted:
        """Pay an order with others' help: as its quote says, or with `parts` (vouchers); the rest is one's own."""
        helped = parts_of(order) if parts is None else parts
        return self.api.pay_funded_order(order["id"], authorize_funded(self.chain(), self.key, order, helped))

    def give_back_funded(
        self, order: answers.OrderShape, payment: OrderPaymentShape, amount_fen: int
    ) -> answers.FundedRefundAccepted:
        """Give money of a funded payment of this merchant's back: each fen to whose it was. Raises OrderForged."""
        chain = self.chain()
        funded = require_payment(chain, order, payment)
        number = len([one for one in funded["refunds"] if one["status"] != "refused"])
        return self.api.refund_funded_order(
            order["id"], sign_refund(chain, self.key, funded["hash"], number, amount_fen)
        )

    def permit(self) -> None:
        """Let the checkout move this account's money, for its budgets and for refunds of funded orders."""
        self.api.permit(sign_permit(self.chain(), self.key, self.api.show_permit()))

    def open_budget(self, *, total_fen: int, lasts_s: int) -> answers.BudgetAccepted:
        """Let up to `total_fen` of this account's money help to pay orders."""
        signer = self.api.show_chain()["signer"] or ""
        body = sign_budget(self.chain(), self.key, signer, total_fen=total_fen, lasts_s=lasts_s)
        return self.api.open_budget(body)

    def give_cashback(self, owed: CashbackShape) -> Given:
        """Give a payer what this account's offer promised: a red packet whose salt names the quote."""
        return self.give(
            kind="exclusive", total_fen=owed["amount_fen"], shares=1, lucky=False, guests=[owed["payer"]],
            salt=owed["salt"],
        )  # fmt: skip

    # --- red packets ---

    def give(
        self,
        *,
        kind: PacketKind,
        total_fen: int,
        shares: int,
        lucky: bool,
        guests: Sequence[str] = (),
        claim_key: str = ZERO_ADDRESS,
        lifetime_s: int = 86_400,
        greeting: str | None = None,
        cover: str | None = None,
        salt: str | None = None,
    ) -> Given:
        """Give a red packet to `guests`, or to whoever holds the key of `claim_key`; one signature moves the money.

        A lucky packet first asks for a draw commitment.
        """
        chain = self.chain()
        draw = self.api.ask_for_draw() if lucky else None
        terms = Terms(
            creator=self.key.address,
            total=total_fen,
            shares=shares,
            expiry=chain.block_time + lifetime_s,
            max_share=MAX_SHARE if lucky else 0,
            lucky=lucky,
            guests=hexed(guest_list(guests).root) if guests else ZERO_32,
            claim_key=claim_key,
            dealer=draw["dealer"] if draw else ZERO_ADDRESS,
            draw_commitment=draw["draw_commitment"] if draw else ZERO_20,
            salt=salt or hexed(secrets.token_bytes(32)),
        )
        body: bodies.GivePacket = {
            "terms": cast("bodies.TermsShape", asdict(terms)),
            "authorization": authorize_packet(chain, self.key, terms),
            "kind": kind,
            "guests": list(guests) or None,
            "draw_id": draw["id"] if draw else None,
        }
        if greeting:
            body["greeting"] = greeting
        if cover:
            body["cover"] = cover
        return Given(self.api.give_packet(body)["id"], terms, draw["id"] if draw else None)

    def claim(self, packet: str) -> answers.ClaimAccepted:
        """Open a packet that names this account among its guests."""
        return self.api.open_packet(packet)

    def claim_by_link(self, packet: str, link_key: Key) -> answers.ClaimAccepted:
        """Open a packet by its link's key, which stays here: its signature is good for this account alone."""
        signature = sign_link(self.chain(), link_key, packet, self.key.address)
        return self.api.open_packet(packet, {"link_signature": signature})

    def claim_by_phrase(self, packet: str, phrase: str) -> answers.ClaimAccepted:
        """Open a packet by saying its phrase (口令)."""
        return self.api.open_packet(packet, {"phrase": phrase})

    def packets(self, role: Literal["given", "invited", "received"]) -> list[answers.PacketShape]:
        """Return the last packets that this account has given, is invited to or has received a share of (`role`)."""
        return self.api.list_packets(role=role)["items"]

    def events(self, *, last_event_id: str | None = None) -> Iterator[Event]:
        """Iterate over this account's own events as they happen, from after `last_event_id` on, over lost connections.

        Raises Refused when the session has ended, httpx.TransportError when the gateway stays away.
        """
        return self.api.stream_events(last_event_id=last_event_id)
