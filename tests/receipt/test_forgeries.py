"""Of forged or mutated receipts none passes: `make forgeries` plays 10,000 of each kind, every change some hundred."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pswallet.receipt import Receipt, ReceiptInvalid, errors, read, verify
from tests.receipt.conftest import Fair
from tests.receipt.forger import GENUINE, forged_files, forged_receipts

MANY = settings(
    max_examples=max(300, settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
REASONS = set(errors.ReceiptInvalid.__subclasses__())


def is_genuine(fair: Fair, receipt: Receipt) -> bool:
    return any(receipt == fair[name] for name in GENUINE)


@MANY
@given(data=st.data())
def test_no_forged_receipt_passes(fair: Fair, data: st.DataObject):
    forged = data.draw(forged_receipts(fair))
    assume(not is_genuine(fair, forged))
    with pytest.raises(ReceiptInvalid) as refused:
        verify(forged, fair.token, fair.block.hash)
    assert refused.type in REASONS


@MANY
@given(data=st.data())
def test_no_forged_file_passes(fair: Fair, data: st.DataObject):
    forged = data.draw(forged_files(fair))
    try:
        receipt = read(forged)
    except errors.ReceiptMalformed:
        return
    assume(not is_genuine(fair, receipt))
    with pytest.raises(ReceiptInvalid):
        verify(receipt, fair.token, fair.block.hash)


@MANY
@given(data=st.data())
def test_calling_a_key_a_contract_gains_a_forger_nothing_but_silence_on_the_signature(fair: Fair, data: st.DataObject):
    forged = replace(data.draw(forged_receipts(fair)), contract_payer=True)
    facts = ("order", "payer", "block", "block_hash", "time")
    try:
        payment = verify(forged, fair.token, fair.block.hash)
    except ReceiptInvalid:
        return
    assert payment.signer == "contract"
    true = [verify(fair[name], fair.token, fair.block.hash) for name in GENUINE]
    assert any(all(getattr(payment, fact) == getattr(one, fact) for fact in facts) for one in true)


@pytest.mark.parametrize("name", GENUINE)
def test_another_blocks_hash_lets_no_receipt_pass(fair: Fair, name: str):
    for block in fair.of_their_own.values():
        with pytest.raises(errors.ReceiptBlockDiffers):
            verify(fair[name], fair.token, block.hash)
