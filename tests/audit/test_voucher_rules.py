"""Every rule of campaigns, vouchers and anchors, with its twin on the right side of the boundary, by hand."""

from typing import Any

import pytest

from pswallet.chain.hashing import keccak
from tests.audit.shop_tape import AN, DISTRICT, SHOP, TEA, ShopTape
from tests.audit.tape import ANCHOR, CHECKOUT, NOON, VOUCHER, person


@pytest.fixture
def tape() -> ShopTape:
    """AN has 9,000 fen, the district 100,000, the shop 1,000."""
    tape = ShopTape()
    assert tape.wrong() == []
    return tape


# --- campaigns ---


def test_a_campaign_gives_spends_takes_back_and_ends(tape: ShopTape):
    campaign = tape.campaign()
    tape.give(campaign, 2, 2_000)
    tape.show_shop()
    order = tape.order(700, (VOUCHER, campaign, 1_500, 0))
    tape.refund(order, 700, 100)
    tape.now.time += 1_000
    tape.close(campaign, 2_000, 600)
    tape.refund(order, 0, 900, number=1, sponsor=DISTRICT)
    assert tape.wrong() == []
    assert tape.books.vouchers.outstanding == 0


@pytest.mark.parametrize(
    ("terms", "wrong"),
    [
        ({"id": "0x" + "12" * 32}, ["vouchers"]),
        ({"budget": 4_001}, ["vouchers"]),
        ({"lasts_s": 400 * 86_400}, []),
        ({"lasts_s": 400 * 86_400 + 1}, ["vouchers"]),
        ({"lasts_s": 0}, ["vouchers"]),
        ({"paid_in": 3_999}, ["vouchers"] * 3),
    ],
)
def test_a_campaign_is_its_terms_hash_its_dates_fit_and_its_money_came(tape: ShopTape, terms: Any, wrong: list[str]):
    tape.campaign(**terms)
    assert tape.wrong() == wrong


@pytest.mark.parametrize(
    ("count", "value", "wrong"), [(2, 2_000, []), (3, 3_000, ["vouchers"]), (1, 2_000, ["vouchers"])]
)
def test_vouchers_are_given_as_many_as_a_person_may_have(tape: ShopTape, count: int, value: int, wrong: list[str]):
    tape.give(tape.campaign(), count, value)
    assert tape.wrong() == wrong


def test_who_had_vouchers_is_given_what_is_new_alone(tape: ShopTape):
    campaign = tape.campaign()
    tape.give(campaign, 1, 1_000)
    tape.give(campaign, 2, 1_000)
    assert tape.wrong() == []
    tape.give(campaign, 2, 0)
    assert tape.wrong() == ["vouchers"]


@pytest.mark.parametrize(("budget", "wrong"), [(2_000, []), (1_000, ["vouchers"])])
def test_a_campaign_gives_no_more_than_its_budget(tape: ShopTape, budget: int, wrong: list[str]):
    tape.give(tape.campaign(budget=budget), 2, 2_000)
    assert tape.wrong() == wrong


@pytest.mark.parametrize("changed", [{"listed": 1}, {"issuer": keccak(b"another key")}], ids=["not listed", "unsigned"])
def test_vouchers_are_given_to_who_is_on_a_list_that_the_issuer_signed(tape: ShopTape, changed: dict[str, Any]):
    tape.give(tape.campaign(), 2, 2_000, **changed)
    assert tape.wrong() == ["vouchers"]


def test_a_list_may_come_before_its_campaign(tape: ShopTape):
    campaign, terms = tape.campaign(), tape.terms
    del tape.books.vouchers.campaigns[campaign]
    tape.books.vouchers.outstanding = 0
    tape.ledger.account(VOUCHER).balance = 0
    tape.ledger.account(DISTRICT).balance += 4_000
    tape.voucher("WinnersListed", campaign, "0x" + "12" * 32)
    tape.end()
    tape.moves((DISTRICT, VOUCHER, 4_000))
    tape.voucher("CampaignOpened", campaign, DISTRICT, data=[terms])
    assert tape.wrong() == ["vouchers"]  # nobody signed it


@pytest.mark.parametrize(
    ("starts_in_s", "later_s", "wrong"),
    [(10, 10, []), (10, 9, ["vouchers"]), (0, 999, []), (0, 1_000, ["vouchers"])],
)
def test_vouchers_are_spent_in_their_time(tape: ShopTape, starts_in_s: int, later_s: int, wrong: list[str]):
    campaign = tape.campaign(starts_in_s=starts_in_s)
    tape.give(campaign, 1, 1_000)
    tape.now.time += later_s
    tape.show_shop()
    tape.order(0, (VOUCHER, campaign, 500, 0))
    assert tape.wrong() == wrong


def test_vouchers_are_given_before_the_end(tape: ShopTape):
    campaign = tape.campaign()
    tape.now.time += 1_000
    tape.give(campaign, 1, 1_000)
    assert tape.wrong() == ["vouchers"]


