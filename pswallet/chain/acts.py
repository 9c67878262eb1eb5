"""Acts of a role by an operator's own key: sent at once, waited for, refused by name."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pswallet.chain.abi import artifact
from pswallet.chain.deploy import Deployment, DeploymentMismatch, current_fee, wait_for_receipt
from pswallet.chain.reverts import error_name
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Draft, sign_transaction


class ActRefused(RuntimeError):
    """The contract refused the act; `name` is the error's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the contract refused: {name}")
        self.name = name


@dataclass(frozen=True)
class Act:
    """A role's function of the token and its arguments; `role` names the key in a key file."""

    role: str
    function: str
    arguments: tuple[Any, ...] = ()


def set_tier_limits(
    tier: int, *, max_balance: int, per_payment: int, per_day: int, per_year: int, lifetime: bool
) -> Act:
    """Return ADMIN's act that gives a chain tier its limits [fen]; one factor reaches as far as the day does.

    It waits 48 hours: `schedule` announces it, `carry_out` then does it.
    """
    return Act("admin", "setTierLimits", (tier, (max_balance, per_payment, per_day, per_year, per_day, lifetime)))


def read_key(path: Path, role: str) -> bytes:
    """Read the private key of `role` from a key file: JSON by role (as the sandbox writes), or 64 hex digits alone.

    Raises PermissionError when others than its owner may read the file, ValueError when it holds no key.
    """
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} is open to others: chmod 600 {path}")
    text = path.read_text().strip()
    if text.startswith("{"):
        text = str(json.loads(text).get(role, ""))
    key = bytes.fromhex(text.removeprefix("0x"))
    if len(key) != 32:
        raise ValueError(f"a key has 32 bytes, this one {len(key)}")
    return key


def carry_out(rpc: Rpc, deployment: Deployment, act: Act, key: bytes) -> str:
    """Send `act` and wait for its block; return the transaction's hash.

    Raises ActRefused by the contract's error, DeploymentMismatch on a chain without the token, RpcError,
    RpcUnavailable, DeploymentFailed when no block takes it.
    """
    return _send(rpc, deployment, deployment.stablecoin, _data(act), key)


def schedule(rpc: Rpc, deployment: Deployment, act: Act, key: bytes) -> str:
    """Announce an `act` of a role that must wait, as early as it may be carried out; return the transaction's hash.

    Raises ActRefused by the AccessManager's error, and what `carry_out` raises.
    """
    data = artifact("AccessManager").call("schedule", deployment.stablecoin, _data(act), 0)
    return _send(rpc, deployment, deployment.access_manager, data, key)


def _data(act: Act) -> bytes:
    return artifact("Stablecoin").call(act.function, *act.arguments)


def _send(rpc: Rpc, deployment: Deployment, to: str, data: bytes, key: bytes) -> str:
    _require_token(rpc, deployment)
    sender = address_of(key)
    request = {"from": sender, "to": to, "data": "0x" + data.hex()}
    try:
        gas = int(rpc.call("eth_estimateGas", [request]), 16)
    except RpcError as error:
        if error.revert_data is None:
            raise  # the node's own reason, such as a sender without gas money
        raise ActRefused(error_name(error.revert_data)) from error
    nonce = int(rpc.call("eth_getTransactionCount", [sender, "pending"]), 16)
    # The worst case costs what the sender's first reading of the same slots did not: leave room.
    draft = Draft(deployment.chain_id, nonce, to, data, gas * 3 // 2, current_fee(rpc))
    signed = sign_transaction(draft, key)
    rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
    receipt = wait_for_receipt(rpc, signed.hash)
    if int(receipt["status"], 16) != 1:
        raise ActRefused("Reverted")
    return signed.hash


def _require_token(rpc: Rpc, deployment: Deployment) -> None:
    """See that the token is there. Whether its code is this package's does not matter: an older one must pause too."""
    chain_id = int(rpc.call("eth_chainId"), 16)
    if chain_id != deployment.chain_id:
        raise DeploymentMismatch(f"the deployment belongs to chain {deployment.chain_id}, this is chain {chain_id}")
    if rpc.call("eth_getCode", [deployment.stablecoin, "latest"]) == "0x":
        raise DeploymentMismatch(f"there is no token at {deployment.stablecoin} on this chain")
