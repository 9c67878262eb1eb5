"""A merchant's webhook endpoints, and what happened, left for them in the transaction in which it happened."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import bindparam, select, text, tuple_, update
from sqlalchemy.orm import Session

from pswallet.chain.outbox import last_block
from pswallet.kit.ids import named_id, new_id
from pswallet.kit.rows import TEXTS, insert_new_rows
from pswallet.kit.vault import Vault
from pswallet.merchants import rules
from pswallet.merchants.errors import WebhookDeliveryUnknown, WebhookEndpointUnknown, WebhookUrlInvalid
from pswallet.merchants.models import Merchant, WebhookDelivery, WebhookEndpoint
from pswallet.merchants.rules.targets import url_flaw
from pswallet.merchants.service.shops import require_room

Kind = Literal["payment.confirmed", "refund.confirmed", "endpoint.tested"]
"""What a merchant may be told."""

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a merchant's address. `source` names it, and the same again after a rebuild."""

    address: str
    source: str
    kind: Kind
    block: int
    at: datetime
    body: dict[str, Any]


# --- what happened ---


# Every range of blocks asks this of all that moved money in it.
_LISTENING = text(
    "SELECT DISTINCT m.address FROM merchants m JOIN webhook_endpoints e ON e.merchant_id = m.id"
    " WHERE m.address = ANY(:addresses)"
).bindparams(bindparam("addresses", type_=TEXTS))


def listening(session: Session, addresses: Collection[str]) -> set[str]:
    """Return those of `addresses` that are merchants with an endpoint."""
    return set(session.scalars(_LISTENING, {"addresses": list(addresses)}))


def announce(session: Session, happenings: Sequence[Happening]) -> int:
    """Leave each of `happenings` for every endpoint that asked for it; what was left before is not left again.

    Returns how many deliveries were left. Projections call this, in the transaction of the rows themselves.
    """
    if not happenings:
        return 0
    query = select(Merchant.id, Merchant.address, WebhookEndpoint).join(
        WebhookEndpoint, WebhookEndpoint.merchant_id == Merchant.id
    )
    endpoints: dict[str, list[tuple[str, WebhookEndpoint]]] = {}
    for merchant_id, address, endpoint in session.execute(
        query.where(Merchant.address.in_({one.address for one in happenings}))
    ):
        endpoints.setdefault(address, []).append((merchant_id, endpoint))
    rows = [
        {
            "id": _delivery_id(endpoint, one.source),
            "endpoint_id": endpoint.id,
            "source": one.source,
            "kind": one.kind,
            "block": one.block,
            "content": _content(merchant_id, one),
        }
        for one in happenings
        for merchant_id, endpoint in endpoints.get(one.address, ())
        if one.block > endpoint.after_block and (not endpoint.kinds or one.kind in endpoint.kinds)
    ]
    return insert_new_rows(session, WebhookDelivery, rows)


def _delivery_id(endpoint: WebhookEndpoint, source: str) -> str:
    # Not a random one: told anew after a restored backup, an event has the id by which its receiver knows it.
    return named_id("msg", f"{endpoint.id}|{source}")


def _content(merchant_id: str, happening: Happening) -> str:
    data = {"merchant_id": merchant_id, "block": happening.block, **happening.body}
    event = {"type": happening.kind, "timestamp": happening.at.isoformat(), "data": data}
    return json.dumps(event, ensure_ascii=False)


# --- endpoints ---


