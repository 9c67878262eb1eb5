"""What moved in a period: a statement with its sums, and the lines as CSV for a spreadsheet."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from pswallet.api import spreadsheets
from pswallet.api.deps import Gateway, GatewayParts, Owner, Transaction
from pswallet.api.languages import Language
from pswallet.api.periods import AskedDays, Days
from pswallet.api.problems import PeriodInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.activity import Cursor, LineShape, line_shapes, place_of
from pswallet.api.shapes import Address, Shape
from pswallet.kit import db
from pswallet.payments import service
from pswallet.payments.service import Period, Place

router = APIRouter(tags=["payments"])

_BEFORE_ALL: Place = (0, 0, -1)
_PAGE = 500

CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "one line a row, oldest first", "content": {"text/csv": {"schema": {"type": "string"}}}}
}
"""The answer of a route that gives a file."""


class StatementShape(Shape):
    """The sums of a period, and a page of its lines, oldest first: opening + in - out = closing."""

    account: Address
    first_day: date | None = Field(description="of Asia/Shanghai; null: from the beginning")
    last_day: date | None = Field(description="of Asia/Shanghai; null: up to the last block read")
    opening_fen: int
    in_fen: int
    out_fen: int
    closing_fen: int
    items: list[LineShape]
    newer: str | None = Field(description="asks for the next page of lines, null at the end")


@router.get("/statement", responses=refused(PeriodInvalid))
def show_statement(
    days: AskedDays,
    session: Transaction,
    owner: Owner,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500, description="lines of a page")] = 100,
) -> StatementShape:
    """Show what one held before a period, what came in and went out, what one held at its end, and the lines of it."""
    found = service.statement(session, owner.address, period=days.period)
    after = place_of(cursor) or _BEFORE_ALL
    lines = service.lines_of(session, owner.address, period=days.period, after=after, limit=limit + 1)
    counted = [line for line in lines if found.last and line.place <= found.last]  # not a block that came just now
    page = counted[:limit]
    return StatementShape(
        account=owner.address,
        first_day=days.first,
        last_day=days.last,
        opening_fen=found.opening_fen,
        in_fen=found.in_fen,
        out_fen=found.out_fen,
        closing_fen=found.closing_fen,
        items=line_shapes(session, page),
        newer=".".join(map(str, page[-1].place)) if len(counted) > limit else None,
    )


@router.get(
    "/activity.csv",
    response_class=StreamingResponse,
    responses=refused(PeriodInvalid) | CSV,
)
def export_activity(days: AskedDays, owner: Owner, gateway: GatewayParts, language: Language) -> StreamingResponse:
    """Export what moved as CSV for a spreadsheet, oldest first; headings in the reader's language, amounts in yuan."""
    rows = csv_rows(gateway, owner.address, days.period, language)
    headers = csv_headers("pswallet-activity", days, language)
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


def csv_headers(name: str, days: Days, language: str) -> dict[str, str]:
    """Return the headers of a file that is kept under `name` and the days that it holds."""
    file = "-".join([name, *(day.isoformat() for day in days if day)]) + ".csv"
    return {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{file}"',
        "Content-Language": language,
    }


def csv_rows(gateway: Gateway, address: str, period: Period, language: str) -> Iterator[bytes]:
    """Give an address's lines of a period as CSV, page by page."""
    yield spreadsheets.header(language)
    after = _BEFORE_ALL
    while True:
        # A transaction for each page: a slow reader holds no connection.
        with db.transaction(gateway.sessions) as session:
            lines = service.lines_of(session, address, period=period, after=after, limit=_PAGE)
            shapes = line_shapes(session, lines)
        if not lines:
            return
        yield spreadsheets.rows(shapes, language)
        after = lines[-1].place
