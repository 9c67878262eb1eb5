"""What the law keeps of people who left: locked away for the operators' key, destroyed at its date."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.kit import lockbox, trail
from pswallet.kit.trail import Act
from pswallet.privacy import rules
from pswallet.privacy.errors import RetentionKeyMissing
from pswallet.privacy.models import RetainedRecord

_AT_ONCE = 500


def lock_away(
    session: Session, public: bytes | None, account_id: str, record: Mapping[str, str], *, now: datetime
) -> RetainedRecord:
    """Keep `record` (field → text) for as long as the law asks, readable to no process. Raises RetentionKeyMissing."""
    if public is None:
        raise RetentionKeyMissing()
    kept = RetainedRecord(
        account_id=account_id,
        basis=rules.BASIS,
        fields=sorted(record),
        locked=lockbox.lock(public, _label(account_id), orjson.dumps(record)),
        locked_at=now,
        ends_at=rules.retained_until(now),
    )
    session.add(kept)
    session.flush()
    return kept


def open_record(private: bytes, kept: RetainedRecord) -> dict[str, str] | None:
    """Read what was locked away; None once it is destroyed. Raises LockboxBroken."""
    if kept.locked is None:
        return None
    found: dict[str, str] = orjson.loads(lockbox.unlock(private, _label(kept.account_id), kept.locked))
    return found


def find_retained(session: Session, account_id: str) -> RetainedRecord | None:
    """Return what is kept of an account, None when the law asks for nothing."""
    return session.get(RetainedRecord, account_id)


def destroy_due(session: Session, *, now: datetime) -> int:
    """Destroy every record whose date has come, and write each into the trail; return how many."""
    due = (
        select(RetainedRecord)
        .where(RetainedRecord.locked.is_not(None), RetainedRecord.ends_at <= now)
        .order_by(RetainedRecord.account_id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    records = session.scalars(due).all()
    for record in records:
        act = Act("worker", "destroy-retained-record", record.basis, person=record.account_id, fields=record.fields)
        trail.append(session, act, now=now)
        record.locked, record.destroyed_at = None, now
    session.flush()
    return len(records)


def _label(account_id: str) -> str:
    return f"retained|{account_id}"
