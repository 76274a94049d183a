"""Since when: dates, times and spans such as "7d", read as a moment.

Knows nothing of calls; the clock is read for spans only.
"""

import datetime as dt
import re
import time
from collections.abc import Callable

from .errors import ParameterError
from .plain import shorten

Since = dt.date | dt.timedelta | str
_SPAN = re.compile(r"\s*(\d{1,9})\s*([mhdw])\s*", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(since: Since, clock: Callable[[], float] = time.time) -> float:
    """Return a moment in seconds since 1970, UTC.

    Parameters
    ----------
    since
        A date, or "2026-11-23": the beginning of that day in UTC, as tables count days. A time, or
        "2026-11-23T10:00": where it names no zone, of this machine's. A span, or "30m", "12h", "7d", "2w": so long
        before now.
    clock
        Tells now.

    Raises
    ------
    ParameterError
        It is none of these, or beyond what a clock can show.

    Examples
    --------
    >>> read_moment("1970-01-02"), read_moment("1h", clock=lambda: 4000)
    (86400.0, 400.0)
    """
    try:
        return _moment(since, clock)
    except (ValueError, OverflowError, OSError):
        pass
    message = (
        "`since` is a date or time, such as '2026-11-23' or '2026-11-23T10:00', or a span back from now, such as "
        f"'30m', '12h', '7d' or '2w'; {shorten(repr(since), 60)} is none."
    )
    raise ParameterError(message)


def _moment(since: object, clock: Callable[[], float]) -> float:
    if isinstance(since, str):
        span = _SPAN.fullmatch(since)
        since = dt.timedelta(**{_UNITS[span[2]]: int(span[1])}) if span else _day_or_time(since.strip())
    if isinstance(since, dt.timedelta) and since >= dt.timedelta():
        return clock() - since.total_seconds()
    # Before the date: a datetime is one, and its time would be lost.
    if isinstance(since, dt.datetime):
        return since.timestamp()
    if isinstance(since, dt.date):
        return dt.datetime.combine(since, dt.time(), dt.UTC).timestamp()
    raise ValueError


def _day_or_time(text: str) -> dt.date:
    """Read text as ISO 8601 has it: without an hour it is a day, however that is spelled."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return dt.datetime.fromisoformat(text)
