"""One output of a cell that can be replaced, wherever the program is by then.

Knows display messages and nothing of what is in them.
"""

import uuid
from collections.abc import Mapping
from typing import Any

BLANK = {"text/plain": ""}


class Output:
    """One output of the cell that runs when it is opened.

    Life: `open`; `replace` as often as there is something new, from any thread; `blank` at the end.

    Parameters
    ----------
    shell
        The IPython shell of the kernel.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._id = uuid.uuid4().hex

    def open(self) -> None:
        """Take a place in the running cell, with nothing in it."""
        self._publish(BLANK, is_update=False)

    def replace(self, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
        """Show this in its place; the bundle is raw, because the usual objects open text that names a file."""
        self._publish(data, metadata)

    def blank(self) -> None:
        """Show nothing there; what is saved then equals what tools see that ignore replacements."""
        self._publish(BLANK)

    def add_after(self, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
        """Publish another output, that stays, after this one."""
        self._shell.display_pub.publish(dict(data), dict(metadata or {}))

    def _publish(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None, *, is_update: bool = True
    ) -> None:
        self._shell.display_pub.publish(
            dict(data), dict(metadata or {}), transient={"display_id": self._id}, update=is_update
        )
