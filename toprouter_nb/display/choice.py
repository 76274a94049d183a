"""Chooses how a reply is shown: live HTML in a notebook's cell, text on a terminal, or not at all.

Knows where the program runs; the ways to show are in the modules beside.
"""

import sys
from typing import TYPE_CHECKING, Any, Protocol

from toprouter_nb.errors import ParameterError
from toprouter_nb.settings import DISPLAYS

from .cell_reply import CellReply
from .text_reply import TextReply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from toprouter_nb.asking import Listener
    from toprouter_nb.reply import Reply

    class Carrier(Listener, Protocol):
        """A listener that also carries the call it listens to, and so decides what an interrupt of it means."""

        def carry(self, ask: Callable[[], Reply], left: Callable[[], Reply | None]) -> Reply:
            """Ask and return the reply; `left` returns what an interrupted call left."""

        async def carry_async(self, ask: Callable[[], Awaitable[Reply]], left: Callable[[], Reply | None]) -> Reply:
            """Do what `carry` does, inside a running event loop."""


def listener_for(
    display: str | bool = "auto",  # noqa: FBT001 - `display=False` is what people write
    describe: "Callable[[Reply], Mapping[str, Any]]" = lambda _reply: {},
) -> "Carrier | None":
    """Return what shows the next reply; None where nothing shall be shown.

    Parameters
    ----------
    display
        "auto" or True: a live view where a person sits before a notebook, static HTML where a program runs one, text
        elsewhere. "live" and "static": that kind where there is a notebook. "text": text everywhere. False: nothing.
    describe
        Returns what a notebook shall keep of a reply in the metadata of its output.

    Raises
    ------
    ParameterError
        `display` is none of these.

    Examples
    --------
    >>> listener_for(False) is None
    True
    """
    if display not in DISPLAYS:
        message = f"display is 'auto', 'live', 'static', 'text', True or False, not {display!r}."
        raise ParameterError(message)
    if display is False:
        return None
    shell = running_shell()
    if display == "text" or shell is None or not has_kernel(shell):
        return TextReply(shell)
    return CellReply(shell, display if display in ("live", "static") else "auto", describe)


def running_shell() -> Any | None:
    """Return the IPython shell that runs this program; None where there is none. Loads nothing."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def has_kernel(shell: Any) -> bool:
    """Say whether a shell is a notebook's kernel, which can show HTML, and not a terminal."""
    return getattr(shell, "kernel", None) is not None
