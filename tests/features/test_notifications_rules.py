"""What people are told of a notice: in their language, with amounts in yuan, and the reason of a refusal."""

import pytest

from pswallet.notifications.rules import Words, words


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", Words("You have been paid", "¥12.34 has come into your wallet.")),
        ("zh-CN", Words("您收到一笔钱", "¥12.34 已经到账。")),
        ("zh-HK", Words("你收到一筆款項", "¥12.34 已到賬。")),
    ],
)
def test_an_amount_is_told_in_yuan(language: str, told: Words) -> None:
    assert words("transfer-received", {"amount_fen": 1_234, "from": "0x00"}, language) == told


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The balance does not suffice. No money has moved."),
        ("zh-CN", "余额不够。钱没有动。"),
        ("zh-HK", "結餘不足。款項沒有轉出。"),
    ],
)
def test_a_refusal_tells_why(language: str, text: str) -> None:
    assert words("transfer-refused", {"nonce": "0x00", "error": "BalanceInsufficient"}, language).text == text


def test_a_reason_that_nobody_knows_is_told_in_general() -> None:
    text = words("transfer-refused", {"nonce": "0x00", "error": "OfANewerContract"}, "en").text
    assert text == "The request cannot be carried out. No money has moved."
    assert "请求" in words("transfer-refused", {"nonce": "0x00", "error": "OfANewerContract"}, "zh-CN").text


def test_a_kind_of_a_newer_version_breaks_no_stream() -> None:
    assert words("of-a-newer-version", {}, "zh-HK").title == "你的戶口有新消息"


def test_whom_the_money_went_to_is_not_told() -> None:
    """The address stays in the body, for the wallet to put a name of its reader's own to."""
    said = words("transfer-sent", {"amount_fen": 1, "to": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"}, "en")
    assert "0x" not in said.title + said.text
