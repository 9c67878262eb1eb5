"""Webhooks on their way: which are due, and what became of a try. The worker asks; nothing here speaks to anybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from pswallet.kit.rows import array_literal
from pswallet.kit.vault import Vault
from pswallet.merchants.models import Merchant, WebhookDelivery, WebhookEndpoint
from pswallet.merchants.rules.deliveries import gives_up, wait_before
from pswallet.merchants.service.webhooks import secrets_of
from pswallet.notifications.service import OffChainNotice, notify_off_chain

LEASE = timedelta(seconds=60)
"""A delivery that was taken and of whose try nothing was noted is due again after this: its worker has died."""

KEPT_FOR = timedelta(days=30)
"""How long a delivery can be read and sent again at least."""

AT_ONCE = 4
"""Deliveries on their way to one endpoint at the same time."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be tried now."""

    id: str
    endpoint_id: str
    url: str
    content: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """What became of a try: the status that was answered, or why there was none that counts (`flaw`)."""

    status: int | None
    flaw: str | None

    @property
    def accepted(self) -> bool:
        """Whether the receiver took it."""
        return self.flaw is None


# One slow endpoint has `each` of the places at most: the others' deliveries go by.
_DUE = text(
    """
    UPDATE webhook_deliveries SET due_at = :leased FROM (
        SELECT due.id FROM webhook_endpoints e CROSS JOIN LATERAL (
            SELECT id, due_at FROM webhook_deliveries
            WHERE endpoint_id = e.id AND due_at <= :now ORDER BY due_at LIMIT :each FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE e.disabled_at IS NULL AND e.id <> ALL(CAST(:busy AS text[])) ORDER BY due.due_at LIMIT :limit
    ) AS taken
    WHERE webhook_deliveries.id = taken.id RETURNING webhook_deliveries.id
    """
)


def take_due(session: Session, vault: Vault, *, busy: Collection[str], limit: int, now: datetime) -> list[Outgoing]:
    """Take up to `limit` deliveries that are due, `AT_ONCE` an endpoint, none of a `busy` or disabled endpoint.

    They are taken for `LEASE`: two workers never take the same one meanwhile.
    """
    values = {"leased": now + LEASE, "now": now, "each": AT_ONCE, "busy": array_literal(busy), "limit": limit}
    taken = list(session.scalars(_DUE, values))
    query = (
        select(WebhookDelivery, WebhookEndpoint)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id.in_(taken))
        .order_by(WebhookDelivery.created_at, WebhookDelivery.id)
    )
    return [
        Outgoing(delivery.id, endpoint.id, endpoint.url, delivery.content, secrets_of(vault, endpoint, now=now))
        for delivery, endpoint in session.execute(query)
    ]


def note_try(session: Session, outgoing: Outgoing, tried: Try, *, chance: float, now: datetime) -> None:
    """Note what became of a try, when the next one is, and how its endpoint is. `chance` in [0, 1) spreads retries."""
    endpoint = session.get(WebhookEndpoint, outgoing.endpoint_id, with_for_update={"key_share": True})
    delivery = session.get(WebhookDelivery, outgoing.id, with_for_update=True)
    if endpoint is None or delivery is None:
        return  # removed meanwhile
    delivery.tries += 1
    delivery.last_status, delivery.last_flaw = tried.status, tried.flaw
    if tried.accepted:
        delivery.accepted_at, delivery.due_at = now, None
        endpoint.failing_since = None
        return
    wait = wait_before(delivery.tries, chance=chance)
    delivery.due_at = now + wait if wait else None
    endpoint.failing_since = endpoint.failing_since or now
    if endpoint.disabled_at is None and (tried.status == HTTPStatus.GONE or gives_up(endpoint.failing_since, now=now)):
        _disable(session, endpoint, now)


def _disable(session: Session, endpoint: WebhookEndpoint, now: datetime) -> None:
    endpoint.disabled_at = now
    address = session.scalar(select(Merchant.address).where(Merchant.id == endpoint.merchant_id))
    if address is not None:
        notify_off_chain(session, [OffChainNotice(address, "webhook-disabled", {"endpoint": endpoint.id})])


_PASS = text(
    "UPDATE webhook_endpoints SET after_block = greatest(after_block, old.block) FROM ("
    " SELECT endpoint_id, max(block) AS block FROM webhook_deliveries WHERE created_at <= :until GROUP BY endpoint_id"
    ") AS old WHERE old.endpoint_id = webhook_endpoints.id"
)


def forget_stale(session: Session, *, now: datetime) -> None:
    """Forget what was made a month ago and is done with: a rebuild of the rows does not tell it again either."""
    until = now - KEPT_FOR
    session.execute(_PASS, {"until": until})
    session.execute(
        delete(WebhookDelivery).where(WebhookDelivery.created_at <= until, WebhookDelivery.due_at.is_(None))
    )


def waiting(session: Session) -> tuple[int, int]:
    """Return how many deliveries wait for a try, and how many endpoints are disabled."""
    due = select(func.count()).where(WebhookDelivery.due_at.is_not(None)).scalar_subquery()
    disabled = select(func.count()).where(WebhookEndpoint.disabled_at.is_not(None)).scalar_subquery()
    row = session.execute(select(due, disabled)).one()
    return row[0], row[1]
