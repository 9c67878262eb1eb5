"""An electronic receipt on paper says what its slip says, is checked by its code, and is the same file each time."""

from dataclasses import replace

import msgspec
import pypdfium2
import pytest
import zxingcpp

from pswallet.kit.money import format_yuan
from pswallet.receipt import Added, read_short, shortened, slip_of, verify
from pswallet.receipt.errors import ReceiptMalformed
from pswallet.receipt.prints import Unprintable, pdf_of
from pswallet.receipt.slips import Part, Slip, hash_of, masked, read_slip, to_json
from tests.receipt.conftest import Fair
from tests.receipt.stall import Sale

ADDED = Added("大万擂茶铺", "92440310MA5GQR0142", "王小美", "坪山大万擂茶铺", "堂食")
TRANSACTION = "0x" + "12" * 32


@pytest.fixture
def slip(fair: Fair) -> Slip:
    receipt = fair["in a batch"]
    return slip_of(receipt, verify(receipt, fair.token, fair.block.hash), shortened(receipt, TRANSACTION), ADDED)


def text_of(printed: bytes) -> str:
    """What one would copy out of a PDF, lines joined."""
    pages = list(pypdfium2.PdfDocument(printed))
    return "".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "")


def codes_on(printed: bytes) -> list[zxingcpp.Barcode]:
    """What a scanner reads off the page's picture, at 144 dots an inch."""
    return zxingcpp.read_barcodes(pypdfium2.PdfDocument(printed)[0].render(scale=2).to_pil())


def with_others(slip: Slip, **fields: object) -> Slip:
    return msgspec.structs.replace(slip, **fields)


# --- what it shows ---


def test_every_field_can_be_read_off_the_print(slip: Slip):
    told = text_of(pdf_of(slip))
    shown = (
        *(slip.receipt_number, slip.order_number, slip.till, slip.time[:19], slip.payer, slip.merchant),
        *(slip.added.merchant_name, slip.added.merchant_code, "**美", slip.added.issuer, slip.added.remark),
        *("¥128.00", "壹佰贰拾捌元整", "本人支付 Own ¥128.00", "手续费 Fee ¥0.00", "消费付款", "交易成功"),
        *(str(slip.block), str(slip.chain_id), slip.block_hash, slip.transaction, slip.order_id),
        *(slip.payer_signature, slip.receipt_sha256, hash_of(slip), slip.verification_code),
        *("电 子 回 单", "ELECTRONIC RECEIPT", "CNY", "不作为发票", "Not a tax invoice"),
    )
    assert [one for one in shown if one not in told] == []


def test_whoever_pays_a_part_is_named_with_it(slip: Slip):
    sponsor = "0x" + "ab" * 20
    told = text_of(pdf_of(with_others(slip, parts=(Part("own", 10_800), Part(sponsor, 2_000)))))
    assert "本人支付 Own ¥108.00" in told
    assert "0xabab…abab ¥20.00" in told


@pytest.mark.parametrize(("name", "own"), [("helped", "¥28.80"), ("given", "¥0.00"), ("with a voucher", "¥5.00")])
def test_an_order_that_others_helped_to_pay_is_printed_with_its_parts(sales: dict[str, Sale], name: str, own: str):
    sale = sales[name]
    payment = verify(sale.receipt, sale.token, sale.block_hash, sale.checkout)
    slip = read_slip(to_json(slip_of(sale.receipt, payment, shortened(sale.receipt, TRANSACTION), ADDED)))
    printed = pdf_of(slip)
    told = text_of(printed)
    assert f"本人支付 Own {own}" in told
    parts = [f"{masked(part.funder)} {format_yuan(part.value)}" for part in sale.order.parts]
    assert [part for part in parts if part not in told] == []
    assert [code.text for code in codes_on(printed)] == [slip.check]


def test_the_code_on_the_page_is_the_short_form_that_checks_the_payment(slip: Slip):
    (code,) = codes_on(pdf_of(slip))
    assert code.text == slip.check
    assert read_short(code.text).order.amount == 12_800


