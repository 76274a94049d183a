"""What `%%tr` does: reads its line, expands its text, and asks.

Knows the shell's variables as a mapping; how the reply is shown is the conversation's own business.
"""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..plain import shorten
from .options import Options, read_options
from .roster import Roster
from .template import expand, value_of

if TYPE_CHECKING:
    from ..reply import Reply


class CellQuestion:
    """Asks what stands in a cell.

    Parameters
    ----------
    roster
        The conversations of the notebook.
    variables
        Its variables: read for `{expressions}`, written for `--as`.
    """

    def __init__(self, roster: Roster, variables: MutableMapping[str, Any]) -> None:
        self._roster = roster
        self._variables = variables

    def run(self, line: str, body: str) -> "Reply | None":
        """Ask, and return the reply; None where it went to a variable, or help was asked for.

        Everything is checked before the conversation is touched, so that a cell with a mistake leaves no trace.

        Raises
        ------
        ParameterError
            The line or the text has a mistake.
        ToprouterError
            As `Conversation.ask`.
        """
        options = read_options(line, self._variables)
        if isinstance(options, str):
            print(options)
            return None
        parts = self._parts(options, body)
        before = self._roster.current
        chat, is_new = self._roster.take(options.conversation, model=options.model)
        try:
            reply = self._ask(chat, options, parts, is_new=is_new)
        except BaseException:
            # A first question that failed leaves no conversation: the name is free, and what was in use is again.
            if is_new and not chat.turns:
                self._roster.drop()
                self._roster.current = before
            raise
        if options.variable is None:
            return reply
        self._variables[options.variable] = reply
        return None

    def _parts(self, options: Options, body: str) -> list[object]:
        parts = expand(body, self._variables)
        if parts and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip()
        if not parts:
            message = "The cell is empty: write the question below the line with %%tr."
            raise ParameterError(message)
        return parts + [self._image(code) for code in options.images]

    def _image(self, code: str) -> object:
        from ..images import image

        value = value_of(code, self._variables)
        if isinstance(value, str) and not value.startswith(("http:", "https:", "data:")):
            shown = shorten(repr(value), 80)
            message = f"--image {code} is the text {shown}. For a file use pathlib.Path({shown}), then --image."
            raise ParameterError(message)
        return image(value)

    def _ask(self, chat: Any, options: Options, parts: list[object], *, is_new: bool) -> "Reply":
        """Ask with the system text of this cell, which stays only where something came of the question."""
        params: dict[str, Any] = dict(options.params)
        params |= {"model": options.model} if options.model is not None and not is_new else {}
        params |= {"append": True} if options.is_appended else {}
        system, last = chat.system, chat.last
        if options.system is not None:
            chat.system = options.system
        try:
            reply: Reply = chat.ask(*parts, stream=options.is_streamed, **params)
        except BaseException:
            if chat.last is last:
                chat.system = system
            raise
        return reply
