"""How fast a model may be asked: found out from what the server refuses, and from limits that are known.

Knows nothing of calls; it is told of what happened and when. One object for each model, for limits differ by model.

References
----------
The rate is anchored at the goodput, the successes of the last second, and not at what was sent: so that one cut is
enough, and calls refused meanwhile cost nothing more. Cool-down, saturation and growth rules as in inspect_ai's
adaptive concurrency.
"""

from collections import deque

# Doubled each second: 400 calls a second after three, more than most accounts are allowed.
_FIRST_PER_SECOND = 50.0
# What may go at once after a pause: a second's worth at once would meet a limit that counts shorter windows.
_BURST_SECONDS = 0.1
# 0.95 to 0.97 of the goodput gave 90 to 95 % of a server's limit with under 0.3 % refused.
_CUT = 0.96
# 2 % a second finds a doubled limit within 35 s, and seldom trips over one that was not raised.
_PROBE_PER_SECOND = 0.02
_LEAST_PROBE = 0.2
# One call in 20 s: a rate of 0 would never find out that the limit is gone.
_SLOWEST_PER_SECOND = 0.05
# As long as a call itself obeys Retry-After (`retry`).
_LONGEST_HOLD_SECONDS = 120.0
# The share of what was allowed that must have been used before more is allowed.
_USED = 0.7


class Rate:
    """Says when the next call to a model may be sent.

    Life: `wait` before each call: 0 means that it may be sent, and counts it. Then `succeed`, `refuse` or `fail`.

    Parameters
    ----------
    now
        Seconds of a clock that only grows; all times are of that clock.
    first_per_second
        Where to begin; while nothing is refused the rate doubles every second.
    requests_per_minute, tokens_per_minute
        Limits that are known; None = not known.

    Attributes
    ----------
    per_second
        Calls a second that are allowed now.
    refused
        How many calls were refused.

    Examples
    --------
    >>> rate = Rate(0.0, first_per_second=10)
    >>> rate.wait(0.0), round(rate.wait(0.0), 3)
    (0.0, 0.1)
    >>> rate.refuse(sent_at=0.0, now=0.2, retry_after=2.0)
    >>> round(rate.wait(1.0), 3)
    1.2
    """

    def __init__(
        self,
        now: float,
        *,
        first_per_second: float = _FIRST_PER_SECOND,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        self.refused = 0
        self._most = requests_per_minute / 60 if requests_per_minute else float("inf")
        self.per_second = min(first_per_second, self._most)
        self._is_tested = requests_per_minute is not None
        self._allowance = 1.0
        self._filled_at = now
        self._held_until = self._open_since = now
        self._cut_at = now - 1.0
        self._grown_at = now
        self._sent = 0
        self._had_faults = False
        self._successes: deque[float] = deque()
        self._tokens = _Tokens(tokens_per_minute, now)

    def wait(self, now: float, tokens: int = 0) -> float:
        """Return the seconds until a call may be sent; 0.0 = now, and it counts as sent.

        Parameters
        ----------
        tokens
            What it may use, for a limit on tokens.
        """
        if now < self._held_until:
            return self._held_until - now
        self._grow(now)
        burst = max(1.0, self.per_second * _BURST_SECONDS)
        self._allowance = min(burst, self._allowance + (now - self._filled_at) * self.per_second)
        self._filled_at = now
        if self._allowance < 1.0:
            return (1.0 - self._allowance) / self.per_second
        lack = self._tokens.wait(now, tokens)
        if lack:
            return lack
        self._allowance -= 1.0
        self._sent += 1
        return 0.0

    def succeed(self, now: float, *, first_try: bool = True) -> None:
        """Note an answer; one that needed several attempts says nothing of the rate."""
        if first_try:
            self._successes.append(now)
        while self._successes and now - self._successes[0] > 1.0:
            self._successes.popleft()

    def refuse(self, *, sent_at: float, now: float, retry_after: float | None) -> None:
        """Note a 429. Only one that was sent after the last cut cuts again; all lanes hold as long as asked."""
        self.refused += 1
        # What was under way at the cut is refused for the old rate: cutting again for it would cut once a lane.
        if sent_at >= self._cut_at:
            self._cut_at = now
            while self._successes and now - self._successes[0] > 1.0:
                self._successes.popleft()
            # Below a second of sending the successes say little of the limit.
            is_known = self._successes and now - self._open_since >= 1.0
            rate = _CUT * len(self._successes) if is_known else self.per_second / 2
            self.per_second = max(_SLOWEST_PER_SECOND, min(rate, self.per_second))
            self._is_tested = True
            # Nothing saved up: all lanes wake at once when the hold ends.
            self._allowance = 0.0
        hold = min(_LONGEST_HOLD_SECONDS, retry_after if retry_after is not None else 1.0)
        self._held_until = self._open_since = max(self._held_until, now + hold)
        # The hold itself earns no allowance and no growth.
        self._filled_at = max(self._filled_at, self._held_until)
        self._grown_at = max(self._grown_at, self._held_until)
        self._sent = 0

    def fail(self) -> None:
        """Note a fault of the server: the rate does not grow for a second, and is not cut."""
        self._had_faults = True

    def correct(self, planned_tokens: int, used_tokens: int) -> None:
        """Note how many tokens a call used that was planned with more."""
        self._tokens.give_back(planned_tokens - used_tokens)

    def _grow(self, now: float) -> None:
        seconds = now - self._grown_at
        if seconds < 1.0:
            return
        was_used = self._sent >= _USED * self.per_second * seconds
        # A limit that was not approached has not been tried, and a server in trouble is no sign of room.
        if was_used and not self._had_faults:
            step = max(_PROBE_PER_SECOND * self.per_second, _LEAST_PROBE) if self._is_tested else self.per_second
            self.per_second = min(self._most, self.per_second + step)
        self._grown_at, self._sent, self._had_faults = now, 0, False


class _Tokens:
    """A limit on tokens a minute, with a second's worth at once."""

    def __init__(self, per_minute: float | None, now: float) -> None:
        self._per_second = per_minute / 60 if per_minute else None
        self._left = self._per_second or 0.0
        self._filled_at = now

    def wait(self, now: float, tokens: int) -> float:
        if self._per_second is None:
            return 0.0
        self._left = min(self._per_second, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        # A call that is larger than a second's worth goes when the bucket is full, and leaves a debt.
        needed = min(float(tokens), self._per_second)
        if self._left < needed:
            return (needed - self._left) / self._per_second
        self._left -= tokens
        return 0.0

    def give_back(self, tokens: int) -> None:
        if self._per_second is not None:
            self._left += tokens
