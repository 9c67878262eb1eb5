"""A merchant's webhook endpoints: where its machines are told of payments, how that goes, and telling them again."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from pswallet.api.deps import MerchantCaller, MerchantPost, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.refusals import refused
from pswallet.api.routes.merchants import ACTING, MerchantId
from pswallet.api.routes.staff import OverlapS, require_fresh
from pswallet.api.shapes import FreeText, Shape
from pswallet.merchants import errors, service
from pswallet.merchants.rules import Role, Scope
from pswallet.merchants.rules.targets import LONGEST_URL
from pswallet.merchants.service import Kind
from pswallet.privacy.errors import FreshSignInRequired

router = APIRouter(prefix="/merchants/{merchant_id}/webhook-endpoints", tags=["merchants"], route_class=PolledRoute)

EndpointId = Annotated[str, Path(pattern=r"^hook_[0-9a-z]{26}$", description="the id that the endpoint was given")]
DeliveryId = Annotated[str, Path(pattern=r"^msg_[0-9a-z]{26}$", description="the `webhook-id` of a delivery")]
_OF_ENDPOINT = (*ACTING, errors.WebhookEndpointUnknown)


class AddEndpoint(Shape):
    """Where to tell of what."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "http://localhost:9000/pswallet", "kinds": ["payment.confirmed"]}]}
    )

    url: Annotated[FreeText, StringConstraints(min_length=1, max_length=LONGEST_URL)] = Field(
        description="https, to a public host; in the sandbox http and the loopback too"
    )
    kinds: Annotated[list[Kind], Field(max_length=20)] = Field([], description="of which events; none: of all")


class RotateSecret(Shape):
    """How long the old secret signs beside the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 86_400}]})

    overlap_s: OverlapS


class ReplayFailed(Shape):
    """From when on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-11-25T00:00:00+08:00"}]})

    since: AwareDatetime


class EndpointShape(Shape):
    """An endpoint and its health."""

    id: str
    url: str
    kinds: list[Kind]
    created_at: datetime
    old_secret_until: datetime | None = Field(description="until then both secrets sign")
    failing_since: datetime | None = Field(description="since then nothing was accepted")
    disabled_at: datetime | None = Field(description="since then nothing is sent; enable it again")


class EndpointMade(Shape):
    """An endpoint, and the secret of its signatures for the only time."""

    endpoint: EndpointShape
    secret: str


class Endpoints(Shape):
    """A merchant's endpoints."""

    items: list[EndpointShape]


class DeliveryShape(Shape):
    """An event for an endpoint."""

    id: str = Field(description="the `webhook-id`, the same at every try")
    kind: Kind
    created_at: datetime
    tries: int
    due_at: datetime | None = Field(description="of the next try; null: there is none")
    accepted_at: datetime | None
    last_status: int | None
    last_flaw: str | None = Field(description="refused, redirect, timeout, no-answer or target-refused")
    content: str = Field(description="the body, as it is signed")


class Deliveries(Shape):
    """A page of deliveries, the newest first."""

    items: list[DeliveryShape]
    older: str | None


class Replayed(Shape):
    """How many are sent again."""

    count: int


@router.post(
    "",
    status_code=201,
    responses=refused(*ACTING, FreshSignInRequired, errors.WebhookUrlInvalid, errors.MerchantLimitReached),
)
@once
def add_endpoint(merchant_id: MerchantId, body: AddEndpoint, post: MerchantPost) -> EndpointMade:
    """Add an endpoint; its secret is shown this once. It is told of what happens from now on.

    The session must be at most 10 minutes old.
    """
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER)
    require_fresh(post)
    made = service.add_endpoint(
        post.session,
        post.gateway.vault,
        merchant,
        url=body.url,
        kinds=body.kinds,
        sandbox=post.gateway.settings.mode == "sandbox",
        now=post.now,
    )
    return _made(*made)


@router.get("", responses=refused(*ACTING))
def list_endpoints(merchant_id: MerchantId, session: Transaction, caller: MerchantCaller) -> Endpoints:
    """List the endpoints and their health."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.MANAGER, scopes=(Scope.WEBHOOKS,))
    return Endpoints(items=[_shape(endpoint) for endpoint in service.endpoints_of(session, merchant)])


@router.delete("/{endpoint_id}", status_code=204, response_class=Response, responses=refused(*_OF_ENDPOINT))
def remove_endpoint(
    merchant_id: MerchantId, endpoint_id: EndpointId, session: Transaction, caller: MerchantCaller
) -> None:
    """Remove an endpoint and what is on its way there."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.MANAGER)
    service.remove_endpoint(session, merchant, endpoint_id)


