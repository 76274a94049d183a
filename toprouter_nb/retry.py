"""Whether, and after how many seconds, a failed attempt is made again.

Pure: no clock, no sleep, no HTTP. What is transient is decided in `failures` and in the transport, rule by rule.
"""

import threading
from collections.abc import Callable

from .errors import ToprouterError

# Whoever is asked to wait longer wants to know it now, not two minutes later.
LONGEST_WAIT_SECONDS = 120.0
# Steps of 1, 2, 4 and 8 s, each drawn from 0 upwards: 0.5 to 4 s on average, about as the makers' own clients wait.
_FIRST_STEP_SECONDS = 1.0
_LONGEST_STEP_SECONDS = 8.0
_MOST_DOUBLINGS = 10  # far beyond the longest step, and far from where a float overflows


def pause_seconds(
    error: ToprouterError, *, attempts: int, max_retries: int, random: Callable[[], float]
) -> float | None:
    """Say how long to wait before the next attempt; None = there shall be none.

    What the server asked for is honoured exactly up to 120 s and never shortened: a longer wish ends the call, and
    the error's message says it. Without a usable wish it is full jitter, so that many callers do not come back
    together.

    Parameters
    ----------
    error
        How the last attempt failed.
    attempts
        Requests sent so far, 1 or more.
    max_retries
        Further attempts allowed after the first.
    random
        Gives numbers in [0, 1).

    Returns
    -------
    float or None
        Seconds, 0 or more.

    References
    ----------
    "Exponential Backoff And Jitter", AWS Architecture Blog; RFC 9110, section 10.2.3 (Retry-After).

    Examples
    --------
    >>> from toprouter_nb.errors import RateLimitError
    >>> slow_down = RateLimitError("slow down", retry_after_seconds=2.0, is_transient=True)
    >>> pause_seconds(slow_down, attempts=1, max_retries=2, random=lambda: 0.5)
    2.0
    """
    if not error.is_transient or attempts > max_retries:
        return None
    wish = error.retry_after_seconds
    if wish is not None and wish > LONGEST_WAIT_SECONDS:
        return None
    # 0 is no wish: without a pause all callers that were refused together would come back together.
    if wish is not None and wish > 0:
        return wish
    step = _FIRST_STEP_SECONDS * 2.0 ** min(attempts - 1, _MOST_DOUBLINGS)
    return random() * min(_LONGEST_STEP_SECONDS, step)


class RetryBudget:
    """Bounds the repeated attempts of many calls together, so that a dead server is not asked three times as often.

    Each call earns a part of an attempt, and each repeated attempt spends a whole one, which a call that ends well
    gives back: faults that pass cost nothing. A start is given, so that a few at the beginning do no harm. Threads may
    share it.

    Parameters
    ----------
    start
        Repeated attempts allowed before any call has earned one.
    part
        What one call earns.

    Examples
    --------
    >>> budget = RetryBudget(start=1, part=0.5)
    >>> budget.spend(), budget.spend()
    (True, False)
    >>> budget.earn(); budget.earn(); budget.spend()
    True
    """

    # A tenth, as in gRPC's throttling of retries (proposal A6): a server that is down gets 10 % more requests, not 200
    # %.
    def __init__(self, *, start: int = 20, part: float = 0.1) -> None:
        self._left = float(start)
        self._part = part
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Note that a call begins."""
        with self._lock:
            self._left += self._part

    def give_back(self, attempts: int) -> None:
        """Note that a call ended well after so many repeated attempts."""
        if attempts:
            with self._lock:
                self._left += attempts

    def spend(self) -> bool:
        """Ask for one repeated attempt; False = it must not be made."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True
