"""The worked example of docs/receipts.md is a receipt, verifies, and is what its text says."""

import re
from dataclasses import replace
from pathlib import Path

from pswallet.chain.signing import Domain
from pswallet.receipt import read, read_short, shortened, verify, words

PAGE = (Path(__file__).parents[2] / "docs/receipts.md").read_text()


def test_the_worked_example_verifies():
    chain_id, token = re.search(r"elsewhere: chain (\d+), token\n`(0x\w{40})`", PAGE).groups()
    block_hash = bytes.fromhex(re.search(r"hash of the block\n`0x(\w{64})`", PAGE)[1])
    receipt = read(re.search(r"^```json\n(.*)\n```$", PAGE, re.M)[1].encode())
    payment = verify(receipt, Domain("Sandbox Yuan Voucher", "1", int(chain_id), token), block_hash)
    assert payment.order_id in PAGE
    assert words.line_of(payment, "en") in PAGE
    short = read_short(re.search(r"^PSWALLET1:\w+$", PAGE, re.M)[0])
    assert short == replace(shortened(receipt, short.transaction), transaction=short.transaction)


def test_the_page_names_every_reason():
    from pswallet.receipt import errors

    assert [kind.code() for kind in errors.ReceiptInvalid.__subclasses__() if f"`{kind.code()}`" not in PAGE] == []
