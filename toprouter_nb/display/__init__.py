"""The things that show: a reply as it streams, in a notebook cell or on a terminal.

Knows how replies look through `render` only, and nothing of requests: it is told of deltas and shows them.
"""

from typing import TYPE_CHECKING

from .choice import listener_for
from .live_view import LiveView

if TYPE_CHECKING:
    from .choice import Carrier as Carrier

__all__ = ["LiveView", "listener_for"]
