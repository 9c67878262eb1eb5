"""One try of a webhook against real local receivers, good and bad ones, and names that point where they must not."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pswallet.kit.clock import SHANGHAI
from pswallet.merchants.service import Outgoing, Try
from pswallet.vendors import webhooks
from pswallet.vendors.webhooks import WebhookPoster, signed_headers
from tests.receivers import answering, dripping, endless, hanging_up, receive, silent

NOW = datetime.fromtimestamp(1_614_265_330, UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJD" * 11


def outgoing(url: str, *secrets: str, content: str = '{"test": 2432232314}') -> Outgoing:
    return Outgoing("msg_p5jXN8AQM9LWM0D4loKWxJek", "hook_1", url, content, secrets or (SECRET,))


def names(**known: Sequence[str]) -> webhooks.Resolve:
    """A name server that knows these, whose answers are taken in turn when they are lists of lists."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return known[host.replace(".", "_")]

    return resolve


def post(url: str, *, sandbox: bool = True, **options: object) -> Try:
    poster = WebhookPoster(sandbox=sandbox, **options)  # type: ignore[arg-type]
    return asyncio.run(poster.post(outgoing(url), now=NOW))


# --- Standard Webhooks ----------------------------------------------------------------


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    headers = signed_headers(outgoing("https://shop.example"), now=NOW)
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_is_the_same_moment_in_every_zone() -> None:
    told = outgoing("https://shop.example")
    assert signed_headers(told, now=NOW.astimezone(SHANGHAI)) == signed_headers(told, now=NOW)


def test_during_a_rotation_both_secrets_sign() -> None:
    both = signed_headers(outgoing("https://shop.example", OTHER, SECRET), now=NOW)["webhook-signature"].split(" ")
    alone = [
        signed_headers(outgoing("https://shop.example", one), now=NOW)["webhook-signature"] for one in (OTHER, SECRET)
    ]
    assert both == alone


def test_a_receiver_can_verify_what_arrives() -> None:
    with receive() as receiver:
        assert post(receiver.url) == Try(200, None)
        (seen,) = receiver.wait_for(1)
    assert seen.line == "POST /hook HTTP/1.1"
    assert seen.body == b'{"test": 2432232314}'
    assert seen.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert seen.is_signed_by(SECRET)
    assert not seen.is_signed_by(OTHER)


# --- bad receivers ----------------------------------------------------------------------


@pytest.mark.parametrize(("status", "flaw"), [(204, None), (299, None), (400, "refused"), (500, "refused")])
def test_only_a_status_of_success_accepts(status: int, flaw: str | None) -> None:
    with receive(answering(status)) as receiver:
        assert post(receiver.url) == Try(status, flaw)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with receive() as inside, receive(answering(status, headers=f"Location: {inside.url}\r\n")) as receiver:
        assert post(receiver.url) == Try(status, "redirect")
        assert inside.connections == 0


@pytest.mark.parametrize("behave", [silent, dripping])
def test_a_slow_receiver_costs_the_stated_time_and_no_more(behave: object) -> None:
    with receive(behave) as receiver:  # type: ignore[arg-type]
        began = time.monotonic()
        assert post(receiver.url, whole_s=0.4) == Try(None, "timeout")
        assert 0.3 < time.monotonic() - began < 2


def test_of_an_endless_answer_only_a_little_is_read() -> None:
    with receive(endless) as receiver:
        began = time.monotonic()
        assert post(receiver.url, whole_s=10) == Try(200, None)
        assert time.monotonic() - began < 5


def test_a_receiver_that_hangs_up_has_accepted_nothing() -> None:
    with receive(hanging_up) as receiver:
        assert post(receiver.url) == Try(None, "no-answer")


def test_where_nobody_listens_nothing_is_accepted() -> None:
    with receive() as receiver:
        port = receiver.port
    assert post(f"http://127.0.0.1:{port}/hook") == Try(None, "no-answer")


# --- where it goes ------------------------------------------------------------------------


def test_in_production_the_loopback_is_refused_and_nothing_is_sent() -> None:
    with receive() as receiver:
        assert post(receiver.url, sandbox=False) == Try(None, "target-refused")
        assert post(f"https://127.0.0.1:{receiver.port}/", sandbox=False) == Try(None, "target-refused")
        resolve = names(shop_example=["127.0.0.1"])
        url = f"https://shop.example:{receiver.port}/"
        assert post(url, sandbox=False, resolve=resolve) == Try(None, "target-refused")
        assert receiver.connections == 0


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "fd00::1", "::ffff:192.168.0.1", "100.64.0.1"])
def test_a_name_that_points_inside_is_refused_in_the_sandbox_too(address: str) -> None:
    assert post("https://shop.example/", resolve=names(shop_example=[address])) == Try(None, "target-refused")


def test_one_address_inside_among_public_ones_refuses_the_name() -> None:
    with receive() as receiver:
        resolve = names(shop_example=["127.0.0.1", "10.0.0.1"])
        assert post(f"http://shop.example:{receiver.port}/", resolve=resolve) == Try(None, "target-refused")
        assert receiver.connections == 0


def test_a_number_that_is_written_as_a_name_is_checked_as_what_it_means() -> None:
    for host in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1"):
        assert post(f"https://{host}/", sandbox=False) == Try(None, "target-refused"), host


def test_a_name_without_addresses_is_refused() -> None:
    assert post("https://shop.example/", resolve=names(shop_example=[])) == Try(None, "target-refused")


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_checked() -> None:
    """DNS rebinding: the second answer of the name server points elsewhere."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with receive() as receiver:
        assert post(f"http://shop.example:{receiver.port}/hook", resolve=rebinding) == Try(200, None)
        assert asked == ["shop.example"]
        assert receiver.seen[0].headers["host"] == f"shop.example:{receiver.port}"


def test_each_try_checks_anew() -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async def twice(url: str) -> list[Try]:
        poster = WebhookPoster(sandbox=True, resolve=rebinding)
        return [await poster.post(outgoing(url), now=NOW) for _ in range(2)]

    with receive() as receiver:
        tries = asyncio.run(twice(f"http://shop.example:{receiver.port}/hook"))
        assert tries == [Try(200, None), Try(None, "target-refused")]
        assert receiver.connections == 1


def test_when_one_address_takes_no_connection_the_next_is_tried() -> None:
    with receive() as receiver:
        resolve = names(shop_example=["127.0.0.2", "127.0.0.1"])
        assert post(f"http://shop.example:{receiver.port}/", resolve=resolve) == Try(200, None)


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receive() as proxy, receive() as receiver:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert post(receiver.url) == Try(200, None)
        assert proxy.connections == 0


# --- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server that is shop.example, and who trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_the_certificate_must_be_the_names_and_not_the_addresss(
    certified: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, trust = certified
    resolve = names(shop_example=["127.0.0.1"], other_example=["127.0.0.1"])
    with receive(tls=server) as receiver:
        good, other = (f"https://{name}.example:{receiver.port}/hook" for name in ("shop", "other"))
        assert post(good, resolve=resolve, trust=trust) == Try(200, None)
        assert post(other, resolve=resolve, trust=trust) == Try(None, "no-answer")
        assert post(good, resolve=resolve) == Try(None, "no-answer"), "nobody has certified it"
        assert [seen.headers["host"] for seen in receiver.seen] == [f"shop.example:{receiver.port}"]


def test_the_machines_own_resolver_answers_addresses() -> None:
    found = asyncio.run(webhooks.look_up("localhost", 80))
    assert found
    assert all(ip_address(one).is_loopback for one in found)
