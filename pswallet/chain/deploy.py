"""Put the contracts on a chain: the same transactions in the same order, so that a half-done deployment goes on
where it stopped, and a finished one is only checked."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from pswallet.chain.abi import artifact
from pswallet.chain.funding import DEPLOYMENT_GAS, fund, require_funds
from pswallet.chain.hashing import checksum, selector
from pswallet.chain.keys import OPERATORS, Keys
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Draft, Fee, created_address, sign_transaction

ROLE_DELAY_S = 48 * 3600
"""What ADMIN and UPGRADER do is announced this long before it happens."""

ROLES: dict[str, tuple[int, tuple[str, ...]]] = {
    "minter": (1, ("mintMany((address,uint64,bytes32)[])",)),
    "compliance": (
        2,
        (
            "setTiers((address,uint8)[])",
            "replaceAccount(address,address)",
            "freeze(address[])",
            "unfreeze(address[])",
        ),
    ),
    "attestor": (3, ()),
    "pauser": (4, ("pause()",)),
    "unpauser": (5, ("unpause()",)),
    "reserve": (6, ("attestReserve(uint64)",)),
    "upgrader": (7, ("upgradeToAndCall(address,bytes)",)),
    "anchorer": (8, ("anchor(bytes32,uint32,bytes32,uint64)",)),
}
"""contracts/Roles.sol: each role's number and what it opens, of the token or the anchor; a test holds them together."""

ADMIN_ROLE = 0

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.2
"""Between two looks for a receipt: a local chain mines within milliseconds, another in seconds; no node tells when."""
_STEP_GAS = 8_000_000

TIERS: tuple[tuple[int, int, int, int, bool], ...] = (
    (100_000, 50_000, 100_000, 100_000, True),
    (1_000_000, 200_000, 500_000, 5_000_000, False),
    (10_000_000, 2_000_000, 5_000_000, 10_000_000, False),
    (50_000_000, 5_000_000, 10_000_000, 20_000_000, False),
    (500_000_000, 50_000_000, 200_000_000, 20_000_000_000, False),
    (10_000_000_000, 100_000_000, 1_000_000_000, 100_000_000_000, False),
)
"""Chain tiers 1 to 6 (T0 to T3, merchant, sponsor) [fen]: balance, payment, day, year, whether the year is a life."""

_IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
"""ERC-1967."""


class DeploymentMismatch(RuntimeError):
    """The chain is not the one of the deployment file, or its code is not ours."""


class DeploymentFailed(RuntimeError):
    """A transaction of the deployment could not be made; the message says which and why."""


@dataclass(frozen=True)
class Deployment:
    """Where the contracts are. `block` is the first block that can hold a log of theirs."""

    chain_id: int
    block: int
    stablecoin: str
    stablecoin_implementation: str
    escrow: str
    batch: str
    checkout: str
    voucher: str
    anchor: str
    access_manager: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `save` wrote. Raises ValueError for any other, that of another version too."""
        found = json.loads(path.read_text())
        if not isinstance(found, dict) or found.keys() != cls.__dataclass_fields__.keys():
            raise ValueError(f"{path} names other contracts than this version's: deploy anew")
        return cls(**found)

    def save(self, path: Path) -> None:
        """Write the file that all processes read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(path)  # nobody ever reads half a file

    def code(self) -> dict[str, str]:
        """Return the address of each contract by the name of its artifact."""
        return {
            "AccessManager": self.access_manager,
            "Stablecoin": self.stablecoin_implementation,
            "ERC1967Proxy": self.stablecoin,
            "RedPacketEscrow": self.escrow,
            "Batch": self.batch,
            "MerchantCheckout": self.checkout,
            "CityVoucher": self.voucher,
            "Anchor": self.anchor,
        }

    def system(self) -> tuple[str, ...]:
        """Return the contracts that hold money for others: the token's SYSTEM accounts, no others."""
        return self.escrow, self.checkout, self.voucher


