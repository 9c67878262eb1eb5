"""The payments: each day the tills open their orders, the payers sign them, and the gateway carries them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import orjson

from pswallet.chain.funded import Part
from pswallet.client.answers import OrderShape
from pswallet.client.bodies import AskForOrder
from pswallet.client.funded import authorize_funded
from pswallet.kit.clock import SHANGHAI, from_unix
from pswallet.replay.drawing import Payment
from pswallet.replay.facts import DAY_S, START
from pswallet.replay.world import ENTRIES, World

TILL = "T01"
STRETCH_S = 6 * 3600
"""The chain's clock is moved so far within a day: a block's time is that of its payments' stretch."""


@dataclass(slots=True)
class Pace:
    """How many payments went through, and in what time: from the first request to the last row [s]."""

    payments: int = 0
    opening_s: float = 0.0
    paying_s: float = 0.0

    @property
    def opened_per_s(self) -> float:
        """Orders that tills open a second."""
        return self.payments / self.opening_s if self.opening_s else 0.0

    @property
    def paid_per_s(self) -> float:
        """Payments a second, on the chain and in the rows."""
        return self.payments / self.paying_s if self.paying_s else 0.0


def reference_of(number: int) -> str:
    """Return the reference of the order of a payment, by its place among all."""
    return f"L{number:08d}"


def play_day(world: World, day: Sequence[Payment], first: int, pace: Pace) -> None:
    """Play the payments of a day, the first of which is payment `first` of all; `pace` learns how fast they went."""
    world.machine.move_clock(_stretch_start(day[0]))
    requests = _signed(world, day, _open(world, day, first, pace))
    began = time.monotonic()
    for start, some in groupby(zip(day, requests, strict=True), key=lambda each: _stretch_start(each[0])):
        world.machine.move_clock(start)
        world.ask([request for _, request in some], 202, "payments", _words("paid", start))
    with world.screen.stage("payments", first + len(day), "payments on the chain") as advance:
        done = world.machine.wait(ENTRIES, first + len(day), heard=advance, campaign=world.campaign, kind="spent")
    pace.payments += len(day)
    pace.paying_s += done - began


def _open(world: World, day: Sequence[Payment], first: int, pace: Pace) -> list[OrderShape]:
    """Let the tills open the day's orders."""
    requests = [
        world.post("/v1/orders", _asked(payment, first + place), world.shops.members[payment.shop])
        for place, payment in enumerate(day)
    ]
    began = time.monotonic()
    replies = world.ask(requests, 201, "orders", _words("orders opened", _stretch_start(day[0])))
    pace.opening_s += time.monotonic() - began
    return [cast("OrderShape", orjson.loads(reply.body)) for reply in replies]


def _asked(payment: Payment, number: int) -> AskForOrder:
    return {
        "till": TILL,
        "reference": reference_of(number),
        "amount_fen": payment.value_fen + payment.own_fen,
        "expires_in_s": DAY_S,
    }


def _signed(world: World, day: Sequence[Payment], orders: Sequence[OrderShape]) -> list[bytes]:
    """Return the requests that pay the day's orders, each signed by its payer."""
    requests = []
    with world.screen.timed("signing"):
        for payment, order in zip(day, orders, strict=True):
            body = authorize_funded(world.chain, world.people.keys[payment.person], order, parts_of(world, payment))
            path = f"/v1/orders/{order['id']}/funded-payments"
            requests.append(world.post(path, body, world.people.members[payment.person]))
    return requests


def parts_of(world: World, payment: Payment) -> list[Part]:
    """Return what the red packet pays of an order."""
    return [Part(world.machine.deployment.voucher, world.campaign, payment.value_fen, 0)]


def _stretch_start(payment: Payment) -> int:
    return START + (payment.at - START) // STRETCH_S * STRETCH_S


def _words(what: str, moment: int) -> str:
    return f"{from_unix(moment).astimezone(SHANGHAI):%d Oct %H:%M} {what}"
