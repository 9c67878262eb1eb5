"""The lockbox: whoever locks cannot read again; the private key alone opens, under the right label."""

import pytest

from pswallet.kit import lockbox
from pswallet.kit.lockbox import LockboxBroken

PRIVATE, OTHER = bytes(range(32)), bytes(range(1, 33))  # synthetic
LOCKED = lockbox.lock(lockbox.public_key(PRIVATE), "acc_1", b"a name")


def test_the_private_key_opens() -> None:
    assert lockbox.unlock(PRIVATE, "acc_1", LOCKED) == b"a name"


def test_the_same_content_is_never_locked_alike() -> None:
    assert lockbox.lock(lockbox.public_key(PRIVATE), "acc_1", b"a name") != LOCKED


@pytest.mark.parametrize(
    ("key", "label", "locked"),
    [
        (OTHER, "acc_1", LOCKED),
        (lockbox.public_key(PRIVATE), "acc_1", LOCKED),
        (PRIVATE, "acc_2", LOCKED),
        (PRIVATE, "acc_1", LOCKED[:-1] + bytes([LOCKED[-1] ^ 1])),
        (PRIVATE, "acc_1", b""),
    ],
    ids=["another key", "the public key", "another label", "a flipped bit", "nothing"],
)
def test_nothing_else_does(key: bytes, label: str, locked: bytes) -> None:
    with pytest.raises(LockboxBroken):
        lockbox.unlock(key, label, locked)


def test_new_keys_differ() -> None:
    assert lockbox.new_private_key() != lockbox.new_private_key()
