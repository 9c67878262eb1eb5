"""docs/portability.md: which methods are asked for, which node lacks them, and what becomes of it."""

import ast
import re
from pathlib import Path

import pytest

from pswallet.audit.node import Node
from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.tries import bloom_of, header_hash, receipts_root
from tests.parts import Chain, Person, Pipeline, secret
from tests.portability.conftest import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
METHOD = re.compile(r"(eth|net|web3|evm|anvil|hardhat|txpool|debug|trace)_[a-zA-Z]+")
UNKNOWN = {-32601, -32004}
"""JSON-RPC's "method not found", and what Hardhat says instead: "method not supported" (EIP-1474)."""

pytestmark = pytest.mark.xdist_group("portability")


def table() -> dict[str, tuple[str, str, str]]:
    """The page's rows: who asks for a method, whether Anvil answers it, whether Hardhat does."""
    page = (ROOT / "docs/portability.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (yes|no) \| (yes|no) \|", page, re.M)
    return {method: (asker.strip(), anvil, hardhat) for method, asker, anvil, hardhat in rows}


def asked(folder: str) -> set[str]:
    """Every JSON-RPC method that stands in a folder's sources as a text of its own."""
    trees = [ast.parse(file.read_text()) for file in (ROOT / folder).rglob("*.py")]
    texts = {one.value for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and METHOD.fullmatch(text)}


def answers(url: str, method: str) -> bool:
    """Whether a node knows a method; called without parameters, it may well refuse these."""
    with Rpc(url) as rpc:
        (found,) = rpc.batch([(method, [])])
    return not (isinstance(found, RpcError) and found.code in UNKNOWN)


def test_the_page_names_every_method_that_the_package_asks_for() -> None:
    assert {method for method, (asker, *_) in table().items() if asker != "our tests"} == asked("pswallet")


def test_the_page_says_which_node_answers_what(anvil: str, hardhat: str) -> None:
    found = {}
    for method, (asker, *_) in table().items():
        told = ("yes" if answers(url, method) else "no" for url in (anvil, hardhat))
        found[method] = (asker, *told)
    assert found == table()


def test_receipts_asked_for_one_by_one_are_held_to_the_header(chain: Chain) -> None:
    people = [(Person(name).address, 3) for name in ("ann", "bob")]
    mined = chain.token(chain.keys.compliance, "setTiers", people)
    node = Node(chain.rpc, [chain.deployment.stablecoin])
    header = node.header(int(mined["blockNumber"], 16))
    receipts = node.receipts(header)
    assert mined["transactionHash"] in [receipt["transactionHash"] for receipt in receipts]
    assert receipts_root(receipts, [bloom_of(receipt["logs"]) for receipt in receipts]) == header["receiptsRoot"]
    assert header_hash(header) == header["hash"]


def test_an_act_that_reverts_costs_only_the_call_at_fault_and_is_told_by_name(pipeline: Pipeline) -> None:
    """Hardhat mines a transaction that reverts and answers by the revert, as if it had refused it."""
    chain, bob, stranger = pipeline.chain, Person("bob"), Person("stranger")
    chain.register(bob)
    chain.token(chain.keys.reserve, "attestReserve", 10**15)
    pipeline.settle(patience_s=PATIENCE_S)
    before, calls = chain.balance(bob.address), []
    for to in (bob, stranger):
        entry = "0x" + secret(f"{to.name} {chain.head()}").hex()
        calls.append(Call(f"mint:{entry}", CallKind.MINT, {"to": to.address, "value": 100, "entry": entry}))
    pipeline.leave(*calls)
    pipeline.settle(patience_s=PATIENCE_S)
    refused = {key: refusal for key, (_, refusal) in pipeline.calls().items() if refusal}
    assert refused == {calls[1].key: "AccountNotRegistered"}
    assert chain.balance(bob.address) == before + 100
