"""API keys of a merchant's machines: shown once, scoped, rotated with an overlap, revoked.

A key is 256 random bits, so SHA-256 is what it needs: nobody finds it by guessing, a slow hash would only make each
request slow, and a keyed one would tie every key to a secret that is not needed to check it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.kit.ids import new_id
from pswallet.merchants import rules
from pswallet.merchants.errors import ApiKeyInvalid, ApiKeyUnknown, MerchantLimitReached
from pswallet.merchants.models import ApiKey, Merchant
from pswallet.merchants.rules import Scope

API_KEY_PREFIX = "psk_"
"""What tells a key from a session's token."""


def make_key(
    session: Session, merchant: Merchant, *, name: str, scopes: Sequence[Scope], now: datetime
) -> tuple[ApiKey, str]:
    """Make a key; return it and its token, which nobody can show again. Raises MerchantLimitReached."""
    session.execute(select(Merchant.id).where(Merchant.id == merchant.id).with_for_update())
    if len(keys_of(session, merchant, now=now)) >= rules.MAX_API_KEYS:
        raise MerchantLimitReached(of="API keys", limit=rules.MAX_API_KEYS)
    return _make(session, merchant.id, name, sorted({scope.value for scope in scopes}), now)


def rotate_key(
    session: Session, merchant: Merchant, key_id: str, *, overlap: timedelta, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key of the same name and scopes; the old one serves for `overlap` more. Raises ApiKeyUnknown."""
    old = _live(session, merchant, key_id, now)
    old.ends_at = min(now + overlap, old.ends_at or datetime.max.replace(tzinfo=now.tzinfo))
    return _make(session, merchant.id, old.name, old.scopes, now)


def revoke_key(session: Session, merchant: Merchant, key_id: str, *, now: datetime) -> None:
    """End a key at once. Raises ApiKeyUnknown."""
    _live(session, merchant, key_id, now).ends_at = now
    session.flush()


def keys_of(session: Session, merchant: Merchant, *, now: datetime) -> list[ApiKey]:
    """Return the live keys of a merchant, the oldest first."""
    query = select(ApiKey).where(ApiKey.merchant_id == merchant.id, (ApiKey.ends_at > now) | ApiKey.ends_at.is_(None))
    return list(session.scalars(query.order_by(ApiKey.id)))


def authenticate_key(session: Session, token: str, *, now: datetime) -> ApiKey:
    """Return the live key of a token. Raises ApiKeyInvalid."""
    found = select(ApiKey).where(ApiKey.token_hash == _token_hash(token))
    key = session.scalars(found.where((ApiKey.ends_at > now) | ApiKey.ends_at.is_(None))).one_or_none()
    if key is None:
        raise ApiKeyInvalid()
    return key


def _make(session: Session, merchant_id: str, name: str, scopes: list[str], now: datetime) -> tuple[ApiKey, str]:
    token = API_KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id("key"),
        merchant_id=merchant_id,
        name=name,
        scopes=scopes,
        token_hash=_token_hash(token),
        created_at=now,
    )
    session.add(key)
    session.flush()
    return key, token


def _live(session: Session, merchant: Merchant, key_id: str, now: datetime) -> ApiKey:
    key = session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.merchant_id != merchant.id or (key.ends_at is not None and key.ends_at <= now):
        raise ApiKeyUnknown()
    return key


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
