"""A receipt verifies from a block's hash and the token's address alone, and each way to be wrong has its name."""

from dataclasses import replace

import pytest

from pswallet.chain import signing
from pswallet.chain.hashing import keccak
from pswallet.chain.tries import bloom_of, encoded, encoded_header, receipts_root
from pswallet.receipt import ReceiptInvalid, errors, verify
from pswallet.receipt.making import path_of
from tests.parts import Person
from tests.receipt.conftest import Fair
from tests.receipt.street import LI, MEI, SHOP, order_of


def refusal(fair: Fair, receipt, *, block_hash: bytes | None = None) -> type[ReceiptInvalid]:
    """Why a receipt is refused."""
    with pytest.raises(ReceiptInvalid) as refused:
        verify(receipt, fair.token, block_hash or fair.block.hash)
    return refused.type


@pytest.mark.parametrize("name", ["alone", "in a batch", "last in a batch"])
def test_a_receipt_says_who_paid_what_for_which_order(fair: Fair, name: str):
    payment = verify(fair[name], fair.token, fair.block.hash)
    assert payment.order == fair[name].order
    assert payment.payer == (MEI if name == "alone" else LI).address
    assert payment.order.merchant == SHOP.address
    assert (payment.block, payment.block_hash) == (int(fair.block.header["number"], 16), fair.block.header["hash"])
    assert payment.time.timestamp() == fair.block.time
    assert payment.signer == "key"


@pytest.mark.parametrize(
    "other",
    [{"amount": 2_881}, {"merchant": LI.address}, {"reference": "A-2"}, {"till": "T02"}, {"expiry": 2**40}],
    ids=lambda other: next(iter(other)),
)
def test_another_order_than_the_paid_one_is_unpaid(fair: Fair, other: dict):
    receipt = fair["alone"]
    assert refusal(fair, replace(receipt, order=replace(receipt.order, **other))) is errors.ReceiptUnpaid


def test_another_payer_than_the_one_who_paid_is_unpaid(fair: Fair):
    assert refusal(fair, replace(fair["alone"], payer=LI.address)) is errors.ReceiptUnpaid


def test_another_token_is_foreign(fair: Fair):
    another = Person("a token").address
    assert refusal(fair, replace(fair["alone"], token=another)) is errors.ReceiptForeign


def test_another_chain_is_foreign(fair: Fair):
    assert refusal(fair, replace(fair["alone"], chain_id=1)) is errors.ReceiptForeign


def test_a_verifier_who_trusts_another_token_is_not_taken_in(fair: Fair):
    elsewhere = replace(fair.token, verifying_contract=Person("a token").address)
    with pytest.raises(errors.ReceiptForeign):
        verify(fair["alone"], elsewhere, fair.block.hash)
    claimed = replace(fair["alone"], token=elsewhere.verifying_contract)
    with pytest.raises(errors.ReceiptUnpaid):
        verify(claimed, elsewhere, fair.block.hash)


def test_another_block_than_the_trusted_one_is_named(fair: Fair):
    assert refusal(fair, fair["alone"], block_hash=bytes(32)) is errors.ReceiptBlockDiffers
    assert refusal(fair, fair["alone"], block_hash=fair.of_their_own["late"].hash) is errors.ReceiptBlockDiffers


def test_a_cancelled_order_is_not_paid(fair: Fair):
    assert refusal(fair, fair["cancelled"]) is errors.ReceiptCancelled


@pytest.mark.parametrize("name", ["to oneself", "of oneself"])
def test_an_order_paid_to_oneself_is_not_paid(fair: Fair, name: str):
    assert refusal(fair, fair[name]) is errors.ReceiptSelfPaid


@pytest.mark.parametrize("name", ["to another shop", "one fen less"])
def test_a_payment_that_the_order_does_not_ask_for_differs(fair: Fair, name: str):
    assert refusal(fair, fair[name]) is errors.ReceiptDiffers


@pytest.mark.parametrize("log", [1, 2, 5, 10, 2**40])
def test_the_payment_must_stand_at_its_log(fair: Fair, log: int):
    """Also not at the payment itself, nor at another order's, nor behind the last one."""
    assert refusal(fair, replace(fair["in a batch"], log=log)) is errors.ReceiptUnpaid


def test_a_failed_transaction_paid_nothing(fair: Fair):
    assert refusal(fair, fair["failed"]) is errors.ReceiptTransactionFailed


def test_what_another_contract_says_is_no_payment(fair: Fair):
    assert refusal(fair, fair["of another contract"]) is errors.ReceiptUnpaid


@pytest.mark.parametrize("transaction", [1, 4, 128, 2**62])
def test_the_proof_of_another_transaction_does_not_lead_there(fair: Fair, transaction: int):
    assert refusal(fair, replace(fair["alone"], transaction=transaction)) is errors.ReceiptProofBroken


