"""A funded order's receipt: the checkout says that all of it was paid, and the hash holds every part."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pswallet.chain.funded import FundedOrder, Part
from pswallet.chain.hashing import address_bytes
from pswallet.receipt import (
    Added,
    Receipt,
    ReceiptInvalid,
    Short,
    code_of,
    confirm,
    errors,
    read,
    read_short,
    shortened,
    slip_of,
    verify,
    verify_by_node,
    words,
    write,
    write_short,
)
from pswallet.receipt.payments import Log, funded_payer_of
from tests.parts import Chain, Person
from tests.receipt.conftest import Fair
from tests.receipt.forger import FUNDED, FUNDED_WAYS, forged_files, forged_receipts
from tests.receipt.stall import DISTRICT, HELP, Sale, Stall
from tests.receipt.street import LI, MEI, SHOP


def verified(sale: Sale, receipt: Receipt | None = None):
    return verify(receipt or sale.receipt, sale.token, sale.block_hash, sale.checkout)


@pytest.mark.parametrize(("name", "own"), [("helped", "28.80"), ("given", "0.00"), ("with a voucher", "5.00")])
def test_a_funded_receipt_says_what_was_paid_and_how_much_of_it_by_the_payer(
    sales: dict[str, Sale], name: str, own: str
):
    sale = sales[name]
    payment = verified(sale, read(write(sale.receipt)))
    assert (payment.order, payment.payer, payment.signer) == (sale.order, MEI.address, "key")
    assert f"(¥{own} of it one's own) to {SHOP.address} for order {sale.order.reference}" in words.line_of(
        payment, "en"
    )
    assert f"（本人支付 ¥{own}）" in words.line_of(payment, "zh-CN")


def test_a_funded_receipt_needs_the_trusted_checkout(sales: dict[str, Sale]):
    sale = sales["helped"]
    another = replace(sale.checkout, verifying_contract=Person("a checkout").address)
    for checkout in (None, another):
        with pytest.raises(errors.ReceiptForeign):
            verify(sale.receipt, sale.token, sale.block_hash, checkout)
    claimed = replace(sale.receipt, checkout=another.verifying_contract)
    with pytest.raises(errors.ReceiptForeign):
        verified(sale, claimed)
    with pytest.raises(errors.ReceiptUnpaid):
        verify(claimed, sale.token, sale.block_hash, another)


PART = {"funder": LI.address, "budget": "0x" + "12" * 32, "value": HELP + 1, "minimum_spend": 1}


@pytest.mark.parametrize(
    "other",
    [
        *({name: value} for name, value in {"merchant": LI.address, "till": "T02", "reference": "F-3"}.items()),
        *({name: 1} for name in ("own", "amount", "expiry")),
        {"parts": ()},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_funded_order_is_unpaid(sales: dict[str, Sale], other: dict):
    sale = sales["helped"]
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, order=replace(sale.order, **other)))


@pytest.mark.parametrize("name", list(PART))
def test_another_part_is_another_order(sales: dict[str, Sale], name: str):
    sale = sales["helped"]
    parts = (replace(sale.order.parts[0], **{name: PART[name]}),)
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, order=replace(sale.order, parts=parts)))


def test_another_payer_log_or_signature_is_refused(sales: dict[str, Sale]):
    sale = sales["helped"]
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, payer=LI.address, order=replace(sale.order, payer=LI.address)))
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, payer=LI.address))
    with pytest.raises(errors.ReceiptUnpaid):
        verified(sale, replace(sale.receipt, log=sale.receipt.log - 1))
    for one, signature in (("helped", sales["given"].signature), ("given", sale.signature)):
        with pytest.raises(errors.ReceiptUnsigned):
            verified(sales[one], replace(sales[one].receipt, signature=signature))
    assert verified(sale, replace(sale.receipt, contract_payer=True)).signer == "contract"


MANY = settings(max_examples=max(300, settings().max_examples), deadline=None)


def passes_as_another(stand: Fair, sale: Sale, receipt: Receipt) -> bool:
    """Whether a receipt that nobody was given is taken."""
    assume(not any(receipt == stand[name] for name in FUNDED))
    try:
        verify(receipt, sale.token, sale.block_hash, sale.checkout)
    except ReceiptInvalid:
        return False
    return True


@MANY
@given(data=st.data())
def test_no_forged_funded_receipt_passes(stand: Fair, sales: dict[str, Sale], data: st.DataObject):
    forged = data.draw(forged_receipts(stand, FUNDED, FUNDED_WAYS))
    assert not passes_as_another(stand, sales["helped"], forged)


@MANY
@given(data=st.data())
def test_no_forged_funded_file_passes(stand: Fair, sales: dict[str, Sale], data: st.DataObject):
    try:
        forged = read(data.draw(forged_files(stand, FUNDED)))
    except errors.ReceiptMalformed:
        return
    assert not passes_as_another(stand, sales["helped"], forged)


def said(sale: Sale) -> list[Log]:
    return [
        Log(bytes.fromhex(log["address"][2:]), [bytes.fromhex(one[2:]) for one in log["topics"]],
            bytes.fromhex(log["data"][2:])) for log in sale.logs
    ]  # fmt: skip


@pytest.mark.parametrize("name", FUNDED)
def test_the_money_of_every_part_stands_before_the_checkouts_word(sales: dict[str, Sale], name: str):
    """Were the checkout not what it is: its word without the money, or with other money, is not enough."""
    sale = sales[name]
    asked = (sale.token.verifying_contract, sale.checkout.verifying_contract, sale.order, sale.id)
    logs, place = said(sale), sale.receipt.log
    assert funded_payer_of(logs, place, *asked) == MEI.address
    moved = [at for at in range(place) if len(logs[at].data) == 32 and len(logs[at].topics) == 3]
    paid = [at for at in moved if logs[at].address == address_bytes(sale.token.verifying_contract)]
    assert len(paid) == len(sale.order.parts) + 2 * bool(sale.order.own)
    for at in paid:
        less = logs[at]._replace(data=(int.from_bytes(logs[at].data) - 1).to_bytes(32))
        elsewhere = logs[at]._replace(topics=[*logs[at].topics[:2], address_bytes(LI.address).rjust(32, b"\0")])
        for other in (less, elsewhere, logs[at]._replace(address=bytes(20))):
            with pytest.raises(errors.ReceiptDiffers):
                funded_payer_of([*logs[:at], other, *logs[at + 1 :]], place, *asked)
        with pytest.raises(errors.ReceiptDiffers):
            funded_payer_of([*logs[:at], *logs[at + 1 :]], place - 1, *asked)


def test_a_funded_receipt_goes_by_node_and_short_form_too(chain: Chain):
    sale = Stall(chain).alone()
    assert verify_by_node(sale.receipt, sale.token, chain.rpc, sale.checkout).order == sale.order
    short = read_short(write_short(shortened(sale.receipt, sale.transaction)))
    assert confirm(short, sale.token, chain.rpc, sale.checkout).payer == MEI.address
    with pytest.raises(errors.ReceiptForeign):
        confirm(short, sale.token, chain.rpc)
    with pytest.raises(errors.ReceiptUnpaid):
        confirm(replace(short, order=replace(sale.order, own=1)), sale.token, chain.rpc, sale.checkout)


def test_the_longest_funded_short_form_fits_a_qr_code_of_version_15():
    part = Part(DISTRICT.address, "0x" + "ff" * 32, 2**48 - 1, 2**48 - 1)
    order = FundedOrder(MEI.address, SHOP.address, "T" * 32, "9" * 32, 2**48, 2**50, 2**34, (part, part, part))
    short = Short(2**32, SHOP.address, order, 2**40, "0x" + "ff" * 32, 2**16, DISTRICT.address)
    assert read_short(write_short(short)) == short
    assert code_of(short).version <= 15


def test_a_slip_names_each_funder_and_its_part(sales: dict[str, Sale]):
    sale = sales["helped"]
    slip = slip_of(sale.receipt, verified(sale), shortened(sale.receipt, sale.transaction), Added())
    assert [(part.funder, part.amount_fen) for part in slip.parts] == [("own", 2_880), (DISTRICT.address, HELP)]
    assert sum(part.amount_fen for part in slip.parts) == slip.amount_fen == 3_880
