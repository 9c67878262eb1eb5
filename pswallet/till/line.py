"""The till's wires: to the gateway, asked until it answers, and to a node of the shop's own."""

import threading
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import TypeVar

import httpx

from pswallet.chain.orders import Order
from pswallet.chain.rpc import Rpc
from pswallet.chain.signing import Domain
from pswallet.client import Client, Refused
from pswallet.client.transport import LOST, pause_s
from pswallet.receipt import CannotCheck, Payment, ReceiptInvalid, confirm, find, held_fen, read_short, write_short
from pswallet.till.tickets import Paid

T = TypeVar("T")

_AWAY = frozenset({429, 502, 503, 504})
_IN_USE = "idempotency-key-in-use"
_LOOK_BACK = 5_000
"""Blocks in which a node is asked for a payment: an order lives minutes, and public nodes answer for about as many."""
_NODE_TIMEOUT_S = 5.0


class News(StrEnum):
    """What a wire has to tell."""

    GATEWAY_AWAY = "gateway-away"
    GATEWAY_BACK = "gateway-back"
    NODE_AWAY = "node-away"
    NODE_BACK = "node-back"


class Ended(Exception):
    """The till was put out in the middle of an act; its journal knows which."""


class Line:
    """The wire to the gateway. `tell` hears when it breaks and when it holds again."""

    def __init__(self, client: Client, tell: Callable[[News], None]) -> None:
        self.client = client
        self.client.transport.patience_s = 0  # it is we who try again, and say so
        self.stop = threading.Event()
        self.tell = tell
        self._away = False

    def ask(self, act: Callable[[], T]) -> T:
        """Do `act` until the gateway answers. It must be such that doing it twice does it once.

        Raises Refused for an answer that stays the same; Ended.
        """
        tries = 0
        while True:
            if self.stop.is_set():
                raise Ended
            try:
                return self._answered(act)
            except (*LOST, Refused) as failure:
                if isinstance(failure, Refused) and not _may_pass(failure):
                    self._note(away=False)
                    raise
                self._note(away=True)
            self.stop.wait(pause_s(tries))
            tries += 1

    def glance(self, act: Callable[[], T]) -> T | None:
        """Do `act` once; None when nobody answers. Raises Refused."""
        try:
            return self._answered(act)
        except (*LOST, Refused) as failure:
            if isinstance(failure, Refused) and not _may_pass(failure):
                raise
            self._note(away=True)
            return None

    def _answered(self, act: Callable[[], T]) -> T:
        try:
            found = act()
        except Refused as refused:
            if refused.status != httpx.codes.UNAUTHORIZED or self.client.is_machine:
                raise
            self.client.sign_in()  # a session ends before a shop's day does
            found = act()
        self._note(away=False)
        return found

    def _note(self, *, away: bool) -> None:
        if away is not self._away:
            self._away = away
            self.tell(News.GATEWAY_AWAY if away else News.GATEWAY_BACK)


class Node:
    """A node that the shop trusts more than the gateway, the token that it takes for money, and the checkout."""

    def __init__(self, url: str, token: Domain, checkout: Domain, tell: Callable[[News], None]) -> None:
        self.rpc = Rpc(url, timeout_s=_NODE_TIMEOUT_S, attempts=1)
        self.token = token
        self.checkout = checkout
        self.tell = tell
        self._away = False

    def payments(self, order: Order) -> list[Paid]:
        """Return who paid `order`, the first one first; nobody, too, when the node says nothing."""

        def every() -> list[Paid]:
            found = []
            for short in find(order, self.token, self.rpc, blocks=_LOOK_BACK, checkout=self.checkout):
                # Else a cancelled nonce, a payment to oneself, one that came late.
                with suppress(ReceiptInvalid):
                    payment = confirm(short, self.token, self.rpc, self.checkout)
                    funded = payment.order_id if short.checkout else None
                    found.append(Paid(payer=payment.payer, by_node=True, short=write_short(short), funded=funded))
            return found

        return self._said(every) or []

    def check(self, text: str) -> Payment:
        """Confirm the short form of a receipt that a customer shows. Raises ReceiptInvalid, CannotCheck."""
        return confirm(read_short(text), self.token, self.rpc, self.checkout)

    def held_fen(self, address: str) -> int | None:
        """Return what `address` holds [fen]; None when the node says nothing."""
        return self._said(lambda: held_fen(address, self.token, self.rpc))

    def close(self) -> None:
        """Let the connection go."""
        self.rpc.close()

    def _said(self, ask: Callable[[], T]) -> T | None:
        try:
            found = ask()
        except CannotCheck:
            self._note(away=True)
            return None
        self._note(away=False)
        return found

    def _note(self, *, away: bool) -> None:
        if away is not self._away:
            self._away = away
            self.tell(News.NODE_AWAY if away else News.NODE_BACK)


def _may_pass(refused: Refused) -> bool:
    return refused.status in _AWAY or refused.code == _IN_USE
