"""What `%tr` does: list, choose, fork, undo, look inside, save and load the conversations of a notebook.

Knows the words of the line; each does its work with one call of the conversation's own.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..conversation import Conversation
from ..errors import ParameterError
from ..plain import shorten
from .options import help_text, split_words
from .roster import Roster
from .template import expand, fill

# Word, what follows it, and what it does; a name in brackets may be left out, and means the conversation in use.
COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("", "the conversations of this notebook, as a table"),
    "use": ("NAME", "ask in this one from now on"),
    "show": ("[NAME]", "the conversation so far"),
    "usage": ("[NAME]", "its calls, tokens and cost, as a table"),
    "models": ("[WORDS]", "the models that can be asked, as a table"),
    "fork": ("NAME NEW", "begin a conversation with what was said in another"),
    "tree": ("[NAME]", "its branches: what undo, retry and cells that ran again left"),
    "undo": ("[N] [NAME]", "go back before the last question, or the last N"),
    "reset": ("[NAME]", "forget a conversation, and begin anew under its name"),
    "xray": ("[TEXT]", "the exact request that asking TEXT would send, {name} as in %%tr; nothing is sent"),
    "save": ("PATH [NAME]", "write the conversation to a file that load reads"),
    "export": ("PATH [NAME]", "write it for reading: .md, .html or .ipynb, by the end of PATH"),
    "load": ("PATH [NAME]", "read it from there"),
    "help": ("", "show this, and how to ask"),
}
_MOST_WORDS = {"models": None, "xray": None}  # the rest of the line, whatever it says


class LineCommands:
    """The commands of `%tr`, for the conversations of one notebook.

    Parameters
    ----------
    roster
        The conversations.
    variables
        The variables of the notebook.
    """

    def __init__(self, roster: Roster, variables: Mapping[str, Any]) -> None:
        self._roster = roster
        self._variables = variables

    def run(self, line: str) -> Any:
        """Do what a line says, and return what is to be shown.

        Raises
        ------
        ParameterError
            There is no such command, or what follows it does not fit.
        """
        word, _, rest = line.strip().partition(" ")
        if word in ("", "--help", "-h"):
            word = "help"
        if word not in COMMANDS:
            near = difflib.get_close_matches(word, COMMANDS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(COMMANDS)}."
            message = f"%tr knows no command {shorten(repr(word), 60)}. {hint} To ask a question use %%tr."
            raise ParameterError(message)
        if word in _MOST_WORDS:
            return self._methods()[word](rest.strip())
        words = [fill(word, self._variables) for word in split_words(rest)]
        _check_count(word, words)
        return self._methods()[word](*words)

    def _methods(self) -> dict[str, Callable[..., Any]]:
        return {word: getattr(self, f"_{word}") for word in COMMANDS}

    def _help(self) -> None:
        width = max(len(f"{word} {after}") for word, (after, _) in COMMANDS.items())
        print("%tr COMMAND, for the conversations of this notebook.\n")
        for word, (after, does) in COMMANDS.items():
            print(f"  %tr {f'{word} {after}':{width}}  {does}")
        print(f"\n{help_text()}", end="")

    def _list(self) -> Any:
        from ..tables import conversations_frame

        return conversations_frame(self._roster, in_use=self._roster.current)

    def _use(self, name: str) -> Any:
        chat = self._roster.find(name)
        self._roster.current = name
        return chat

    def _show(self, name: str | None = None) -> Any:
        return self._roster.find(name)

    def _usage(self, name: str | None = None) -> Any:
        return self._roster.find(name).usage_table()  # type: ignore[attr-defined]  # the notebook's conversation has it

    def _models(self, words: str) -> Any:
        from ..shelf import models

        return models(words or None)

    def _fork(self, name: str, new: str) -> Any:
        chat = self._roster.find(name).fork()
        self._put(new, chat)
        return chat

    def _tree(self, name: str | None = None) -> Any:
        return self._roster.find(name).tree()

    def _undo(self, *words: str) -> None:
        # No name begins with a digit or a sign.
        counts = [word for word in words if word.lstrip("-+")[:1].isdigit()]
        names = [word for word in words if word not in counts]
        if max(len(counts), len(names)) > 1:
            raise ParameterError(_usage("undo"))
        chat = self._roster.find(*names)
        # A count that is no whole number is for the conversation to refuse.
        chat.undo(*(int(count) if count.isdecimal() else count for count in counts))  # type: ignore[arg-type]
        print(f"Back to {len(chat.turns)} turns; what was undone stays in chat.tree().")

    def _reset(self, name: str | None = None) -> None:
        print(f"{self._roster.drop(name)!r} is forgotten; the next question under this name begins anew.")

    def _xray(self, text: str) -> Any:
        parts = expand(text, self._variables)
        chat = self._roster.current_or_new()
        return chat.xray(*parts)  # type: ignore[attr-defined]  # the notebook's conversation has it

    def _save(self, path: str, name: str | None = None) -> None:
        chat = self._roster.find(name)
        chat.save(Path(path))
        print(f"{len(chat.turns)} turns are in {path}.")

    def _export(self, path: str, name: str | None = None) -> None:
        self._roster.find(name).export(Path(path))
        print(f"Written: {path}.")

    def _load(self, path: str, name: str | None = None) -> Any:
        name = name or self._roster.current
        chat = self._roster.kind.load(Path(path))
        self._put(name, chat)
        return chat

    def _put(self, name: str, chat: Conversation) -> None:
        """Have a conversation in use under a name, and say what became of the one that had it."""
        kept = self._roster.put(name, chat)
        self._roster.current = name
        if kept is not None:
            print(f"What {name!r} was before is {kept!r} now.")


def _check_count(word: str, words: Sequence[str]) -> None:
    after = COMMANDS[word][0].split()
    needed = sum(not one.startswith("[") for one in after)
    if not needed <= len(words) <= len(after):
        raise ParameterError(_usage(word))


def _usage(word: str) -> str:
    return f"It is: %tr {f'{word} {COMMANDS[word][0]}'.strip()}."
