"""`ape run roles`: who holds which role on the deployed token, read from the chain."""

from pathlib import Path
from typing import Any

import click
from ape.cli import ConnectedProviderCommand

from pswallet.chain.abi import artifact
from pswallet.chain.deploy import ADMIN_ROLE, ROLES, Deployment
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import address_of


@click.command(cls=ConnectedProviderCommand)
@click.option("--key-file", type=Path, required=True, help="keys whose roles are asked for, mode 600")
@click.option("--deployment", type=Path, default=Path("var/deployment.json"), help="the file of addresses")
def cli(provider: Any, key_file: Path, deployment: Path) -> None:
    """Print each role, its holder, and the delay of its acts in hours."""
    keys, found = Keys.load(key_file), Deployment.load(deployment)
    numbers = {"admin": ADMIN_ROLE} | {name: role for name, (role, _) in ROLES.items()}
    with Rpc(provider.http_uri) as rpc:
        for name, role in numbers.items():
            key = getattr(keys, name)
            if key is None:
                continue
            data = "0x" + artifact("AccessManager").call("getAccess", role, address_of(key)).hex()
            answer = rpc.call("eth_call", [{"to": found.access_manager, "data": data}, "latest"])
            since, delay_s = int(answer[2:66], 16), int(answer[66:130], 16)
            held = f"since {since}, delay {delay_s // 3600} h" if since else "not held"
            click.echo(f"{role} {name.upper():10} {address_of(key)} {held}")
