"""`pswallet pos`: a shop's till in the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from pswallet.operator import fail
from pswallet.settings import Settings

if TYPE_CHECKING:
    from pswallet.chain.deploy import Deployment
    from pswallet.client import Client, Key
    from pswallet.till.counter import Counter
    from pswallet.till.line import News
    from pswallet.till.tickets import Employer, Ticket
    from pswallet.till.words import Tongue

_TIMEOUT_S = 10.0


def pos(
    till: Annotated[str, typer.Option("--till", help="the till's number, as the shop has set it up")] = "T01",
    cashier: Annotated[str, typer.Option("--cashier", help="who stands at it; kept in the journal")] = "",
    rpc: Annotated[str, typer.Option("--rpc", help="JSON-RPC of a node that you trust more than the gateway")] = "",
    deployment: Annotated[
        Path | None, typer.Option("--deployment", help="the contracts' addresses, published; names the token")
    ] = None,
    gateway: Annotated[str, typer.Option("--gateway", help="where the gateway is")] = "",
    folder: Annotated[Path | None, typer.Option("--folder", help="where the shop's key and the journal are")] = None,
    lang: Annotated[str, typer.Option("--lang", help="zh, zh-HK or en; as the terminal speaks if not said")] = "",
    merchant: Annotated[
        str, typer.Option("--merchant", help="mer_…: be its cashier, or its machine by an API key; with --paid-at")
    ] = "",
    paid_at: Annotated[
        str, typer.Option("--paid-at", help="where that merchant is paid: its owner says so, not the gateway")
    ] = "",
    api_key_file: Annotated[
        Path | None, typer.Option("--api-key-file", help="file (mode 600) of its API key; or PSWALLET_API_KEY")
    ] = None,
    large: Annotated[bool, typer.Option("--large", help="larger buttons")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="an invented shop and customer on a sandbox")] = False,
) -> None:
    """Be a shop's till: ring up, show the code, be paid, give back, close the day."""
    from pswallet.kit.languages import language_named, language_of_terminal
    from pswallet.local.lock import FolderTaken
    from pswallet.till.screen import Till
    from pswallet.till.words import Tongue

    said = {"gateway_url": gateway, "wallet": folder}
    settings = Settings.model_validate({name: value for name, value in said.items() if value})
    tongue = Tongue(language_named(lang) if lang else language_of_terminal())
    token = _api_key(api_key_file, settings)
    employer = _employer(merchant, paid_at, token)
    try:
        contracts = _contracts(deployment)
        opened = _rehearsed if demo else partial(_own, token=token)
        with opened(settings, tongue) as staff, _counter(staff, contracts, rpc, till, employer) as counter:
            screen = Till(counter, tongue, till=till, cashier=cashier, customer=staff[2])
            screen.set_class(large, "large")
            counter.line.tell = screen.hear
            if counter.node:
                counter.node.tell = screen.hear
            screen.run()
    except FolderTaken as taken:
        fail(str(taken))


Staff = tuple["Client", Path, Callable[["Ticket"], None] | None]
"""The shop's client, the folder of its journals, and a customer who pays: an invented one, or None."""


@contextmanager
def _counter(
    staff: Staff, contracts: "Deployment", rpc: str, till: str, employer: "Employer | None"
) -> Iterator["Counter"]:
    """Put a till on."""
    from pswallet.chain.signing import checkout_domain, token_domain
    from pswallet.client import Chain
    from pswallet.till.counter import Counter
    from pswallet.till.journal import Journal
    from pswallet.till.line import Line, Node

    client, folder, _ = staff
    client.knows = Chain(
        chain_id=contracts.chain_id,
        stablecoin=contracts.stablecoin,
        escrow=contracts.escrow,
        checkout=contracts.checkout,
        voucher=contracts.voucher,
        block_time=0,
    )
    journal = Journal(folder / f"till-{till}" / "journal.jsonl")
    node = Node(rpc, token_domain(contracts), checkout_domain(contracts), _unheard) if rpc else None
    counter = Counter(Line(client, _unheard), journal, node, employer)
    try:
        yield counter
    finally:
        counter.put_out()


@contextmanager
def _own(settings: Settings, tongue: "Tongue", *, token: str | None) -> Iterator[Staff]:
    """Take the key of the shop or its cashier, unless an API key stands for one, and the journals from its folder."""
    import httpx

    from pswallet.client import Client

    folder = settings.wallet.expanduser()
    key = None if token else _key(folder, settings, tongue)
    http = httpx.Client(base_url=settings.gateway_url.rstrip("/"), timeout=_TIMEOUT_S)
    yield Client(str(http.base_url), key, http=http, language=tongue.language, api_key=token), folder, None


def _key(folder: Path, settings: Settings, tongue: "Tongue") -> "Key":
    from pswallet.client import Key, KeystoreUnreadable

    password = settings.wallet_password
    asked = tongue.say("Password of the key")
    typed = password.get_secret_value() if password else typer.prompt(asked, hide_input=True)
    try:
        return Key.load(folder / "key.json", typed)
    except KeystoreUnreadable as unreadable:
        fail(str(unreadable))


def _api_key(file: Path | None, settings: Settings) -> str | None:
    """Return the API key of a file, or of the environment; never one that every process of the machine could read."""
    from pswallet.client import KeystoreUnreadable, read_private

    if file is None:
        return settings.api_key.get_secret_value() if settings.api_key else None
    try:
        return read_private(file).strip()
    except KeystoreUnreadable as unreadable:
        fail(str(unreadable))


def _employer(merchant: str, paid_at: str, token: str | None) -> "Employer | None":
    from pswallet.chain.hashing import address_bytes, checksum
    from pswallet.till.tickets import Employer

    if bool(merchant) is not bool(paid_at) or (token and not merchant):
        fail("a till without the shop's key is told --merchant mer_… and --paid-at 0x…", status=2)
    if not merchant:
        return None
    try:
        return Employer(merchant, checksum(address_bytes(paid_at)))
    except ValueError as wrong:
        fail(f"--paid-at: {wrong}", status=2)


@contextmanager
def _rehearsed(settings: Settings, tongue: "Tongue") -> Iterator[Staff]:
    """Invent a shop and a customer; the journal goes with them."""
    import httpx
    from rich.console import Console

    from pswallet.client import Refused
    from pswallet.till.rehearsal import Rehearsal

    rehearsal = Rehearsal(settings.gateway_url.rstrip("/"), tongue.language)
    try:
        with Console().status(tongue.say("An invented shop opens at the sandbox …")):
            rehearsal.begin()
    except (Refused, TimeoutError, httpx.TransportError) as failure:
        fail(f"{settings.gateway_url}: {failure}")
    with TemporaryDirectory() as folder:
        yield rehearsal.shop, Path(folder), rehearsal.pay
    rehearsal.close()


def _contracts(deployment: Path | None) -> "Deployment":
    """Return the contracts that the shop trusts: which token is money is never the gateway's word."""
    from pswallet.chain.deploy import Deployment, DeploymentMismatch
    from pswallet.local.places import DeploymentUnknown, deployment_file

    try:
        return Deployment.load(deployment or deployment_file(Settings()))
    except (DeploymentUnknown, DeploymentMismatch) as failure:
        fail(str(failure), status=2)
    except (OSError, ValueError, TypeError) as failure:
        fail(f"name the contracts' addresses by --deployment: {failure}", status=2)


def _unheard(_: "News") -> None:
    """Nobody listens before the screen stands."""