def deploy(rpc_url: str, keys: Keys, path: Path) -> Deployment:
    """Bring the contracts onto the chain at `rpc_url`, or check that they are there; write their addresses to `path`.

    On a development node it gives every sender ether first. Raises DeploymentMismatch when the file belongs to another
    chain or the code differs, SendersUnfunded before anything is sent, DeploymentFailed when a transaction fails,
    ValueError without the operators' keys.
    """
    with Rpc(rpc_url) as rpc:
        known = Deployment.load(path) if path.exists() else None
        chain_id = int(rpc.call("eth_chainId"), 16)
        if known is not None and known.chain_id != chain_id:
            raise DeploymentMismatch(f"{path} belongs to chain {known.chain_id}, this is chain {chain_id}")
        fund(rpc, keys)
        if known is None or not is_complete(rpc, known, keys):
            found = _carry_out(rpc, chain_id, keys, known)
            if known is not None and known.code() != found.code():
                raise DeploymentMismatch(f"the chain does not hold the contracts of {path}")
            known = known or found
        check(rpc, known)
        known.save(path)
        return known


def is_complete(rpc: Rpc, deployment: Deployment, keys: Keys) -> bool:
    """Whether the last step of the deployment is on the chain: ADMIN has its delay.

    Without the admin's key nothing could be added anyway: then the code alone decides, in `check`.
    """
    codes = rpc.batch([("eth_getCode", [address, "latest"]) for address in deployment.code().values()])
    if any(code == "0x" for code in codes):
        return False
    if keys.admin is None:
        return True
    question = artifact("AccessManager").call("getAccess", ADMIN_ROLE, address_of(keys.admin))
    access = rpc.call("eth_call", [{"to": deployment.access_manager, "data": "0x" + question.hex()}, "latest"])
    since, current_delay = int(access[2:66], 16), int(access[66:130], 16)
    return since > 0 and current_delay == ROLE_DELAY_S


def check(rpc: Rpc, deployment: Deployment) -> None:
    """Compare the code on the chain with what this package was built with. Raises DeploymentMismatch, RpcError."""
    places = deployment.code()
    codes = rpc.batch([("eth_getCode", [address, "latest"]) for address in places.values()])
    for (name, address), code in zip(places.items(), codes, strict=True):
        if isinstance(code, RpcError):
            raise code
        if not artifact(name).runs(bytes.fromhex(code[2:])):
            raise DeploymentMismatch(f"the code at {address} is not our {name}")
    slot = rpc.call("eth_getStorageAt", [deployment.stablecoin, _IMPLEMENTATION_SLOT, "latest"])
    if checksum(bytes.fromhex(slot[2:])[12:]) != deployment.stablecoin_implementation:
        raise DeploymentMismatch(f"the proxy at {deployment.stablecoin} runs another implementation")


def _carry_out(rpc: Rpc, chain_id: int, keys: Keys, known: Deployment | None) -> Deployment:
    """Send the steps that the chain does not have yet."""
    lacking = [name for name in OPERATORS if getattr(keys, name) is None]
    if keys.admin is None or lacking:
        raise ValueError(f"a deployment needs the operators' key file; this one lacks {', '.join(lacking)}")
    sender = address_of(keys.admin)
    sent = int(rpc.call("eth_getTransactionCount", [sender, "latest"]), 16)
    head = int(rpc.call("eth_blockNumber"), 16)
    first = 0 if sent == 0 or _starts_at(rpc, created_address(sender, 0)) else sent
    block = known.block if known else (head + 1 if first == sent else 0)
    deployment = _planned(chain_id, sender, first, block)
    fee = current_fee(rpc)
    require_funds(rpc, keys, fee, deployment_gas=DEPLOYMENT_GAS if first == sent else _STEP_GAS)
    for place, (to, data) in enumerate(_steps(deployment, keys, sender)):
        if first + place >= sent:
            _send(rpc, Draft(chain_id, first + place, to, data, _STEP_GAS, fee), keys.admin)
    return deployment


def _starts_at(rpc: Rpc, address: str) -> bool:
    code: str = rpc.call("eth_getCode", [address, "latest"])
    return artifact("AccessManager").runs(bytes.fromhex(code[2:]))


