"""`pswallet points`: anybody checks a proof of points, offline but for the root; operators fill the catalogue."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pswallet.operator import fail
from pswallet.settings import Settings

if TYPE_CHECKING:
    from pswallet.kit.db import Sessions
    from pswallet.points.rules import Proof

app = typer.Typer(help="Points: proofs of being counted, and what they are given for.", no_args_is_help=True)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="the answer of GET /v1/points/proof")],
    root: Annotated[str, typer.Option("--root", help="the day's root, from wherever you trust")] = "",
    rpc: Annotated[str, typer.Option("--rpc", help="or: JSON-RPC of a node that you trust, to read the root")] = "",
    anchor: Annotated[
        str, typer.Option("--anchor", help="with --rpc: the contract; else as the deployment file says")
    ] = "",
    account: Annotated[str, typer.Option("--account", help="your address; refuse a proof of anybody else's")] = "",
) -> None:
    """Check that a day's root counts the points of a proof: exit 1 if it does not, 2 if that cannot be known."""
    from pswallet.points.rules import ProofInvalid, check, read_proof

    if bool(root) is bool(rpc) or (anchor and not rpc):
        fail("name the root by --root HASH, or where it is kept by --rpc URL [--anchor ADDRESS]", status=2)
    try:
        proof = read_proof(json.loads(file.read_text()))
        if account and account.lower() != proof.account.lower():
            raise ProofInvalid(f"it is about {proof.account}")
        published = root or _anchored(proof, rpc, anchor or _anchor())
        total = check(proof, published)
    except OSError as failure:
        fail(f"{file}: {failure.strerror}", status=2)
    except ValueError as broken:  # no JSON, or no proof
        fail(f"NOT COUNTED: {broken if isinstance(broken, ProofInvalid) else 'the file is no JSON'}")
    typer.echo(
        f"OK: {proof.account} had {proof.points:,} of {total:,} points at the end of {proof.day}; root {published}"
    )


def _anchor() -> str:
    """Return the contract that the deployment file names."""
    from pswallet.local.places import DeploymentUnknown, deployment_file

    try:
        # Not by the Deployment: this check needs one address, whatever else its version knows.
        return str(json.loads(deployment_file(Settings()).read_text())["anchor"])
    except (DeploymentUnknown, OSError, ValueError, KeyError):
        fail("name the contract that keeps the roots by --anchor", status=2)


def _anchored(proof: "Proof", rpc: str, anchor: str) -> str:
    """Read a day's root from the contract: `rootOf(subject, day)`."""
    from pswallet.chain.hashing import keccak, selector
    from pswallet.chain.rpc import Rpc, RpcError, RpcUnavailable
    from pswallet.points.rules.proofs import day_number

    data = selector("rootOf(bytes32,uint32)") + keccak(b"points") + day_number(proof.day).to_bytes(32)
    try:
        with Rpc(rpc) as node:
            found = str(node.call("eth_call", [{"to": anchor, "data": "0x" + data.hex()}, "latest"]))
    except (RpcUnavailable, RpcError, OSError) as failure:
        fail(f"the node does not say: {failure}", status=2)
    if len(found) != 66 or int(found, 16) == 0:
        fail(f"{anchor} keeps no root of points for {proof.day}", status=2)
    return found


@app.command()
def books() -> None:
    """Print everybody's points by where they are, as of the last block read: they sum to zero."""
    from pswallet.chain.outbox import last_block
    from pswallet.kit.db import transaction
    from pswallet.points import service

    with _database() as sessions, transaction(sessions) as session:
        block = last_block(session)
        found = service.totals(session, at=block.time) if block else {}
    for book, points in found.items():
        typer.echo(f"{book:12} {points:>15,}")
    typer.echo(f"{'sum':12} {sum(found.values()):>15,}")


@app.command("add-reward")
def add_reward(
    title: Annotated[str, typer.Argument(help="what people read")],
    points: Annotated[int, typer.Option("--points", min=1, help="what one costs")],
    stock: Annotated[int, typer.Option("--stock", min=1, help="how many there are")],
    by: Annotated[str, typer.Option("--by", help="who you are", default_factory=getpass.getuser)],
    reason: Annotated[str, typer.Option("--reason", help="why, for the trail")],
    level: Annotated[int, typer.Option("--level", min=0, max=3, help="from which tier on")] = 0,
) -> None:
    """Put a reward into the gateway's catalogue; the trail tells who did, and why."""
    from pswallet.kit import clock, trail
    from pswallet.kit.db import transaction
    from pswallet.points import service

    with _database() as sessions, transaction(sessions) as session:
        trail.append(session, trail.Act(by, "add-reward", reason), now=clock.now())
        reward = service.offer_reward(session, title=title, points=points, stock=stock, level=level)
    typer.echo(f"{reward.id}: {reward.title}, {reward.points} points, {reward.stock} of them")


@contextmanager
def _database() -> Iterator["Sessions"]:
    """Sessions of the database that the settings name; what is wrong with it, or with what is asked, in one line."""
    from sqlalchemy.exc import SQLAlchemyError

    from pswallet.kit.db import engine_for, sessions_of

    url = Settings().database_url
    if not url:
        fail("set PSWALLET_DATABASE_URL to the gateway's database", status=2)
    engine = engine_for(url)
    try:
        yield sessions_of(engine)
    except (SQLAlchemyError, ValueError) as failure:
        fail(str(failure).splitlines()[0])
    finally:
        engine.dispose()
