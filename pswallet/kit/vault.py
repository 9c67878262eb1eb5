"""Personal data at rest: AES-256-GCM under one data key a person, each wrapped by the master key; keyed blind indexes.

Destroying a person's data key erases what it sealed; in older backups too, once the master key that they were made
under has been retired. No master key touches the database. A new one takes over while everybody works:
`take_over`, then `rewrap` to the end; what wraps nothing any more may be thrown away.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, LargeBinary, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pswallet.kit.db import Base
from pswallet.kit.rows import insert_new_rows

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_TAKING_OVER = 0x7073776D  # "pswm"
"""Advisory lock: shared by whoever makes a data key, held alone while the master key changes."""


class DataKey(Base):
    """One person's data key, wrapped by the master key; `wrapped` is null once it has been destroyed."""

    __tablename__ = "vault_keys"

    person: Mapped[str] = mapped_column(Text, primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    destroyed_at: Mapped[datetime | None] = mapped_column(default=None)
    master: Mapped[str | None] = mapped_column(Text, default=None)
    """Print of the master key that wrapped it; null: the first one, before there was another."""


class MasterKey(Base):
    """A master key, by its print, that took over at `since`: the newest wraps every new data key."""

    __tablename__ = "vault_masters"

    print: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[datetime]


class SealBroken(Exception):
    """A sealed value was changed, moved to another person or field, or sealed under another master key."""


class Erased(Exception):
    """The person's data key was destroyed: what it sealed cannot be read again."""


class MasterUnknown(Exception):
    """The database works under a master key that this process cannot find in its keys file."""


@dataclass(frozen=True)
class Subkeys:
    """Keys for what no person's data key seals. They come from the first master key and outlive it.

    A blind index cannot be made anew without the text: with the index's key, people would lose their phones.
    """

    records: bytes
    index: bytes
    fingerprint: bytes

    @classmethod
    def of(cls, master: bytes) -> Self:
        """Derive them from a master key, which cannot be found from them."""
        return cls(**{name: _derive(master, name.encode()) for name in cls.__dataclass_fields__})


class Vault:
    """Seals and opens personal data. `master` is 32 secret bytes from the keys file.

    `others`: reads the file's master keys again, when one turns up that this vault does not know.
    """

    def __init__(
        self,
        master: bytes,
        subkeys: Subkeys | None = None,
        *,
        others: Callable[[], Sequence[bytes]] = tuple,
    ) -> None:
        if len(master) != _KEY_BYTES:
            raise ValueError(f"the vault's master key has {_KEY_BYTES} bytes, not {len(master)}")
        self.print = print_of(master)
        self._wrapping = {self.print: _wrapping(master)}
        self._others = others
        subkeys = subkeys or Subkeys.of(master)
        self._records = AESGCM(subkeys.records)
        self._indexing = subkeys.index
        self._fingerprinting = subkeys.fingerprint

    def seal(self, session: Session, person: str, field: str, text: str) -> bytes:
        """Encrypt `text` as `field` of `person`, making the person's data key at the first call.

        Raises Erased if that key was destroyed.
        """
        return _seal(AESGCM(self._key_for(session, person)), text.encode(), f"{person}|{field}")

    def seal_many(self, session: Session, field: str, texts: Mapping[str, str]) -> dict[str, bytes]:
        """Encrypt one field of several people (person → text) as `seal` does, with a few queries. Raises Erased."""
        keys = self._keys_of(session, texts)
        fresh = {person: AESGCM.generate_key(256) for person in texts.keys() - keys.keys()}
        if fresh:
            master = self._master_in_force(session)
            rows = [
                {"person": person, "wrapped": self._wrap(person, key, master), "master": master}
                for person, key in fresh.items()
            ]
            # Whose key another process made meanwhile is sealed under that one.
            all_new = insert_new_rows(session, DataKey, rows) == len(rows)
            keys |= fresh if all_new else self._keys_of(session, fresh)
        return {
            person: _seal(AESGCM(keys[person]), text.encode(), f"{person}|{field}") for person, text in texts.items()
        }

    def unseal(self, session: Session, person: str, field: str, sealed: bytes) -> str:
        """Read what `seal` gave. Raises SealBroken or Erased."""
        return self.unseal_many(session, field, {person: sealed})[person]

    def unseal_many(self, session: Session, field: str, sealed: Mapping[str, bytes]) -> dict[str, str]:
        """Read one field of several people (person → sealed) with one query. Raises SealBroken or Erased."""
        wrapped = self._wrapped_keys(session, sealed)
        return {person: self._open(person, field, wrapped.get(person), value) for person, value in sealed.items()}

    def unseal_left(self, session: Session, field: str, sealed: Mapping[str, bytes]) -> dict[str, str]:
        """Read one field of those people whose key was not destroyed. Raises SealBroken."""
        wrapped = self._wrapped_keys(session, sealed)
        left = {person: value for person, value in sealed.items() if wrapped.get(person) is not None}
        return {person: self._open(person, field, wrapped[person], value) for person, value in left.items()}

    def _wrapped_keys(self, session: Session, people: Collection[str]) -> dict[str, bytes | None]:
        rows = session.execute(select(DataKey.person, DataKey.wrapped).where(DataKey.person.in_(people)))
        return {person: key for person, key in rows}

    def _keys_of(self, session: Session, people: Collection[str]) -> dict[str, bytes]:
        return {person: self._unwrap(person, key) for person, key in self._wrapped_keys(session, people).items()}

    def _open(self, person: str, field: str, wrapped: bytes | None, value: bytes) -> str:
        return _unseal(AESGCM(self._unwrap(person, wrapped)), value, f"{person}|{field}").decode()

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

    def take_over(self, session: Session, *, now: datetime) -> None:
        """Make the own master key that which wraps every new data key from this commit on; twice does nothing.

        Waits for whoever is making a data key: after the commit no older master key wraps anything any more.
        """
        session.execute(select(func.pg_advisory_xact_lock(_TAKING_OVER)))
        if session.get(MasterKey, self.print) is None:
            session.add(MasterKey(print=self.print, since=now))

    def rewrap(self, session: Session, *, after: str, limit: int) -> str | None:
        """Wrap the next `limit` data keys of persons after `after` by the own master key; None at the end.

        Returns the last person seen. Raises SealBroken for a data key that no known master key wrapped.
        """
        query = select(DataKey.person, DataKey.wrapped).where(self._wrapped_by_another(), DataKey.person > after)
        rows = session.execute(query.order_by(DataKey.person).limit(limit).with_for_update()).all()
        if not rows:
            return None
        changed = [
            {"person": person, "wrapped": self._wrap(person, self._unwrap(person, wrapped)), "master": self.print}
            for person, wrapped in rows
        ]
        session.execute(update(DataKey), changed)
        last: str = rows[-1].person
        return last

    def wrapped_by_others(self, session: Session) -> int:
        """Return how many data keys an older master key still wraps."""
        return session.scalar(select(func.count()).select_from(DataKey).where(self._wrapped_by_another())) or 0

    def _wrapped_by_another(self) -> ColumnElement[bool]:
        return DataKey.wrapped.is_not(None) & DataKey.master.is_distinct_from(self.print)

    def _key_for(self, session: Session, person: str) -> bytes:
        stored = session.execute(select(DataKey.wrapped).where(DataKey.person == person)).one_or_none()
        if stored is not None:
            return self._unwrap(person, stored.wrapped)
        fresh, master = AESGCM.generate_key(256), self._master_in_force(session)
        made = session.execute(
            insert(DataKey)
            .values(person=person, wrapped=self._wrap(person, fresh, master), master=master)
            .on_conflict_do_nothing()
            .returning(DataKey.person)
        ).scalar()
        return fresh if made is not None else self._key_for(session, person)

    def _master_in_force(self, session: Session) -> str:
        # Two statements: the second must see what was committed while the first waited.
        session.execute(select(func.pg_advisory_xact_lock_shared(_TAKING_OVER)))
        found = session.scalar(select(MasterKey.print).order_by(MasterKey.since.desc()).limit(1)) or self.print
        if found not in self._wrapping and not self._learn(found):
            raise MasterUnknown(found)
        return found

    def _wrap(self, person: str, key: bytes, master: str | None = None) -> bytes:
        return _seal(self._wrapping[master or self.print], key, person)

    def _unwrap(self, person: str, wrapped: bytes | None) -> bytes:
        if wrapped is None:
            raise Erased(person)
        tried: set[str] = set()
        while True:
            for master in self._wrapping.keys() - tried:
                tried.add(master)
                with suppress(SealBroken):
                    return _unseal(self._wrapping[master], wrapped, person)
            self._learn()
            if not self._wrapping.keys() - tried:
                raise SealBroken(person)

    def _learn(self, wanted: str = "") -> bool:
        """Read the keys file again; return whether it has the master key of the print `wanted`."""
        self._wrapping = self._wrapping | {print_of(master): _wrapping(master) for master in self._others()}
        return wanted in self._wrapping


def print_of(master: bytes) -> str:
    """Return the name by which the database knows a master key: 16 hexadecimal digits that tell nothing of it."""
    return _derive(master, b"print")[:8].hex()


def _wrapping(master: bytes) -> AESGCM:
    return AESGCM(_derive(master, b"wrap"))


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
