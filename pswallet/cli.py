"""The composition root and the `pswallet` command: reads the settings once and wires the parts.

Each command imports its own parts when it runs: a process that loads the others' too starts seconds later.
"""

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pswallet import cashier, keeper, officer, operator, scanner, tally
from pswallet.lottery.commands import app as voucher
from pswallet.replay.commands import app as replay
from pswallet.settings import Settings
from pswallet.till.commands import pos
from pswallet.wallet.commands import app as wallet

if TYPE_CHECKING:
    from pswallet.kit.db import Sessions
    from pswallet.local.stack import Stack

app = typer.Typer(help="pswallet 坪山数字钱包: a sandbox city wallet.", no_args_is_help=True, add_completion=False)
app.add_typer(operator.app, name="operator")
officer.join(app)
keeper.join(app)
app.add_typer(scanner.app, name="code")
app.add_typer(tally.app, name="points")
app.add_typer(voucher, name="voucher")
app.add_typer(replay, name="replay")
app.add_typer(wallet, name="wallet")
app.add_typer(cashier.app, name="receipt")
app.command()(pos)
console = Console()


# --- the whole machine ------------------------------------------------------


@app.command()
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="end when the story has ended")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="go on from the last state instead of a fresh one")] = False,
) -> None:
    """Start everything, play the story on a fresh chain, audit it, and keep running until Ctrl-C."""
    from pswallet.local import addresses

    with _running("demo", fresh=not keep) as stack:
        good = _play(stack)
        if leave:
            console.print("The machine ends. `make demo` keeps one running, with KEEP=1 on what this one left.")
        else:
            addresses.show(stack, console)
            _watch(stack)
    raise typer.Exit(0 if good else 1)


@app.command()
def up() -> None:
    """Start everything and keep running until Ctrl-C; the state survives a restart."""
    from pswallet.local import addresses

    with _running("up") as stack:
        addresses.show(stack, console)
        _watch(stack)


class _Stopped(KeyboardInterrupt):
    """SIGTERM, or SIGHUP when the terminal is closed: ends us as Ctrl-C does, so that no process is left behind."""


def _stop_on_signals() -> None:
    kinds = [kind for kind in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(kind) != signal.SIG_IGN]  # nohup

    def stop(_: int, __: FrameType | None) -> None:
        for kind in kinds:
            signal.signal(kind, signal.SIG_IGN)  # the shell hangs up once more: do not stop stopping
        raise _Stopped

    for kind in kinds:
        signal.signal(kind, stop)


@contextmanager
def _running(name: str, *, fresh: bool = False) -> Iterator["Stack"]:
    """Run the machine whose state is in the folder `name`, which is emptied first if it shall be `fresh`."""
    from pswallet.local import lock
    from pswallet.local.stack import Stack

    settings = Settings()
    stack = Stack(settings, settings.state / name)
    try:
        held = lock.take(stack.folder)  # before anything else: what is in the folder may be in use
    except (lock.FolderTaken, OSError) as failure:
        console.print(f"[red]{failure}[/red]", soft_wrap=True)
        raise typer.Exit(1) from failure
    try:
        if fresh:
            shutil.rmtree(stack.folder, ignore_errors=True)
        with _started(stack):
            yield stack
    finally:
        held.release()