def add_endpoint(
    session: Session,
    vault: Vault,
    merchant: Merchant,
    *,
    url: str,
    kinds: Sequence[Kind],
    sandbox: bool,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint; return it and the secret that signs what goes there.

    Raises WebhookUrlInvalid, MerchantLimitReached.
    """
    flaw = url_flaw(url, sandbox=sandbox)
    if flaw is not None:
        raise WebhookUrlInvalid(flaw=flaw)
    require_room(session, merchant, WebhookEndpoint, "webhook endpoints", rules.MAX_ENDPOINTS)
    endpoint_id, secret, block = new_id("hook"), _new_secret(), last_block(session)
    endpoint = WebhookEndpoint(
        id=endpoint_id,
        merchant_id=merchant.id,
        url=url,
        kinds=sorted(set(kinds)),
        secret_sealed=_sealed(vault, endpoint_id, secret),
        after_block=block.number if block else -1,
        created_at=now,
    )
    session.add(endpoint)
    session.flush()
    return endpoint, secret


def endpoints_of(session: Session, merchant: Merchant) -> list[WebhookEndpoint]:
    """Return a merchant's endpoints, the oldest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.merchant_id == merchant.id)
    return list(session.scalars(query.order_by(WebhookEndpoint.id)))


def remove_endpoint(session: Session, merchant: Merchant, endpoint_id: str) -> None:
    """Remove an endpoint with all that is on its way there. Raises WebhookEndpointUnknown."""
    session.delete(_endpoint(session, merchant, endpoint_id))
    session.flush()


def rotate_secret(
    session: Session, vault: Vault, merchant: Merchant, endpoint_id: str, *, overlap: timedelta, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint another secret; for `overlap` what goes there is signed by both.

    Raises WebhookEndpointUnknown.
    """
    endpoint, secret = _endpoint(session, merchant, endpoint_id), _new_secret()
    endpoint.old_secret_sealed, endpoint.old_secret_until = endpoint.secret_sealed, now + overlap
    endpoint.secret_sealed = _sealed(vault, endpoint_id, secret)
    session.flush()
    return endpoint, secret


def enable_endpoint(session: Session, merchant: Merchant, endpoint_id: str) -> WebhookEndpoint:
    """Try an endpoint again that was disabled: what waited for it goes out. Raises WebhookEndpointUnknown."""
    endpoint = _endpoint(session, merchant, endpoint_id)
    endpoint.disabled_at = endpoint.failing_since = None
    session.flush()
    return endpoint


def send_test(session: Session, merchant: Merchant, endpoint_id: str, *, now: datetime) -> WebhookDelivery:
    """Leave an event of the kind "endpoint.tested" for one endpoint. Raises WebhookEndpointUnknown."""
    endpoint = _endpoint(session, merchant, endpoint_id)
    source = new_id("test")
    happening = Happening(merchant.address, source, "endpoint.tested", endpoint.after_block, now, {})
    delivery = WebhookDelivery(
        id=_delivery_id(endpoint, source),
        endpoint_id=endpoint.id,
        source=source,
        kind=happening.kind,
        block=happening.block,
        content=_content(merchant.id, happening),
    )
    session.add(delivery)
    session.flush()
    session.refresh(delivery)
    return delivery


def secrets_of(vault: Vault, endpoint: WebhookEndpoint, *, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign what goes to an endpoint at `now`: during a rotation's overlap two."""
    sealed = [endpoint.secret_sealed]
    if endpoint.old_secret_sealed is not None and endpoint.old_secret_until is not None:
        sealed += [endpoint.old_secret_sealed] if now < endpoint.old_secret_until else []
    return tuple(vault.unseal_record(_label(endpoint.id), one).decode() for one in sealed)


# --- deliveries, as the merchant sees them ---


def deliveries_of(
    session: Session, merchant: Merchant, endpoint_id: str, *, before: str | None, limit: int
) -> list[WebhookDelivery]:
    """Return up to `limit` deliveries to an endpoint, older than `before` (an id), the newest first.

    Raises WebhookEndpointUnknown.
    """
    endpoint = _endpoint(session, merchant, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    place = tuple_(WebhookDelivery.created_at, WebhookDelivery.id)
    last = session.get(WebhookDelivery, before) if before is not None else None
    if last is not None:
        query = query.where(place < (last.created_at, last.id))
    newest_first = query.order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc())
    return list(session.scalars(newest_first.limit(limit)))


def replay(
    session: Session, merchant: Merchant, endpoint_id: str, delivery_id: str, *, now: datetime
) -> WebhookDelivery:
    """Send a delivery again, whatever became of it, under the same id.

    Raises WebhookEndpointUnknown, WebhookDeliveryUnknown.
    """
    endpoint = _endpoint(session, merchant, endpoint_id)
    delivery = session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.endpoint_id != endpoint.id:
        raise WebhookDeliveryUnknown()
    delivery.due_at, delivery.tries, delivery.accepted_at = now, 0, None
    session.flush()
    return delivery


def replay_failed(session: Session, merchant: Merchant, endpoint_id: str, *, since: datetime, now: datetime) -> int:
    """Send again everything made since `since` that was not accepted; return how many.

    Raises WebhookEndpointUnknown.
    """
    endpoint = _endpoint(session, merchant, endpoint_id)
    again = (
        update(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint.id,
            WebhookDelivery.accepted_at.is_(None),
            WebhookDelivery.created_at >= since,
        )
        .values(due_at=now, tries=0)
    )
    found = session.execute(again.returning(WebhookDelivery.id)).all()
    return len(found)


def _endpoint(session: Session, merchant: Merchant, endpoint_id: str) -> WebhookEndpoint:
    endpoint = session.get(WebhookEndpoint, endpoint_id, with_for_update={"key_share": True})
    if endpoint is None or endpoint.merchant_id != merchant.id:
        raise WebhookEndpointUnknown()
    return endpoint


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _sealed(vault: Vault, endpoint_id: str, secret: str) -> bytes:
    return vault.seal_record(_label(endpoint_id), secret.encode())


def _label(endpoint_id: str) -> str:
    return f"webhook-secret|{endpoint_id}"
