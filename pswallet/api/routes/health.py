"""Whether the gateway lives, whether it is ready, what it measures, and what each problem means."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from pswallet.api.deps import GatewayParts
from pswallet.api.languages import Language
from pswallet.api.metrics import CONTENT_TYPE
from pswallet.api.problems import RouteUnknown
from pswallet.api.refusals import refused
from pswallet.api.shapes import FreeText, Shape
from pswallet.kit.languages import translated
from pswallet.kit.problems import every_problem

router = APIRouter(tags=["health"])

ProblemCode = Annotated[FreeText, Path(max_length=64, description="the last part of a problem's `type`")]


class Alive(Shape):
    """The process answers."""

    status: str


class Ready(Shape):
    """What the gateway needs, and whether it is there; null where nothing could be learnt."""

    ready: bool
    database: bool
    schema_complete: bool
    chain: bool
    relayer: bool = Field(description="such a process runs")
    indexer: bool = Field(description="such a process runs")
    worker: bool = Field(description="such a process runs")
    head_block: int | None
    indexed_block: int | None
    lag_blocks: int | None
    unsettled_calls: int | None
    tiers_not_enforced: list[int] | None = Field(
        description="chain tiers whose limits of GET /v1/tiers the chain does not hold to yet"
    )


class ProblemShape(Shape):
    """What a problem means."""

    type: str
    title: str
    status: int
    meaning: str


@router.get("/healthz")
def show_alive() -> Alive:
    """Say that the process answers; nothing else is asked."""
    return Alive(status="alive")


@router.get("/readyz", responses={503: {"model": Ready}})
async def show_ready(gateway: GatewayParts, response: Response) -> Ready:
    """Say whether requests are served in full: 200, or 503 with what is missing.

    Calls that were accepted wait meanwhile and go out later.
    """
    found = await gateway.lookout.look()
    gateway.metrics.note(found)
    response.status_code = 200 if found.ready else 503
    return Ready(
        ready=found.ready,
        database=found.database,
        schema_complete=found.schema,
        chain=found.chain,
        relayer=found.relayer,
        indexer=found.indexer,
        worker=found.worker,
        head_block=found.head_block,
        indexed_block=found.indexed_block,
        lag_blocks=found.lag_blocks,
        unsettled_calls=found.unsettled_calls,
        tiers_not_enforced=found.tiers_not_enforced,
    )


@router.get("/metrics", response_class=Response)
async def show_metrics(gateway: GatewayParts) -> Response:
    """Show the figures that Prometheus reads."""
    gateway.metrics.note(await gateway.lookout.look())
    return Response(await run_in_threadpool(gateway.metrics.page), media_type=CONTENT_TYPE)


@router.get("/problems/{code}", responses=refused(RouteUnknown))
def explain_problem(code: ProblemCode, language: Language, response: Response) -> ProblemShape:
    """Explain a problem by its code, as it stands in `type`; its title in the reader's language."""
    kind = next((kind for kind in every_problem().values() if kind.code() == code), None)
    if kind is None:
        raise RouteUnknown()
    meaning = (kind.__doc__ or "").strip()
    response.headers["Content-Language"] = language
    title = translated("problems", kind.title, language)
    return ProblemShape(type=f"/problems/{code}", title=title, status=kind.status, meaning=meaning)