def test_a_code_of_the_longest_texts_can_still_be_scanned(fair: Fair, slip: Slip):
    short = read_short(slip.check)
    longest = replace(short, order=replace(short.order, till="T" * 32, reference="9" * 32, amount=2**63 - 1))
    receipt = fair["in a batch"]
    printed = slip_of(receipt, verify(receipt, fair.token, fair.block.hash), longest, ADDED)
    (code,) = codes_on(pdf_of(printed))
    assert code.text == printed.check


def test_the_slips_data_lie_in_the_print(slip: Slip):
    document = pypdfium2.PdfDocument(pdf_of(slip))
    assert document.count_attachments() == 1
    attached = document.get_attachment(0)
    assert attached.get_name() == "slip.json"
    assert bytes(attached.get_data()) == to_json(slip)


def test_an_everyday_slip_takes_one_page_and_a_long_one_loses_nothing(slip: Slip):
    assert len(pypdfium2.PdfDocument(pdf_of(slip))) == 1
    long = with_others(slip, added=Added(merchant_name="坪山" * 60, issuer="深圳" * 20, remark="两位堂食" * 80))
    told = text_of(pdf_of(long))
    assert ("坪山" * 60 in told, "深圳" * 20 in told, "两位堂食" * 80 in told) == (True, True, True)


def test_a_character_that_the_font_lacks_is_refused_and_not_shown_as_a_box(slip: Slip):
    with pytest.raises(Unprintable, match="🍵"):
        pdf_of(with_others(slip, added=Added(merchant_name="茶🍵铺")))


# --- the same file each time ---


def test_the_same_slip_is_the_same_file_and_another_is_another(slip: Slip):
    printed = pdf_of(slip)
    assert printed == pdf_of(read_slip(to_json(slip)))
    assert printed != pdf_of(with_others(slip, added=Added()))


def test_a_print_is_dated_with_the_payments_time(slip: Slip):
    told = pypdfium2.PdfDocument(pdf_of(with_others(slip, time="2026-11-26 06:29:38+08:00"))).get_metadata_dict()
    assert told["CreationDate"] == "D:20261125222938Z"
    assert (told["Title"], told["Author"]) == (f"电子回单 {slip.receipt_number}", "坪山大万擂茶铺")


def test_no_font_of_the_machine_changes_the_file(slip: Slip, monkeypatch: pytest.MonkeyPatch):
    printed = pdf_of(slip)
    for name in ("TYPST_FONT_PATHS", "XDG_DATA_HOME", "FONTCONFIG_PATH"):
        monkeypatch.setenv(name, "/usr/share/fonts")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert pdf_of(slip) == printed


# --- only what its code checks is printed ---


def test_a_slip_reads_as_it_was_written(slip: Slip):
    assert read_slip(to_json(slip)) == slip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("amount_fen", 12_801), ("amount", "¥1,280.00"), ("amount_in_capitals", "壹仟贰佰捌拾元整")),
        *(("order_number", "A-3"), ("till", "T02"), ("merchant", "0x" + "12" * 20), ("chain_id", 1), ("block", 1)),
        *(("transaction", "0x" + "13" * 32), ("receipt_sha256", "00" * 32), ("verification_code", "0000")),
        *(("receipt_number", "1"), ("price_fen", 1), ("fee_fen", 1), ("note", "")),
        ("parts", (Part("own", 10_800), Part("0x" + "ab" * 20, 2_000))),
        *(("time", "2026-13-01"), ("check", "PSWALLET1:AAAA")),
    ],
)
def test_a_slip_that_says_something_else_than_its_code_is_refused(slip: Slip, field: str, value: object):
    with pytest.raises(ReceiptMalformed):
        read_slip(to_json(with_others(slip, **{field: value})))


def test_a_slip_in_other_bytes_is_refused(slip: Slip):
    for data in (b" " + to_json(slip), to_json(slip)[:-1], b"{}", b"", b"\xff"):
        with pytest.raises(ReceiptMalformed):
            read_slip(data)
