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
from pswallet.replay.registry import Member
from pswallet.replay.world import ENTRIES, World

Post = tuple[str, object, Member]
"""A path, a body, and who posts it."""

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
    posts = _signed(world, day, _open(world, day, first, pace))
    began, done = time.monotonic(), first
    for start, some in groupby(zip(day, posts, strict=True), key=lambda each: _stretch_start(each[0])):
        world.machine.move_clock(start)
        stretch = [one for _, one in some]
        done += len(stretch)
        world.ask([world.post(*one) for one in stretch], 202, "payments", _words("paid", start))
    ended = _settled(world, done)
    pace.payments += len(day)
    pace.paying_s += ended - began


def _settled(world: World, count: int) -> float:
    """Wait until `count` payments are on the chain and in the rows; return the moment."""
    with world.screen.stage("payments", count, "payments on the chain") as advance:
        return world.machine.wait(ENTRIES, count, heard=advance, campaign=world.campaign, kind="spent")


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


def _signed(world: World, day: Sequence[Payment], orders: Sequence[OrderShape]) -> list[Post]:
    """Return what pays the day's orders, each signed by its payer."""
    posts: list[Post] = []
    with world.screen.timed("signing"):
        for payment, order in zip(day, orders, strict=True):
            body = authorize_funded(world.chain, world.people.keys[payment.person], order, parts_of(world, payment))
            path = f"/v1/orders/{order['id']}/funded-payments"
            posts.append((path, body, world.people.members[payment.person]))
    return posts


def parts_of(world: World, payment: Payment) -> list[Part]:
    """Return what the red packet pays of an order."""
    return [Part(world.machine.deployment.voucher, world.campaign, payment.value_fen, 0)]


def _stretch_start(payment: Payment) -> int:
    return START + (payment.at - START) // STRETCH_S * STRETCH_S


def _words(what: str, moment: int) -> str:
    return f"{from_unix(moment).astimezone(SHANGHAI):%d Oct %H:%M} {what}"
