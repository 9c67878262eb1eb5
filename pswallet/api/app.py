"""Composes the gateway: parts in, an ASGI app out. Each feature adds its router in one line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.telemetry import TelemetryConfig

from pswallet.accounts.service import CodeSender
from pswallet.api import docs, problems, refusals
from pswallet.api.deps import SEATS, Gateway
from pswallet.api.languages import Languages
from pswallet.api.limits import BodyLimit, Limits
from pswallet.api.logs import RequestLog
from pswallet.api.metrics import Metrics
from pswallet.api.overload import Backlog, Door, Leaving, Seats
from pswallet.api.readiness import Lookout, look
from pswallet.api.routes import (
    accounts,
    activity,
    bank,
    budgets,
    campaigns,
    cashbacks,
    chain,
    claims,
    contacts,
    draws,
    events,
    funded,
    health,
    kyc,
    merchant_orders,
    merchants,
    offers,
    openings,
    order_codes,
    orders,
    payment_codes,
    points,
    privacy,
    quotes,
    red_packets,
    requests,
    sandbox,
    settlements,
    staff,
    statements,
    transfers,
    webhooks,
)
from pswallet.api.routes import sessions as sign_ins
from pswallet.api.streams import Streams
from pswallet.api.traces import RequestTraces
from pswallet.chain.deploy import Deployment
from pswallet.chain.rpc import Rpc
from pswallet.chain.sponsor import Sponsor
from pswallet.kit import tracing
from pswallet.kit.db import Sessions
from pswallet.kit.vault import Vault
from pswallet.kyc.service import IdentityVendor
from pswallet.merchants.service import BusinessRegister
from pswallet.settings import Settings

DESCRIPTION = """
An open city wallet's gateway. It carries signed messages to the chain and can move nobody's money.
Amounts are whole fen; 100 fen are one yuan. Failures are RFC 9457 problems, each explained at its `type`;
their titles are in the language of `Accept-Language`: zh-CN, zh-HK or en.
"""


# FastAPI's own traces and logs would tell paths, clients' addresses and what exceptions quote: personal data.
_UNTOLD: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def routers(settings: Settings) -> list[APIRouter]:
    """Return every feature's router under /v1; the sandbox's only in sandbox mode."""
    found = [
        accounts.router,
        sign_ins.router,
        kyc.router,
        privacy.router,
        chain.router,
        events.router,
        transfers.router,
        requests.router,
        openings.router,
        orders.router,
        funded.router,
        budgets.router,
        cashbacks.router,
        order_codes.router,
        merchant_orders.router,
        activity.router,
        statements.router,
        draws.router,
        red_packets.router,
        claims.router,
        campaigns.router,
        contacts.router,
        payment_codes.router,
        points.router,
        merchants.router,
        staff.router,
        settlements.router,
        settlements.csv_router,
        webhooks.router,
        offers.router,
        quotes.router,
    ]
    if settings.mode == "sandbox":
        found += [sandbox.router, bank.router]
    return found


def create_app(
    settings: Settings,
    sessions: Sessions,
    *,
    deployment: Deployment,
    vault: Vault,
    dealer: Any,
    rpc: Rpc,
    sms: CodeSender,
    identity: IdentityVendor,
    register: BusinessRegister,
    limits: Limits | None = None,
    retention_key: bytes | None = None,
    sponsor: Sponsor | None = None,
) -> FastAPI:
    """Build the gateway on its parts. `dealer` satisfies the red packets' Protocol.

    `sponsor` signs for budgets' parts of orders and names itself in campaigns; without one nothing is funded here.
    """
    metrics = Metrics()
    gateway = Gateway(
        settings=settings,
        sessions=sessions,
        deployment=deployment,
        vault=vault,
        dealer=dealer,
        rpc=rpc,
        sms=sms,
        identity=identity,
        register=register,
        limits=limits or Limits(),
        metrics=metrics,
        streams=Streams(sessions, metrics),
        retention_key=retention_key,
        sponsor=sponsor,
        seats=Seats(SEATS, metrics),
        door=Door(metrics),
        backlog=Backlog(sessions, metrics, confirmations=settings.confirmations),
        lookout=Lookout(lambda: look(sessions, rpc.url)),
    )
    app = FastAPI(
        title="pswallet",
        version="1",
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=_UNTOLD,
    )
    app.state.gateway = gateway
    app.openapi = lambda: _document(app)  # type: ignore[method-assign] # FastAPI's own way to complete the document
    problems.install(app)
    app.router.routes += [
        claims.hot,
        transfers.hot,
        orders.hot,
        openings.hot,
        funded.hot,
        campaigns.hot,
    ]  # before the routers: routes are tried in order
    for router in routers(settings):
        app.include_router(router, prefix="/v1")
    app.include_router(health.router)
    app.add_api_route("/docs", lambda: HTMLResponse(docs.page(app.openapi())), include_in_schema=False)
    app.add_middleware(BodyLimit, within_s=gateway.limits.body_s)
    tracer = tracing.active()
    if tracer is not None:
        app.add_middleware(RequestTraces, tracer=tracer)
    app.add_middleware(RequestLog, metrics=metrics)
    app.add_middleware(Languages)
    app.add_middleware(Leaving, door=gateway.door)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = refusals.complete(FastAPI.openapi(app))
    return app.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    gateway: Gateway = app.state.gateway
    ending = asyncio.Event()
    watcher = asyncio.create_task(gateway.backlog.watch(ending))
    listener = asyncio.create_task(gateway.streams.listen())
    yield
    ending.set()
    listener.cancel()
    with suppress(asyncio.CancelledError):
        await listener
    await watcher
