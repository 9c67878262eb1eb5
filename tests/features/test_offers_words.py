"""A price explained line by line, in the reader's language; each offer in words made from its terms alone."""

import pytest

from pswallet.offers.rules.pricing import apply, best
from pswallet.offers.rules.terms import Means
from pswallet.offers.rules.words import explained, offer_words
from tests.features.offering import PACKET, POINTS, VECTOR, VECTOR_MEANS, VECTOR_PRICE, basket, terms


def test_the_worked_vector_is_explained_line_by_line() -> None:
    found = best(basket(VECTOR_PRICE), VECTOR, VECTOR_MEANS, "")
    assert explained(found, "zh-CN") == [
        "购物单：¥128.00",
        "8.8折：¥128.00 - ¥15.36 = ¥112.64（商户承担）",
        "满¥100.00减¥20.00：¥112.64 - ¥20.00 = ¥92.64（商户承担）",
        "代金券，满¥80.00减¥10.00：¥92.64 - ¥10.00 = ¥82.64（平台承担）",
        "积分抵现，每分抵一分钱：¥82.64 - ¥5.00 = ¥77.64（您的积分）",
        "消费红包：¥77.64 - ¥20.00 = ¥57.64（主办方承担）",
        "您付：¥57.64",
        "每项的最低消费按它上面各项扣减之后的金额计算。",
    ]
    assert explained(found, "en")[1] == "Pay 88 %: ¥128.00 - ¥15.36 = ¥112.64 (from the merchant)"
    assert explained(found, "zh-HK")[2] == "滿¥100.00減¥20.00：¥112.64 - ¥20.00 = ¥92.64（商戶承擔）"


def test_a_cashback_is_told_after_what_is_paid() -> None:
    found = apply(basket(5_000), [terms("a", "cashback", (5_000, 300))], Means(), "")
    assert explained(found, "en")[:3] == [
        "Basket: ¥50.00",
        "You pay: ¥50.00",
        "Red packet after paying: ¥3.00 off from ¥50.00: ¥3.00 comes after the payment (from the merchant)",
    ]


def test_a_basket_without_offers_says_its_price_alone() -> None:
    assert explained(apply(basket(5_000), [], Means(), ""), "en") == ["Basket: ¥50.00", "You pay: ¥50.00"]


@pytest.mark.parametrize(
    ("offer", "english", "chinese"),
    [
        (terms("a", "discount", pay_bp=9_950), "Pay 99.5 %", "9.95折"),
        (terms("a", "discount", pay_bp=8_000, at_most=2_000), "Pay 80 %, at most ¥20.00", "8折，最多¥20.00"),
        (terms("a", "instant", (0, 500)), "¥5.00 off", "立减¥5.00"),
        (terms("a", "reduction", (5_000, 500), repeats=True), "¥5.00 off every ¥50.00", "每满¥50.00减¥5.00"),
        (
            terms("a", "reduction", (10_000, 1_000), (20_000, 3_000)),
            "¥10.00 off from ¥100.00 / ¥30.00 off from ¥200.00",
            "满¥100.00减¥10.00 / 满¥200.00减¥30.00",
        ),
        (terms("a", "random", low=100, high=500), "¥1.00 to ¥5.00 off, drawn", "随机立减¥1.00至¥5.00"),
        (terms("a", "member-price", prices={"tea": 1}), "Member price", "会员价"),
        (PACKET, "Restricted red packet", "消费红包"),
        (
            terms("a", "points", minimum_spend=1_000),
            "Points, a fen each, from ¥10.00",
            "积分抵现，每分抵一分钱，满¥10.00可用",
        ),
        (POINTS, "Points, a fen each", "积分抵现，每分抵一分钱"),
    ],
)
def test_an_offer_reads_as_people_say_it(offer, english: str, chinese: str) -> None:  # type: ignore[no-untyped-def]
    assert (offer_words(offer, "en"), offer_words(offer, "zh-CN")) == (english, chinese)
