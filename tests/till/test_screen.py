"""The till's screen before the real app: keys and buttons alone, from the first sale to a day that balances."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, DataTable, Digits, Input, Static

from pswallet.till.screen import ACTS, Till
from pswallet.till.sheets import Sheet
from pswallet.till.words import Tongue
from tests.api.gateway import Member
from tests.api.money import balance
from tests.parts import Chain
from tests.till.shop import Shop, pay
from tests.till.test_falls import payment_code

WIDE, SMALLEST = (140, 46), (120, 40)


def play(till: Till, scene: Callable[[Pilot[Any]], Awaitable[None]], size: tuple[int, int] = WIDE) -> None:
    """Run the screen without a terminal, and play a scene on it."""

    async def run() -> None:
        async with till.run_test(size=size) as pilot:
            await until(pilot, lambda: till.counter.book.is_open and not till._busy)
            await scene(pilot)
            till.action_leave()

    asyncio.run(run())


async def until(pilot: Pilot[Any], so: Callable[[], object], patience: int = 400) -> None:
    for _ in range(patience):
        if so():
            return
        await pilot.pause(0.02)
    raise AssertionError("not so: " + said(pilot.app, "#news") + " / " + said(pilot.app, "#state"))


async def answer(pilot: Pilot[Any], place: int) -> None:
    """Press a button of the sheet, once it stands there."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, Sheet) and app.screen.query(f"#answer-{place}"))
    sheet = app.screen
    sheet.query_one(f"#answer-{place}", Button).press()
    await until(pilot, lambda: app.screen is not sheet)


def said(app: Any, where: str) -> str:
    return str(app.query_one(where, Static).content)


async def typed(pilot: Pilot[Any], text: str, *keys: str) -> None:
    pilot.app.query_one("#entry", Input).value = text
    await pilot.press(*keys)


@pytest.fixture
def till(shop: Shop, chain: Chain) -> Till:
    """A till with a node of its own."""
    shop.node_url = chain.rpc.url
    counter = shop.counter()
    till = Till(counter, Tongue("en"), till="T01", cashier="lai")
    counter.line.tell = counter.node.tell = till.hear
    return till


def test_a_day_at_the_till_by_its_keys(till: Till, an: Member, shop: Shop) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        await typed(pilot, "28.80", "f2")
        await until(pilot, lambda: "█" in said(till, "#code"))
        assert till.query_one("#amount", Digits).value == "28.80"
        assert said(till, "#state") == "waits for the payment"
        pay(an, till.shown)
        await until(pilot, lambda: said(till, "#state") == "PAID: seen on your own node")
        await typed(pilot, "8.8", "f4")
        await until(pilot, lambda: said(till, "#state") == "PAID: seen on your own node · ¥8.80 given back")
        await pilot.press("f9")
        await answer(pilot, 0)
        await until(pilot, lambda: isinstance(till.screen, Sheet) and "✓ The day balances" in told(till))
        await answer(pilot, 0)
        await until(pilot, lambda: said(till, "#shop").endswith("shift closed"))

    play(till, scene)
    assert balance(an) == 100_000 - 2_000


def told(till: Till) -> str:
    """What the day's sheet says; nothing while another sheet is up."""
    every = [getattr(one.content, "columns", []) for one in till.screen.query("#told").results(Static)]
    return "\n".join(str(cell) for columns in every for column in columns for cell in column.cells)


def test_the_buttons_type_and_do_what_the_keys_do(till: Till) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        for key in ("1", "2", ".", "5", "⌫", "3"):
            next(one for one in till.query(Button) if one.name == key).press()
            await pilot.pause()
        assert till.query_one("#entry", Input).value == "12.3"
        await pilot.click("#ring_up")
        await until(pilot, lambda: till.shown is not None and not till._busy)
        assert till.shown.amount == 1_230
        till.query_one("#void", Button).press()
        await answer(pilot, 1)
        assert till.shown.waits
        till.query_one("#void", Button).press()
        await answer(pilot, 0)
        await until(pilot, lambda: said(till, "#state") == "voided")

    play(till, scene)


