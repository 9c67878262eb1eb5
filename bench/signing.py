"""How long one authorization takes to verify: ours against eth-account's, warm, in the same run."""

import secrets
import statistics
import time
from collections.abc import Callable

from eth_account import Account
from eth_account.messages import encode_typed_data

from pswallet.chain import signing

ROUNDS, CALLS = 7, 60


def measure() -> dict[str, float]:
    """Return `verify_us` and `verify_eth_account_us`: medians of interleaved rounds, microseconds a message."""
    key = secrets.token_bytes(32)
    domain = signing.Domain("Sandbox Yuan Voucher", "1", 31337, signing.address_of(secrets.token_bytes(32)))
    message = {
        "from": signing.address_of(key),
        "to": signing.address_of(secrets.token_bytes(32)),
        "value": 8_888,
        "validAfter": 0,
        "validBefore": 2**40,
        "nonce": secrets.token_bytes(32),
    }
    struct = signing.TRANSFER_WITH_AUTHORIZATION
    signature = signing.sign(signing.digest(domain, struct, message), key)
    full = {**signing.typed_data(domain, struct, message), "message": message}

    def ours() -> str:
        return signing.recover(signing.digest(domain, struct, message), signature)

    def theirs() -> str:
        found: str = Account.recover_message(encode_typed_data(full_message=full), signature=signature)
        return found

    assert ours() == theirs() == message["from"]
    pairs = [(_us(ours), _us(theirs)) for _ in range(ROUNDS)]
    return {
        "verify_us": statistics.median(pair[0] for pair in pairs),
        "verify_eth_account_us": statistics.median(pair[1] for pair in pairs),
    }


def _us(call: Callable[[], str]) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started) / CALLS * 1e6


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:8.1f}")
