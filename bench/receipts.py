"""`python -m bench.receipts`: how long a receipt takes to verify offline, and how many bytes it has.

A payment that was relayed alone, and the last one of a batch of 200, on a fresh Anvil; a funded order of own money and
a budget's part likewise, alone and last of 50 (gas allows no more than a hundred). Verifying is reading the file and
all that follows; the ceiling is what no verifier can leave out: the hashes of its bytes and one recovered key. They
take turns: medians of the rounds.
"""

import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.figures import FILE, Figures, keep, table
from bench.history import Person
from pswallet import receipt
from pswallet.chain import calldata, signing
from pswallet.chain.abi import artifact
from pswallet.chain.deploy import current_fee, deploy, wait_for_receipt
from pswallet.chain.funded import Budget, FundedOrder, Part, budget_id, funded_order_id
from pswallet.chain.hashing import keccak
from pswallet.chain.keys import Keys
from pswallet.chain.orders import Order, order_id, payment_digest
from pswallet.chain.rpc import Rpc
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.local import anvil, lock

FOLDER = Path("var/bench-receipts")
BATCH, FUNDED_BATCH = 200, 50
ROUNDS, CALLS = 9, 40
BARS = {
    "receipt_verify_ms": ("<=", 10.0),
    "receipt_bytes_alone": ("<=", 3_072.0),
    "receipt_bytes_batch200": ("<=", 102_400.0),
    "receipt_qr_version": ("<=", 15.0),
    "receipt_funded_verify_ms": ("<=", 10.0),
    "receipt_funded_bytes_alone": ("<=", 3_072.0),
    "receipt_funded_qr_version": ("<=", 15.0),
}
_MERCHANT_TIER, _PERSON_TIER, _SPONSOR_TIER = 5, 3, 6
_GAS, _CALL_GAS, _FUNDED_GAS = 16_000_000, 120_000, 300_000
_HELP = 1_000


@dataclass(frozen=True)
class Made:
    """A receipt's file, its block's hash, and its short form."""

    file: bytes
    block_hash: bytes
    short: receipt.Short


