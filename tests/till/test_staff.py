"""A till without the shop's key: a cashier's, and a machine's by an API key. What they may not give back they say."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pswallet.cli import app
from pswallet.client import Refused
from pswallet.kit.money import Fen
from pswallet.merchants.rules.sales import State
from pswallet.settings import Settings
from pswallet.till import commands
from pswallet.till.closing import close
from pswallet.till.counter import NO_KEY, OWNERS_KEY, PAID_ELSEWHERE, Counter, NotNow
from pswallet.till.sheets import day_of
from pswallet.till.tickets import Employer
from pswallet.till.words import Tongue
from tests.api.gateway import Member
from tests.api.merchants import api_key, appoint, delete, place
from tests.api.money import balance
from tests.till.shop import Shop, looked_at, pay


def works(counter: Counter, an: Member, reason: str) -> None:
    """Play a day on a till that may give nothing back: sold, voided, seen as paid, closed."""
    counter.open("T01", "lai")
    sold, left = counter.ring_up(Fen(2_880)), counter.ring_up(Fen(500))
    pay(an, sold)
    looked_at(counter, sold, lambda one: one.paid is not None)
    counter.void(left)
    assert left.sale.state is State.VOIDED
    before = len(counter.journal.entries)
    for act in (lambda: counter.refund(sold, Fen(80)), lambda: counter.void(sold)):
        with pytest.raises(NotNow, match=reason):
            act()
    assert len(counter.journal.entries) == before, "nothing was asked for"


def test_a_machine_sells_by_its_key_and_gives_nothing_back(shop: Shop, an: Member) -> None:
    counter = shop.counter(api_key=api_key(shop.owner, "orders")["token"], employer=shop.employer)
    works(counter, an, NO_KEY)
    closing = close(counter)
    assert (closing.balances, closing.settlement, closing.day.kept) == (True, None, 2_880)
    console = Console(width=100, file=StringIO(), record=True)
    console.print(day_of(closing, Tongue("en")))
    assert "the whole shop's day is for its owner and managers to see" in console.export_text()
    assert balance(shop.owner) == 100_000 + 2_880


def test_a_machine_that_may_read_the_books_balances_with_them(shop: Shop, an: Member) -> None:
    counter = shop.counter(api_key=api_key(shop.owner, "orders", "reports")["token"], employer=shop.employer)
    works(counter, an, NO_KEY)
    closing = close(counter)
    assert closing.settlement is not None
    assert (closing.balances, closing.settlement["sales_fen"]) == (True, 2_880)


def test_a_cashier_sells_with_a_key_of_its_own_and_leaves_plain_refunds_to_the_owner(
    shop: Shop, an: Member, bo: Member
) -> None:
    appoint(shop.owner, bo, "cashier")
    counter = shop.counter(who=bo, employer=shop.employer)
    works(counter, an, OWNERS_KEY)
    reference = next(iter(counter.book.tickets))
    counter.put_out()
    owners = shop.counter()  # the owner comes to the same till
    ticket = owners.book.tickets[reference]
    owners.refund(ticket, Fen(80))
    looked_at(owners, ticket, lambda one: one.refunds[0].status == "confirmed")
    assert balance(an) == 100_000 - 2_800


def test_a_till_is_refused_once_its_key_is_revoked_and_asks_for_no_session(shop: Shop) -> None:
    made = api_key(shop.owner, "orders")
    counter = shop.counter(api_key=made["token"], employer=shop.employer)
    counter.open("T01")
    delete(shop.owner, place(shop.owner, f"/api-keys/{made['key']['id']}"))
    with pytest.raises(Refused) as refused:
        counter.ring_up(Fen(100))
    assert refused.value.code == "api-key-invalid"


def test_a_gateway_that_names_another_address_gets_no_customers_money(shop: Shop, an: Member) -> None:
    told = Employer(shop.employer.merchant, an.address)
    counter = shop.counter(api_key=api_key(shop.owner, "orders")["token"], employer=told)
    with pytest.raises(NotNow, match=PAID_ELSEWHERE):
        counter.open("T01")
    assert not counter.book.is_open


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["--merchant", "mer_1"], "--paid-at"),
        (["--paid-at", "0x11"], "--merchant"),
        (["--merchant", "mer_1", "--paid-at", "0x11"], "20 bytes"),
        (["--api-key-file", "{key}"], "--merchant"),
        (["--api-key-file", "{open}"], "chmod 600"),
        (["--api-key-file", "{none}"], "no such file"),
    ],
)
def test_the_command_says_what_a_till_without_the_shops_key_lacks(tmp_path: Path, said: list[str], why: str) -> None:
    files = {"key": 0o600, "open": 0o644, "none": 0}
    for name, mode in files.items():
        if mode:
            (tmp_path / name).write_text("psk_EXAMPLE\n")
            (tmp_path / name).chmod(mode)
    done = CliRunner().invoke(app, ["pos", *(one.format(**{n: tmp_path / n for n in files}) for one in said)])
    assert done.exit_code != 0
    assert why in done.output


@pytest.mark.parametrize("written", [str.lower, lambda address: "0x" + address[2:].upper(), str])
def test_the_shops_address_may_be_written_in_any_case(written: Callable[[str], str]) -> None:
    address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert commands._employer("mer_1", written(address), None) == Employer("mer_1", address)


def test_a_key_in_the_environment_needs_its_merchant_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSWALLET_API_KEY", "psk_EXAMPLE")
    done = CliRunner().invoke(app, ["pos"])
    assert (done.exit_code, "--merchant" in done.output) == (2, True)


def test_a_key_of_a_file_makes_a_machine_and_no_password_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("psk_EXAMPLE\n")
    file.chmod(0o600)
    settings = Settings(wallet=tmp_path)
    with commands._own(settings, Tongue("en"), token=commands._api_key(file, settings)) as (client, folder, _):
        assert (client.is_machine, client.token, folder) == (True, "psk_EXAMPLE", tmp_path)
        client.http.close()
