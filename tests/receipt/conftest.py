"""One real block, built once a session, with payments rightly made and every way to be wrong; and a live street."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from pswallet.chain import calldata, signing
from pswallet.chain.deploy import Deployment
from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import Domain
from pswallet.local.processes import Child
from pswallet.receipt import Receipt
from tests.parts import Chain
from tests.receipt import street
from tests.receipt.street import LI, MEI, OTHER_SHOP, Block

if TYPE_CHECKING:
    from tests.receipt.stall import Sale

settings.register_profile("forgeries", max_examples=10_000)
"""`make forgeries`."""

TOGETHER = (
    *("in a batch", "cancelled", "to oneself", "to another shop", "one fen less", "of oneself", "last in a batch"),
)
"""What the block's batch carries, in order."""


@dataclass(frozen=True)
class Fair:
    """What a session's blocks hold: receipts by what is the matter with them, each rightly proved.

    All are of `block` but two, each of which has a block of its own.
    """

    token: Domain
    block: Block
    receipts: dict[str, Receipt]
    of_their_own: dict[str, Block]

    def __getitem__(self, name: str) -> Receipt:
        return self.receipts[name]


@pytest.fixture(scope="session")
def fair(anvil_process: tuple[Child, str], deployed: Deployment, keys: Keys) -> Fair:
    """A block of four transactions, and two of one; the chain is as before when they have been read."""
    with Rpc(anvil_process[1]) as rpc:
        before = rpc.call("evm_snapshot")
        built = _built(Chain(rpc=rpc, deployment=deployed, keys=keys))
        assert rpc.call("evm_revert", [before])
    return built


def _built(chain: Chain) -> Fair:
    token = signing.token_domain(chain.deployment)
    street.settle_in(chain, MEI, LI)
    order = street.order_of
    expiry = chain.now() + 10_000
    paid = {
        "alone": street.pay(token, MEI, order("A-1", expiry=expiry)),
        "in a batch": street.pay(token, LI, order("A-2", amount=12_800, expiry=expiry)),
        "cancelled": street.pay(token, MEI, order("A-3")),
        "to oneself": street.pay(token, MEI, order("A-4"), to=MEI.address),
        "to another shop": street.pay(token, MEI, order("A-5"), to=OTHER_SHOP.address),
        "one fen less": street.pay(token, MEI, order("A-6"), value=2_879),
        "of oneself": street.pay(token, MEI, order("A-7", merchant=MEI)),
        "failed": street.pay(token, MEI, order("A-8", amount=10**9)),
        "of another contract": street.pay(token, MEI, order("A-9")),
        "last in a batch": street.pay(token, LI, order("A-10", expiry=expiry)),
    }
    calls = [
        street.cancellation(token, MEI, paid[name].order) if name == "cancelled" else paid[name].call(token)
        for name in TOGETHER
    ]
    with street.one_block(chain):
        sent = street.carry(
            chain,
            (token.verifying_contract, paid["alone"].call(token).data),
            (chain.deployment.batch, calldata.execute(calls)),
            (token.verifying_contract, paid["failed"].call(token).data),
            (None, street.impostor(token, MEI, paid["of another contract"].order)),
        )
    block = street.block_of(chain, sent[0])
    assert [receipt["transactionHash"] for receipt in block.receipts] == sent
    places = {"alone": (0, 0), "failed": (2, 0), "of another contract": (3, 0)}
    log = 0
    for name in TOGETHER:
        places[name] = (1, log)
        log += 1 if name == "cancelled" else 2
    assert len(block.receipts[1]["logs"]) == log
    receipts = {name: block.receipt(paid[name], *place) for name, place in places.items()}
    own = {name: _at_the_end(chain, token, expiry, left_s) for name, left_s in (("just in time", 1), ("late", 0))}
    return Fair(
        token, block, receipts | {name: one for name, (_, one) in own.items()}, {n: b for n, (b, _) in own.items()}
    )


def _at_the_end(chain: Chain, token: Domain, expiry: int, left_s: int) -> tuple[Block, Receipt]:
    """A payment in a block `left_s` before the order's expiry."""
    paid = street.pay(token, LI, street.order_of(f"B-{left_s}", expiry=expiry))
    chain.rpc.call("evm_setNextBlockTimestamp", [expiry - left_s])
    block = street.block_of(chain, street.pay_alone(chain, paid))
    return block, block.receipt(paid, 0, 0)


@pytest.fixture(scope="session")
def sales(anvil_process: tuple[Child, str], deployed: Deployment, keys: Keys) -> dict[str, "Sale"]:
    """Funded orders in one block; the chain is as before when they have been read."""
    from tests.receipt.stall import Stall

    with Rpc(anvil_process[1]) as rpc:
        before = rpc.call("evm_snapshot")
        found = Stall(Chain(rpc=rpc, deployment=deployed, keys=keys)).sales()
        assert rpc.call("evm_revert", [before])
    return found


@pytest.fixture(scope="session")
def stand(sales: dict[str, "Sale"]) -> Fair:
    """Their block and receipts, for the forger."""
    first = sales["helped"]
    return Fair(first.token, first.block, {name: sale.receipt for name, sale in sales.items()}, {})