def _planned(chain_id: int, sender: str, first: int, block: int) -> Deployment:
    made = [created_address(sender, first + place) for place in range(7)]
    manager, implementation, proxy, escrow, batch, checkout, anchor = made
    return Deployment(
        chain_id=chain_id,
        block=block,
        stablecoin=proxy,
        stablecoin_implementation=implementation,
        escrow=escrow,
        batch=batch,
        checkout=checkout,
        voucher=created_address(checkout, 1),  # its constructor makes it: a contract's nonces begin at 1
        anchor=anchor,
        access_manager=manager,
    )


def _steps(deployment: Deployment, keys: Keys, admin: str) -> list[tuple[str | None, bytes]]:
    """Return every transaction as (to, data): seven contracts, the roles, the SYSTEM accounts, the delay."""
    limits = [(balance, payment, day, year, day, life) for balance, payment, day, year, life in TIERS]
    initialize = artifact("Stablecoin").call("initialize", deployment.access_manager, limits)
    manager, token = artifact("AccessManager"), artifact("Stablecoin")
    return [
        (None, manager.creation(admin)),
        (None, token.creation()),
        (None, artifact("ERC1967Proxy").creation(deployment.stablecoin_implementation, initialize)),
        (None, artifact("RedPacketEscrow").creation(deployment.stablecoin)),
        (None, artifact("Batch").creation()),
        (None, artifact("MerchantCheckout").creation(deployment.stablecoin)),
        (None, artifact("Anchor").creation(deployment.access_manager)),
        (deployment.access_manager, manager.call("multicall", _role_acts(deployment, keys))),
        *[(deployment.stablecoin, token.call("setSystem", contract)) for contract in deployment.system()],
        # From here on even the deployer's own acts wait for 48 hours.
        (deployment.access_manager, manager.call("grantRole", ADMIN_ROLE, admin, ROLE_DELAY_S)),
    ]


def _role_acts(deployment: Deployment, keys: Keys) -> list[bytes]:
    manager = artifact("AccessManager")
    acts = []
    for name, (role, functions) in ROLES.items():
        key: bytes = getattr(keys, name)
        delay = ROLE_DELAY_S if name == "upgrader" else 0
        acts.append(manager.call("labelRole", role, name.upper()))
        if functions:
            target = deployment.anchor if name == "anchorer" else deployment.stablecoin
            acts.append(manager.call("setTargetFunctionRole", target, [selector(each) for each in functions], role))
        acts.append(manager.call("grantRole", role, address_of(key), delay))
    return acts


def current_fee(rpc: Rpc) -> Fee:
    """Return a fee that the next blocks take: twice the base fee and a tip, or the gas price where there is none."""
    head = rpc.call("eth_getBlockByNumber", ["latest", False])
    base = head.get("baseFeePerGas")
    if base is None:
        return Fee(int(rpc.call("eth_gasPrice"), 16), None)
    tip = suggested_tip(rpc)
    return Fee(2 * int(base, 16) + tip, tip)


def suggested_tip(rpc: Rpc) -> int:
    """Return the node's suggested tip [wei]; 1 gwei where it suggests none."""
    try:
        return int(rpc.call("eth_maxPriorityFeePerGas"), 16)
    except RpcError:
        return 10**9


def _send(rpc: Rpc, draft: Draft, key: bytes) -> None:
    signed = sign_transaction(draft, key)
    rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
    receipt = wait_for_receipt(rpc, signed.hash)
    if int(receipt["status"], 16) != 1:
        raise DeploymentFailed(f"transaction {signed.hash} (nonce {draft.nonce}) of the deployment reverted")


def wait_for_receipt(
    rpc: Rpc, transaction: str, *, patience_s: float = 120.0, clock: Callable[[], float] = time.monotonic
) -> dict[str, Any]:
    """Return the receipt of `transaction` once it is mined. Raises DeploymentFailed after `patience_s` seconds."""
    deadline = clock() + patience_s
    pause_s = _SHORTEST_PAUSE_S
    while clock() < deadline:
        receipt: dict[str, Any] | None = rpc.call("eth_getTransactionReceipt", [transaction])
        if receipt is not None:
            return receipt
        time.sleep(pause_s)
        pause_s = min(1.5 * pause_s, _LONGEST_PAUSE_S)
    raise DeploymentFailed(f"transaction {transaction} was not mined within {patience_s:.0f} s")
