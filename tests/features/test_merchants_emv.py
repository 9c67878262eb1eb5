"""Merchant-presented codes: EMVCo's own sample, ours and FPS's to the letter, and a name for each way to be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pswallet.merchants.rules import emv
from pswallet.merchants.rules.emv import Initiation, MerchantCode, Shop
from pswallet.merchants.rules.flaws import Flaw, Refusal
from pswallet.merchants.rules.tlv import Field

EMVCO = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME"
    "91320016A0112233449988770708123456786304A13A"
)
STATIC = (
    "00020101021126410011cn.pswallet0113M4403100000010205S00015204581253031565802CN5915DAWAN HAKKA TEA6008SHENZHEN"
    "610651811862160305S00010703T0163041C57"
)
DYNAMIC = (
    "00020101021226410011cn.pswallet0113M4403100000010205S0001520458125303156540528.805802CN5915DAWAN HAKKA TEA"
    "6008SHENZHEN6106518118622301122026112200010703T0164210002ZH0105大万擂茶铺0202深圳6304FE14"
)
FPS = "00020101021226320012hk.com.hkicl021299999999999952040000530334454031005802HK5902NA6002HK62110507QR123456304983E"

SHOP = Shop(
    merchant="M440310000001",
    store="S0001",
    till="T01",
    mcc="5812",
    name="DAWAN HAKKA TEA",
    city="SHENZHEN",
    postal_code="518118",
)
HEAD = "000201010211"
ACCOUNT = "26410011cn.pswallet0113M4403100000010205S0001"
TAIL = "5802CN5915DAWAN HAKKA TEA6008SHENZHEN"
WHOLE = HEAD + ACCOUNT + "520458125303156" + TAIL


def sealed(text: str) -> str:
    """`text` with a right checksum, whatever else is wrong with it."""
    return f"{text}6304{emv.checksum(f'{text}6304')}"


def flaw(text: str) -> Flaw:
    found = emv.read(text)
    assert isinstance(found, Refusal), found
    return found.flaw


def code(text: str) -> MerchantCode:
    found = emv.read(text)
    assert isinstance(found, MerchantCode), found
    return found


def test_the_checksum_has_its_published_check_value() -> None:
    assert emv.checksum("123456789") == "29B1"


@pytest.mark.parametrize("text", [EMVCO, STATIC, DYNAMIC, FPS, sealed(WHOLE)])
def test_a_code_that_is_right_is_read_and_written_again_as_it_was(text: str) -> None:
    assert emv.write(code(text).fields) == text


def test_emvcos_sample_says_what_it_says() -> None:
    found = code(EMVCO)
    assert (found.initiation, found.currency, found.amount) == (Initiation.DYNAMIC, "CNY", 2372)
    assert (found.text(emv.NAME), found.text(emv.LOCAL, "01")) == ("BEST TRANSPORT", "最佳运输")
    assert (found.guids, found.network) == (["D15600000000", "D15600000001"], None)


def test_an_fps_code_is_known_by_name_and_is_none_of_ours() -> None:
    found = code(FPS)
    assert (found.network, found.currency, found.amount) == ("fps", "HKD", 10_000)
    assert found.own(emv.MERCHANT) == ""


def test_a_static_code_is_built_to_the_letter_and_names_no_amount() -> None:
    assert emv.static(SHOP) == STATIC
    assert (code(STATIC).initiation, code(STATIC).amount) == (Initiation.STATIC, None)
    assert (code(STATIC).network, code(STATIC).own(emv.MERCHANT)) == ("pswallet", "M440310000001")


def test_a_dynamic_code_is_built_to_the_letter_with_chinese_counted_in_characters() -> None:
    shop = Shop(**{**vars(SHOP), "local": ("大万擂茶铺", "深圳")})
    assert emv.dynamic(shop, reference="202611220001", amount=2_880) == DYNAMIC
    assert (code(DYNAMIC).amount, code(DYNAMIC).text(emv.ADDITIONAL, emv.BILL)) == (2_880, "202611220001")


def test_our_account_counts_before_any_other_in_one_code() -> None:
    both = HEAD + "26160012hk.com.hkicl" + ACCOUNT.replace("26", "27", 1) + "520458125303156" + TAIL
    assert code(sealed(both)).network == "pswallet"
    assert code(sealed(both)).own(emv.OUR_STORE) == "S0001"


# --- what is refused, and by which name -----------------------------------------


def test_a_bad_checksum_is_refused() -> None:
    assert flaw(STATIC[:-1] + "8") is Flaw.CHECKSUM
    assert flaw(STATIC[:-4] + "1c57") is Flaw.CHECKSUM, "four upper-case digits"
    assert flaw(STATIC.replace("HAKKA", "HAKKB")) is Flaw.CHECKSUM


@pytest.mark.parametrize("more", ["5802CN", "6005PEKIN", "6304ABCD"])
def test_a_repeated_tag_is_refused(more: str) -> None:
    assert flaw(sealed(WHOLE + more)) is Flaw.TAG_REPEATED


def test_a_repeated_tag_in_a_template_is_refused_where_it_stands() -> None:
    found = emv.read(sealed(WHOLE.replace(ACCOUNT, "26300011cn.pswallet0102M10102M2XX")))
    assert isinstance(found, Refusal)
    assert found == Refusal(Flaw.LENGTH, "26.XX")
    found = emv.read(sealed(WHOLE.replace(ACCOUNT, "26270011cn.pswallet0102M10102M2")))
    assert found == Refusal(Flaw.TAG_REPEATED, "26.01")


@pytest.mark.parametrize(
    "wrong",
    [
        sealed(WHOLE.replace("5915", "5916")),
        sealed(WHOLE.replace("5915", "5914")),
        sealed(WHOLE.replace("5915", "59XX")),
        sealed(WHOLE.replace("5915", "59１５")),
        sealed(WHOLE.replace("2641", "2640")),
        sealed(WHOLE + "6100"),
        STATIC[:-1],
        STATIC + "0",
        "0",
    ],
)
def test_a_wrong_length_is_refused(wrong: str) -> None:
    assert flaw(wrong) is Flaw.LENGTH


def test_a_code_that_does_not_begin_with_its_format_is_refused() -> None:
    assert flaw(sealed(WHOLE.removeprefix("000201"))) is Flaw.FORMAT_NOT_FIRST
    assert flaw(sealed(WHOLE.removeprefix("000201") + "000201")) is Flaw.FORMAT_NOT_FIRST
    assert flaw("") is Flaw.FORMAT_NOT_FIRST
    assert flaw(sealed(WHOLE.replace("000201", "000202", 1))) is Flaw.FIELD_INVALID


def test_a_code_whose_checksum_is_not_last_is_refused() -> None:
    assert flaw(WHOLE) is Flaw.CHECKSUM_NOT_LAST
    assert flaw(sealed(WHOLE) + "6106518118") is Flaw.CHECKSUM_NOT_LAST


@pytest.mark.parametrize(("currency", "refused"), [("156", False), ("344", False), ("446", False), ("840", True)])
def test_a_currency_other_than_yuan_hong_kong_dollars_and_patacas_is_refused(currency: str, refused: bool) -> None:
    found = emv.read(sealed(WHOLE.replace("5303156", f"5303{currency}")))
    assert (found == Refusal(Flaw.CURRENCY_UNKNOWN, "53")) is refused


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.01", 1),
        ("9999999999.99", 999_999_999_999),
        ("28", 2_800),
        ("28.8", 2_880),
        ("28.800", Flaw.AMOUNT_DECIMALS),
        ("0.001", Flaw.AMOUNT_DECIMALS),
        ("0", Flaw.AMOUNT_NOT_POSITIVE),
        ("0.00", Flaw.AMOUNT_NOT_POSITIVE),
        ("-1.00", Flaw.AMOUNT_NOT_POSITIVE),
        ("10000000000.00", Flaw.FIELD_INVALID),
        ("1e3", Flaw.FIELD_INVALID),
        ("1,000", Flaw.FIELD_INVALID),
        ("+1", Flaw.FIELD_INVALID),
        (".5", Flaw.FIELD_INVALID),
        ("１", Flaw.FIELD_INVALID),
    ],
)
def test_an_amount_is_above_nothing_and_has_two_decimals_at_most(amount: str, expected: int | Flaw) -> None:
    text = sealed(f"{WHOLE}54{len(amount):02d}{amount}")
    assert expected == (flaw(text) if isinstance(expected, Flaw) else code(text).amount)


@pytest.mark.parametrize("field", ["52045812", "5303156", "5802CN", "5915DAWAN HAKKA TEA", "6008SHENZHEN", ACCOUNT])
def test_what_every_code_must_have_is_missed_by_its_tag(field: str) -> None:
    found = emv.read(sealed(WHOLE.replace(field, "")))
    assert isinstance(found, Refusal)
    assert (found.flaw, found.at[:2]) == (Flaw.FIELD_MISSING, "02" if field == ACCOUNT else field[:2])


def test_an_account_without_an_identifier_is_refused() -> None:
    assert emv.read(sealed(WHOLE.replace(ACCOUNT, "26060102M1"))) == Refusal(Flaw.FIELD_MISSING, "26.00")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("52045812", "5203581"),
        ("5802CN", "5802cn"),
        ("5915DAWAN HAKKA TEA", "5926" + "A" * 26),
        ("5915DAWAN HAKKA TEA", "5905大万擂茶铺"),
        ("6008SHENZHEN", "6016" + "A" * 16),
        ("010211", "010213"),
    ],
)
def test_a_field_of_another_form_is_refused_by_its_tag(field: str, wrong: str) -> None:
    assert emv.read(sealed(WHOLE.replace(field, wrong))) == Refusal(Flaw.FIELD_INVALID, wrong[:2])


@pytest.mark.parametrize(
    "changed", [{"name": "大万擂茶铺"}, {"name": ""}, {"city": "A" * 16}, {"mcc": "58"}, {"merchant": "M" * 100}]
)
def test_no_code_is_written_that_would_not_be_read(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        emv.static(Shop(**{**vars(SHOP), **changed}))


# --- whatever it says ---------------------------------------------------------------

_ascii = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
_word = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
_chinese = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)
_shops = st.builds(
    Shop,
    merchant=_word,
    store=_word,
    till=_word,
    mcc=st.from_regex(r"[0-9]{4}", fullmatch=True),
    name=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=25),
    city=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=15),
    postal_code=st.sampled_from(["", "518118"]),
    local=st.none() | st.tuples(_chinese, _chinese),
)


@given(_shops, _word, st.integers(1, 999_999_999_999))
def test_what_is_written_is_read_back(shop: Shop, reference: str, amount: int) -> None:
    unsigned = emv.dynamic(shop, reference=reference, amount=amount, expiry=1_764_000_000)
    found = code(emv.signed(unsigned, "s" * 22))
    assert (found.amount, found.text(emv.ADDITIONAL, emv.BILL)) == (amount, reference)
    assert (found.text(emv.NAME), found.text(emv.CITY)) == (shop.name, shop.city)
    assert (found.own(emv.MERCHANT), found.own(emv.OUR_STORE)) == (shop.merchant, shop.store)
    assert found.text(emv.OURSELVES, emv.EXPIRY) == "1764000000"
    assert (found.text(emv.OURSELVES, emv.SIGNATURE), emv.unsigned(found)) == ("s" * 22, unsigned)
    assert (found.text(emv.LOCAL, "01"), found.text(emv.LOCAL, "02")) == (shop.local or ("", ""))
    assert emv.read(emv.write(found.fields)) == found


@given(st.data())
def test_one_changed_character_is_never_read_as_the_code_that_it_was(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(DYNAMIC) - 1))
    letter = data.draw(st.characters(exclude_characters=DYNAMIC[place], exclude_categories=["Cs"]))
    assert isinstance(emv.read(DYNAMIC[:place] + letter + DYNAMIC[place + 1 :]), Refusal)


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r"000201([0-9]{4}[a-z0-9]{0,12})*"))
def test_whatever_is_scanned_is_a_code_or_has_a_flaw(text: str) -> None:
    found = emv.read(text)
    assert isinstance(found, Refusal) or emv.write(found.fields) == text
    assert isinstance(emv.read(sealed(text)), Refusal | MerchantCode)


def test_fields_are_plain_values() -> None:
    assert code(STATIC).fields[0] == Field("00", "01")
