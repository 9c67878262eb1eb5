"""`ape run deploy`: what `pswallet deploy` does, on the network that Ape is connected to."""

from pathlib import Path
from typing import Any

import click
from ape.cli import ConnectedProviderCommand

from pswallet.chain import deploy
from pswallet.chain.keys import Keys


@click.command(cls=ConnectedProviderCommand)
@click.option("--key-file", type=Path, required=True, help="the operators' keys, mode 600")
@click.option("--out", type=Path, default=Path("var/deployment.json"), help="the file of addresses")
def cli(provider: Any, key_file: Path, out: Path) -> None:
    """Put the contracts on the chain, or check that they are there."""
    found = deploy.deploy(provider.http_uri, Keys.load(key_file), out)
    for name, address in found.code().items():
        click.echo(f"{name:16} {address}")