class Street:
    """A shop and its customers on a fresh chain. Use as a context manager; nothing is left behind."""

    def __enter__(self) -> "Street":
        """Start the chain, deploy, give everybody money."""
        self._lock = lock.take(FOLDER)
        shutil.rmtree(FOLDER, ignore_errors=True)
        self._child, url = anvil.start(port=0, log=FOLDER / "anvil.log")
        self.keys = Keys.generate(FOLDER / "keys.json")
        self.deployment = deploy(url, self.keys, FOLDER / "deployment.json")
        self.rpc, self.token = Rpc(url), signing.token_domain(self.deployment)
        self.checkout = signing.checkout_domain(self.deployment)
        self.shop, self.district, *self.people = (Person.number(place) for place in range(BATCH + 3))
        token = self.deployment.stablecoin
        tiers = [
            (self.shop.address, _MERCHANT_TIER),
            (self.district.address, _SPONSOR_TIER),
            *((one.address, _PERSON_TIER) for one in self.people),
        ]
        holders = [self.district, *self.people]
        mints = [(one.address, 100_000, "0x" + keccak(one.address.encode()).hex()) for one in holders]
        self.send(self.keys.compliance, token, calldata.set_tiers(tiers))
        self.send(self.keys.reserve, token, calldata.attest_reserve(10**12))
        self.send(self.keys.minter, token, calldata.mint_many(mints))
        self._open_budget()
        return self

    def _open_budget(self) -> None:
        """Let the district help to pay."""
        self.budget = Budget(self.district.address, self.district.address, 10**6, 2**31, "0x" + "07" * 32)
        message, checkout = self.budget.message(), self.deployment.checkout
        signature = signing.sign(signing.digest(self.checkout, signing.BUDGET, message), self.district.key)
        opened = artifact("MerchantCheckout").call("openBudget", self.budget.terms(), signature)
        self.send(self.keys.relayers[0], checkout, opened)
        allowed = artifact("Stablecoin").call("approve", checkout, 10**9)
        self.rpc.batch([("hardhat_setBalance", [self.district.address, hex(10**18)])])
        self.send(self.district.key, self.deployment.stablecoin, allowed)

    def __exit__(self, *_: object) -> None:
        """Stop the chain."""
        self.rpc.close()
        self._child.stop()
        self._lock.release()

    def send(self, key: bytes, to: str, data: bytes) -> str:
        """Send a transaction, wait for its block, return its hash."""
        nonce = int(self.rpc.call("eth_getTransactionCount", [signing.address_of(key), "pending"]), 16)
        draft = Draft(self.deployment.chain_id, nonce, to, data, _GAS, current_fee(self.rpc))
        signed = sign_transaction(draft, key)
        self.rpc.call("eth_sendRawTransaction", ["0x" + signed.raw.hex()])
        if wait_for_receipt(self.rpc, signed.hash)["status"] != "0x1":
            raise RuntimeError("a transaction of the bench was reverted")
        return signed.hash

    def order(self, number: int) -> Order:
        """One of the shop's orders."""
        return Order(self.shop.address, "T01", f"20261122{number:05}", 2_880, 2**40)

    def payment(self, payer: Person, order: Order) -> tuple[bytes, bytes]:
        """Return the token's function that pays `order`, and the payer's signature."""
        signature = signing.sign(payment_digest(self.token, order, payer.address), payer.key)
        message = {
            **{"from": payer.address, "to": order.merchant, "value": order.amount},
            **{"validAfter": 0, "validBefore": order.expiry, "nonce": order_id(self.token, order)},
        }
        return calldata.transfer_with_authorization({**message, "signature": "0x" + signature.hex()}), signature

    def funded(self, payer: Person, number: int) -> tuple[FundedOrder, bytes, bytes]:
        """Return a funded order, the checkout's function that pays it, and the payer's signature."""
        part = Part(self.district.address, budget_id(self.checkout, self.budget), _HELP, 0)
        reference, expiry = f"20261122{number:05}", 2**40
        order = FundedOrder(payer.address, self.shop.address, "T01", reference, 1_880, 2_880, expiry, (part,))
        identity = funded_order_id(self.checkout, order)
        message = {
            **{"from": payer.address, "to": self.deployment.checkout, "value": order.own},
            **{"validAfter": 0, "validBefore": expiry, "nonce": identity},
        }
        signature = signing.sign(signing.digest(self.token, signing.RECEIVE_WITH_AUTHORIZATION, message), payer.key)
        sponsored = signing.digest(self.checkout, signing.SPONSORSHIP, {"order": identity, "budget": part.budget})
        evidence = [signing.sign(sponsored, self.district.key)]
        data = artifact("MerchantCheckout").call("pay", order.terms(), order.given(), signature, evidence, [])
        return order, data, signature

    def made(self, payer: Person, order: Order | FundedOrder, signature: bytes, transaction: str) -> Made:
        """Make the receipt of a paid order from the node."""
        found = receipt.build(
            self.rpc,
            self.token,
            order,
            payer=payer.address,
            signature=signature,
            transaction=transaction,
            checkout=self.checkout,
        )
        known = self.rpc.call("eth_getTransactionReceipt", [transaction])["blockHash"]
        return Made(receipt.write(found), bytes.fromhex(known[2:]), receipt.shortened(found, transaction))

    def alone(self) -> Made:
        """A payment relayed alone."""
        payer, order = self.people[BATCH], self.order(0)
        data, signature = self.payment(payer, order)
        return self.made(payer, order, signature, self.send(self.keys.relayers[0], self.deployment.stablecoin, data))

    def batched(self) -> Made:
        """The last payment of a batch of 200: the one whose logs are found last."""
        paid = [(one, self.order(place + 1)) for place, one in enumerate(self.people[:BATCH])]
        signed = [self.payment(*one) for one in paid]
        calls = [calldata.BatchCall(self.deployment.stablecoin, _CALL_GAS, data) for data, _ in signed]
        transaction = self.send(self.keys.relayers[0], self.deployment.batch, calldata.execute(calls))
        return self.made(*paid[-1], signed[-1][1], transaction)

    def funded_alone(self) -> Made:
        """A funded order relayed alone."""
        payer = self.people[BATCH]
        order, data, signature = self.funded(payer, 1_000)
        return self.made(payer, order, signature, self.send(self.keys.relayers[0], self.deployment.checkout, data))

    def funded_batched(self) -> Made:
        """The last funded order of a batch."""
        paid = [self.funded(one, 2_000 + place) for place, one in enumerate(self.people[:FUNDED_BATCH])]
        calls = [calldata.BatchCall(self.deployment.checkout, _FUNDED_GAS, data) for _, data, _ in paid]
        transaction = self.send(self.keys.relayers[0], self.deployment.batch, calldata.execute(calls))
        return self.made(self.people[FUNDED_BATCH - 1], paid[-1][0], paid[-1][2], transaction)


def main() -> int:
    """Measure, show, add to build/bench.json; return 0 whatever the figures are."""
    with Street() as street:
        alone, batched, domains = street.alone(), street.batched(), (street.token, street.checkout)
        funded, funded_batched = street.funded_alone(), street.funded_batched()
    figures: Figures = {
        **_times("receipt_verify", batched, *domains),
        **_times("receipt_verify_alone", alone, *domains),
        **_times("receipt_funded_verify", funded_batched, *domains),
        **_times("receipt_funded_verify_alone", funded, *domains),
        "receipt_funded_bytes_alone": len(funded.file),
        f"receipt_funded_bytes_batch{FUNDED_BATCH}": len(funded_batched.file),
        "receipt_funded_qr_version": int(receipt.code_of(funded.short).version),
        "receipt_bytes_alone": len(alone.file),
        "receipt_bytes_batch200": len(batched.file),
        "receipt_qr_version": int(receipt.code_of(batched.short).version),
    }
    keep(figures)
    Console().print(table(figures, BARS, "receipts (medians; a noisy machine: read the ratios)"))
    Console().print(str(FILE))
    return 0


def _times(name: str, made: Made, token: signing.Domain, checkout: signing.Domain) -> Figures:
    """Return how long verifying takes, and its ceiling, in milliseconds."""
    found = receipt.read(made.file)
    digest = keccak(made.block_hash)  # any: what is recovered from it costs the same

    def verify() -> None:
        receipt.verify(receipt.read(made.file), token, made.block_hash, checkout)

    def bare() -> None:
        for blob in (found.header, *found.nodes):
            keccak(blob)
        signing.recover(digest, found.signature)

    pairs = [(_ms(verify), _ms(bare)) for _ in range(ROUNDS)]
    return {
        f"{name}_ms": round(statistics.median(pair[0] for pair in pairs), 3),
        f"{name}_ceiling_ms": round(statistics.median(pair[1] for pair in pairs), 3),
    }


def _ms(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started) / CALLS * 1e3


if __name__ == "__main__":
    sys.exit(main())
