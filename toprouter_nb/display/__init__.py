"""The things that show: a reply as it streams, in a notebook cell or on a terminal.

Knows how replies look through `render` only, and nothing of requests: it is told of deltas and shows them.
"""

from .choice import listener_for

__all__ = ["listener_for"]
