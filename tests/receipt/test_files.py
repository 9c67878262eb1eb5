"""A receipt lies in a file in one way only: what was read is written again byte for byte, and nothing else is read."""

import json
from dataclasses import replace

import pytest

from pswallet.receipt import errors, read, verify, write
from pswallet.receipt.files import LARGEST_BYTES
from tests.receipt.conftest import Fair


@pytest.mark.parametrize("name", ["alone", "in a batch"])
def test_a_receipt_goes_through_its_file(fair: Fair, name: str):
    data = write(fair[name])
    assert read(data) == fair[name]
    assert verify(read(data), fair.token, fair.block.hash).order == fair[name].order


def test_a_file_says_openly_what_was_ordered(fair: Fair):
    told = json.loads(write(fair["alone"]))
    assert told["order"] == fair["alone"].order.to_json()
    assert told["authorization"]["payer"] == fair["alone"].payer
    assert list(told) == ["format", "chain_id", "token", "order", "authorization", "proof"]


def test_a_contracts_receipt_says_so(fair: Fair):
    receipt = replace(fair["alone"], contract_payer=True)
    assert json.loads(write(receipt))["authorization"]["contract"] is True
    assert read(write(receipt)) == receipt


def changed(data: bytes) -> dict[str, bytes]:
    """Other bytes, most of which a lenient reader would take for the same receipt."""
    told = json.loads(data)
    order, authorization = told["order"], told["authorization"]

    def written(**other: object) -> bytes:
        return json.dumps({**told, **other}, separators=(",", ":")).encode()

    assert written() == data
    return {
        "nothing": b"",
        "cut": data[:-1],
        "a line break": data + b"\n",
        "spaces": json.dumps(told).encode(),
        "another format": written(format="pswallet-receipt-2"),
        "a field more": written(note="thank you"),
        "a field less": data.replace(b'"chain_id":31337,', b""),
        "a field twice": data.replace(b'"chain_id":31337,', b'"chain_id":31337,"chain_id":31337,'),
        "a number as text": written(chain_id="31337"),
        "a fraction": written(order={**order, "amount_fen": 2880.0}),
        "a negative amount": written(order={**order, "amount_fen": -1}),
        "an amount above 2^63": written(order={**order, "amount_fen": 2**63}),
        "an address in small letters": written(token=told["token"].lower()),
        "no address": written(token="0x12"),
        "a text in hexadecimal": written(order={**order, "till": "0x" + b"T01".ljust(32, b"\0").hex()}),
        "a text too long": written(order={**order, "till": "T" * 33}),
        "an empty text": written(order={**order, "reference": ""}),
        "another order of fields": written(order=dict(reversed(order.items()))),
        "a signature in capitals": written(authorization={**authorization, "signature": "0x" + "AB" * 65}),
        "a default that is written": written(authorization={**authorization, "contract": False}),
        "no base64": written(proof={**told["proof"], "header": "*"}),
        "no JSON": b"\x00" + data,
        "no UTF-8": data.replace(b"T01", b"\xff01"),
    }


def test_any_other_bytes_are_malformed(fair: Fair):
    for how, data in changed(write(fair["alone"])).items():
        with pytest.raises(errors.ReceiptMalformed):
            pytest.fail(f"{how}: {read(data)}")


def test_a_file_of_any_size_is_not_read():
    with pytest.raises(errors.ReceiptMalformed, match="bytes"):
        read(b" " * (LARGEST_BYTES + 1))