@pytest.mark.parametrize(("value", "wrong"), [(1_000, []), (999, ["vouchers"])])
def test_a_voucher_that_cannot_be_divided_is_spent_whole(tape: ShopTape, value: int, wrong: list[str]):
    campaign = tape.campaign(divisible=False)
    tape.give(campaign, 1, 1_000)
    tape.show_shop()
    tape.order(0, (VOUCHER, campaign, value, 0))
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("value", "wrong"), [(1_000, []), (1_001, ["vouchers"])])
def test_nobody_spends_more_vouchers_than_he_has(tape: ShopTape, value: int, wrong: list[str]):
    campaign = tape.campaign()
    tape.give(campaign, 1, 1_000)
    tape.show_shop()
    tape.order(0, (VOUCHER, campaign, value, 0))
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("category", "wrong"), [(TEA, []), (TEA + 1, ["vouchers"])])
def test_vouchers_are_spent_in_shops_of_the_list_with_their_category(tape: ShopTape, category: int, wrong: list[str]):
    campaign = tape.campaign()
    tape.give(campaign, 1, 1_000)
    tape.show_shop(category=category)
    tape.order(0, (VOUCHER, campaign, 500, 0))
    assert tape.wrong() == wrong
    tape.calldata = b""
    tape.order(0, (VOUCHER, campaign, 500, 0))
    assert tape.wrong() == wrong * 2  # a shop once shown needs no other proof


@pytest.mark.parametrize(("minimum", "wrong"), [(300, []), (299, ["vouchers"])])
def test_an_order_has_the_campaigns_own_minimum(tape: ShopTape, minimum: int, wrong: list[str]):
    campaign = tape.campaign(minimum=300)
    tape.give(campaign, 1, 1_000)
    tape.show_shop()
    tape.order(0, (VOUCHER, campaign, 500, minimum))
    assert tape.wrong() == wrong


def test_vouchers_are_spent_in_orders_alone(tape: ShopTape):
    campaign = tape.campaign()
    tape.give(campaign, 1, 1_000)
    tape.show_shop()
    tape.voucher("VoucherSpent", campaign, AN, SHOP, data=[500])
    tape.pay(VOUCHER, SHOP, 500)
    assert tape.wrong() == ["vouchers"]


def test_an_order_and_its_voucher_agree(tape: ShopTape):
    campaign = tape.campaign()
    tape.give(campaign, 1, 1_000)
    tape.show_shop()
    tape.order(0, (VOUCHER, campaign, 500, 0), spent_fen=400)
    assert set(tape.wrong()) == {"vouchers"}


def test_money_that_leaves_the_vouchers_for_no_event_is_wrong(tape: ShopTape):
    tape.campaign()
    tape.pay(VOUCHER, AN, 10)
    assert tape.wrong() == ["vouchers", "vouchers"]  # no event, and less than is owed


@pytest.mark.parametrize(("later_s", "wrong"), [(1_000, []), (999, ["vouchers"])])
def test_a_campaign_is_closed_from_its_end_on(tape: ShopTape, later_s: int, wrong: list[str]):
    campaign = tape.campaign()
    tape.now.time += later_s
    tape.close(campaign, 4_000, 0)
    assert tape.wrong() == wrong


@pytest.mark.parametrize("paid", [None, 4_000], ids=["less", "as much, told otherwise"])
def test_a_campaigns_end_gives_back_all_that_is_left(tape: ShopTape, paid: int | None):
    campaign = tape.campaign()
    tape.now.time += 1_000
    tape.close(campaign, 3_000, 0, paid=paid)
    assert "vouchers" in tape.wrong()


def test_what_comes_back_after_the_end_is_the_sponsors_and_before_it_the_holders(tape: ShopTape):
    campaign = tape.campaign()
    tape.give(campaign, 1, 1_000)
    tape.show_shop()
    order = tape.order(0, (VOUCHER, campaign, 1_000, 0))
    tape.refund(order, 0, 100)
    assert tape.wrong() == []
    tape.refund(order, 0, 100, number=1, sponsor=DISTRICT)
    assert "vouchers" in tape.wrong()


def test_a_campaign_that_nobody_opened_gives_nothing(tape: ShopTape):
    tape.voucher("VoucherIssued", "0x" + "12" * 32, AN, data=[1, 1_000])
    assert tape.wrong() == ["vouchers"]


# --- anchors ---

TODAY = (NOON + 8 * 3600) // 86_400


@pytest.mark.parametrize(("day", "wrong"), [(TODAY - 1, []), (TODAY, ["anchors"])])
def test_a_day_is_anchored_when_it_is_over(tape: ShopTape, day: int, wrong: list[str]):
    tape.anchored(day)
    assert tape.wrong() == wrong


def test_a_day_is_anchored_once_and_with_a_root(tape: ShopTape):
    tape.anchored(TODAY - 1)
    tape.anchored(TODAY - 2)
    assert tape.wrong() == []
    tape.anchored(TODAY - 1, root=b"\x13" * 32)
    tape.anchored(TODAY - 3, root=bytes(32))
    assert tape.wrong() == ["anchors", "anchors"]


@pytest.mark.parametrize("address", [CHECKOUT, VOUCHER, ANCHOR])
def test_an_event_that_no_published_code_has_is_wrong(tape: ShopTape, address: str):
    log = tape._log("Stablecoin", person(1), "TierSet", (AN,), [2], 0)
    tape.books.read({**log, "topics": ["0x" + "99" * 32]}, address)
    assert tape.wrong() == ["code"]
