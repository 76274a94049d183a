"""Chat cells: `%%tr` asks what stands in the cell, `%tr` keeps the notebook's conversations in order.

Knows IPython; what the magics do is in the modules beside, which do not.
"""

from collections.abc import Callable
from typing import Any

from ..display.calm import calm
from ..notebook import Conversation
from .cell import CellQuestion
from .completion import Completer, matcher_for
from .line import LineCommands
from .roster import Roster

__all__ = ["ChatMagics", "load", "unload"]

NAME = "tr"
# Taken only where no other extension has it.
SHORT_NAME = "chat"


class ChatMagics:
    """The magics of one shell: what they know, and how they got in, so that they can be taken out again.

    Life: `install`, `remove`, as often as somebody loads and unloads; the conversations stay.

    Parameters
    ----------
    shell
        The IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        roster = Roster(Conversation, shell.user_ns)
        self._cell = CellQuestion(roster, shell.user_ns)
        self._line = LineCommands(roster, shell.user_ns)
        self._completer = Completer(roster, shell.user_ns)
        self._matcher = matcher_for(self._completer)
        self._ours: list[tuple[str, str, Any]] = []

    def install(self) -> None:
        """Put the magics and their completion into the shell, if they are not there."""
        if self._ours:
            return
        self._register(self.ask, "cell", NAME)
        self._register(self.do, "line", NAME)
        if SHORT_NAME not in self._shell.magics_manager.magics["cell"]:
            self._register(self.ask, "cell", SHORT_NAME)
            self._completer.names = (NAME, SHORT_NAME)
        self._shell.Completer.custom_matchers.append(self._matcher)

    def remove(self) -> None:
        """Take them out again, unless another extension has put its own in their place."""
        magics = self._shell.magics_manager.magics
        for kind, name, ours in self._ours:
            if magics[kind].get(name) is ours:
                del magics[kind][name]
        self._shell.Completer.custom_matchers.remove(self._matcher)
        self._ours.clear()

    def _register(self, magic: Callable[..., Any], kind: str, name: str) -> None:
        manager = self._shell.magics_manager
        manager.register_function(magic, kind, name)
        self._ours.append((kind, name, manager.magics[kind][name]))

    def ask(self, line: str, cell: str) -> Any:
        """Ask a model what stands in the cell; %tr help tells the options."""
        with _Calmly():
            return self._cell.run(line, cell)

    def do(self, line: str) -> Any:
        """Do something with the notebook's conversations; %tr help tells what."""
        with _Calmly():
            return self._line.run(line)

    # IPython would put variables into the line itself, and leave all of it alone where one of them fails.
    ask._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # noqa: SLF001 - what its decorator sets
    do._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # noqa: SLF001 - what its decorator sets


class _Calmly:
    """Raises what was raised, as a few lines instead of a long traceback."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Give the error a short traceback, where it is no bug."""
        if error is not None:
            calm(error)


_EXTENSION = "toprouter_nb_magics"


def load(shell: Any) -> None:
    """Install the magics in a shell; a second call does nothing."""
    magics = getattr(shell, _EXTENSION, None) or ChatMagics(shell)
    magics.install()
    setattr(shell, _EXTENSION, magics)


def unload(shell: Any) -> None:
    """Take them out again; the conversations are there when they are loaded anew, as `%reload_ext` does."""
    magics = getattr(shell, _EXTENSION, None)
    if magics is not None:
        magics.remove()