@router.post("/{endpoint_id}/secret", status_code=201, responses=refused(*_OF_ENDPOINT, FreshSignInRequired))
@once
def rotate_secret(
    merchant_id: MerchantId, endpoint_id: EndpointId, body: RotateSecret, post: MerchantPost
) -> EndpointMade:
    """Give an endpoint another secret; during the overlap both sign. The session must be at most 10 minutes old."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER)
    require_fresh(post)
    overlap = timedelta(seconds=body.overlap_s)
    vault = post.gateway.vault
    return _made(*service.rotate_secret(post.session, vault, merchant, endpoint_id, overlap=overlap, now=post.now))


@router.post("/{endpoint_id}/enable", responses=refused(*_OF_ENDPOINT))
@once
def enable_endpoint(merchant_id: MerchantId, endpoint_id: EndpointId, post: MerchantPost) -> EndpointShape:
    """Try an endpoint again that was given up: what waited for it goes out."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER, scopes=(Scope.WEBHOOKS,))
    return _shape(service.enable_endpoint(post.session, merchant, endpoint_id))


@router.post("/{endpoint_id}/test", status_code=201, responses=refused(*_OF_ENDPOINT))
@once
def send_test(merchant_id: MerchantId, endpoint_id: EndpointId, post: MerchantPost) -> DeliveryShape:
    """Send an event that says nothing, to see whether it arrives."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER, scopes=(Scope.WEBHOOKS,))
    return _delivery(service.send_test(post.session, merchant, endpoint_id, now=post.now))


@router.get("/{endpoint_id}/deliveries", responses=refused(*_OF_ENDPOINT))
def list_deliveries(
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    session: Transaction,
    caller: MerchantCaller,
    cursor: Annotated[
        str | None, Query(pattern=r"^msg_[0-9a-z]{26}$", description="`older` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="deliveries of a page")] = 20,
) -> Deliveries:
    """List what was sent to an endpoint and what became of it, the newest first."""
    merchant = service.merchant_for(session, merchant_id, caller, role=Role.MANAGER, scopes=(Scope.WEBHOOKS,))
    found = service.deliveries_of(session, merchant, endpoint_id, before=cursor, limit=limit + 1)
    page = found[:limit]
    return Deliveries(
        items=[_delivery(delivery) for delivery in page], older=page[-1].id if len(found) > limit else None
    )


@router.post(
    "/{endpoint_id}/deliveries/{delivery_id}/replay", responses=refused(*_OF_ENDPOINT, errors.WebhookDeliveryUnknown)
)
@once
def replay_delivery(
    merchant_id: MerchantId, endpoint_id: EndpointId, delivery_id: DeliveryId, post: MerchantPost
) -> DeliveryShape:
    """Send a delivery again, whatever became of it, under the same id."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER, scopes=(Scope.WEBHOOKS,))
    return _delivery(service.replay(post.session, merchant, endpoint_id, delivery_id, now=post.now))


@router.post("/{endpoint_id}/replay", responses=refused(*_OF_ENDPOINT))
@once
def replay_failed(merchant_id: MerchantId, endpoint_id: EndpointId, body: ReplayFailed, post: MerchantPost) -> Replayed:
    """Send again everything since a moment that was not accepted."""
    merchant = service.merchant_for(post.session, merchant_id, post.caller, role=Role.MANAGER, scopes=(Scope.WEBHOOKS,))
    return Replayed(count=service.replay_failed(post.session, merchant, endpoint_id, since=body.since, now=post.now))


def _shape(endpoint: service.WebhookEndpoint) -> EndpointShape:
    return EndpointShape(**{name: getattr(endpoint, name) for name in EndpointShape.model_fields})


def _made(endpoint: service.WebhookEndpoint, secret: str) -> EndpointMade:
    return EndpointMade(endpoint=_shape(endpoint), secret=secret)


def _delivery(delivery: service.WebhookDelivery) -> DeliveryShape:
    return DeliveryShape(**{name: getattr(delivery, name) for name in DeliveryShape.model_fields})
