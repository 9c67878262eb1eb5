"""A shop's till on a real gateway, its customers, and a wire that can be cut."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pswallet.chain.signing import checkout_domain, token_domain
from pswallet.client import Client, Key
from pswallet.client.answers import OrderShape
from pswallet.till.counter import Counter
from pswallet.till.journal import Journal
from pswallet.till.line import Line, News, Node
from pswallet.till.tickets import Employer, Ticket
from tests.api.gateway import Member
from tests.api.money import client_of
from tests.parts import Chain


class Killed(BaseException):
    """The till's process ends here and now: no line of it runs after this."""


@dataclass
class Wire(httpx.BaseTransport):
    """What the till's requests go over, and what happens to them on the way."""

    to: httpx.BaseTransport = field(default_factory=httpx.HTTPTransport)
    lose_answers: int = 0
    """Of how many POSTs that arrive the answer does not."""
    cut: bool = False
    """Nothing arrives."""
    port: int | None = None
    """Where the gateway listens now, if it was started again."""
    kills: tuple[str, str] | None = None
    """When the till is killed: ("before" or "after" the gateway has it, the end of a POST's path)."""
    sent: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request, as far as it gets."""
        path = request.url.path if request.method == "POST" else ""
        if self.cut:
            raise httpx.ConnectError("cut", request=request)
        self._fall("before", path)
        if self.port:
            request.url = request.url.copy_with(port=self.port)
        answer = self.to.handle_request(request)
        if path:
            self.sent.append(path)
            answer.read()
            self._fall("after", path)
            if self.lose_answers:
                self.lose_answers -= 1
                raise httpx.ReadError("cut", request=request)
        return answer

    def _fall(self, moment: str, path: str) -> None:
        if self.kills and path and self.kills[0] == moment and path.endswith(self.kills[1]):
            self.kills = None
            raise Killed

    def close(self) -> None:
        """Close what a till that is put out had open; the next one opens its own."""
        self.to.close()
        self.to = httpx.HTTPTransport()


@dataclass
class Shop:
    """A tea house: the member whose it is, its till's folder, the wire and the node."""

    owner: Member
    chain: Chain
    folder: Path
    wire: Wire
    news: list[News] = field(default_factory=list)
    node_url: str = ""
    counters: list[Counter] = field(default_factory=list)

    @property
    def orders(self) -> str:
        """Where its orders are opened."""
        return f"/v1/merchants/{self.owner.account['merchant']}/orders"

    @property
    def employer(self) -> Employer:
        """What its owner tells a till that has not the shop's key."""
        return Employer(self.owner.account["merchant"], self.owner.address)

    def counter(
        self, *, who: Member | None = None, api_key: str | None = None, employer: Employer | None = None
    ) -> Counter:
        """Put the till on, as after a restart: with the shop's own key, a cashier's (`who`), or an API key."""
        member = who or self.owner
        http = httpx.Client(base_url=member.http.base_url, transport=self.wire, timeout=10)
        client = Client(str(http.base_url), None if api_key else Key.of(member.key), http=http, api_key=api_key)
        client.token = api_key or member.token
        journal = Journal(self.folder / "journal.jsonl")
        domains = token_domain(self.chain.deployment), checkout_domain(self.chain.deployment)
        node = Node(self.node_url, *domains, self.news.append) if self.node_url else None
        self.counters.append(Counter(Line(client, self.news.append), journal, node, employer))
        return self.counters[-1]


def pay(customer: Member, ticket: Ticket) -> OrderShape:
    """Pay what a till shows, by the customer's own wallet."""
    client = client_of(customer)
    assert ticket.order is not None
    order = client.api.show_order(ticket.order["id"])
    client.pay_order(order)
    return order


def pay_by_code(customer: Member, text: str) -> OrderShape:
    """Scan a till's code and pay the order that the gateway says it is of."""
    client = client_of(customer)
    scanned = client.api.read_scan({"text": text})
    assert scanned["order"] is not None
    order = client.api.show_order(scanned["order"])
    client.pay_order(order)
    return order


def looked_at(counter: Counter, ticket: Ticket, until: Callable[[Ticket], Any], patience: int = 500) -> Ticket:
    """Look at a sale until something is so of it."""
    for _ in range(patience):
        counter.look(ticket)
        if until(ticket):
            return ticket
        counter.line.stop.wait(0.02)
    raise AssertionError(f"not so: {ticket}")
