"""Scorers: how good an answer is, said by comparing it with the reference, a pattern or a schema.

Knows nothing of runs. Each name makes a scorer; one that needs nothing may be passed as it is: `[scorers.exact]`.
"""

from .json_answers import json_schema
from .patterns import regex
from .quantities import numeric
from .texts import contains, exact, similarity

__all__ = ["contains", "exact", "json_schema", "numeric", "regex", "similarity"]
