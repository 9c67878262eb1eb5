"""What *paid* means is two logs of the token, one right after the other; anything else between or instead is not."""

import pytest

from pswallet.chain.events import TOPICS, AuthorizationUsed, Transfer
from pswallet.chain.hashing import address_bytes
from pswallet.chain.orders import order_id
from pswallet.chain.signing import Domain
from pswallet.receipt import errors
from pswallet.receipt.payments import Log, payer_of
from tests.parts import Person
from tests.receipt.street import LI, MEI, SHOP, order_of

TOKEN = Domain("Sandbox Yuan Voucher", "1", 31337, Person("a token").address)
ORDER = order_of("P-1", amount=2_880)
ID = order_id(TOKEN, ORDER)


def word(value: str) -> bytes:
    return bytes.fromhex(value[2:]).rjust(32, b"\0")


def log(kind: type, *topics: str, data: bytes = b"", by: str = TOKEN.verifying_contract) -> Log:
    return Log(address_bytes(by), [word(TOPICS[kind]), *map(word, topics)], data)


USED = log(AuthorizationUsed, MEI.address, ID)
MOVED = log(Transfer, MEI.address, SHOP.address, data=(2_880).to_bytes(32))


def payer(*logs: Log, place: int = 0) -> str:
    return payer_of(logs, place, TOKEN.verifying_contract, ORDER, ID)


def test_the_use_of_the_orders_nonce_and_at_once_its_payment_is_paid():
    assert payer(USED, MOVED) == MEI.address
    assert payer(MOVED, USED, MOVED, place=1) == MEI.address


@pytest.mark.parametrize(
    "follows",
    [
        None,
        USED,
        MOVED._replace(address=address_bytes(SHOP.address)),
        log(Transfer, LI.address, SHOP.address, data=(2_880).to_bytes(32)),
        log(Transfer, MEI.address, LI.address, data=(2_880).to_bytes(32)),
        log(Transfer, MEI.address, SHOP.address, data=(2_879).to_bytes(32)),
        log(Transfer, MEI.address, SHOP.address, data=(2_880).to_bytes(33)),
        log(Transfer, MEI.address, SHOP.address),
        MOVED._replace(topics=MOVED.topics[:2]),
        MOVED._replace(topics=[*MOVED.topics, bytes(32)]),
        MOVED._replace(topics=[]),
    ],
)
def test_anything_else_right_after_is_another_payment_or_none(follows: Log | None):
    """Also when the right payment comes one log later."""
    with pytest.raises(errors.ReceiptDiffers):
        payer(USED, *([follows, MOVED] if follows else []))


@pytest.mark.parametrize(
    "used",
    [
        MOVED,
        USED._replace(address=address_bytes(SHOP.address)),
        log(AuthorizationUsed, MEI.address, "0x" + "12" * 32),
        log(Transfer, MEI.address, ID),
        USED._replace(topics=USED.topics[:2]),
        USED._replace(topics=[*USED.topics, bytes(32)]),
        USED._replace(topics=[]),
    ],
)
def test_without_the_use_of_the_orders_nonce_nothing_is_paid(used: Log):
    with pytest.raises(errors.ReceiptUnpaid):
        payer(used, MOVED)
