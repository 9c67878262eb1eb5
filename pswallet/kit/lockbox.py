"""What only its holder opens: sealed to a public key (HPKE, RFC 9180), so that whoever seals cannot read it again.

For what the law keeps of people who left: the gateway has the public key, the private one is with the operators.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_BYTES = 32


class LockboxBroken(Exception):
    """What is locked was changed, belongs to another label, or is for another key."""


def new_private_key() -> bytes:
    """Make a private key: 32 bytes, every value of which is one."""
    return os.urandom(_KEY_BYTES)


def public_key(private: bytes) -> bytes:
    """Return the public key, 32 bytes, of a private one."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def lock(public: bytes, label: str, content: bytes) -> bytes:
    """Seal `content`, bound to `label`, for the holder of the private key."""
    return _SUITE.encrypt(content, X25519PublicKey.from_public_bytes(public), label.encode())


def unlock(private: bytes, label: str, locked: bytes) -> bytes:
    """Read what `lock` gave. Raises LockboxBroken."""
    try:
        return _SUITE.decrypt(locked, X25519PrivateKey.from_private_bytes(private), label.encode())
    except (InvalidTag, ValueError) as broken:
        raise LockboxBroken(label) from broken
