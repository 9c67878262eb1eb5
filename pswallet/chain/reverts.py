"""What a revert means: the error's name in our words. Our own contracts' names stay; inherited ones are mapped."""

from functools import cache

from pswallet.chain.abi import CONTRACTS, artifact, type_of
from pswallet.chain.hashing import selector

INHERITED = {
    "ERC20InsufficientBalance": "BalanceInsufficient",
    "ERC20InsufficientAllowance": "AllowanceInsufficient",
    "ERC20InvalidReceiver": "RecipientInvalid",
    "ERC3009InvalidSignature": "SignatureInvalid",
    "ERC2612InvalidSigner": "SignatureInvalid",
    "ERC3009UsedAuthorization": "AuthorizationAlreadyUsed",
    "ERC3009InvalidAuthorizationTime": "AuthorizationExpired",
    "ERC2612ExpiredSignature": "AuthorizationExpired",
    "AccessManagedUnauthorized": "RoleMissing",
    "AccessManagerUnauthorizedAccount": "RoleMissing",
    "AccessManagedRequiredDelay": "RoleDelayed",
    "AccessManagerNotScheduled": "RoleDelayed",
    "AccessManagerNotReady": "RoleDelayed",
}
"""OpenZeppelin's errors that a call of ours can meet, by our names."""

NOT_FOR_PEOPLE = {"InsufficientGas", "AlreadyAnchored", "AnchorInvalid"}
"""Errors that the relayer answers itself, or that the worker's daily hash meets: no person ever meets them."""

UNEXPLAINED = "CallReverted"
"""A revert without data, or with data that no contract of ours makes."""


@cache
def _names() -> dict[bytes, str]:
    found = {selector("Error(string)"): UNEXPLAINED, selector("Panic(uint256)"): UNEXPLAINED}
    for name in CONTRACTS:
        for entry in artifact(name).abi:
            if entry["type"] == "error":
                kinds = ",".join(type_of(each) for each in entry["inputs"])
                found[selector(f"{entry['name']}({kinds})")] = INHERITED.get(entry["name"], entry["name"])
    return found


def error_name(data: bytes | str | None) -> str:
    """Return the name of the error in revert data (or in its bare selector), `CallReverted` when it says nothing."""
    raw = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else (data or b"")
    return _names().get(raw[:4], UNEXPLAINED)
