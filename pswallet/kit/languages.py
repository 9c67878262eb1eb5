"""The languages people read: which one a client or a terminal asks for, and texts in it.

English is written in the code; the others in `pswallet/locale/<locale>/<catalog>.po` (gettext), one catalog for each
kind of text: `problems`, `notifications`, `activity`, `offers`, `wallet`, `till`, `receipt`. A text that a catalog
lacks stays English.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh-CN", "zh-HK")
"""As BCP 47 writes them. English comes first: it is what who asks for nothing gets."""

_OTHER_NAMES = {
    "zh": "zh-CN",
    "zh-hans": "zh-CN",
    "zh-sg": "zh-CN",
    "zh-hant": "zh-HK",
    "zh-tw": "zh-HK",
    "zh-mo": "zh-HK",
}
_LONGEST_HEADER = 256
"""Of an `Accept-Language` [characters]: anybody may write one, and reading it takes the square of its length."""
_TERMINAL_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Which language a terminal speaks, the strongest first (gettext)."""
_CATALOGS = Path(__file__).parent.parent / "locale"


def language_of(accept_language: str | None) -> str:
    """Return the best of `LANGUAGES` for an `Accept-Language` header (RFC 9110, 12.5.4); English for none of them.

    What stands behind the header's first 256 characters is not read.
    """
    wanted = [_known(tag) for tag in _by_preference((accept_language or "")[:_LONGEST_HEADER])]
    return negotiate_locale(wanted, LANGUAGES, sep="-") or ENGLISH


def language_named(name: str) -> str:
    """Return our name of a language as a terminal writes it: `zh_HK.UTF-8` is zh-HK."""
    return language_of(name.partition(":")[0].partition(".")[0].replace("_", "-"))


def language_of_terminal(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language that the terminal's variables ask for."""
    return language_named(next(filter(None, map(environment.get, _TERMINAL_VARIABLES)), ""))


def translated(catalog: str, text: str, language: str) -> str:
    """Return the English `text` in `language`; the text itself where `catalog` lacks it."""
    return texts(catalog, language).get(text, text)


@cache
def texts(catalog: str, language: str) -> dict[str, str]:
    """Return English text → text in `language` of a whole catalog; empty for English.

    What a tool marked as fuzzy is its guess, and no translation.
    """
    file = _CATALOGS / language.replace("-", "_") / f"{catalog}.po"
    if language == ENGLISH or not file.exists():
        return {}
    with file.open("rb") as opened:
        told = [one for one in read_po(opened) if one.id and one.string and not one.fuzzy]
    return {str(one.id): str(one.string) for one in told}


def _by_preference(header: str) -> list[str]:
    found: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.lower().replace(" ", "").partition(";q=")
        try:
            preference = float(weight or 1)
        except ValueError:
            continue
        if tag and preference > 0:
            found.append((preference, tag))
    return [tag for _, tag in sorted(found, key=lambda one: -one[0])]  # stable: as written, among equals


def _known(tag: str) -> str:
    """Return what we call `tag`: zh-Hant-TW is read in Traditional Chinese, en-GB in English."""
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        prefix = "-".join(parts[:length])
        if prefix in _OTHER_NAMES:
            return _OTHER_NAMES[prefix]
        exact = next((language for language in LANGUAGES if language.lower() == prefix), None)
        if exact:
            return exact
    return tag
