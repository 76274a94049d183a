"""Notices that a model is dead, so that it is not asked for the rest of its cells.

Knows nothing of calls or of other models: there is one for each model.
"""

from ..errors import ToprouterError

# What no repetition mends, and what is more likely to pass.
_CERTAIN = frozenset({"auth", "not_found", "insufficient_credits", "insecure_url", "redirect"})
_OF_THE_PROMPT = frozenset({"context_length", "moderation", "too_large", "cancelled", "rate_limit"})
# One may be a proxy's hiccup; three in a row of what no repetition mends are not.
_CERTAIN_IN_A_ROW = 3
# Each with its retries: by then a server had minutes to come back.
_FAILED_IN_A_ROW = 12


class Circuit:
    """Opens after failures in a row with no success between them.

    Attributes
    ----------
    reason
        Why it is open: the last error's message; "" while it is closed.

    Examples
    --------
    >>> from toprouter_nb.errors import NotFoundError
    >>> circuit = Circuit()
    >>> for _ in range(3):
    ...     circuit.fail(NotFoundError("no such model"))
    >>> circuit.reason
    'no such model'
    """

    def __init__(self) -> None:
        self.reason = ""
        self._certain = 0
        self._failed = 0

    def succeed(self) -> None:
        """Note an answer."""
        self._certain = self._failed = 0

    def fail(self, error: ToprouterError) -> None:
        """Note a failure, after the last attempt; what concerns one prompt only does not count."""
        if error.kind in _OF_THE_PROMPT:
            return
        self._failed += 1
        self._certain += error.kind in _CERTAIN
        if self._certain >= _CERTAIN_IN_A_ROW or self._failed >= _FAILED_IN_A_ROW:
            self.reason = self.reason or str(error)