@contextmanager
def _started(stack: "Stack") -> Iterator[None]:
    from subprocess import SubprocessError

    from sqlalchemy.exc import SQLAlchemyError

    from pswallet import tables
    from pswallet.chain.funding import SendersUnfunded

    _stop_on_signals()
    try:
        with console.status("starting …") as status:
            stack.start(migrate=tables.migrate, tell=lambda part: status.update(f"starting {part} …"))
        yield
    except (OSError, RuntimeError, SubprocessError, SQLAlchemyError) as failure:
        # A port, a process, PostgreSQL or the chain: what a machine can lack, in one line (and the logs for the rest).
        text = f"{type(failure).__name__}: {failure}\n(logs: {stack.folder / 'logs'})"
        if isinstance(failure, SendersUnfunded):
            text += "\n(a fresh demo makes other keys: once these have money, KEEP=1 keeps them)"
        console.print(text, style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from failure
    except KeyboardInterrupt:
        with suppress(OSError):  # the terminal may be gone
            console.print("\nstopping …")
        raise typer.Exit(0) from None
    finally:
        stack.stop()


def _play(stack: "Stack") -> bool:
    from pswallet.client import Refused
    from pswallet.demo import story
    from pswallet.demo.cast import World
    from pswallet.demo.stage import Stage, StoryBroke
    from pswallet.demo.wallet import Wallet

    world = World(
        stage=Stage(console),
        url=stack.url,
        public_url=stack.public_url,
        rpc_url=stack.rpc_url,
        database_url=stack.database_url,
        deployment_file=stack.deployment_file,
        keys_file=stack.keys_file,
        operator_keys_file=stack.operator_keys_file,
        folder=stack.folder,
        wallet=Wallet.at(stack.folder / "people-keys.json"),
    )
    try:
        story.play(world)
        return story.verdict(world, console)
    except (StoryBroke, Refused) as broke:
        console.print(f"[red]✗ {broke}[/red] (logs: {stack.folder / 'logs'})")
        return False


def _watch(stack: "Stack") -> None:
    console.print("Ctrl-C ends it.")
    pulse = threading.Event()
    while not pulse.wait(1.0):
        for name in stack.restart_fallen():
            console.print(f"{name} had ended; started again (its log: {stack.folder / 'logs' / name}.log)")


# --- one process each -------------------------------------------------------


@app.command()
def api() -> None:
    """Serve the gateway's HTTP edge."""
    import uvicorn

    from pswallet.api.app import create_app
    from pswallet.api.serving import Connection
    from pswallet.chain.dealer import Dealer
    from pswallet.chain.deploy import Deployment
    from pswallet.chain.keys import Keys, open_vault
    from pswallet.chain.rpc import Rpc
    from pswallet.chain.signing import checkout_domain, escrow_domain
    from pswallet.chain.sponsor import Sponsor
    from pswallet.kit import tracing
    from pswallet.vendors.identity import SandboxIdentity
    from pswallet.vendors.register import SandboxRegister
    from pswallet.vendors.sms import SandboxSms

    settings = _settings()
    if settings.mode != "sandbox":
        # The sandbox's vendors believe every well-formed identity: they must never stand before real money.
        console.print(
            "[red]production mode has no SMS, identity and bank vendors in this version[/red]; unset PSWALLET_MODE"
        )
        raise typer.Exit(2)
    keys = Keys.load(settings.keys_file)
    deployment = Deployment.load(settings.deployment_file)
    sessions = _sessions(settings)
    vault = open_vault(settings.keys_file)
    tracing.configure("api", settings.otlp_endpoint)
    application = create_app(
        settings,
        sessions,
        deployment=deployment,
        vault=vault,
        dealer=Dealer(keys.dealer, keys.dealer_seed, escrow_domain(deployment)),
        rpc=Rpc(settings.rpc_url),
        sms=SandboxSms(sessions, vault),
        identity=SandboxIdentity(),
        register=SandboxRegister(),
        retention_key=keys.retention_public,
        sponsor=Sponsor(keys.sponsor, checkout_domain(deployment)),
    )
    uvicorn.run(
        application, host=settings.api_host, port=settings.api_port, log_config=None, access_log=False,
        timeout_keep_alive=75, timeout_graceful_shutdown=2, backlog=2048, loop="uvloop", http=Connection,
    )  # fmt: skip


@app.command()
def relayer() -> None:
    """Sign, store and send the waiting calls."""
    from pswallet.chain.dealer import Dealer
    from pswallet.chain.deploy import Deployment, DeploymentMismatch
    from pswallet.chain.keys import Keys
    from pswallet.chain.relayer import Relayer
    from pswallet.chain.rpc import Rpc
    from pswallet.chain.signing import escrow_domain
    from pswallet.kit import figures, tracing
    from pswallet.kit.db import loop_engine_for, sessions_of
    from pswallet.redpackets import service as redpackets

    settings = _settings()
    keys = Keys.load(settings.keys_file)
    deployment = Deployment.load(settings.deployment_file)
    dealer = Dealer(keys.dealer, keys.dealer_seed, escrow_domain(deployment))
    sessions = sessions_of(loop_engine_for(settings.database_url))
    carrier = Relayer(Rpc(settings.rpc_url), sessions, keys, deployment, redpackets.terms_of, dealer)
    tracing.configure("relayer", settings.otlp_endpoint)
    figures.serve(carrier.figures.registry, host=settings.metrics_host, port=settings.metrics_port)
    try:
        carrier.run(_until_stopped())
    except DeploymentMismatch as mismatch:
        console.print(f"[red]{mismatch}[/red]; is PSWALLET_RPC_URL the right chain?")
        raise typer.Exit(1) from mismatch


@app.command()
def indexer(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="empty every fact table and replay the logs")] = False,
) -> None:
    """Read blocks and write facts."""
    from pswallet import subscriptions
    from pswallet.chain.deploy import Deployment
    from pswallet.chain.indexer import Indexer
    from pswallet.chain.rpc import Rpc
    from pswallet.kit import figures, tracing
    from pswallet.kit.db import replaying_engine_for, sessions_of

    settings = _settings()
    reader = Indexer(
        Rpc(settings.rpc_url),
        sessions_of(replaying_engine_for(settings.database_url)),
        Deployment.load(settings.deployment_file),
        subscriptions.PROJECTIONS,
        confirmations=settings.confirmations,
    )
    if rebuild:
        reader.rebuild()
        return
    tracing.configure("indexer", settings.otlp_endpoint)
    figures.serve(reader.figures.registry, host=settings.metrics_host, port=settings.metrics_port)
    reader.run(_until_stopped())


