"""Forgets, by the wall clock, what is of no use any more: kept answers, rate windows, codes, nonces, dead sessions,
webhooks that are done with.

Destroys what the law has let go of, and logs the head of the trail, so that it stands somewhere else too.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete

from pswallet.accounts import service as accounts
from pswallet.api.idempotency import KEPT_FOR
from pswallet.api.models import KeptAnswer, RateWindow
from pswallet.kit import clock, db, trail
from pswallet.merchants import service as merchants
from pswallet.privacy import erasure, retention
from pswallet.vendors.models import SandboxMessage

_log = structlog.get_logger("pswallet.worker")
EVERY = timedelta(hours=1)


class Tidying:
    """Tidies once an hour, however often it is asked."""

    def __init__(self, sessions: db.Sessions) -> None:
        self._sessions = sessions
        self._due = clock.now()

    def step(self) -> int:
        """Tidy if an hour has passed; return 0, for it leaves no calls."""
        now = clock.now()
        if now >= self._due:
            self._due = now + EVERY
            tidy(self._sessions, now=now)
        return 0


def tidy(sessions: db.Sessions, *, now: datetime) -> None:
    """Delete everything that is of no use at `now`."""
    with db.transaction(sessions) as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.kept_at <= now - KEPT_FOR))
        session.execute(delete(RateWindow).where(RateWindow.started_at <= now - KEPT_FOR))
        session.execute(delete(SandboxMessage).where(SandboxMessage.sent_at <= now - KEPT_FOR))
        accounts.forget_stale(session, now=now)
        merchants.forget_taken(session, now=now)
        merchants.forget_stale(session, now=now)
        erasure.sweep(session)
        retention.destroy_due(session, now=now)
        _log.info("trail.head", head=str(trail.head(session)))
