"""Chooses how a reply is shown: live HTML in a notebook's cell, text on a terminal, or not at all.

Knows where the program runs; the ways to show are in the modules beside.
"""

import sys
from typing import TYPE_CHECKING, Any

from toprouter_nb.errors import ParameterError

from .cell_reply import CellReply
from .text_reply import TextReply

if TYPE_CHECKING:
    from toprouter_nb.asking import Listener

CHOICES = ("auto", "live", "static", "text", True, False)


def listener_for(display: str | bool = "auto") -> "Listener | None":  # noqa: FBT001 - `display=False` is what people write
    """Return what shows the next reply; None where nothing shall be shown.

    Parameters
    ----------
    display
        "auto" or True: HTML in a notebook, text elsewhere. "live" and "static": HTML where there is a notebook.
        "text": text everywhere. False: nothing.

    Raises
    ------
    ParameterError
        `display` is none of these.

    Examples
    --------
    >>> listener_for(False) is None
    True
    """
    if display not in CHOICES:
        message = f"display is 'auto', 'live', 'static', 'text', True or False, not {display!r}."
        raise ParameterError(message)
    if display is False:
        return None
    shell = running_shell()
    if display == "text" or shell is None or not has_kernel(shell):
        return TextReply(shell)
    return CellReply(shell)


def running_shell() -> Any | None:
    """Return the IPython shell that runs this program; None where there is none. Loads nothing."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def has_kernel(shell: Any) -> bool:
    """Say whether a shell is a notebook's kernel, which can show HTML, and not a terminal."""
    return getattr(shell, "kernel", None) is not None
