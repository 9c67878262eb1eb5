"""What a person's key signs, and the bodies that carry it."""

from dataclasses import dataclass, replace
from typing import Self, TypedDict

from pswallet.chain import signing
from pswallet.chain.hashing import keccak
from pswallet.chain.orders import Order, order_id, payment_digest, refund_id
from pswallet.chain.terms import Terms, packet_id
from pswallet.client.answers import ChainShape, NonceGiven, OrderShape
from pswallet.client.bodies import GiveBack, MoneyIn, PayAnOrder, PayShare
from pswallet.client.errors import OrderForged
from pswallet.client.keys import Key

AUTHORIZATION_LIFE_S = 600
SIGN_IN = "Sign in to pswallet."
ERASE = "Erase my pswallet account."
"""What a message's statement says: none of the one does for the other."""


class Proof(TypedDict):
    """A signed message that proves an address."""

    message: str
    signature: str


@dataclass(frozen=True)
class Chain:
    """The chain as the gateway serves it: its id, the contracts that people sign for, and the block time."""

    chain_id: int
    stablecoin: str
    escrow: str
    checkout: str
    voucher: str
    block_time: int

    @classmethod
    def of(cls, served: ChainShape) -> Self:
        """Read the gateway's answer."""
        contracts = served["contracts"]
        return cls(
            chain_id=served["chain_id"],
            stablecoin=contracts["stablecoin"],
            escrow=contracts["escrow"],
            checkout=contracts["checkout"],
            voucher=contracts["voucher"],
            block_time=served["block"]["time"],
        )

    @property
    def token(self) -> signing.Domain:
        """The EIP-712 domain of the stablecoin."""
        return signing.token_domain(self)

    @property
    def packets(self) -> signing.Domain:
        """The EIP-712 domain of the red packets."""
        return signing.escrow_domain(self)

    @property
    def orders(self) -> signing.Domain:
        """The EIP-712 domain of the funded orders."""
        return signing.checkout_domain(self)

    def is_where(self, other: "Chain") -> bool:
        """Whether both name the same contracts of the same chain, whatever the time."""
        return replace(self, block_time=other.block_time) == other


def authorize(chain: Chain, key: Key, to: str, amount_fen: int) -> PayShare:
    """Sign TransferWithAuthorization (ERC-3009) with a fresh nonce, valid for ten minutes of the chain's time."""
    nonce, before = hexed(key.fresh_nonce()), chain.block_time + AUTHORIZATION_LIFE_S
    signature = _authorization(chain, key, to, amount_fen, before, nonce)
    return {"valid_after": 0, "valid_before": before, "nonce": nonce, "signature": signature}


def authorize_order(chain: Chain, key: Key, order: OrderShape) -> PayAnOrder:
    """Sign the payment of an order: its terms are hashed here, so a gateway that tells another hash gains nothing.

    Raises OrderForged when the hash is not that of the merchant, till, number, amount and expiry that are shown.
    """
    terms = Order(order["merchant"], order["till"], order["reference"], order["amount_fen"], order["expiry"])
    if order_id(chain.token, terms) != order["hash"]:
        raise OrderForged(order["id"])
    signature = signing.sign(payment_digest(chain.token, terms, key.address), key.secret)
    return {"valid_before": order["expiry"], "signature": hexed(signature)}


def authorize_refund(chain: Chain, key: Key, order: OrderShape, payer: str, amount_fen: int) -> GiveBack:
    """Sign money back to a payer of the merchant's order, under the order's next number."""
    number, before = len(order["refunds"]), chain.block_time + AUTHORIZATION_LIFE_S
    nonce = refund_id(chain.token, order["hash"], number)
    signature = _authorization(chain, key, payer, amount_fen, before, nonce)
    return {
        "payer": payer, "number": number, "amount_fen": amount_fen,
        "valid_after": 0, "valid_before": before, "nonce": nonce, "signature": signature,
    }  # fmt: skip


def _authorization(chain: Chain, key: Key, to: str, amount_fen: int, before: int, nonce: str) -> str:
    message = {
        "from": key.address, "to": to, "value": amount_fen, "validAfter": 0, "validBefore": before, "nonce": nonce,
    }  # fmt: skip
    return hexed(signing.sign(signing.digest(chain.token, signing.TRANSFER_WITH_AUTHORIZATION, message), key.secret))


def authorize_packet(chain: Chain, key: Key, terms: Terms) -> MoneyIn:
    """Sign ReceiveWithAuthorization (ERC-3009) to the escrow, its nonce the packet's id."""
    before = chain.block_time + AUTHORIZATION_LIFE_S
    message = {
        "from": key.address, "to": chain.escrow, "value": terms.total, "validAfter": 0, "validBefore": before,
        "nonce": bytes.fromhex(packet_id(chain.packets, terms)[2:]),
    }  # fmt: skip
    signature = signing.sign(signing.digest(chain.token, signing.RECEIVE_WITH_AUTHORIZATION, message), key.secret)
    return {"valid_after": 0, "valid_before": before, "signature": hexed(signature)}


def sign_link(chain: Chain, link_key: Key, packet: str, claimant: str) -> str:
    """Sign a claim with a link's key: only `claimant` can use it, only for `packet`, only on this chain."""
    message = {"packet": bytes.fromhex(packet[2:]), "claimant": claimant}
    return hexed(signing.sign(signing.digest(chain.packets, signing.LINK_CLAIM, message), link_key.secret))


def prove(key: Key, nonce: NonceGiven, statement: str) -> Proof:
    """Prove the key's address by a signed message (EIP-4361, EIP-191) that says what for."""
    message = (
        f"{nonce['domain']} wants you to sign in with your Ethereum account:\n{key.address}\n\n"
        f"{statement}\n\nURI: {nonce['uri']}\nVersion: 1\nChain ID: {nonce['chain_id']}\n"
        f"Nonce: {nonce['nonce']}\nIssued At: {nonce['issued_at']}"
    )
    prefixed = f"\x19Ethereum Signed Message:\n{len(message.encode())}{message}".encode()
    return {"message": message, "signature": hexed(signing.sign(keccak(prefixed), key.secret))}


def hexed(raw: bytes) -> str:
    """Write bytes as the wire has them."""
    return "0x" + raw.hex()
