"""Every text of the till is told in every language, with the same values in it."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from pswallet import till
from pswallet.kit.languages import LANGUAGES, texts
from pswallet.merchants.rules.sales import Reason
from pswallet.till import counter
from pswallet.till.line import News
from pswallet.till.words import NEWS, REASONS

OTHERS = [language for language in LANGUAGES if language != "en"]
SAYING = dict.fromkeys(("say", "text", "_say_later"))


def said() -> set[str]:
    folder = str(Path(till.__file__).parent)
    return {one[2] for one in extract_from_dir(folder, [("**.py", "python")], keywords=SAYING)}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_no_other(language: str) -> None:
    assert texts("till", language).keys() == said()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_values_of_its_text(language: str) -> None:
    for english, told in texts("till", language).items():
        assert told != english
        assert sorted(re.findall(r"\{\w+\}", told)) == sorted(re.findall(r"\{\w+\}", english)), english


def test_every_reason_and_every_news_has_its_words() -> None:
    own = {counter.NO_SHIFT, counter.SHIFT_OPEN, counter.NO_TILL, counter.NOTHING_DUE, counter.NO_NODE}
    own |= {counter.PAID_ELSEWHERE, counter.OWNERS_KEY, counter.NO_KEY}
    assert REASONS.keys() == set(Reason) | own | {counter.NO_ANSWER, counter.FULL}
    assert NEWS.keys() == set(News)
