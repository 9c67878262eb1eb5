"""`pswallet code`: what a text says, new codes, and one line for each that is wrong. No gateway, no database."""

import re
from pathlib import Path

import pytest
import segno
from typer.testing import CliRunner, Result

from pswallet.cli import app
from pswallet.kit import clock
from pswallet.merchants.rules import cpm, emv, paycodes, printing
from tests.features.test_merchants_cpm import EMVCO as EMVCO_CUSTOMER
from tests.features.test_merchants_emv import DYNAMIC, EMVCO, FPS, SHOP, STATIC

KEY = b"\x01" * 32
STICKER = [
    *("--merchant", SHOP.merchant, "--store", SHOP.store, "--till", SHOP.till, "--mcc", SHOP.mcc),
    *("--name", SHOP.name, "--postal-code", SHOP.postal_code),
]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["code", *words], env={"COLUMNS": "120"})


def ok(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: str, status: int = 1) -> str:
    result = run(*words)
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit)  # nothing else got out
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("0x" + KEY.hex() + "\n")
    return file


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (STATIC, ["merchant's code, static, of pswallet", "M440310000001", "DAWAN HAKKA TEA", "till"]),
        (DYNAMIC, ["merchant's code, dynamic, of pswallet", "28.80", "202611220001", "大万擂茶铺"]),
        (FPS, ["dynamic, of fps", "hk.com.hkicl", "344"]),
        (EMVCO, ["of a network that we do not know", "最佳运输"]),
        (EMVCO_CUSTOMER, ["customer's code", "A0 00 00 00 55 55 55", "CPV01", "track 2"]),
        (cpm.customer_code("497161413563918851"), ["customer's code", "497161413563918851", "transparent"]),
        ("497161413563918851", ["payment code of pswallet", "497161 413563 918851"]),
        ("134567890123456789", ["looks like a payment code of wechat-pay"]),
    ],
)
def test_a_code_is_read(text: str, told: list[str]) -> None:
    shown = ok("read", text)
    assert [one for one in told if one not in shown] == []


def test_anothers_account_is_not_explained_as_ours() -> None:
    assert "store" not in ok("read", FPS)
    assert "store" in ok("read", STATIC)


def test_a_text_does_not_command_the_terminal() -> None:
    evil = STATIC[:-8].replace("62160305S00010703T01", "62110707\x1b]0;hi\x07")
    text = f"{evil}6304{emv.checksum(evil + '6304')}"
    shown = ok("read", text)
    assert "\x1b" not in shown
    assert r"\x1b]0;hi\x07" in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (STATIC[:-1] + "0", "CodeChecksumWrong"),
        (STATIC[:-8], "CodeChecksumNotLast"),
        ("497161413563918852", "PaymentCodeMistyped"),
        ("hello", "CodeUnreadable"),
        (emv.FORMAT * 3 + "x", "CodeLengthWrong: A part of the code has another length than it says (at=00)"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(text: str, told: str) -> None:
    assert told in refused("read", text)


def test_a_sticker_is_made_shown_and_printed(tmp_path: Path) -> None:
    picture = tmp_path / "till.svg"
    shown = ok("make", "sticker", *STICKER, "--svg", str(picture))
    assert shown.splitlines()[-1] == STATIC
    assert "█" in shown
    assert picture.read_text() == printing.svg(STATIC)


def test_a_sticker_with_a_chinese_name_is_read_back() -> None:
    text = ok("make", "sticker", *STICKER, "--local-name", "大万擂茶铺").splitlines()[-1]
    assert "大万擂茶铺" in ok("read", text)


def test_a_sticker_that_nobody_could_read_is_not_made() -> None:
    told = refused("make", "sticker", *STICKER[:-4], "--name", "大万擂茶铺", status=2)
    assert told == "no merchant code: field_invalid 59"


def test_a_phones_code_is_made_from_its_key(key_file: Path) -> None:
    shown = ok("make", "payment", "--key-file", str(key_file), "--counter", "3")
    (digits,) = re.findall(r"^49[0-9]{4} [0-9]{6} [0-9]{6}$", shown, re.M)
    code = paycodes.read(digits)
    assert isinstance(code, str)
    found = paycodes.moment_of(code, KEY, now=clock.now())
    assert found is not None
    assert found.counter == 3


def test_a_file_without_a_key_is_refused(tmp_path: Path, key_file: Path) -> None:
    key_file.write_text("0x01")
    assert "32 bytes, not 1" in refused("make", "payment", "--key-file", str(key_file), status=2)
    assert "No such file" in refused("make", "payment", "--key-file", str(tmp_path / "none"), status=2)


@pytest.mark.parametrize("text", [STATIC, DYNAMIC, cpm.customer_code("497161413563918851")])
def test_a_picture_is_qr_at_level_m_small_enough_for_a_sticker(text: str) -> None:
    drawn = printing.picture(text)
    assert (drawn.error, drawn.is_micro) == ("M", False)
    assert drawn.version <= 15
    assert printing.svg(text).startswith("<svg")


@pytest.mark.parametrize("text", ["大万", "Café", "日本語"])
def test_a_picture_holds_the_texts_utf_8(text: str) -> None:
    """What the drawing library takes for Latin-1 or Shift JIS by itself would fail the checksum when read."""
    assert printing.picture(text).matrix == segno.make_qr(text.encode(), error="m", boost_error=False).matrix


def test_the_picture_is_of_the_text() -> None:
    assert printing.svg(STATIC) != printing.svg(DYNAMIC)
    assert printing.blocks(STATIC) != printing.blocks(DYNAMIC)