@app.command()
def worker() -> None:
    """Do the timed jobs: expiry refunds, reminders, reserve attestations, each day's root of points."""
    """Do the timed jobs: expiry refunds, reminders, reserve attestations, webhooks."""
    from pswallet import schedule
    from pswallet.chain.keys import open_vault

    settings = _settings()
    schedule.run(_sessions(settings), settings, _until_stopped(), open_vault(settings.keys_file))


@app.command()
def deploy(
    keys_file: Annotated[Path, typer.Option("--key-file", help="the operators' keys, mode 600")],
) -> None:
    """Put the contracts on the chain, or check that they are there; idempotent."""
    from pswallet.chain import deploy as contracts
    from pswallet.chain.funding import SendersUnfunded
    from pswallet.chain.keys import Keys
    from pswallet.chain.rpc import RpcError, RpcUnavailable

    settings = _settings("rpc_url")
    lacking = (OSError, ValueError, TypeError, RpcUnavailable, RpcError, SendersUnfunded)
    broken = (*lacking, contracts.DeploymentMismatch, contracts.DeploymentFailed)
    try:
        found = contracts.deploy(settings.rpc_url, Keys.load(keys_file), settings.deployment_file)
    except broken as failure:
        console.print(str(failure), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from failure
    for name, address in found.code().items():
        console.print(f"{name:16} {address}")


# --- anybody ----------------------------------------------------------------


@app.command("audit")
def audit_command(
    rpc: Annotated[str, typer.Option("--rpc", help="JSON-RPC of any node that you trust more than the gateway")],
    deployment: Annotated[Path | None, typer.Option("--deployment", help="the contracts' addresses")] = None,
    database: Annotated[str, typer.Option("--database", help="hold the gateway's rows against the chain too")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> None:
    """Recompute money, packets, orders, vouchers from the chain alone; exit 1 if anything differs, 2 if it cannot."""
    from pswallet import audit
    from pswallet.audit.bar import progress_bar
    from pswallet.chain.deploy import Deployment

    place = deployment or _deployment_file()
    try:
        contracts = Deployment.load(place)
    except (OSError, ValueError, TypeError) as failure:
        typer.echo(f"could not audit: name the contracts' addresses by --deployment: {place}: {failure}", err=True)
        raise typer.Exit(2) from failure
    try:
        with progress_bar(console, quiet=as_json) as advance:
            report = audit.run(rpc, contracts, database_url=database or None, progress=advance)
    except audit.CannotAudit as failure:
        typer.echo(f"could not audit: {failure}", err=True)
        raise typer.Exit(2) from failure
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        console.print(report.table())
    raise typer.Exit(0 if report.ok else 1)


def _deployment_file() -> Path:
    from pswallet.local.places import DeploymentUnknown, deployment_file

    try:
        return deployment_file(Settings())
    except DeploymentUnknown as unknown:
        console.print(str(unknown), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from unknown


def _settings(*needed: str) -> Settings:
    """Return the settings of a process that needs those named; the database's and the chain's if none is."""
    from pswallet.api import logs
    from pswallet.chain import hashing

    settings = Settings()
    logs.configure(settings.log_level)
    hashing.require_native()
    missing = [name for name in needed or ("database_url", "rpc_url") if not getattr(settings, name)]
    if missing:
        named = ", ".join(f"PSWALLET_{name.upper()}" for name in missing)
        console.print(f"[red]set {named}[/red] (or run `pswallet up`, which starts everything on this machine)")
        raise typer.Exit(2)
    return settings


def _sessions(settings: Settings) -> "Sessions":
    from pswallet.kit.db import engine_for, sessions_of

    return sessions_of(engine_for(settings.database_url))


def _until_stopped() -> threading.Event:
    stop = threading.Event()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    app()
