"""A person's client proves its address to the gateway that it speaks to, and to no other."""

import httpx
import orjson
import pytest

from pswallet.client import Client, DomainUnknown
from pswallet.client.answers import NonceGiven


class Gateway:
    """A gateway whose nonces are for sign-ins at `domain`; it notes what it is asked."""

    def __init__(self, domain: str) -> None:
        self.domain, self.asked = domain, []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, orjson.loads(request.content)))
        if request.url.path == "/v1/sign-in/nonces":
            return httpx.Response(201, json=self.nonce())
        return httpx.Response(201, json={"token": "t0k3n", "account": {}})

    def nonce(self) -> NonceGiven:
        at = "2026-11-25T19:00:00Z"
        named = {"domain": self.domain, "uri": f"https://{self.domain}"}
        return {"nonce": "n", "chain_id": 31337, "issued_at": at, "expires_at": at, **named}

    def client(self, url: str) -> Client:
        return Client(url, http=httpx.Client(base_url=url, transport=httpx.MockTransport(self)))


@pytest.mark.parametrize("asking", ["sign_in", "register", "erase"])
def test_nothing_is_signed_for_another_gateway(asking: str):
    gateway = Gateway("wallet.example")
    client = gateway.client("https://wallet.example.evil")
    with pytest.raises(DomainUnknown, match=r"at wallet\.example$"):
        getattr(client, asking)(*([] if asking == "sign_in" else ["13800138000", "123456"]))
    assert [path for path, _ in gateway.asked] == ["/v1/sign-in/nonces"]


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://wallet.example", "wallet.example"),
        ("https://wallet.example:8443", "wallet.example:8443"),
        ("http://127.0.0.1:8000", "localhost:8000"),
    ],
)
def test_the_gateways_own_name_and_this_machines_are_signed(url: str, domain: str):
    gateway = Gateway(domain)
    client = gateway.client(url)
    client.sign_in()
    assert client.token == "t0k3n"
    assert gateway.asked[1][1]["message"].startswith(f"{domain} wants you to sign in")
