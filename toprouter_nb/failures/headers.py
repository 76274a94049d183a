"""What the fields of an answer's head say about a failure: how long to wait, whether to repeat, which request.

Knows nothing of bodies and statuses.
"""

import datetime as dt
import email.utils
import math
import re
import time
from collections.abc import Mapping

# OpenAI's, Anthropic's, OpenRouter's, AWS's, then what proxies add: the first one is what a maker's support asks for.
_REQUEST_IDS = ("x-request-id", "request-id", "x-generation-id", "x-amzn-requestid", "x-trace-id", "cf-ray")
# What float() takes beyond this (1_000, Arabic digits, blanks) is no number of seconds.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,5})?|[+-]?(?:inf|infinity)", re.ASCII | re.IGNORECASE)
_MILLISECONDS = 1000


def retry_after_seconds(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Return how long the server asks to wait.

    Parameters
    ----------
    headers
        Names in lower case. `retry-after-ms` is trusted before `retry-after`, which is a number of seconds, whole or
        not, or an HTTP date.
    now
        Seconds since the epoch; None = the system's clock.

    Returns
    -------
    float or None
        Seconds; infinite where the number is too large for a float. None where nothing is asked, or nonsense: text,
        a negative number, a date that has passed.

    References
    ----------
    RFC 9110, sections 5.6.7 and 10.2.3.

    Examples
    --------
    >>> retry_after_seconds({"retry-after": "1.5"}), retry_after_seconds({"retry-after-ms": "250"})
    (1.5, 0.25)
    >>> retry_after_seconds({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, now=50.0)
    10.0
    """
    # Azure's and OpenAI's: exacter than whole seconds, and sent beside them.
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / _MILLISECONDS
    wish = headers.get("retry-after", "")
    seconds = _number(wish)
    return seconds if seconds is not None else _seconds_until(wish, time.time() if now is None else now)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return what the server itself says about repeating; None where it says nothing."""
    # OpenAI's, which its own clients obey.
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the server's name for the request; None where it gave none.

    Examples
    --------
    >>> request_id({"content-type": "text/html", "cf-ray": "8f00ba"})
    '8f00ba'
    """
    return next((headers[name] for name in _REQUEST_IDS if headers.get(name)), None)


def _number(text: str) -> float | None:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if number >= 0 and not math.isnan(number) else None


def _seconds_until(text: str, now: float) -> float | None:
    try:
        date = email.utils.parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if date.tzinfo is None:
        # "-0000", which says that the zone is not known; an HTTP date is always GMT (RFC 9110, 5.6.7).
        date = date.replace(tzinfo=dt.UTC)
    try:
        wait = date.timestamp() - now
    except (ValueError, OverflowError):
        return None
    return wait if wait > 0 else None
