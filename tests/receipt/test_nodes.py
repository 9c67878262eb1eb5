"""With a node of one's own choice: make a receipt, verify it, confirm its short form; no gateway runs anywhere."""

import json
from dataclasses import replace

import pytest

from pswallet.chain import signing
from pswallet.chain.orders import Order
from pswallet.chain.rpc import Rpc
from pswallet.receipt import (
    CannotCheck,
    Receipt,
    build,
    code_of,
    confirm,
    errors,
    hash_by_headers,
    read_short,
    shortened,
    verify,
    verify_by_node,
    write_short,
)
from tests.parts import Chain, Person
from tests.receipt import street
from tests.receipt.conftest import Fair
from tests.receipt.street import FAR, LI, MEI, SHOP, order_of

LARGEST_QR = 15
WALLET = bytes.fromhex("631626ba7e60e01b60005260206000f3")
"""A contract that takes every signature (ERC-1271)."""


@pytest.fixture
def token(chain: Chain) -> signing.Domain:
    street.settle_in(chain, MEI, LI)
    return signing.token_domain(chain.deployment)


def built(chain: Chain, token: signing.Domain, paid: street.Paid, transaction: str, **other) -> Receipt:
    said = {"payer": paid.payer.address, "signature": paid.signature, "valid_before": FAR, **other}
    return build(chain.rpc, token, paid.order, transaction=transaction, **said)


def test_a_receipt_is_made_and_verified_by_a_node_alone(chain: Chain, token: signing.Domain):
    paid = street.pay(token, MEI, order_of("N-1"))
    receipt = built(chain, token, paid, street.pay_alone(chain, paid))
    payment = verify_by_node(receipt, token, chain.rpc)
    assert (payment.payer, payment.order, payment.signer) == (MEI.address, paid.order, "key")


def test_each_payment_of_a_batch_has_its_receipt(chain: Chain, token: signing.Domain):
    paid = [street.pay(token, payer, order_of(f"N-{payer.name}")) for payer in (MEI, LI)]
    transaction = street.pay_together(chain, *(one.call(token) for one in paid))
    for one in paid:
        receipt = built(chain, token, one, transaction)
        assert verify_by_node(receipt, token, chain.rpc).payer == one.payer.address


def test_no_receipt_is_made_of_an_order_that_was_not_paid(chain: Chain, token: signing.Domain):
    paid = street.pay(token, MEI, order_of("N-1"))
    transaction = street.pay_alone(chain, paid)
    with pytest.raises(errors.ReceiptUnpaid):
        built(chain, token, replace(paid, order=order_of("N-2")), transaction)
    with pytest.raises(errors.ReceiptUnsigned):
        built(chain, token, paid, transaction, signature=signing.sign(bytes(32), MEI.key))
    with pytest.raises(CannotCheck, match="knows no transaction"):
        built(chain, token, paid, "0x" + "12" * 32)


def test_a_contracts_receipt_needs_a_contract_at_the_payers_address(chain: Chain, token: signing.Domain):
    wallet = Person("a contract's place").address
    chain.rpc.call("anvil_setCode", [wallet, "0x" + WALLET.hex()])
    chain.token(chain.keys.compliance, "setTiers", [(wallet, 3)])
    chain.token(chain.keys.minter, "mintMany", [(wallet, 10_000, bytes(32))])
    signed = replace(street.pay(token, MEI, order_of("N-1")), signature=b"open sesame")
    data = signing_call(token, wallet, signed)
    (transaction,) = street.carry(chain, (token.verifying_contract, data))
    street.block_of(chain, transaction)
    receipt = built(chain, token, signed, transaction, payer=wallet, contract_payer=True)
    assert verify_by_node(receipt, token, chain.rpc).signer == "contract"
    chain.rpc.call("anvil_setCode", [wallet, "0x"])
    with pytest.raises(errors.ReceiptUnsigned):
        verify_by_node(receipt, token, chain.rpc)


def signing_call(token: signing.Domain, wallet: str, signed: street.Paid) -> bytes:
    from pswallet.chain import calldata

    arguments = {
        **{"from": wallet, "to": signed.to, "value": signed.value, "validAfter": 0, "validBefore": FAR},
        **{"nonce": signed.nonce, "signature": "0x" + signed.signature.hex(), "erc1271": True},
    }
    return calldata.transfer_with_authorization(arguments)


def test_a_block_that_the_chain_has_dropped_is_not_the_nodes(chain: Chain, token: signing.Domain):
    paid = street.pay(token, MEI, order_of("N-1"))
    receipt = built(chain, token, paid, street.pay_alone(chain, paid))
    chain.reorg(1)
    with pytest.raises(errors.ReceiptBlockDiffers):
        verify_by_node(receipt, token, chain.rpc)


def test_a_node_that_lags_or_is_away_or_of_another_chain_says_nothing(fair: Fair, chain: Chain):
    with pytest.raises(CannotCheck, match="does not have block"):
        verify_by_node(fair["late"], fair.token, chain.rpc)
    with pytest.raises(CannotCheck, match="of chain 31337"):
        verify_by_node(fair["alone"], replace(fair.token, chain_id=1), chain.rpc)
    with Rpc("http://127.0.0.1:9", attempts=1) as nobody, pytest.raises(CannotCheck, match="does not answer"):
        verify_by_node(fair["alone"], fair.token, nobody)


# --- headers ----------------------------------------------------------------


