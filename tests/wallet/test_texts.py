"""Every text of the wallet is told in every language, with the same values in it."""

import string
from pathlib import Path

import pytest
import typer
from babel.messages.extract import extract_from_dir

from pswallet import wallet
from pswallet.api.app import routers
from pswallet.client import keys
from pswallet.kit.languages import LANGUAGES, language_named, language_of_terminal, texts
from pswallet.kit.problems import every_problem
from pswallet.wallet.advice import ADVICE
from pswallet.wallet.commands import app
from pswallet.wallet.screen import Screen
from pswallet.wallet.spoken import _REASONS

SAYING = dict.fromkeys(("say", "ask", "confirm", "waiting", "Stopped", "text"))
OTHERS = [language for language in LANGUAGES if language != "en"]


def said() -> set[str]:
    """Every text in the code, and every command's help."""
    folder = str(Path(wallet.__file__).parent)
    found = {one[2] for one in extract_from_dir(folder, [("**.py", "python")], keywords=SAYING)}
    group = typer.main.get_command(app)
    for command in (group, *group.commands.values()):  # type: ignore[attr-defined]
        found |= {command.help} | {one.help for one in command.params if getattr(one, "help", None)}
    return found - {"Show this message and exit."}  # typer's own


def values(text: str) -> set[str]:
    return {part[1] for part in string.Formatter().parse(text) if part[1] is not None}


def test_there_are_texts_to_translate():
    assert len(said()) > 100
    assert {"Send {amount} to {name}?", "a phone number or an address", "Others were faster."} <= said()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str):
    assert said() - texts("wallet", language).keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_catalog_has_a_text_that_nobody_says(language: str):
    assert texts("wallet", language).keys() - said() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_values_of_its_text(language: str):
    wrong = [text for text, told in texts("wallet", language).items() if values(text) != values(told)]
    assert wrong == []


def test_every_reason_of_a_closed_key_is_translated():
    assert {keys.MISSING, keys.FOREIGN, keys.EXPOSED, keys.PASSWORD} == set(_REASONS)


def test_advice_is_given_on_problems_that_there_are():
    assert routers  # whose import brings every feature's errors
    assert ADVICE.keys() - {kind.code() for kind in every_problem().values()} == set()


@pytest.mark.parametrize(
    ("name", "language"),
    [("zh", "zh-CN"), ("zh_CN.UTF-8", "zh-CN"), ("zh_HK", "zh-HK"), ("zh_TW.Big5", "zh-HK"), ("zh_HK:zh_CN", "zh-HK"),
     ("en_US.UTF-8", "en"), ("C", "en"), ("", "en"), ("fr", "en")],
)  # fmt: skip
def test_a_language_is_known_as_terminals_write_it(name: str, language: str):
    assert language_named(name) == language


def test_the_strongest_variable_of_the_terminal_decides():
    assert language_of_terminal({"LANG": "zh_CN.UTF-8"}) == "zh-CN"
    assert language_of_terminal({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}) == "en"
    assert language_of_terminal({"LANG": "en_GB.UTF-8", "LC_ALL": ""}) == "en"
    assert language_of_terminal({}) == "en"


def test_what_a_value_holds_is_not_taken_for_a_text():
    assert Screen("en").translated("{greeting}", greeting="{0} [red]") == "{0} [red]"
