"""The same questions to several models, side by side: `compare()` asks, a `Comparison` holds the answers.

::

    questions      what may be asked, and of whom        (pure)
    answers        what came of it                       Answer, Comparison
    asking         calls at once, each in a thread
    watching       how it is watched meanwhile
    asked          compare(), which puts them together

Knows nothing of scores or statistics, and keeps nothing on disk.
"""

from .answers import Answer, Comparison
from .asked import compare

__all__ = ["Answer", "Comparison", "compare"]
