"""Timed jobs by the chain's clock: expired packets and quotes, reminders, the points of each day, the bank's issues.

Webhooks go out beside them, in a thread of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from pswallet.api.tidying import Tidying
from pswallet.bank import service as bank
from pswallet.chain.outbox import last_block
from pswallet.chain.presence import Presence
from pswallet.kit import figures as figures_page
from pswallet.kit.clock import shanghai_day
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.figures import SHORT_S
from pswallet.kit.money import Fen
from pswallet.kit.vault import Vault
from pswallet.offers import service as offers
from pswallet.payments import service as payments
from pswallet.points import service as points
from pswallet.redpackets import service as redpackets
from pswallet.settings import Settings
from pswallet.vendors.courier import Courier, CourierFigures
from pswallet.vendors.webhooks import WebhookPoster
from pswallet.vouchers import service as vouchers

TICK_S = 0.5
REFUNDS_AT_ONCE = 200
CLOSINGS_AT_ONCE = 50
REMINDERS_AT_ONCE = 50
"""Requests; each has up to 100 payers."""
REMINDED_OF_POINTS_AT_ONCE = 500
"""Accounts."""
CLOSE_A_DAY_AFTER = timedelta(hours=1)
"""So long after its end the day's last blocks stay where they are."""
QUOTES_AT_ONCE = 500

LEADER = 0x70737763  # "pswc"
"""Advisory lock: one worker at a time does the jobs."""
_ANCIENT = datetime(2000, 1, 1, tzinfo=UTC)
_log = structlog.get_logger("pswallet.worker")


class Figures:
    """What the worker measures of itself."""

    def __init__(self) -> None:
        self.registry = figures_page.registry()
        self.calls_left = Counter("pswallet_worker_calls_left", "Calls that were due", registry=self.registry)
        self.step_seconds = Histogram(
            "pswallet_worker_step_seconds", "Time to look at what is due", buckets=SHORT_S, registry=self.registry
        )
        self.webhooks = CourierFigures(self.registry)


class Schedule:
    """The jobs of one worker. Each step is one transaction; another worker's step at the same time does nothing."""

    def __init__(self, sessions: Sessions, vault: Vault | None = None) -> None:
        self._sessions = sessions
        self._vault = vault
        """Blinds the points of a day; without one no day is closed."""
        self._points_due = _ANCIENT
        self._refunded_until = _ANCIENT
        """Packets that expired up to here hold no money any more; what is older need not be looked at again."""
        self._closed_until = _ANCIENT
        """The same of campaigns that ended."""

    def step(self) -> int:
        """Do what is due by the last indexed block's time; return how many calls were left."""
        with transaction(self._sessions) as session:
            block = last_block(session)
            if block is None or not _leads(session):
                return 0
            payments.remind_before_end(session, now=block.time, limit=REMINDERS_AT_ONCE)
            self._remind_of_points(session, now=block.time)
            offers.release_expired(session, now=block.time, limit=QUOTES_AT_ONCE)
            payments.release_unpaid(session, now=block.time, limit=QUOTES_AT_ONCE)
            given_back = self._refund(session, now=block.time) + self._close(session, now=block.time)
            return settle_bank(session, now=block.time) + given_back + self._anchor_points(session, now=block.time)

    def _remind_of_points(self, session: Session, *, now: datetime) -> None:
        """Remind of points that end soon; once nobody is left, look again in an hour: it reads a year's purchases."""
        if now >= self._points_due:
            left = points.remind_of_ends(session, now=now, limit=REMINDED_OF_POINTS_AT_ONCE)
            self._points_due = now if left else now + timedelta(hours=1)

    def _anchor_points(self, session: Session, *, now: datetime) -> int:
        """Anchor the root of everybody's points at the end of yesterday, once; a day without a worker has none."""
        if self._vault is None:
            return 0
        yesterday = shanghai_day(now - CLOSE_A_DAY_AFTER) - timedelta(days=1)
        return points.anchor_day(session, self._vault, yesterday, now=now)

    def _refund(self, session: Session, *, now: datetime) -> int:
        """Give back packets ten minutes after their expiry: anybody may come first."""
        due = redpackets.expired_packets(session, since=self._refunded_until, now=now, limit=REFUNDS_AT_ONCE)
        for packet in due:
            redpackets.refund(session, packet, now=now)
        # A day's margin: a reorganisation may bring a refund back to nothing.
        self._refunded_until = min(due.values(), default=now) - timedelta(days=1)
        return len(due)

    def _close(self, session: Session, *, now: datetime) -> int:
        """Give campaigns' rests back ten minutes after their end."""
        due = vouchers.ended_campaigns(session, since=self._closed_until, now=now, limit=CLOSINGS_AT_ONCE)
        for campaign in due:
            vouchers.close(session, campaign, now=now)
        self._closed_until = min(due.values(), default=now) - timedelta(days=1)
        return len(due)


def run(sessions: Sessions, settings: Settings, stop: threading.Event, vault: Vault | None = None) -> None:
    """Step until `stop`, twice a second; carry webhooks, whose secrets `vault` opens (None: carry none).

    While the database is away, try again.
    """
    _log.info("worker.started", mode=settings.mode)
    schedule, tidying = Schedule(sessions, vault), Tidying(sessions)
    figures = Figures()
    figures_page.serve(figures.registry, host=settings.metrics_host, port=settings.metrics_port)
    if vault is not None:
        poster = WebhookPoster(sandbox=settings.mode == "sandbox")
        _carry_beside(Courier(sessions, vault, poster, figures.webhooks), stop)
    with Presence(sessions, "worker") as presence:

        def step() -> int:
            presence.show()
            with figures.step_seconds.time():
                left = schedule.step()
            figures.calls_left.inc(left)
            return left + tidying.step()

        repeat(step, stop)


def _carry_beside(courier: Courier, stop: threading.Event) -> None:
    def carry() -> None:
        try:
            courier.run(stop)
        except BaseException:
            _log.exception("courier.failed")
            stop.set()  # a worker that carries nothing any more must not look alive
            raise

    threading.Thread(target=carry, name="courier", daemon=True).start()


def repeat(step: Callable[[], int], stop: threading.Event, *, every_s: float = TICK_S) -> None:
    """Call `step` every `every_s` seconds until `stop`; a database that is away is told once and waited for."""
    away = False
    while not stop.is_set():
        try:
            step()
            away = False
        except (OperationalError, InterfaceError, PoolTimeout) as outage:
            if not away:
                _log.error("neighbour.away", problem="database-away", reason=type(outage).__name__)
            away = True
        stop.wait(every_s)


def _leads(session: Session) -> bool:
    return bool(session.scalar(text(f"SELECT pg_try_advisory_xact_lock({LEADER})")))


def settle_bank(session: Session, *, now: datetime) -> int:
    """Issue what the bank holds, refused entries again once the token would credit them; return how many calls."""

    def may_credit(account: str, amount: Fen) -> bool:
        return payments.credit_problem(session, account, amount, now=now) is None

    return bank.settle(session, now=now, may_credit=may_credit)