def test_headers_that_follow_each_other_say_the_blocks_hash(chain: Chain, token: signing.Domain):
    paid = street.pay(token, MEI, order_of("N-1"))
    receipt = built(chain, token, paid, street.pay_alone(chain, paid))
    chain.mine(2)
    last = chain.head()
    told = [chain.rpc.call("eth_getBlockByNumber", [hex(number), False]) for number in range(last - 3, last + 1)]
    lines = "\n".join("0x" + street.encoded_header(header).hex() for header in told).encode()
    newest = bytes.fromhex(told[-1]["hash"][2:])
    for file in (json.dumps(told).encode(), lines):
        found = hash_by_headers(receipt, file, newest)
        assert verify(receipt, token, found).payer == MEI.address
        assert hash_by_headers(receipt, file) == found
        with pytest.raises(CannotCheck, match="not the trusted one"):
            hash_by_headers(receipt, file, bytes(32))
    for wrong, why in (
        (json.dumps([told[0], told[2]]).encode(), "do not follow"),
        (json.dumps(told[2:]).encode(), "not among the headers"),
        (json.dumps([{**told[0], "timestamp": "0x1"}, *told[1:]]).encode(), "do not follow"),
        (b"[]", "empty"),
        (b"", "empty"),
        (b"[1]", "cannot be read"),
        (b"0xzz", "cannot be read"),
        (b"0xc180", "cannot be read"),
        (b"\xff", "cannot be read"),
    ):
        with pytest.raises(CannotCheck, match=why):
            hash_by_headers(receipt, wrong)


# --- the short form ---------------------------------------------------------


def test_a_short_form_is_confirmed_by_one_request(chain: Chain, token: signing.Domain):
    paid = street.pay(token, MEI, order_of("N-1"))
    transaction = street.pay_together(chain, street.pay(token, LI, order_of("N-0")).call(token), paid.call(token))
    text = write_short(shortened(built(chain, token, paid, transaction), transaction))
    asked = []
    node = Rpc(chain.rpc.url)
    exchange = node.exchange
    node.exchange = lambda body: asked.append(body) or exchange(body)
    payment = confirm(read_short(text), token, node)
    assert (payment.payer, payment.order, payment.signer) == (MEI.address, paid.order, "chain")
    assert payment.time.timestamp() == chain.now()
    assert len(asked) == 1
    node.close()


def test_the_longest_short_form_fits_a_qr_code_of_version_15(fair: Fair):
    order = Order(SHOP.address, "T" * 32, "9" * 32, 2**63 - 1, 2**63 - 1)
    short = replace(shortened(fair["alone"], "0x" + "ff" * 32), order=order, chain_id=2**53, block=2**40, log=2**16)
    code = code_of(short)
    assert (code.version <= LARGEST_QR, code.mode, code.error) == (True, "alphanumeric", "M")
    assert read_short(write_short(short)) == short


def test_a_short_form_of_what_is_not_so_is_refused(chain: Chain, token: signing.Domain):
    paid = street.pay(token, MEI, order_of("N-1", expiry=chain.now() + 1_000))
    cancelled = order_of("N-2")
    transaction = street.pay_together(chain, paid.call(token), street.cancellation(token, MEI, cancelled))
    short = shortened(built(chain, token, paid, transaction), transaction)
    (failed,) = street.carry(
        chain, (token.verifying_contract, street.pay(token, MEI, order_of("N-3", amount=10**9)).call(token).data)
    )
    lost = int(street.block_of(chain, failed).header["number"], 16)
    confirm(short, token, chain.rpc)
    for other, why in (
        ({"order": replace(paid.order, amount=1)}, errors.ReceiptUnpaid),
        ({"log": 1}, errors.ReceiptUnpaid),
        ({"log": 9}, errors.ReceiptUnpaid),
        ({"order": cancelled, "log": 2}, errors.ReceiptCancelled),
        ({"transaction": "0x" + "12" * 32}, errors.ReceiptUnpaid),
        ({"block": short.block - 1}, errors.ReceiptUnpaid),
        ({"transaction": failed, "block": lost}, errors.ReceiptTransactionFailed),
        ({"token": SHOP.address}, errors.ReceiptForeign),
        ({"chain_id": 1}, errors.ReceiptForeign),
        ({"block": 10**6}, CannotCheck),
    ):
        with pytest.raises(why):
            confirm(replace(short, **other), token, chain.rpc)


def test_a_late_payments_short_form_is_refused(chain: Chain, token: signing.Domain):
    expiry = chain.now() + 1_000
    paid = street.pay(token, MEI, order_of("N-1", expiry=expiry))
    chain.rpc.call("evm_setNextBlockTimestamp", [expiry])
    transaction = street.pay_alone(chain, paid)
    receipt = street.block_of(chain, transaction).receipt(paid, 0, 0)
    with pytest.raises(errors.ReceiptLate):
        confirm(shortened(receipt, transaction), token, chain.rpc)


def test_a_short_form_is_written_in_one_way(fair: Fair):
    short = shortened(fair["alone"], "0x" + "12" * 32)
    text = write_short(short)
    assert read_short(text) == short
    foreign = ("", "PSWALLET1:", "PSWALLET1:" + "A" * 2_000, "PSWALLET1:AE", "PSWALLET1:擂茶")
    near = (text[:-1], text + "A", text.lower(), text + "=", " " + text, text.replace("1:", "2:"))
    for other in (*foreign, *near):
        with pytest.raises(errors.ReceiptMalformed):
            read_short(other)


def test_a_short_form_holds_texts_in_one_way(fair: Fair):
    short = shortened(fair["alone"], "0x" + "12" * 32)
    hexadecimal = "0x" + short.order.till.encode().ljust(32, b"\0").hex()
    for till in (hexadecimal, "", "T" * 33):
        with pytest.raises(errors.ReceiptMalformed):
            read_short(write_short(replace(short, order=replace(short.order, till=till))))
