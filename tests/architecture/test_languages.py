"""Nothing that people read is left untranslated, and no catalog translates what nobody says."""

import re
from pathlib import Path
from typing import get_args

import pytest

from pswallet.api.spreadsheets import HEADINGS, KINDS
from pswallet.kit.languages import ENGLISH, LANGUAGES, texts
from pswallet.kit.problems import Problem, every_problem
from pswallet.notifications.rules import WORDS, Kind, words
from pswallet.offers.rules.words import TEXTS as OFFER_TEXTS
from pswallet.receipt.words import TEXTS as RECEIPT_TEXTS

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [language for language in LANGUAGES if language != ENGLISH]
ENCODINGS = {"zh-CN": "gb2312", "zh-HK": "big5hkscs"}
"""Which knows the characters of a language and few of the other's: 账 and 賬 never stand in one catalog."""


def said() -> dict[str, set[str]]:
    """Every English text of each catalog, as the code has it."""
    from pswallet.api import app as _  # noqa: F401 - imports every feature's errors

    told = [*WORDS.values(), words("of a newer version", {}, ENGLISH)]
    return {
        "problems": {kind.title for kind in [Problem, *every_problem().values()]},
        "activity": {*HEADINGS, *KINDS.values()},
        "receipt": set(RECEIPT_TEXTS),
        "offers": set(OFFER_TEXTS),
        "notifications": {text for one in told for text in (one.title, one.text)},
    }


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("catalog", said())
def test_every_text_is_translated_and_no_other(catalog: str, language: str) -> None:
    english = said()[catalog]
    found = set(texts(catalog, language))
    assert found >= english, f"{language}/{catalog}.po lacks them"
    assert found <= english, f"nobody says them: take them out of {language}/{catalog}.po"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("catalog", [*said(), "wallet", "till"])
def test_a_translation_is_of_its_language_and_keeps_what_is_filled_in(catalog: str, language: str) -> None:
    for english, told in texts(catalog, language).items():
        assert told != english
        assert sorted(re.findall(r"\{\w+\}", told)) == sorted(re.findall(r"\{\w+\}", english)), english
        told.translate(dict.fromkeys(map(ord, "¥✓✗−"))).encode(ENCODINGS[language])


@pytest.mark.parametrize(("language", "never"), [("zh-CN", "你"), ("zh-HK", "您")])
@pytest.mark.parametrize("catalog", [*said(), "wallet", "till"])
def test_people_are_addressed_in_one_way(catalog: str, language: str, never: str) -> None:
    """A wallet shows a gateway's title and its own advice beside each other."""
    assert [told for told in texts(catalog, language).values() if never in told] == []


def test_a_guess_of_a_tool_is_no_translation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zh_CN").mkdir()
    entries = 'msgid "sure"\nmsgstr "准"\n\n#, fuzzy\nmsgid "guessed"\nmsgstr "猜"\n\nmsgid "empty"\nmsgstr ""\n'
    (tmp_path / "zh_CN" / "guesses.po").write_text(entries)
    monkeypatch.setattr("pswallet.kit.languages._CATALOGS", tmp_path)
    assert texts("guesses", "zh-CN") == {"sure": "准"}


def test_every_catalog_is_held_to_what_is_said() -> None:
    files = {file.stem for file in (ROOT / "pswallet/locale").rglob("*.po")}
    assert files == {*said(), "wallet", "till"}  # those two beside their screens


def test_every_kind_of_notice_has_its_words() -> None:
    """Which kinds there are, mypy holds: whoever writes a notice names a `Kind`."""
    assert set(WORDS) == set(get_args(Kind))


def test_every_kind_of_notice_is_documented() -> None:
    page = (ROOT / "docs/operations/events.md").read_text()
    listed = re.findall(r"^\| ([a-z-]+(?:, [a-z-]+)*) \|", page, re.M)
    assert {kind for row in listed for kind in row.split(", ")} - {"kind"} == set(get_args(Kind))
