"""Years and months of points, counted in Asia/Shanghai."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def year_start(year: int) -> datetime:
    """Return the first instant of a calendar year, in UTC."""
    return datetime(year, 1, 1, tzinfo=SHANGHAI).astimezone(UTC)


def year_before(moment: datetime) -> datetime:
    """Return the same instant of the year before; from 29 February that of the 28th."""
    local = moment.astimezone(SHANGHAI)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year - 1, day=day).astimezone(UTC)


def months_begun(after: datetime, until: datetime) -> Iterator[datetime]:
    """Return the first instant of each month that begins after `after` and not after `until`."""
    local = after.astimezone(SHANGHAI)
    year, month = local.year, local.month
    while True:
        year, month = year + month // 12, month % 12 + 1
        begin = datetime(year, month, 1, tzinfo=SHANGHAI).astimezone(UTC)
        if begin > until:
            return
        yield begin
