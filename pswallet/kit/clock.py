"""The one place that asks the wall clock what time it is, and the city's calendar."""

from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Days and years of every limit are counted here; no daylight saving since 1991."""


def now() -> datetime:
    """Return the wall clock's time, aware, in UTC. Only edges call this; below them `now` is an argument."""
    return datetime.now(UTC)


def from_unix(seconds: int) -> datetime:
    """Return the aware UTC time of Unix `seconds`."""
    return datetime.fromtimestamp(seconds, UTC)


def to_unix(moment: datetime) -> int:
    """Return the Unix seconds of an aware `moment`, rounded down."""
    return int(moment.timestamp())


def shanghai_day(moment: datetime) -> date:
    """Return the calendar day in Asia/Shanghai of an aware `moment`."""
    return moment.astimezone(SHANGHAI).date()


def shanghai_day_start(moment: datetime) -> datetime:
    """Return the first instant of `moment`'s calendar day in Asia/Shanghai, in UTC."""
    start = moment.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return start.astimezone(UTC)


def shanghai_year_start(moment: datetime) -> datetime:
    """Return the first instant of `moment`'s calendar year in Asia/Shanghai, in UTC."""
    day = shanghai_day_start(moment).astimezone(SHANGHAI)
    return day.replace(month=1, day=1).astimezone(UTC)


def shanghai_start(day: date) -> datetime:
    """Return the first instant of calendar `day` in Asia/Shanghai, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)
