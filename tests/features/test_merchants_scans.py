"""What a scanned text is said to be; a name for each text that is refused; and orders' codes that nobody can change."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem, every_problem
from pswallet.kit.vault import Subkeys, Vault
from pswallet.merchants import service
from pswallet.merchants.rules import cpm, emv, printing
from pswallet.merchants.rules.flaws import Flaw, Refusal
from pswallet.merchants.rules.tlv import Field, Fields
from pswallet.merchants.service import Scan
from tests.features.test_merchants_cpm import coded
from tests.features.test_merchants_emv import ACCOUNT, DYNAMIC, EMVCO, FPS, SHOP, STATIC, WHOLE, sealed
from tests.parts import secret

VAULT = Vault(secret("vault"))
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ORDER = service.order_code(VAULT, SHOP, reference="202611220001", amount=Fen(2_880), now=NOON)
ENDS = NOON + timedelta(seconds=120)


def scan(text: str, now: datetime = NOON, vault: Vault = VAULT) -> Scan:
    return service.read_scan(vault, text, now=now)


def refusal(text: str, now: datetime = NOON, vault: Vault = VAULT) -> tuple[str, object]:
    with pytest.raises(Problem) as refused:
        scan(text, now, vault)
    return type(refused.value).__name__, refused.value.details.get("at")


def test_a_sticker_says_which_till_to_look_up() -> None:
    found = scan(service.sticker(SHOP))
    assert (found.kind, found.network, found.initiation) == ("merchant-code", "pswallet", "static")
    assert (found.merchant, found.store, found.till) == ("M440310000001", "S0001", "T01")
    assert (found.reference, found.expires_at) == (None, None)


def test_an_orders_code_says_which_order_to_look_up() -> None:
    found = scan(ORDER)
    assert (found.initiation, found.merchant, found.reference) == ("dynamic", "M440310000001", "202611220001")
    assert found.expires_at == ENDS


def test_the_longest_numbers_that_we_give_fit_into_a_code_that_cameras_read() -> None:
    shop = replace(SHOP, merchant="mer_" + "z" * 26, store="sto_" + "z" * 26, till="T" * 32, local=("万" * 25, "深圳"))
    text = service.order_code(VAULT, shop, reference="9" * 25, amount=Fen(999_999_999_999), now=NOON)
    assert scan(text).merchant == shop.merchant
    assert len(text) <= service.LONGEST
    assert printing.picture(text).version <= 20


def test_nothing_that_a_code_tells_is_a_name_or_a_price() -> None:
    """Both are read from the database: a text may say what it likes."""
    assert {"name", "city", "amount", "amount_fen", "currency"} & set(Scan.__dataclass_fields__) == set()


def test_an_orders_code_ends_after_two_minutes() -> None:
    assert scan(ORDER, ENDS - timedelta(seconds=1)).expires_at == ENDS
    assert refusal(ORDER, ENDS)[0] == "OrderCodeExpired"


@given(st.data())
def test_an_orders_code_that_was_changed_and_sealed_anew_is_refused(data: st.DataObject) -> None:
    """Another merchant, store, till, order, price, name or time: whoever recomputes the checksum is found out."""
    fields = list(emv.read_code(ORDER).fields)
    place = data.draw(st.sampled_from([at for at, one in enumerate(fields) if one.tag not in ("00", "01")]))
    field = fields[place]
    if isinstance(field.value, str):
        letters = "0123456789" if field.tag in (emv.MCC, emv.AMOUNT) else "ABCXYZ"
        changed: str | Fields = field.value[:-1] + data.draw(st.sampled_from(letters.replace(field.value[-1], "")))
        if field.tag in (emv.CURRENCY, emv.COUNTRY):
            changed = {"53": "344", "58": "HK"}[field.tag]
    else:
        part = data.draw(st.sampled_from(range(1 if field.value[0].tag == emv.GUID else 0, len(field.value))))
        parts = list(field.value)
        old = str(parts[part].value)
        parts[part] = Field(parts[part].tag, old[:-1] + ("1" if old[-1] != "1" else "2"))
        changed = tuple(parts)
    fields[place] = Field(field.tag, changed)
    assert refusal(emv.write(fields)) == ("CodeSignatureInvalid", None)


@pytest.mark.parametrize("initiation", ["11", None])
def test_an_orders_code_that_was_made_a_stickers_names_no_order(initiation: str | None) -> None:
    """Nobody signs stickers: one that named an order could name anybody's."""
    others = [field for field in emv.read_code(ORDER).fields if field.tag != emv.INITIATION]
    forged = emv.write([others[0], *([Field(emv.INITIATION, initiation)] if initiation else []), *others[1:]])
    found = scan(forged)
    assert (found.initiation, found.reference, found.expires_at) == ("static", None, None)


