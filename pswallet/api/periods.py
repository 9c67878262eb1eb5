"""The period a read is about: a month, or days, of Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import Depends, Query

from pswallet.api.problems import PeriodInvalid
from pswallet.kit.clock import shanghai_start
from pswallet.payments.service import Period

_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)

Month = Annotated[
    str | None,
    Query(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", description="a calendar month of Asia/Shanghai: 2026-11"),
]


class Days(NamedTuple):
    """The first and the last day of a period; None: from the beginning, up to now."""

    first: date | None
    last: date | None

    @property
    def period(self) -> Period:
        """The instants from the first day's start to the last day's end."""
        start = shanghai_start(self.first) if self.first else datetime.min.replace(tzinfo=UTC)
        end = shanghai_start(self.last + timedelta(days=1)) if self.last else datetime.max.replace(tzinfo=UTC)
        return Period(start, end)


def _days(
    month: Month = None,
    first: Annotated[
        date | None, Query(alias="from", ge=_FIRST, le=_LAST, description="the first day, of Asia/Shanghai")
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", ge=_FIRST, le=_LAST, description="the last day, of Asia/Shanghai")
    ] = None,
) -> Days:
    if month is None:
        if first and last and first > last:
            raise PeriodInvalid()
        return Days(first, last)
    if first or last:
        raise PeriodInvalid()
    begin = date.fromisoformat(f"{month}-01")
    after = date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
    return Days(begin, after - timedelta(days=1))


AskedDays = Annotated[Days, Depends(_days)]
"""A month or two days out of the query; all time when neither is given. Raises PeriodInvalid."""
