"""An electronic receipt says what was proved, in figures and capitals, and has one hash."""

import hashlib
import json
from dataclasses import replace

import pytest

from pswallet.chain import signing
from pswallet.receipt import Added, CannotCheck, build, errors, located, read_short, shortened, slip_of, verify, write
from pswallet.receipt.slips import hash_of, masked_name, to_json
from tests.parts import Chain
from tests.receipt import street
from tests.receipt.conftest import Fair
from tests.receipt.street import FAR, LI, MEI, SHOP, order_of

ADDED = Added("大万擂茶铺", "92440310MA5GQR0142", "王小美", "大万擂茶铺", "堂食")
TRANSACTION = "0x" + "12" * 32


def slip_in(fair: Fair, name: str, added: Added = ADDED):
    receipt = fair[name]
    return slip_of(receipt, verify(receipt, fair.token, fair.block.hash), shortened(receipt, TRANSACTION), added)


def test_a_slip_says_what_the_receipt_proves(fair: Fair):
    slip = slip_in(fair, "in a batch")
    assert (slip.amount_fen, slip.amount, slip.amount_in_capitals) == (12_800, "¥128.00", "壹佰贰拾捌元整")
    assert (slip.order_number, slip.till, slip.merchant) == ("A-2", "T01", SHOP.address)
    assert (slip.block_hash, slip.transaction) == (fair.block.header["hash"], TRANSACTION)
    assert slip.time.endswith("+08:00")
    assert slip.price_fen == sum(part.amount_fen for part in slip.parts) == slip.amount_fen
    assert read_short(slip.check).order == fair["in a batch"].order
    assert "不作为发票" in slip.note


def test_a_slip_names_the_receipts_file_by_its_hash(fair: Fair):
    slip = slip_in(fair, "alone")
    digest = hashlib.sha256(write(fair["alone"])).hexdigest()
    assert slip.receipt_sha256 == digest
    assert slip.verification_code.replace(" ", "").lower() == digest[:16]


def test_a_slip_shows_the_payer_by_ends_alone(fair: Fair):
    slip = slip_in(fair, "alone")
    assert slip.payer == f"{MEI.address[:6]}…{MEI.address[-4:]}"
    told = to_json(slip).decode()
    assert MEI.address not in told
    assert "王小" not in told
    assert slip.added.payer_name == "**美"


@pytest.mark.parametrize(("name", "shown"), [("", ""), ("美", "美"), ("王美", "*美"), ("欧阳小美", "***美")])
def test_a_name_is_shown_by_its_last_character(name: str, shown: str):
    assert masked_name(name) == shown


def test_a_slip_is_the_same_bytes_each_time_and_others_for_other_payments(fair: Fair):
    slip = slip_in(fair, "alone")
    assert to_json(slip) == to_json(slip_in(fair, "alone"))
    assert hash_of(slip) == hashlib.sha256(to_json(slip)).hexdigest()
    assert hash_of(slip) != hash_of(slip_in(fair, "alone", Added()))
    other = slip_in(fair, "last in a batch")
    assert hash_of(slip) != hash_of(other)
    assert slip.receipt_number != other.receipt_number
    assert json.loads(to_json(slip))["added"]["merchant_name"] == "大万擂茶铺"


def test_the_node_says_which_transaction_it_was(chain: Chain):
    token = signing.token_domain(chain.deployment)
    street.settle_in(chain, MEI, LI)
    paid = street.pay(token, MEI, order_of("S-1"))
    transaction = street.pay_alone(chain, paid)
    receipt = build(
        chain.rpc, token, paid.order,
        payer=MEI.address, signature=paid.signature, transaction=transaction, valid_before=FAR,
    )  # fmt: skip
    assert located(receipt, token, chain.rpc) == shortened(receipt, transaction)
    with pytest.raises(CannotCheck, match="does not have that transaction"):
        located(replace(receipt, transaction=1), token, chain.rpc)
    with pytest.raises(errors.ReceiptUnpaid):
        located(replace(receipt, order=order_of("S-2")), token, chain.rpc)