def test_an_orders_code_without_our_signature_is_refused() -> None:
    unsigned = emv.unsigned(emv.read_code(ORDER))
    assert refusal(unsigned)[0] == "CodeSignatureInvalid"
    assert refusal(DYNAMIC)[0] == "CodeSignatureInvalid"
    assert refusal(emv.signed(unsigned, "0" * 32))[0] == "CodeSignatureInvalid"
    assert refusal(emv.signed(unsigned, "签" * 8))[0] == "CodeSignatureInvalid"
    assert refusal(ORDER, vault=Vault(secret("another gateway")))[0] == "CodeSignatureInvalid"


def test_a_gateway_with_a_new_master_key_still_knows_its_codes() -> None:
    assert scan(ORDER, vault=Vault(secret("new master"), Subkeys.of(secret("vault")))).reference == "202611220001"


@pytest.mark.parametrize(
    ("text", "kind", "network"),
    [
        (FPS, "merchant-code", "fps"),
        ("134567890123456789", "payment-code", "wechat-pay"),
        ("2812345678901234", "payment-code", "alipay"),
        ("6212345678901234567", "payment-code", "unionpay"),
        ("0112345678901234567", "payment-code", "e-cny"),
        ("4971 6141 3563 9188 51", "payment-code", "pswallet"),
        (cpm.customer_code("497161413563918851"), "payment-code", "pswallet"),
    ],
)
def test_a_till_is_told_whose_code_it_is(text: str, kind: str, network: str) -> None:
    found = scan(f" {text}\n")
    assert (found.kind, found.network, found.merchant) == (kind, network, None)


@pytest.mark.parametrize(
    ("text", "problem", "at"),
    [
        (STATIC[:-1] + "0", "CodeChecksumWrong", None),
        (sealed(WHOLE + "5802CN"), "CodeTagRepeated", "58"),
        (sealed(WHOLE.replace("5915", "5916")), "CodeLengthWrong", None),
        (sealed(WHOLE.removeprefix("000201")), "CodeFormatNotFirst", None),
        (WHOLE, "CodeChecksumNotLast", None),
        (sealed(WHOLE.replace("5303156", "5303840")), "CodeCurrencyUnknown", "53"),
        (sealed(WHOLE + "540528.888"), "CodeLengthWrong", None),
        (sealed(WHOLE + "540628.888"), "CodeAmountTooPrecise", "54"),
        (sealed(WHOLE + "54040.00"), "CodeAmountNotPositive", "54"),
        (sealed(WHOLE + "5405-1.00"), "CodeAmountNotPositive", "54"),
        (sealed(WHOLE.replace("5802CN", "")), "CodeFieldMissing", "58"),
        (sealed(WHOLE.replace("5802CN", "5802cn")), "CodeFieldInvalid", "58"),
        (sealed(WHOLE.replace(ACCOUNT, "26150011cn.pswallet")), "CodeFieldMissing", "26.01"),
        (sealed(WHOLE.replace("cn.pswallet", "cn.pswallex")), "CodeIssuerUnknown", "02-51"),
        (EMVCO, "CodeIssuerUnknown", "02-51"),
        ("hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8=", "CodeIssuerUnknown", "61.4F"),
        (coded("8505 4350563031 610A 4F07 A0000000555555"), "CodeLengthWrong", "61"),
        ("497161413563918852", "PaymentCodeMistyped", None),
        ("https://example.org/p/1", "CodeUnreadable", None),
        ("", "CodeUnreadable", None),
    ],
)
def test_what_is_wrong_has_a_name_and_a_place(text: str, problem: str, at: str | None) -> None:
    found, where = refusal(text)
    assert found == problem
    assert at is None or str(where).endswith(at)


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_has_its_problem(flaw: Flaw) -> None:
    assert isinstance(service.problem_of(Refusal(flaw)), tuple(every_problem_of_codes()))
    assert len({type(service.problem_of(Refusal(one))) for one in Flaw}) == len(Flaw)


def every_problem_of_codes() -> list[type[Problem]]:
    return [kind for kind in every_problem().values() if kind.__module__ == "pswallet.merchants.errors"]


@given(st.text(max_size=60))
def test_whatever_is_scanned_is_told_or_refused_by_name(text: str) -> None:
    with suppress(*every_problem_of_codes()):
        assert isinstance(scan(text), Scan)
