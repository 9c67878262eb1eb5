"""web/client: one packet made by viem, claimed by cast, read by Python, on a gateway that runs."""

import json
import subprocess
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from pswallet.chain import signing
from pswallet.chain.terms import Terms, packet_id
from pswallet.schedule import Schedule
from tests.api.money import client_of, members
from tests.parts import Chain, Pipeline, secret
from tools import schema

TERMS = "(address,uint64,uint16,uint64,uint64,bool,bytes32,address,address,bytes20,bytes32)"
DOMAIN = "localhost:8000"
PATIENCE_S = 60


def cast(*words: str) -> str:
    """What Foundry's cast prints."""
    done = subprocess.run(["cast", *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def play(script: Path, http: httpx.Client, pipeline: Pipeline) -> dict[str, Any]:
    """Run a script against the gateway while worker, relayer and indexer are at work; what it prints at its end."""
    deployment = json.dumps(asdict(pipeline.chain.deployment))
    command = ["node", str(script), str(http.base_url).rstrip("/"), deployment, DOMAIN]
    worker = Schedule(pipeline.sessions)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            worker.step()
            pipeline.relayer.step()
            pipeline.indexer.step()
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        told, errors = process.communicate()
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(told)
    return found


def claim_by_cast(chain: Chain, typed: dict[str, Any], terms: Terms, link_key: str, claimant: str) -> None:
    """Sign the claim with the link's key and carry it to the escrow: no program of ours, and past the gateway."""
    fields = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
    domain = [{"name": name, "type": solidity} for name, solidity in fields.items()]
    shown = {
        "types": {"EIP712Domain": domain, "LinkClaim": typed["types"]["LinkClaim"]},
        "primaryType": "LinkClaim",
        "domain": typed["domains"]["escrow"],
        "message": {"packet": packet_id(signing.escrow_domain(chain.deployment), terms), "claimant": claimant},
    }
    evidence = cast("wallet", "sign", "--private-key", link_key, "--data", json.dumps(shown))
    carrier = secret("a carrier with gas money")
    chain.rpc.call("hardhat_setBalance", [signing.address_of(carrier), hex(10**20)])
    values = ",".join("false" if value is False else str(value) for value in asdict(terms).values())
    cast(
        "send", "--rpc-url", chain.rpc.url, "--private-key", "0x" + carrier.hex(), chain.deployment.escrow,
        f"claim({TERMS},(address,uint256,bytes),bytes20,bytes)",
        f"({values})", f"({claimant},0,{evidence})", "0x" + "00" * 20, "0x",
    )  # fmt: skip


def balance_by_cast(chain: Chain, address: str) -> int:
    """What the token itself says that an address holds [fen]."""
    question = ["call", "--rpc-url", chain.rpc.url, chain.deployment.stablecoin, "balanceOf(address)(uint256)", address]
    return int(cast(*question).split()[0])


def test_a_packet_made_by_viem_claimed_by_cast_is_read_by_python_and_the_numbers_agree(
    built: Path, http: httpx.Client, stranger: Any, pipeline: Pipeline
) -> None:
    chain = pipeline.chain
    (reader,) = members(stranger, pipeline, "reader", fen=0)
    python = client_of(reader)
    told = play(built / "example.js", http, pipeline)
    terms, link_key = Terms(**told["terms"]), "0x" + told["link"].rpartition("#")[2]
    assert told["refusal"] == "already-claimed"

    claim_by_cast(chain, python.get("/typed-data"), terms, link_key, reader.address)
    pipeline.settle()

    packet = python.get(f"/red-packets/{told['packet']}")
    ids = {told["packet"], told["packet_id"], packet["id"], packet_id(signing.escrow_domain(chain.deployment), terms)}
    assert len(ids) == 1
    assert (packet["terms"], packet["status"]) == (told["terms"], "exhausted")
    assert (packet["claimed_shares"], packet["claimed_fen"], packet["owed_fen"]) == (2, 666, 0)
    shares = python.get(f"/red-packets/{told['packet']}/claims")["items"]
    expected = [(told["ming"]["address"], 333), (reader.address, 333)]
    assert [(share["account"], share["amount_fen"]) for share in shares] == expected
    assert (told["ping"]["balance_fen"], told["ming"]["balance_fen"], python.balance_fen()) == (98_054, 1_613, 333)
    holders = [told["ping"]["address"], told["ming"]["address"], reader.address]
    assert [balance_by_cast(chain, address) for address in holders] == [98_054, 1_613, 333]


def test_the_committed_schema_is_made_of_what_the_gateway_serves(http: httpx.Client) -> None:
    assert schema.SCHEMA.read_text() == schema.rendered(http.get("/openapi.json").json()), "stale: run `make client`"
