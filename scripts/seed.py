"""`ape run seed`: give addresses a tier and sandbox money with the roles' keys, for a first look at a chain."""

import hashlib
from pathlib import Path
from typing import Any

import click
from ape.cli import ConnectedProviderCommand

from pswallet.chain import calldata
from pswallet.chain.deploy import Deployment, current_fee, wait_for_receipt
from pswallet.chain.funding import fund
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Draft, sign_transaction

T2 = 3


@click.command(cls=ConnectedProviderCommand)
@click.option("--key-file", type=Path, required=True, help="keys with compliance, reserve and minter, mode 600")
@click.option("--deployment", type=Path, default=Path("var/deployment.json"), help="the file of addresses")
@click.option("--fen", type=click.IntRange(1, 10_000_000), default=100_000, help="play money for each address")
@click.argument("addresses", nargs=-1, required=True)
def cli(provider: Any, key_file: Path, deployment: Path, fen: int, addresses: tuple[str, ...]) -> None:
    """Make each address a T2 account and mint it some sandbox money, once."""
    keys, found = Keys.load(key_file), Deployment.load(deployment)
    mints = [(each, fen, "0x" + hashlib.sha256(f"seed {each}".encode()).hexdigest()) for each in addresses]
    with Rpc(provider.http_uri) as rpc:
        fund(rpc, keys)
        _act(rpc, found, keys.compliance, calldata.set_tiers([(each, T2) for each in addresses]))
        _act(rpc, found, keys.reserve, calldata.attest_reserve(2**62))
        _act(rpc, found, keys.minter, calldata.mint_many(mints))
    click.echo(f"{len(addresses)} accounts hold {fen} fen each")


def _act(rpc: Rpc, deployment: Deployment, key: bytes, data: bytes) -> None:
    nonce = int(rpc.call("eth_getTransactionCount", [address_of(key), "latest"]), 16)
    draft = Draft(deployment.chain_id, nonce, deployment.stablecoin, data, 5_000_000, current_fee(rpc))
    signed = sign_transaction(draft, key)
    rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
    if int(wait_for_receipt(rpc, signed.hash)["status"], 16) != 1:
        raise click.ClickException(f"transaction {signed.hash} reverted")