def test_the_path_to_another_transaction_does_not_serve(fair: Fair):
    spliced = replace(fair["alone"], nodes=fair["failed"].nodes)
    assert refusal(fair, spliced) is errors.ReceiptProofBroken


def test_a_truncated_or_extended_path_does_not_lead_there(fair: Fair):
    nodes = fair["alone"].nodes
    assert len(nodes) > 1
    for other in ((), nodes[:-1], nodes[1:], nodes[::-1], (*nodes, nodes[-1]), (*nodes, fair["failed"].nodes[-1])):
        assert refusal(fair, replace(fair["alone"], nodes=other)) is errors.ReceiptProofBroken


def test_a_node_put_above_the_root_does_not_lead_there(fair: Fair):
    """It names the root by its hash, and would be a second proof of the same."""
    above = encoded([b"\x11", keccak(fair["alone"].nodes[0])])
    spliced = replace(fair["alone"], nodes=(above, *fair["alone"].nodes))
    assert refusal(fair, spliced) is errors.ReceiptProofBroken


def test_a_path_of_another_block_does_not_lead_there(fair: Fair):
    other = fair["late"].nodes
    assert refusal(fair, replace(fair["alone"], nodes=other)) is errors.ReceiptProofBroken


def test_logs_in_another_order_make_another_trie(fair: Fair):
    """A forger's own trie has another root: the true header does not hold it, and his own has another hash."""
    told = [dict(one) for one in fair.block.receipts]
    used, moved, *rest = told[1]["logs"]
    told[1]["logs"] = [moved, used, *rest]
    forged = replace(fair["in a batch"], nodes=path_of(told, 1))
    assert refusal(fair, forged) is errors.ReceiptProofBroken
    root = receipts_root(told, [bloom_of(one["logs"]) for one in told])
    own = encoded_header({**fair.block.header, "receiptsRoot": root})
    assert refusal(fair, replace(forged, header=own)) is errors.ReceiptBlockDiffers
    assert refusal(fair, replace(forged, header=own), block_hash=keccak(own)) is errors.ReceiptUnpaid


def test_a_header_that_is_none_is_broken(fair: Fair):
    assert refusal(fair, replace(fair["alone"], header=b"\xc1\x80")) is errors.ReceiptProofBroken
    assert refusal(fair, replace(fair["alone"], header=b"")) is errors.ReceiptProofBroken


def nested(depth: int) -> bytes:
    """RLP of a list in a list in a list."""
    found = b""
    for _ in range(depth):
        size = len(found).to_bytes((len(found).bit_length() + 7) // 8)
        found = (bytes([0xC0 + len(found)]) if len(found) < 56 else bytes([0xF7 + len(size)]) + size) + found
    return found


def test_a_header_of_lists_without_end_is_broken(fair: Fair):
    """Nobody has vouched for its bytes yet when they are read."""
    assert refusal(fair, replace(fair["alone"], header=nested(5_000))) is errors.ReceiptProofBroken


def test_a_payment_counts_in_the_last_second_before_the_expiry(fair: Fair):
    payment = verify(fair["just in time"], fair.token, fair.of_their_own["just in time"].hash)
    assert payment.order.expiry - payment.time.timestamp() == 1


def test_a_payment_at_the_expiry_is_late(fair: Fair):
    assert refusal(fair, fair["late"], block_hash=fair.of_their_own["late"].hash) is errors.ReceiptLate


@pytest.mark.parametrize("place", [0, 40, 64])
def test_a_signature_with_another_byte_is_not_the_payers(fair: Fair, place: int):
    signature = bytearray(fair["alone"].signature)
    signature[place] ^= 1
    assert refusal(fair, replace(fair["alone"], signature=bytes(signature))) is errors.ReceiptUnsigned


def test_a_signature_over_another_validity_is_not_the_payers(fair: Fair):
    assert refusal(fair, replace(fair["alone"], valid_before=2**40 - 1)) is errors.ReceiptUnsigned
    assert refusal(fair, replace(fair["alone"], valid_after=1)) is errors.ReceiptUnsigned


def test_another_persons_signature_is_not_the_payers(fair: Fair):
    signature = signing.sign(bytes(32), LI.key)
    assert refusal(fair, replace(fair["alone"], signature=signature)) is errors.ReceiptUnsigned


def test_of_a_contracts_signature_it_says_that_only_the_chain_knows(fair: Fair):
    receipt = replace(fair["alone"], contract_payer=True, signature=b"open sesame")
    assert verify(receipt, fair.token, fair.block.hash).signer == "contract"


def test_an_order_that_fits_no_type_is_unpaid(fair: Fair):
    """Whoever makes a Receipt by hand, past the file's reader."""
    with pytest.raises(ValueError, match="printable"):
        verify(replace(fair["alone"], order=order_of("")), fair.token, fair.block.hash)
