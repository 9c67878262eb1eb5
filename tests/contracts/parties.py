"""Who takes part in the contract tests, what their tiers allow, and how they sign."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import ape
import pytest
from ape.exceptions import ContractLogicError, CustomError
from eth_abi import decode
from eth_account import Account
from eth_utils import keccak
from ethpm_types import ContractType

from pswallet.chain.compile import ABI_FOLDER

NONE, T0, T1, T2, T3, MERCHANT, SPONSOR, SYSTEM = range(8)
YUAN = 100

LIMIT_FIELDS = ("maxBalance", "perPayment", "perDay", "perYear", "oneFactorPerDay", "lifetime")
LIMITS = {
    T0: (100_000, 50_000, 100_000, 100_000, 100_000, True),
    T1: (1_000_000, 200_000, 500_000, 5_000_000, 500_000, False),
    T2: (10_000_000, 2_000_000, 5_000_000, 10_000_000, 5_000_000, False),
    T3: (50_000_000, 5_000_000, 10_000_000, 20_000_000, 10_000_000, False),
    MERCHANT: (10**12, 10**10, 10**11, 10**13, 10**11, False),
    SPONSOR: (10**12, 10**10, 10**11, 10**13, 10**11, False),
}
"""The sandbox's limits [fen] by chain tier."""

FOREVER = 2**40
"""A `validBefore` that no test reaches."""

PAYMENT = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
TYPES = {
    "TransferWithAuthorization": PAYMENT,
    "ReceiveWithAuthorization": PAYMENT,
    "CancelAuthorization": "address authorizer,bytes32 nonce",
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
    "Redeem": "address from,uint256 value,bytes32 bankReference,uint256 validAfter,uint256 validBefore",
}


def shenzhen(*date: int) -> int:
    """Return the Unix time of a clock in Shenzhen: year, month, day, hour, minute, second."""
    return int(datetime(*date, tzinfo=timezone(timedelta(hours=8))).timestamp())  # type: ignore[arg-type, misc]


def openzeppelin(name: str) -> Any:
    """Return OpenZeppelin's contract `name` as the package deploys it."""
    artifact = json.loads((ABI_FOLDER / f"{name}.json").read_text())
    kind = ContractType(contractName=name, abi=artifact["abi"], deploymentBytecode={"bytecode": artifact["bytecode"]})
    return ape.contracts.ContractContainer(kind)


@contextmanager
def reverts(contract: Any, error: str, **inputs: Any) -> Iterator[None]:
    """Expect the call to revert with `error` of `contract` and these inputs, be it from a contract further in."""
    abi = next(one for one in contract.contract_type.errors if one.name == error)
    with pytest.raises(ContractLogicError) as caught:
        yield
    found, raised = _refusal(caught.value, abi)
    assert found == error, caught.value
    assert {name: raised[name] for name in inputs} == inputs


def _refusal(failure: ContractLogicError, expected: Any) -> tuple[str, dict[str, Any]]:
    """Return the error's name and inputs; Ape leaves one of a contract further in as hexadecimal."""
    if isinstance(failure, CustomError):
        return type(failure).__name__, failure.inputs
    message = failure.revert_message
    if not message.startswith("0x") or bytes.fromhex(message[2:10]) != error_selector(expected):
        return message, {}
    values = decode([one.type for one in expected.inputs], bytes.fromhex(message[10:]))
    return expected.name, {one.name: value for one, value in zip(expected.inputs, values, strict=True)}


def error_selector(abi: Any) -> bytes:
    """Return the first four bytes of the revert data of an error."""
    return keccak(text=abi.selector)[:4]


def domain(contract: Any, name: str = "Sandbox Yuan Voucher") -> dict[str, Any]:
    """Return the EIP-712 domain of `contract`."""
    return {"name": name, "version": "1", "chainId": 31337, "verifyingContract": str(contract.address)}


def sign(signer: Any, in_domain: dict[str, Any], kind: str, message: dict[str, Any]) -> bytes:
    """Return `signer`'s 65 bytes r, s, v over `message`, typed data of `kind`."""
    fields = [dict(zip(("type", "name"), field.split(), strict=True)) for field in TYPES[kind].split(",")]
    signed = Account.sign_typed_data(signer.private_key, in_domain, {kind: fields}, message)
    return bytes(signed.signature)


def split(signature: bytes) -> tuple[int, bytes, bytes]:
    """Return v, r, s."""
    return signature[64], signature[:32], signature[32:64]


def names(receipt: Any) -> list[str]:
    """Return the names of the events of `receipt` in their order."""
    return [event.event_name for event in receipt.events]
