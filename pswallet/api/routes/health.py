"""Whether the gateway lives, whether it is ready, what it measures, and what each problem means."""

from fastapi import APIRouter, Response

from pswallet.api.deps import GatewayParts
from pswallet.api.metrics import CONTENT_TYPE
from pswallet.api.problems import RouteUnknown
from pswallet.api.shapes import Shape
from pswallet.kit.problems import every_problem

router = APIRouter(tags=["health"])


class Alive(Shape):
    """The process answers."""

    status: str


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


@router.get("/metrics", response_class=Response)
def show_metrics(gateway: GatewayParts) -> Response:
    """Show the figures that Prometheus reads."""
    return Response(gateway.metrics.page(), media_type=CONTENT_TYPE)


@router.get("/problems/{code}")
def explain_problem(code: str) -> ProblemShape:
    """Explain a problem by its code, as it stands in `type`."""
    kind = next((kind for kind in every_problem().values() if kind.code() == code), None)
    if kind is None:
        raise RouteUnknown()
    meaning = (kind.__doc__ or "").strip()
    return ProblemShape(type=f"/problems/{code}", title=kind.title, status=kind.status, meaning=meaning)
