"""One-time codes: sent to a phone at most once a minute, used once, five tries."""

import hmac
import secrets
from datetime import datetime
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.accounts import rules
from pswallet.accounts.errors import (
    CodeExpired,
    CodeInvalid,
    CodeRequestedTooSoon,
    CodesExhausted,
    CodeTriesExhausted,
    PhoneInvalid,
)
from pswallet.accounts.models import PhoneCode
from pswallet.kit.ids import new_id
from pswallet.kit.vault import Vault

RESEND_AFTER_S = int(rules.CODE_INTERVAL.total_seconds())


class CodeSender(Protocol):
    """Carries a one-time code to a phone; a vendor's client, or the sandbox's box."""

    def send_code(self, phone: str, code: str) -> None:
        """Send `code` to `phone` (E.164)."""
        ...


def send_code(session: Session, vault: Vault, sender: CodeSender, *, phone: str, now: datetime) -> datetime:
    """Send a fresh code to `phone` and return when it expires.

    Raises PhoneInvalid, CodeRequestedTooSoon (60 s), CodesExhausted (10 in 24 hours).
    """
    number = require_phone(phone)
    index = vault.index("phone", number)
    # Two requests for one phone at the same moment: the second waits and then sees the first one's row.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(index, 0))))
    sent = session.scalars(
        select(PhoneCode.sent_at)
        .where(PhoneCode.phone_index == index, PhoneCode.sent_at > now - rules.CODES_COUNTED_FOR)
        .order_by(PhoneCode.sent_at.desc())
    ).all()
    if sent and now - sent[0] < rules.CODE_INTERVAL:
        raise CodeRequestedTooSoon(retry_after_s=_seconds_until(sent[0] + rules.CODE_INTERVAL, now))
    if len(sent) >= rules.CODES_PER_DAY:
        raise CodesExhausted(retry_after_s=_seconds_until(sent[-1] + rules.CODES_COUNTED_FOR, now))
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    expires_at = now + rules.CODE_LIFETIME
    session.add(
        PhoneCode(
            id=new_id("code"),
            phone_index=index,
            code_hash=_code_hash(vault, index, code),
            sent_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    sender.send_code(number, code)
    return expires_at


def use_code(session: Session, vault: Vault, *, phone: str, code: str, now: datetime) -> str:
    """Use up the last code sent to `phone`; return the phone's blind index.

    Raises PhoneInvalid, CodeInvalid (the try counts), CodeExpired, CodeTriesExhausted.
    """
    index = vault.index("phone", require_phone(phone))
    sent = session.scalars(
        select(PhoneCode)
        .where(PhoneCode.phone_index == index)
        .order_by(PhoneCode.sent_at.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if sent is None or sent.used_at is not None:
        raise CodeInvalid(tries_left=0)
    if now >= sent.expires_at:
        raise CodeExpired()
    if sent.tries >= rules.CODE_TRIES:
        raise CodeTriesExhausted()
    if not hmac.compare_digest(sent.code_hash, _code_hash(vault, index, code)):
        sent.tries += 1
        raise CodeInvalid(tries_left=rules.CODE_TRIES - sent.tries)
    sent.used_at = now
    return index


def require_phone(text_given: str) -> str:
    """Return a phone as E.164. Raises PhoneInvalid."""
    number = rules.normal_phone(text_given)
    if number is None:
        raise PhoneInvalid()
    return number


def _code_hash(vault: Vault, phone_index: str, code: str) -> str:
    # Keyed: a million codes are hashed in a second, so a plain hash would give them away.
    return vault.index("code", f"{phone_index}|{code}")


def _seconds_until(moment: datetime, now: datetime) -> int:
    return max(1, int((moment - now).total_seconds()) + 1)
