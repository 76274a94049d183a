"""Since when: every way to say it, and a clear word about what is none."""

import datetime as dt
import time

import pytest

from toprouter_nb.errors import ParameterError
from toprouter_nb.moments import read_moment

DAY = 86_400
NOON = dt.datetime(1970, 1, 2, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))


@pytest.fixture
def _in_tokyo(monkeypatch):
    """Put this machine nine hours east of UTC."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("since", "moment"),
    [
        ("1970-01-02", DAY),
        (dt.date(1970, 1, 2), DAY),
        (NOON, DAY + 10 * 3600),
        ("1970-01-02T12:00:00+02:00", DAY + 10 * 3600),
        ("1970-01-02T10:00Z", DAY + 10 * 3600),
        ("30m", 10 * DAY - 1800),
        ("12h", 9.5 * DAY),
        (" 7 d ", 3 * DAY),
        ("1w", 3 * DAY),
        (dt.timedelta(days=1), 9 * DAY),
        (dt.timedelta(), 10 * DAY),
    ],
)
def test_a_moment_can_be_said_in_many_ways(since, moment):
    """Days begin in UTC, spans count back from now."""
    assert read_moment(since, clock=lambda: 10 * DAY) == moment


@pytest.mark.usefixtures("_in_tokyo")
def test_a_time_without_a_zone_is_of_this_machine():
    """As Python has it for `datetime.now()`; days stay days in UTC."""
    assert read_moment(dt.datetime(1970, 1, 1, 9)) == read_moment("1970-01-01T09:00") == 0  # noqa: DTZ001  # no zone
    assert read_moment("1970-01-01") == 0
    assert abs(read_moment(dt.datetime.now()) - time.time()) < 5  # noqa: DTZ005  # no zone


@pytest.mark.parametrize(
    "since",
    ["", "yesterday", "7", "7x", "-7d", "2026-13-01", "2026-02-30", 5, 5.0, True, [], dt.timedelta(-1), "999999999w",
     "\N{ARABIC-INDIC DIGIT SEVEN}d", dt.time(1), "7d\n7d"],
)  # fmt: skip
def test_what_is_no_time_is_refused(since):
    """One message says what is allowed."""
    with pytest.raises(ParameterError, match=r"^`since` is a date or time, .* is none\.$"):
        read_moment(since)


@pytest.mark.parametrize("spelled", ["2026-11-23", "20261123", "2026-W48-1"])
def test_a_day_is_counted_in_utc_however_it_is_spelled(spelled, monkeypatch):
    """No spelling of a day is a midnight of this machine's zone."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert read_moment(spelled) == dt.datetime(2026, 11, 23, tzinfo=dt.UTC).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()
