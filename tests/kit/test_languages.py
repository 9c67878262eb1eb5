"""Which language a client is answered in."""

import pytest

from pswallet.kit.languages import language_of, translated


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("fr, de;q=0.5", "en"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-cn", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh-HK", "zh-HK"),
        ("zh-TW", "zh-HK"),
        ("zh-Hant-MO", "zh-HK"),
        ("en-GB", "en"),
        ("fr;q=0.9, zh-HK;q=0.8, en;q=0.1", "zh-HK"),
        ("en;q=0.2, zh-CN;q=0.7", "zh-CN"),
        ("fr; q=0.9, zh-HK ;Q=0.8", "zh-HK"),
        ("zh-CN;q=0, en", "en"),
        ("zh-CN;q=nonsense, zh-HK;q=0.1", "zh-HK"),
    ],
)
def test_the_most_wanted_language_that_we_have_is_taken(header: str | None, language: str) -> None:
    assert language_of(header) == language


@pytest.mark.parametrize(("length", "language"), [(256, "zh-CN"), (257, "en")])
def test_256_characters_of_the_header_are_read_and_no_more(length: int, language: str) -> None:
    """Anybody may send 60,000; reading a tag of as many parts took the gateway seconds."""
    assert language_of(f"{'f' * (length - 3)},zh") == language


def test_a_text_without_a_translation_stays_english() -> None:
    assert translated("problems", "No catalog has this text", "zh-CN") == "No catalog has this text"
