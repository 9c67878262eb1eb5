"""How many storage slots a chain's state holds: they set Anvil's cost of a block."""

import gzip

import orjson

from pswallet.chain.rpc import Rpc


def count(rpc: Rpc) -> int:
    """Count the slots of the whole state of an Anvil."""
    dump = gzip.decompress(bytes.fromhex(rpc.call("anvil_dumpState")[2:]))
    accounts = orjson.loads(dump)["accounts"].values()
    return sum(len(account.get("storage") or {}) for account in accounts)
