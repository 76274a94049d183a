"""How values are written: as many digits as are worth reading, all columns with their points below each other."""

import datetime as dt

import pytest

from toprouter_nb.tables.columns import COLUMNS
from toprouter_nb.tables.spelling import spell_column


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("total_tokens", [1234567, 0, None], ["1,234,567", "0", None]),
        ("cost_usd", [0.00042, 1.5], ["0.00042", "1.50000"]),
        ("cost_usd", [12.0], ["12"]),
        ("cost_usd", [0.000123456789], ["0.000123"]),
        ("cost_usd", [1e-15], ["0.0000000000"]),
        ("seconds", [1234.5678, 0.001], ["1,234.57", "0.00"]),
        ("tokens_per_second", [95.25], ["95.2"]),
        ("prompt_usd_per_million", [0.0375, 30.0], ["0.0375", "30.0000"]),
        ("cost_usd", [float("inf")], ["inf"]),
        ("is_partial", [True, False, None], ["yes", "no", None]),
        ("requested_model", ["a\x1b", "x" * 100], ["a\\x1b", "x" * 79 + "…"]),
    ],
)
def test_values_are_written_for_reading(name, values, expected):
    """Numbers have the digits that matter; texts are safe and of bounded length; what is missing stays missing."""
    assert spell_column(COLUMNS[name], values) == expected


def test_days_have_no_hour_and_times_have_seconds():
    """Midnight alone is a day; among other times it is a time."""
    day, time = dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=dt.UTC)
    assert spell_column(None, [day, None]) == ["2026-01-02", None]
    assert spell_column(None, [day, time]) == ["2026-01-02 00:00:00", "2026-01-02 03:04:05"]
