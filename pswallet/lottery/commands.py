"""`pswallet voucher`: a campaign's shops and winners for operators, its lottery for everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from pswallet.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pswallet.vouchers.rules.lottery import Progress

app = typer.Typer(help="Campaigns: shops, winners, and the lottery that anybody recomputes.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="draw.json; applicants.txt and winners.csv lie beside it")]
RpcUrl = Annotated[str, typer.Option("--rpc", help="JSON-RPC of any node that you trust more than the gateway")]


# --- the lottery: operators prepare and draw, anybody verifies ----------------


@app.command("prepare-draw")
def prepare_draw(
    file: File,
    winners: Annotated[int, typer.Option("--winners", min=1, help="how many applicants win")],
    block: Annotated[int, typer.Option("--block", min=1, help="a block that will be there after the campaign opens")],
    count: Annotated[int, typer.Option("--count", min=1, help="vouchers of each winner")] = 1,
) -> None:
    """Commit to applicants.txt and to a fresh seed, kept in seed.secret; print the campaign's `lottery`."""
    from pswallet.chain.deploy import Deployment, DeploymentMismatch
    from pswallet.local.places import DeploymentUnknown, deployment_file
    from pswallet.lottery import files
    from pswallet.vouchers.rules.lottery import LotteryInvalid

    try:
        deployment = Deployment.load(deployment_file(Settings()))
        document = files.prepare(
            file, chain_id=deployment.chain_id, voucher=deployment.voucher, block=block, winners=winners, count=count
        )
    except (LotteryInvalid, DeploymentUnknown, DeploymentMismatch, OSError) as wrong:
        fail(str(wrong), status=2)
    Console().print(f"lottery {document.hash}", soft_wrap=True)


@app.command("draw")
def draw(
    file: File,
    openings: Annotated[Path, typer.Option("--openings", help="CSV applicant,account,blinding of every applicant")],
    rpc: RpcUrl,
) -> None:
    """Draw the winners once the block is there, and write winners.csv and draw.json to be published."""
    from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
    from pswallet.lottery import files
    from pswallet.lottery.files import Document
    from pswallet.vouchers.rules.lottery import LotteryInvalid

    try:
        number = Document.load(file).lottery.block
        with Rpc(rpc) as node:
            block = node.call("eth_getBlockByNumber", [hex(number), False])
        if block is None:
            fail(f"block {number} is not there yet", status=2)
        with _bar(file) as progress:
            done = files.carry_out(file, openings=openings, block_hash=block["hash"], progress=progress)
    except (LotteryInvalid, RpcError, RpcUnavailable, OSError) as wrong:
        fail(str(wrong), status=2)
    Console().print(f"list {done.list}", soft_wrap=True)


@app.command("verify-draw")
def verify_draw(file: File, rpc: RpcUrl) -> None:
    """Recompute the winners from the published files and compare them with the chain; exit 1 if anything differs."""
    from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
    from pswallet.lottery.files import Document
    from pswallet.lottery.verdict import judge, look
    from pswallet.vouchers.rules.lottery import LotteryInvalid

    try:
        with Rpc(rpc) as node:
            seen = look(node, Document.load(file))
    except (LotteryInvalid, RpcError, RpcUnavailable, OSError) as wrong:
        fail(f"could not verify: {wrong}", status=2)
    with _bar(file) as progress:
        checks = list(judge(file, seen, progress=progress))
    for check in checks:
        Console().print(f"{'✓' if check.good else '✗'} {check.told}", soft_wrap=True, markup=False, highlight=False)
    raise typer.Exit(0 if all(check.good for check in checks) else 1)


@contextmanager
def _bar(file: Path) -> "Iterator[Progress]":
    from pswallet.lottery import files

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("ranking applicants", total=files.count_applicants(file))
        yield lambda more: bar.update(task, advance=more)


# --- what operators load ------------------------------------------------------


@app.command("shops")
def shops(file: Annotated[Path, typer.Argument(help="CSV merchant,category with that first line")]) -> None:
    """Load a list of shops; print its root, which a campaign's terms have as `merchants`."""
    from pswallet.vouchers import service

    listed = _pairs(file, "merchant,category")
    with _session() as session:
        root = service.keep_shops(session, listed)
    Console().print(f"merchants {root}", soft_wrap=True)


@app.command("list")
def list_winners(
    campaign: Annotated[str, typer.Argument(help="the campaign's id, 0x…")],
    file: Annotated[Path, typer.Argument(help="draw.json, or CSV account,count with that first line")],
    reason: Annotated[str, typer.Option("--reason", help="why, for the trail")],
) -> None:
    """Sign a list of winners with the issuer's key, and leave it to be carried to the chain."""
    from pswallet.chain.deploy import Deployment, DeploymentMismatch
    from pswallet.chain.keys import Keys
    from pswallet.chain.signing import address_of, voucher_domain
    from pswallet.local.places import DeploymentUnknown, deployment_file
    from pswallet.privacy.officers import journal
    from pswallet.vouchers import service

    settings = Settings()
    winners = _drawn(file) if file.suffix == ".json" else _pairs(file, "account,count")
    try:
        key = Keys.load(settings.keys_file).sponsor
        voucher = voucher_domain(Deployment.load(deployment_file(settings)))
    except (DeploymentUnknown, DeploymentMismatch, OSError, ValueError, TypeError) as wrong:
        fail(str(wrong), status=2)
    with _session() as session:
        journal(settings.database_url, by=address_of(key), act="list-winners", reason=reason, person=None)
        root = service.list_winners(session, campaign.lower(), winners, voucher=voucher, issuer_key=key)
    Console().print(f"list {root}", soft_wrap=True)


def _drawn(file: Path) -> list[tuple[str, int]]:
    from pswallet.chain.hashing import address_bytes, checksum
    from pswallet.lottery import files
    from pswallet.vouchers.rules.lottery import LotteryInvalid

    try:
        document = files.Document.load(file)
        openings = files.published_winners(file)
        if files.list_of(document, list(openings), openings) != document.list:
            raise LotteryInvalid(f"winners.csv beside {file} is not the list that was drawn")
    except (LotteryInvalid, OSError) as wrong:
        fail(str(wrong), status=2)
    accounts = [checksum(address_bytes(opening.account)) for opening in openings.values()]
    return [(account, document.lottery.count) for account in accounts]


def _pairs(file: Path, head: str) -> list[tuple[str, int]]:
    from pswallet.chain.hashing import address_bytes, checksum

    try:
        first, *lines = file.read_text().splitlines()
        if first.strip() != head:
            raise ValueError(f"the first line is not {head}")
        rows = [line.split(",") for line in lines]
        return [(checksum(address_bytes(account)), int(number)) for account, number in rows]
    except (OSError, ValueError) as wrong:
        fail(f"{file}: {wrong}", status=2)


@contextmanager
def _session() -> "Iterator[Session]":
    from pswallet.kit.db import engine_for, sessions_of, transaction
    from pswallet.kit.problems import Problem

    url = Settings().database_url
    if not url:
        fail("set PSWALLET_DATABASE_URL", status=2)
    engine = engine_for(url)
    try:
        with transaction(sessions_of(engine)) as session:
            yield session
    except Problem as problem:
        fail(str(problem))
    finally:
        engine.dispose()


def fail(text: str, *, status: int = 1) -> NoReturn:
    """End with one line that says why."""
    Console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)