def test_a_scanned_code_asks_its_phone_and_a_mistyped_one_is_named(till: Till, an: Member) -> None:
    code = payment_code(an)

    async def scene(pilot: Pilot[Any]) -> None:
        await typed(pilot, "12", "enter")
        await until(pilot, lambda: till.shown is not None and not till._busy)
        await typed(pilot, code[:-1] + str((int(code[-1]) + 1) % 10), "enter")
        await until(pilot, lambda: said(till, "#news") == "A digit of the payment code is wrong")
        await typed(pilot, code, "enter")
        await until(pilot, lambda: said(till, "#state") == "the customer is asked to pay")

    play(till, scene)


def test_a_receipt_that_a_customer_shows_is_checked_on_the_node_with_the_gateway_stopped(
    till: Till, an: Member, shop: Shop
) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        await typed(pilot, "12", "enter")
        await until(pilot, lambda: till.shown is not None and not till._busy)
        pay(an, till.shown)
        await until(pilot, lambda: till.shown.paid is not None)
        shop.wire.cut = True
        await typed(pilot, till.shown.paid.short, "enter")
        await until(pilot, lambda: isinstance(till.screen, Sheet) and till.screen.query("#told"))
        assert str(till.screen.query_one("#told", Static).content).startswith(f"✓ {an.address} paid ¥12.00")

    play(till, scene)


def test_the_screen_says_that_the_gateway_is_away_and_goes_on_when_it_is_back(till: Till, shop: Shop) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        shop.wire.cut = True
        await typed(pilot, "12", "f2")
        await until(pilot, lambda: said(till, "#news").startswith("The gateway does not answer"))
        await typed(pilot, "13", "f2")
        assert said(till, "#news") == "One moment: the last act has no answer yet."
        shop.wire.cut = False
        await until(pilot, lambda: till.shown is not None and not till._busy)
        assert [one.amount for one in till.counter.book.tickets.values()] == [1_200]

    play(till, scene)


def test_a_window_that_is_too_small_for_a_code_says_so(till: Till) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        await typed(pilot, "12", "f2")
        await until(pilot, lambda: "make the window larger" in said(till, "#code"))

    play(till, scene, size=(100, 30))


def test_in_the_smallest_window_every_act_can_be_read_in_each_language(shop: Shop) -> None:
    for language in ("en", "zh-CN", "zh-HK"):
        counter, tongue = shop.counter(), Tongue(language)
        till = Till(counter, tongue, till="T01", customer=lambda ticket: None)
        counter.line.tell = till.hear

        async def scene(pilot: Pilot[Any], till: Till = till, tongue: Tongue = tongue) -> None:
            for name, (key, label) in ACTS.items():
                button = till.query_one(f"#{name}", Button)
                shown = " ".join(strip.text for strip in button.render_lines(button.size.region))
                assert "".join(shown.split("▁")[0].split()) == key + tongue.say(label).replace(" ", ""), shown

        play(till, scene, size=SMALLEST)
        counter.put_out()


def test_a_list_of_sales_says_in_a_word_where_each_stands(till: Till, an: Member) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        table = till.query_one("#sales", DataTable)
        await typed(pilot, "28.80", "f2")
        await until(pilot, lambda: [table.get_row_at(0)[2]] == ["waits"])
        pay(an, till.shown)
        await until(pilot, lambda: table.get_row_at(0)[2] == "PAID")
        await typed(pilot, "8.8", "f4")
        await until(pilot, lambda: table.get_row_at(0)[2] == "PAID −¥8.80")
        assert table.virtual_size.width <= table.size.width

    play(till, scene, size=SMALLEST)


def test_an_amount_is_typed_first(till: Till) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        for typing, key, answer in (("", "f2", "Type an amount first"), ("1e3", "f4", "Type first how much")):
            await typed(pilot, typing, key)
            await until(pilot, lambda answer=answer: said(till, "#news").startswith(answer))

    play(till, scene)


def test_every_act_has_its_button_and_its_key(till: Till) -> None:
    async def scene(pilot: Pilot[Any]) -> None:
        buttons = {button.id: str(button.label) for button in till.query(".act").results(Button)}
        assert buttons.keys() == ACTS.keys() - {"customer"}
        assert all(label.startswith(ACTS[str(name)][0]) for name, label in buttons.items())
        assert all(button.outer_size.height >= 3 for button in till.query(".act, .key").results(Button))
        till.set_class(True, "large")
        await pilot.pause()
        assert all(button.outer_size.height >= 5 for button in till.query(".act, .key").results(Button))

    play(till, scene)
