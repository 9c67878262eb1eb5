"""Personal data at rest: AES-256-GCM under one data key a person, each wrapped by the master key; keyed blind indexes.

Destroying a person's data key erases what it sealed, in every backup too. The master key never touches the database.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary, Text, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pswallet.kit.db import Base

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class DataKey(Base):
    """One person's data key, wrapped by the master key; `wrapped` is null once it has been destroyed."""

    __tablename__ = "vault_keys"

    person: Mapped[str] = mapped_column(Text, primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    destroyed_at: Mapped[datetime | None] = mapped_column(default=None)


class SealBroken(Exception):
    """A sealed value was changed, moved to another person or field, or sealed under another master key."""


class Erased(Exception):
    """The person's data key was destroyed: what it sealed cannot be read again."""


class Vault:
    """Seals and opens personal data. `master` is 32 secret bytes from the keys file."""

    def __init__(self, master: bytes) -> None:
        if len(master) != _KEY_BYTES:
            raise ValueError(f"the vault's master key has {_KEY_BYTES} bytes, not {len(master)}")
        self._wrapping = AESGCM(_derive(master, b"wrap"))
        self._records = AESGCM(_derive(master, b"records"))
        self._indexing = _derive(master, b"index")
        self._fingerprinting = _derive(master, b"fingerprint")

    def seal(self, session: Session, person: str, field: str, text: str) -> bytes:
        """Encrypt `text` as `field` of `person`, making the person's data key at the first call.

        Raises Erased if that key was destroyed.
        """
        return _seal(AESGCM(self._key_for(session, person)), text.encode(), f"{person}|{field}")

    def unseal(self, session: Session, person: str, field: str, sealed: bytes) -> str:
        """Read what `seal` gave. Raises SealBroken or Erased."""
        return self.unseal_many(session, field, {person: sealed})[person]

    def unseal_many(self, session: Session, field: str, sealed: Mapping[str, bytes]) -> dict[str, str]:
        """Read one field of several people (person → sealed) with one query. Raises SealBroken or Erased."""
        rows = session.execute(select(DataKey.person, DataKey.wrapped).where(DataKey.person.in_(sealed)))
        wrapped: dict[str, bytes | None] = {person: key for person, key in rows}
        return {
            person: _unseal(AESGCM(self._unwrap(person, wrapped.get(person))), value, f"{person}|{field}").decode()
            for person, value in sealed.items()
        }

    def destroy(self, session: Session, person: str, *, now: datetime) -> None:
        """Destroy the data key of `person`: everything sealed under it is erased for good."""
        session.execute(
            update(DataKey).where(DataKey.person == person).values(wrapped=None, destroyed_at=now),
        )

    def seal_record(self, label: str, content: bytes) -> bytes:
        """Encrypt something that belongs to no single person (a stored answer), bound to `label`."""
        return _seal(self._records, content, label)

    def unseal_record(self, label: str, sealed: bytes) -> bytes:
        """Read what `seal_record` gave. Raises SealBroken."""
        return _unseal(self._records, sealed, label)

    def index(self, field: str, text: str) -> str:
        """Return the blind index of `text`: equal for equal text, worthless without the master key (HMAC-SHA-256)."""
        return hmac.new(self._indexing, f"{field}|{text}".encode(), hashlib.sha256).hexdigest()

    def fingerprint(self, content: bytes) -> bytes:
        """Return 32 bytes, equal for equal content, worthless without the master key (HMAC-SHA-256)."""
        return hmac.digest(self._fingerprinting, content, "sha256")

    def _key_for(self, session: Session, person: str) -> bytes:
        fresh = AESGCM.generate_key(256)
        made = session.execute(
            insert(DataKey)
            .values(person=person, wrapped=_seal(self._wrapping, fresh, person))
            .on_conflict_do_nothing()
            .returning(DataKey.person)
        ).scalar()
        if made is not None:
            return fresh
        stored = session.execute(select(DataKey.wrapped).where(DataKey.person == person)).scalar_one()
        return self._unwrap(person, stored)

    def _unwrap(self, person: str, wrapped: bytes | None) -> bytes:
        if wrapped is None:
            raise Erased(person)
        return _unseal(self._wrapping, wrapped, person)


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"pswallet vault " + purpose).derive(master)


def _seal(cipher: AESGCM, content: bytes, label: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, content, label.encode())


def _unseal(cipher: AESGCM, sealed: bytes, label: str) -> bytes:
    version, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    if version != _VERSION:
        raise SealBroken(label)
    try:
        return cipher.decrypt(nonce, content, label.encode())
    except InvalidTag as broken:
        raise SealBroken(label) from broken
