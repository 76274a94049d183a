"""The conversations of one notebook by name, and which of them is in use.

Knows nothing of IPython; the notebook's variables are a mapping like any other.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..conversation import Conversation
from ..errors import ParameterError
from ..plain import shorten

FIRST = "chat"
# As a variable may be called, since a variable that holds a conversation is one of them; and with . and -.
_NAME = re.compile(r"[^\W\d][\w.-]{0,60}")
_MOST_CHARACTERS = 50


class Roster:
    """Named conversations.

    Life: `take` one to ask in, which begins it where the name is new; `find` one that is there; `use`, `put`, `drop`.
    A variable of the notebook that holds a conversation is known by its own name.

    Parameters
    ----------
    kind
        The class that new conversations are made of.
    variables
        The variables of the notebook.

    Attributes
    ----------
    current
        Name of the conversation in use.
    """

    def __init__(self, kind: type[Conversation], variables: Mapping[str, Any]) -> None:
        self.current = FIRST
        self.kind = kind
        self._variables = variables
        self._named: dict[str, Conversation] = {}

    def take(self, name: str | None = None, *, model: str | None = None) -> tuple[Conversation, bool]:
        """Return a conversation, and whether it was begun just now; from now on it is the one in use.

        Raises
        ------
        ParameterError
            The name or the model id is none.
        """
        name = self.current if name is None else check_name(name)
        found = self._get(name)
        chat = self.kind(model) if found is None else found
        if found is None:
            self.put(name, chat)
        self.current = name
        return chat, found is None

    def current_or_new(self) -> Conversation:
        """Return the conversation in use, or one as `take` would begin it, which is not kept."""
        return self._get(self.current) or self.kind()

    def find(self, name: str | None = None) -> Conversation:
        """Return a conversation that is there.

        Raises
        ------
        ParameterError
            There is none of this name; the message tells those there are.
        """
        name = self.current if name is None else name
        found = self._get(name)
        if found is not None:
            return found
        known = [known for known, _ in self]
        near = difflib.get_close_matches(name, known, n=1)
        there = f"There are: {', '.join(known)}." if known else "There is none yet; %%tr begins one."
        hint = f"Did you mean {near[0]!r}?" if near else there
        message = f"There is no conversation named {shorten(repr(name), 80)}. {hint}"
        raise ParameterError(message)

    def put(self, name: str, chat: Conversation) -> str | None:
        """Give a conversation a name, in place of what had it before.

        Returns
        -------
        str or None
            The name under which what had it before is found now; None where nothing was said there.
        """
        before = self._get(check_name(name))
        self._named[name] = chat
        if chat.name is None:
            chat.name = name
        if before is None or before is chat or not before.turns:
            return None
        kept = f"{name[:_MOST_CHARACTERS]}.before"
        self._named[kept] = before
        return kept

    def drop(self, name: str | None = None) -> str:
        """Forget a conversation; under its name a new one can begin. Return the name.

        Raises
        ------
        ParameterError
            There is none of this name, or it is a variable of the notebook.
        """
        name = self.current if name is None else name
        self.find(name)
        if name not in self._named:
            message = f"{name!r} is a variable of the notebook. Reset it there: {name} = Conversation(...)."
            raise ParameterError(message)
        del self._named[name]
        return name

    def __iter__(self) -> Iterator[tuple[str, Conversation]]:
        """Yield names and conversations, those begun by name first."""
        yield from self._named.items()
        for name, value in self._variables.items():
            if isinstance(value, Conversation) and not name.startswith("_") and name not in self._named:
                yield name, value

    def _get(self, name: str) -> Conversation | None:
        found = self._named.get(name, self._variables.get(name))
        return found if isinstance(found, Conversation) else None


def check_name(name: str) -> str:
    """Check the name of a conversation.

    Raises
    ------
    ParameterError
        It is empty, too long, or holds more than letters, digits, `_`, `.` and `-`.
    """
    if _NAME.fullmatch(name):
        return name
    message = (
        f"A conversation's name begins with a letter, and holds letters, digits, '_', '.' and '-' only, "
        f"not {shorten(repr(name), 80)}."
    )
    raise ParameterError(message)
