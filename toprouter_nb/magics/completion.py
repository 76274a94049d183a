"""What Tab offers on a line with `%tr` or `%%tr`: options, commands, names of conversations, model ids.

Knows the list of models on disk; it never asks the network.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .line import COMMANDS
from .options import OPTION_NAMES
from .roster import Roster

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult

_LINE = re.compile(r"\s*(?P<mark>%%?)(?P<name>\w+)\s+(?P<words>.*)", re.DOTALL)
_TAKES_MODEL = ("-m", "--model")
_TAKES_NAME = ("-c", "--conversation")
_TAKES_VARIABLE = ("--image", "--as")
_COMMANDS_OF_NAMES = ("use", "show", "usage", "fork", "tree", "undo", "reset")


class Completer:
    """Offers what can stand where the cursor is.

    Parameters
    ----------
    roster
        The conversations of the notebook.
    variables
        Its variables.

    Attributes
    ----------
    names
        Of the magics: the first is a line's and a cell's, the others are a cell's only.
    """

    def __init__(self, roster: Roster, variables: Iterable[str]) -> None:
        self.names: tuple[str, ...] = ("tr",)
        self._roster = roster
        self._variables = variables

    def offers(self, line: str) -> tuple[str, list[str]] | None:
        """Return the begun word and what it may become, for a line up to the cursor; None where it is not ours.

        Examples
        --------
        >>> from toprouter_nb import Conversation
        >>> Completer(Roster(Conversation, {}), []).offers("%%tr --no")
        ('--no', ['--no-stream'])
        """
        found = _LINE.match(line)
        if found is None or found["name"] not in (self.names if found["mark"] == "%%" else self.names[:1]):
            return None
        *before, word = re.split(r"\s+", found["words"])
        choices = self._for_cell(before, word) if found["mark"] == "%%" else self._for_line(before)
        return word, [choice for choice in choices if choice.startswith(word)]

    def _for_cell(self, before: list[str], word: str) -> list[str]:
        last = before[-1] if before else ""
        if last in _TAKES_MODEL:
            return _model_ids()
        if last in _TAKES_NAME:
            return self._names()
        if last in _TAKES_VARIABLE:
            return sorted(name for name in self._variables if not name.startswith("_"))
        return list(OPTION_NAMES) if not word or word.startswith("-") else []

    def _for_line(self, before: list[str]) -> list[str]:
        if not before:
            return list(COMMANDS)
        if before[0] == "models":
            return _model_ids()
        return self._names() if before[0] in _COMMANDS_OF_NAMES else []

    def _names(self) -> list[str]:
        return [name for name, _ in self._roster]


def matcher_for(completer: Completer) -> Any:
    """Make of a completer what IPython asks on Tab; it speaks first, and alone on its own lines."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="toprouter_nb")  # type: ignore[untyped-decorator]  # IPython declares no types here
    def match(context: "CompletionContext") -> "SimpleMatcherResult":
        line = context.full_text.split("\n")[context.cursor_line][: context.cursor_position]
        # A cell's magic stands in its first line; further down such a line is text of the question.
        offers = completer.offers(line) if context.cursor_line == 0 or not line.startswith("%%") else None
        if offers is None:
            return {"completions": [], "suppress": False}
        word, texts = offers
        found = [SimpleCompletion(text=text, type="magic") for text in texts]
        return {"completions": found, "matched_fragment": word, "suppress": bool(found), "ordered": True}

    return match


def _model_ids() -> list[str]:
    from ..catalogue import known_cards
    from ..settings import configure

    return [card.id for card in known_cards(configure().base_url)]
