"""A shopping street on a real chain: orders paid rightly and in every wrong way, in blocks made by hand."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pswallet.chain import calldata, signing
from pswallet.chain.abi import call_data
from pswallet.chain.deploy import current_fee, wait_for_receipt
from pswallet.chain.events import TOPICS, AuthorizationUsed, Transfer
from pswallet.chain.orders import Order, order_id
from pswallet.chain.signing import Domain
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.chain.tries import encoded_header
from pswallet.receipt import Receipt
from pswallet.receipt.making import path_of
from tests.parts import Chain, Person, secret

CARRIER = secret("a carrier of a street's payments")
SHOP, OTHER_SHOP = Person("tea shop"), Person("noodle shop")
MEI, LI = Person("mei"), Person("li")
GAS_CAP = 200_000
FAR = 2**40
"""A validity's end that never comes."""


def order_of(reference: str, *, amount: int = 2_880, expiry: int = FAR, merchant: Person = SHOP) -> Order:
    """An order of the tea shop at its first till."""
    return Order(merchant.address, "T01", reference, amount, expiry)


@dataclass(frozen=True)
class Paid:
    """A signed payment: who pays what to whom for which order. Rightly it is the order's amount to its merchant."""

    payer: Person
    order: Order
    to: str
    value: int
    signature: bytes
    nonce: str

    def call(self, token: Domain) -> calldata.BatchCall:
        """The token's function that carries it out."""
        arguments = {
            **{"from": self.payer.address, "to": self.to, "value": self.value, "validAfter": 0, "validBefore": FAR},
            **{"nonce": self.nonce, "signature": "0x" + self.signature.hex()},
        }
        return calldata.BatchCall(token.verifying_contract, GAS_CAP, calldata.transfer_with_authorization(arguments))


def pay(token: Domain, payer: Person, order: Order, *, to: str | None = None, value: int | None = None) -> Paid:
    """Sign a payment of `order`, if not said otherwise as it asks for; it is good for ever."""
    to, value = to or order.merchant, order.amount if value is None else value
    signed = replace(order, merchant=to, amount=value)
    message = {
        **{"from": payer.address, "to": signed.merchant, "value": signed.amount},
        **{"validAfter": 0, "validBefore": FAR, "nonce": order_id(token, order)},
    }
    digest = signing.digest(token, signing.TRANSFER_WITH_AUTHORIZATION, message)
    return Paid(payer, order, to, value, signing.sign(digest, payer.key), message["nonce"])


def cancellation(token: Domain, payer: Person, order: Order) -> calldata.BatchCall:
    """Make the nonce of `order` useless."""
    nonce = bytes.fromhex(order_id(token, order)[2:])
    message = {"authorizer": payer.address, "nonce": nonce}
    signature = signing.sign(signing.digest(token, signing.CANCEL_AUTHORIZATION, message), payer.key)
    data = call_data("Stablecoin", "cancelAuthorization(address,bytes32,bytes)", [payer.address, nonce, signature])
    return calldata.BatchCall(token.verifying_contract, GAS_CAP, data)


def impostor(token: Domain, payer: Person, order: Order) -> bytes:
    """Code whose creation says of another contract what the token says of a payment."""

    def word(value: str | int) -> bytes:
        return b"\x7f" + (value.to_bytes(32) if isinstance(value, int) else bytes.fromhex(value[2:]).rjust(32, b"\0"))

    used = word(order_id(token, order)) + word(payer.address) + word(TOPICS[AuthorizationUsed])
    moved = word(order.merchant) + word(payer.address) + word(TOPICS[Transfer])
    stored = word(order.amount) + b"\x60\x00\x52"
    return used + b"\x60\x00\x60\x00\xa3" + stored + moved + b"\x60\x20\x60\x00\xa3\x00"


@dataclass(frozen=True)
class Block:
    """A block with every receipt in it, as the node told them; the chain may have forgotten it since."""

    token: Domain
    header: Mapping[str, Any]
    receipts: Sequence[Mapping[str, Any]]

    @property
    def hash(self) -> bytes:
        """The block's hash."""
        return bytes.fromhex(self.header["hash"][2:])

    @property
    def time(self) -> int:
        """The block's time."""
        return int(self.header["timestamp"], 16)

    def receipt(self, paid: Paid, transaction: int, log: int, **other: Any) -> Receipt:
        """A receipt of that log, rightly made whatever the log says."""
        made = Receipt(
            chain_id=self.token.chain_id,
            token=self.token.verifying_contract,
            order=paid.order,
            payer=paid.payer.address,
            valid_after=0,
            valid_before=FAR,
            signature=paid.signature,
            contract_payer=False,
            header=encoded_header(self.header),
            transaction=transaction,
            log=log,
            nodes=path_of(self.receipts, transaction),
        )
        return replace(made, **other)


@contextmanager
def one_block(chain: Chain) -> Iterator[None]:
    """What is sent meanwhile comes into one block."""
    chain.rpc.call("evm_setAutomine", [False])
    try:
        yield
        chain.mine()
    finally:
        chain.rpc.call("evm_setAutomine", [True])


def settle_in(chain: Chain, *people: Person, fen: int = 1_000_000) -> None:
    """Register the shops and `people`, and give these money."""
    chain.register(SHOP, OTHER_SHOP, tier=5)
    chain.register(*people)
    chain.fund(*people, fen=fen)


def carry(chain: Chain, *sent: tuple[str | None, bytes]) -> list[str]:
    """Send transactions (to, data) without waiting; the carrier's, in order. Return their hashes."""
    sender = signing.address_of(CARRIER)
    chain.rpc.batch([("hardhat_setBalance", [sender, hex(10**24)])])
    nonce = int(chain.rpc.call("eth_getTransactionCount", [sender, "pending"]), 16)
    fee, found = current_fee(chain.rpc), []
    for place, (to, data) in enumerate(sent):
        gas = 16_000_000 if to == chain.deployment.batch else 2_000_000
        signed = sign_transaction(Draft(chain.deployment.chain_id, nonce + place, to, data, gas, fee), CARRIER)
        chain.rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
        found.append(signed.hash)
    return found


def block_of(chain: Chain, transaction: str) -> Block:
    """The block of a transaction that is or will be mined, whole."""
    number = wait_for_receipt(chain.rpc, transaction)["blockNumber"]
    header = chain.rpc.call("eth_getBlockByNumber", [number, False])
    receipts = chain.rpc.call("eth_getBlockReceipts", [number])
    return Block(signing.token_domain(chain.deployment), header, receipts)


def pay_alone(chain: Chain, paid: Paid) -> str:
    """Relay a payment in a transaction and a block of its own; return the transaction's hash."""
    token = signing.token_domain(chain.deployment)
    (transaction,) = carry(chain, (token.verifying_contract, paid.call(token).data))
    wait_for_receipt(chain.rpc, transaction)
    return transaction


def pay_together(chain: Chain, *calls: calldata.BatchCall) -> str:
    """Relay calls in one batch; return the transaction's hash."""
    (transaction,) = carry(chain, (chain.deployment.batch, calldata.execute(calls)))
    wait_for_receipt(chain.rpc, transaction)
    return transaction
