"""A plain order's hash binds the chain, the token and each of its fields; its texts are bytes32 and back."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from pswallet.chain import signing
from pswallet.chain.orders import Order, order_id, payment_digest, refund_id, text_word, word_text
from tests.parts import Person

TOKEN = signing.Domain("Sandbox Yuan Voucher", "1", 31337, signing.checksum(b"\x11" * 20))
ORDER = Order(Person("tea shop").address, "T01", "2026112200010", 2_880, 1_795_355_169)


def test_the_orders_hash_is_that_of_another_implementation():
    shown = signing.typed_data(TOKEN, signing.ORDER, ORDER.message())
    signed = Account.sign_message(encode_typed_data(full_message=shown), Person("anybody").key)
    assert order_id(TOKEN, ORDER) == "0x" + bytes(signed.message_hash).hex()


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDER, merchant=Person("another shop").address),
        replace(ORDER, till="T02"),
        replace(ORDER, reference="2026112200011"),
        replace(ORDER, amount=2_881),
        replace(ORDER, expiry=ORDER.expiry + 1),
    ],
)
def test_another_field_is_another_order(other: Order):
    assert order_id(TOKEN, other) != order_id(TOKEN, ORDER)


def test_another_chain_or_token_is_another_order():
    assert order_id(replace(TOKEN, chain_id=1), ORDER) != order_id(TOKEN, ORDER)
    elsewhere = replace(TOKEN, verifying_contract=Person("a token").address)
    assert order_id(elsewhere, ORDER) != order_id(TOKEN, ORDER)


def test_each_refund_of_an_order_has_its_own_nonce():
    first, second = (refund_id(TOKEN, order_id(TOKEN, ORDER), number) for number in (0, 1))
    assert len({first, second, order_id(TOKEN, ORDER)}) == 3


def test_what_pays_is_an_authorization_to_the_merchant_with_the_orders_hash_as_nonce():
    payer = Person("mei")
    message = {
        **{"from": payer.address, "to": ORDER.merchant, "value": 2_880, "nonce": order_id(TOKEN, ORDER)},
        **{"validAfter": 0, "validBefore": ORDER.expiry},
    }
    assert payment_digest(TOKEN, ORDER, payer.address) == signing.digest(
        TOKEN, signing.TRANSFER_WITH_AUTHORIZATION, message
    )


def test_an_order_goes_through_json():
    assert Order.from_json(ORDER.to_json()) == ORDER


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=32))
def test_a_text_goes_through_a_word_and_back(text: str):
    assert len(text_word(text)) == 32
    assert word_text(text_word(text)) == text


@pytest.mark.parametrize("text", ["T", "T" * 32])
def test_the_shortest_and_the_longest_text_fit(text: str):
    assert word_text(text_word(text)) == text


@pytest.mark.parametrize("text", ["", "T" * 33, "擂茶", "T\n1", "T\0", "\x7f"])
def test_a_text_that_no_word_holds_is_refused(text: str):
    with pytest.raises(ValueError, match="printable ASCII"):
        text_word(text)


@pytest.mark.parametrize("word", [bytes(32), b"T\0T".ljust(32, b"\0"), b"\0T".ljust(32, b"\0"), b"\xff" * 32, b"T"])
def test_a_word_that_is_no_text_is_refused(word: bytes):
    with pytest.raises(ValueError, match="printable ASCII"):
        word_text(word)
