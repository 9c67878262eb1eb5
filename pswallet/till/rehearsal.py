"""An invented shop and an invented customer on a sandbox, for whoever wants to try a till alone. All synthetic."""

import secrets
import time
from collections.abc import Callable

from pswallet.client import Client, Key
from pswallet.demo.people import resident_id
from pswallet.merchants.rules.credit_code import body_check, code_check
from pswallet.till.tickets import Ticket

TILL = "T01"
_NAMES = ("大万擂茶铺", "叶秋香")
_MONEY_FEN = 100_000
_MERCHANT_TIER, _CHECKED_TIER = 5, 2
_PATIENCE_S = 60.0
_PAUSE_S = 0.05


def credit_code() -> str:
    """Make up a unified social credit code whose check characters hold."""
    body = f"MA5{secrets.randbelow(10**5):05d}"
    first_17 = f"92440310{body}{body_check(body)}"
    return first_17 + code_check(first_17)


def open_shop(client: Client, name: str, *, place: str = "大万路33号", till: str = TILL) -> str:
    """Make a checked person's account a merchant's with a store and a till; return the merchant's id."""
    api = client.api
    merchant = api.become_merchant(
        {
            "credit_code": credit_code(), "name": name, "kind": "OFFLINE_POS", "mcc": "5812", "city": "深圳",
            "place": f"坪山区{place}",
        }
    )["id"]  # fmt: skip
    store = api.open_store(merchant, {"name": name, "street": "坪山", "place": place})["id"]
    api.set_up_till(merchant, store, {"till": till})
    until(lambda: api.show_merchant(merchant)["ready"])
    return merchant


def until(so: Callable[[], object]) -> None:
    """Wait until something is so. Raises TimeoutError."""
    deadline = time.monotonic() + _PATIENCE_S
    while not so():
        if time.monotonic() > deadline:
            raise TimeoutError("the sandbox takes too long: do all its processes run?")
        time.sleep(_PAUSE_S)


class Rehearsal:
    """A tea house that has just opened, and a customer with play money."""

    def __init__(self, gateway: str, language: str) -> None:
        self.shop = Client(gateway, Key.new(), language=language)
        self._customer = Client(gateway, Key.new(), language=language)

    def begin(self) -> None:
        """Register both at the sandbox, open the shop, give the customer money."""
        for client, name in zip((self.shop, self._customer), _NAMES, strict=True):
            _register(client, name)
        open_shop(self.shop, _NAMES[0])
        entry = f"REHEARSAL-{secrets.token_hex(6)}"
        address = self._customer.key.address
        self._customer.api.report_entry({"address": address, "amount_fen": _MONEY_FEN, "entry": entry})
        until(lambda: self._customer.balance_fen() == _MONEY_FEN)

    def pay(self, ticket: Ticket) -> None:
        """Let the customer pay a sale, as a phone does that has scanned its code."""
        if ticket.order is not None:
            self._customer.pay_order(self._customer.api.show_order(ticket.order["id"]))

    def close(self) -> None:
        """Let both connections go."""
        self.shop.http.close()
        self._customer.http.close()


def _register(client: Client, name: str) -> None:
    api, phone = client.api, f"+86138{secrets.randbelow(10**8):08d}"
    api.send_code({"phone": phone})
    client.register(phone, api.open_box({"phone": phone})["messages"][-1]["code"])
    until(lambda: api.show_own_account()["tier"] >= 1)
    born = f"{1950 + secrets.randbelow(50)}{1 + secrets.randbelow(12):02d}{1 + secrets.randbelow(28):02d}"
    api.check_real_name({"name": name, "id_number": resident_id(f"440310{born}{secrets.randbelow(1000):03d}")})
    until(lambda: api.show_own_account()["tier"] >= _CHECKED_TIER)
