"""Gas money: given by a development node, asked for by name on every other chain."""

from dataclasses import dataclass

from pswallet.chain.keys import Keys
from pswallet.chain.rpc import Rpc, RpcError
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Fee

DEPLOYMENT_GAS = 32_000_000
"""What a whole deployment may ask its sender to hold; it uses 12 million (a test)."""

_ROLE_GAS = 300_000
"""A role's act, and a relayer's smallest batch."""

ADVISED_GAS = 100_000_000
"""For each sender: a relayer carries some 1,500 payments or claims with it."""


@dataclass(frozen=True)
class Unfunded:
    """A sender that cannot pay for its gas. `held` and `advised` are wei."""

    name: str
    address: str
    held: int
    advised: int

    def __str__(self) -> str:
        """Say it in ether."""
        return f"{self.name:12} {self.address}  holds {_ether(self.held)}, advised {_ether(self.advised)}"


class SendersUnfunded(RuntimeError):
    """Senders lack gas money; the message lists their addresses and how much is advised."""

    def __init__(self, unfunded: list[Unfunded]) -> None:
        lines = "\n".join(f"  {one}" for one in unfunded)
        super().__init__(f"these addresses need the chain's own coin for gas; send it to them and try again:\n{lines}")
        self.unfunded = unfunded


def fund(rpc: Rpc, keys: Keys) -> None:
    """Give every sender ether where the node grants it (a development node); elsewhere their owner has done so."""
    # Anvil knows the method by this name too.
    wanted = [("hardhat_setBalance", [address_of(key), hex(10**24)]) for key in keys.senders().values()]
    for answer in rpc.batch(wanted):
        if isinstance(answer, RpcError):
            return  # no development node


def require_funds(rpc: Rpc, keys: Keys, fee: Fee, *, deployment_gas: int = DEPLOYMENT_GAS) -> None:
    """Raise SendersUnfunded when a sender of `keys` cannot pay for its first act, or the admin for the deployment."""
    senders = keys.senders()
    addresses = {name: address_of(key) for name, key in senders.items()}
    balances = rpc.batch([("eth_getBalance", [address, "latest"]) for address in addresses.values()])
    unfunded = []
    for (name, address), balance in zip(addresses.items(), balances, strict=True):
        if isinstance(balance, RpcError):
            raise balance
        held, needed = int(balance, 16), deployment_gas if name == "admin" else _ROLE_GAS
        if held < needed * fee.most:
            unfunded.append(Unfunded(name, address, held, ADVISED_GAS * fee.most))
    if unfunded:
        raise SendersUnfunded(unfunded)


def _ether(wei: int) -> str:
    """Write wei as ether, rounded up at the sixth digit that counts: to advise too little would not help."""
    unit = 10 ** max(0, len(str(wei)) - 6)
    rounded = -(-wei // unit) * unit
    whole, rest = divmod(rounded, 10**18)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".")
