"""Loads httpx, without the command line program that its import would load where `rich` and `click` are installed.

Knows nothing of what is done with it.
"""

import importlib
import sys
from typing import TYPE_CHECKING

_PROGRAM = "httpx._main"

if TYPE_CHECKING:
    import httpx as httpx  # noqa: PLC0414  # the spelling that makes a name public to a type checker
else:
    # httpx goes on without its program where that cannot be imported. It is more than half of the import: 50 ms.
    sys.modules.setdefault(_PROGRAM, None)
    try:
        httpx = importlib.import_module("httpx")
    finally:
        if sys.modules.get(_PROGRAM) is None:
            sys.modules.pop(_PROGRAM, None)

__all__ = ["httpx"]
