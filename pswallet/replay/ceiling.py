"""What the chain alone can do: the next payments of the same run, signed and batched beforehand, sent by one sender.

The chain is put back afterwards, and the gateway's processes stand still meanwhile: nobody has seen it.
"""

import secrets
import time
from collections.abc import Sequence
from typing import cast

from pswallet.chain.deploy import current_fee, wait_for_receipt
from pswallet.chain.hashing import keccak
from pswallet.chain.outbox import CallKind
from pswallet.chain.packing import Parcel, Waiting, intent_parcels
from pswallet.chain.signing import address_of
from pswallet.chain.transactions import Draft, sign_transaction
from pswallet.checkout.service import calls
from pswallet.checkout.service.calls import ShownVoucher
from pswallet.client.answers import OrderShape
from pswallet.client.funded import authorize_funded, funded_terms
from pswallet.kit.merkle import merkle_list
from pswallet.replay.drawing import Payment
from pswallet.replay.facts import DAY_S
from pswallet.replay.payments import TILL, parts_of, reference_of
from pswallet.replay.people import category_of
from pswallet.replay.world import ReplayBroke, World

MOST = 4_000
"""Payments of one measurement."""
_SPENT = "0x" + keccak(b"VoucherSpent(bytes32,address,address,uint64)").hex()


def measure(world: World, payments: Sequence[Payment]) -> tuple[int, float]:
    """Pay some of `payments` past the gateway, as it would; return how many, and the seconds. Nothing of it stays."""
    some = _one_each(payments)[:MOST]
    machine = world.machine
    calldata = _calldata(world, some)
    waiting = [
        Waiting(place, str(place), CallKind.ORDER_PAY, {"data": data}, None, None, 0, 0)
        for place, data in enumerate(calldata)
    ]
    parcels = list(intent_parcels(waiting, machine.deployment, {}))
    with machine.alone():
        before = machine.rpc.call("evm_snapshot")
        raws = _transactions(world, parcels)
        began = time.monotonic()
        hashes = machine.rpc.batch([("eth_sendRawTransaction", ["0x" + raw.hex()]) for raw in raws])
        receipts = [wait_for_receipt(machine.rpc, one) for one in hashes if isinstance(one, str)]
        took = time.monotonic() - began
        paid = sum(log["topics"][0] == _SPENT for receipt in receipts for log in receipt["logs"])
        if not machine.rpc.call("evm_revert", [before]):
            raise ReplayBroke("the chain could not be put back")
    if paid != len(some):
        raise ReplayBroke(f"the ceiling's run paid {paid} of {len(some)} payments")
    return paid, took


def _one_each(payments: Sequence[Payment]) -> list[Payment]:
    """Return each person's first payment of these: all can be paid in any order."""
    return list({payment.person: payment for payment in reversed(payments)}.values())[::-1]


def _calldata(world: World, payments: Sequence[Payment]) -> list[str]:
    expiry = world.machine.chain_time() + DAY_S
    listed = merkle_list([(key.address, int(category_of(shop))) for shop, key in enumerate(world.shops.keys)])
    found = []
    for number, payment in enumerate(payments):
        order = _order(world, payment, number=number, expiry=expiry)
        key, parts = world.people.keys[payment.person], parts_of(world, payment)
        signature = authorize_funded(world.chain, key, order, parts)["signature"]
        shown = ShownVoucher(world.terms, int(category_of(payment.shop)), listed.proofs[payment.shop])
        found.append(calls.paying(funded_terms(order, key.address, parts), signature, [b""], [shown]))
    return found


def _order(world: World, payment: Payment, *, number: int, expiry: int) -> OrderShape:
    """Return an order that no till opened, as far as it is signed."""
    signed = {
        "merchant": world.shops.address(payment.shop),
        "till": TILL,
        "reference": reference_of(number),
        "amount_fen": payment.value_fen + payment.own_fen,
        "expiry": expiry,
    }
    return cast("OrderShape", signed)


def _transactions(world: World, parcels: Sequence[Parcel]) -> list[bytes]:
    rpc, key = world.machine.rpc, secrets.token_bytes(32)  # nobody else sends with it
    rpc.call("hardhat_setBalance", [address_of(key), hex(10**24)])
    fee = current_fee(rpc).raised(100)
    chain = world.machine.deployment.chain_id
    drafts = [Draft(chain, nonce, parcel.to, parcel.data, parcel.gas, fee) for nonce, parcel in enumerate(parcels)]
    return [sign_transaction(draft, key).raw for draft in drafts]
