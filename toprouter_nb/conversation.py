"""The conversation: a dialogue that can go back, branch and be copied without losing anything.

Knows nothing of display, tables or files; `notebook` dresses this class with them.
"""

from typing import Any, Self

from .errors import ParameterError
from .history import Branch, Node, branch_of
from .plain import shorten
from .portable import Portable
from .reply import Reply


class Conversation(Portable):
    """Turns with a model, and the way to ask the next one.

    Life: `ask` or `stream`, as often as you like, one at a time; `undo`, `retry`, `edit` and `fork` go back without
    losing anything; what they replace stays in `tree()`.

    Parameters
    ----------
    model
        Model id, like "google/gemini-3.5-flash", or "local/smollm2-135m" for the one that runs on this machine.
        None takes the configured model, else the local one where there is no key.
    system
        How the model shall behave; None for no system turn.
    api_key, base_url, budget_usd
        As in `Settings`; None takes the configured ones.
    settings
        Complete settings, instead of the configured ones.
    display
        True shows replies as the settings say, False shows nothing; else one of the words of `Settings.display`.
    **params
        Request options in the wire's spelling, checked at once; see `params.check_params`.

    Raises
    ------
    ParameterError
        An option is unknown or out of range.
    SettingsError
        The address or the key cannot be used.

    Examples
    --------
    >>> from toprouter_nb import Conversation, testing
    >>> with testing.ScriptedGateway(["Paris.", "Rome."]) as gateway:
    ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
    ...     _ = chat.ask("Capital of France?")
    ...     print(chat.ask("And of Italy?"))
    Rome.
    """

    def undo(self, n: int = 1) -> None:
        """Go back before the last `n` questions; they stay in `tree()` as a branch.

        Raises
        ------
        ParameterError
            There are fewer than `n` questions to take back.
        """
        asked = self._questions()
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= len(asked):
            message = f"undo(n) takes a whole number from 1 to {len(asked)}, the questions asked, not {n!r}."
            raise ParameterError(message if asked else "There is nothing to undo yet.")
        self._history.move_to(asked[-n].parent or self._history.root)

    def retry(self, model: str | None = None, *, repair: bool = False, **params: Any) -> Reply:
        """Ask the last question again, perhaps of another model; both answers stay, as sibling branches.

        Raises as `ask` does; after a failure the earlier answer stands again.
        """
        asked = self._questions()
        if not asked:
            message = "There is no question to retry yet. Ask one first."
            raise ParameterError(message)
        options = params if model is None else {**params, "model": model}
        return self._ask(self._question((), options, repeated=asked[-1]), repair=repair)

    def edit(self, index: int, *parts: object, repair: bool = False, **params: Any) -> Reply:
        """Ask another question in place of an earlier one; the earlier one and what followed stay as a branch.

        Parameters
        ----------
        index
            Which of `turns` to replace; it must be a user turn. Negative ones count from the end.
        *parts, repair, **params
            As in `ask`.

        Raises
        ------
        ParameterError
            There is no user turn at that place.
        """
        node = self._question_at(index)
        question = self._question(parts, params, after=node.parent)
        return self._ask(question, repair=repair)

    def siblings(self, index: int) -> tuple[int, int]:
        """Return which of the branches that begin at a turn this is, from 0, and how many there are.

        Raises
        ------
        ParameterError
            There is no such turn, or it is the system turn.
        """
        node = self._turn_at(index)
        begun = node.parent.children if node.parent else [node]
        return begun.index(node), len(begun)

    def go_to(self, index: int, sibling: int) -> None:
        """Go to another of the branches that begin at a turn, and there to its newest end; nothing is lost.

        Parameters
        ----------
        index
            Which of `turns`; negative ones count from the end.
        sibling
            Which of its branches, from 0, the oldest first; see `siblings`.

        Raises
        ------
        ParameterError
            There is no such turn or branch.

        Examples
        --------
        >>> from toprouter_nb import Conversation, testing
        >>> with testing.ScriptedGateway(["Paris.", "Paris!"]) as gateway:
        ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        ...     _ = chat.ask("Capital of France?"), chat.retry()
        >>> chat.siblings(1)
        (1, 2)
        >>> chat.go_to(1, 0)
        >>> chat.last.text
        'Paris.'
        """
        node = self._turn_at(index)
        begun = node.parent.children if node.parent else [node]
        if isinstance(sibling, bool) or not isinstance(sibling, int) or not 0 <= sibling < len(begun):
            message = f"go_to(index, sibling): there are {len(begun)} branches at turn {index}, counted from 0."
            raise ParameterError(message)
        node = begun[sibling]
        # The newest end: where somebody left that branch is where they want to go on.
        while node.children:
            node = node.children[-1]
        self._history.move_to(node)

    def fork(self, at: int | None = None) -> Self:
        """Return a new conversation that begins with the first `at` of these turns (None = all of them).

        Both go on apart from each other. Turns and their encoded images are shared, so a fork costs little.

        Raises
        ------
        ParameterError
            `at` is no whole number.
        """
        if at is not None and (isinstance(at, bool) or not isinstance(at, int)):
            message = f"fork(at) takes a whole number of turns, or None for all of them, not {shorten(repr(at), 60)}."
            raise ParameterError(message)
        self._turnstile.settle_leftover()
        path = self._history.path()
        count = len(path) if at is None else len(self.turns[:at]) - len(self._head())
        return self._with_history(self._history.copy(path[: max(count, 0)]))

    def tree(self) -> Branch:
        """Return every branch of the conversation as one tree, whose repr draws it."""
        self._turnstile.settle_leftover()
        return branch_of(self._history)

    def __copy__(self) -> Self:
        """Return a fork, which is what a copy of a conversation means."""
        return self.fork()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a fork: turns never change, so there is nothing deeper to copy."""
        return self.fork()

    def _questions(self) -> list[Node]:
        self._turnstile.settle_leftover()
        return [node for node in self._history.path() if node.turn is not None and node.turn.role == "user"]

    def _turn_at(self, index: int) -> Node:
        node = self._find(index)
        if node is None:
            message = (
                f"There is no turn {index!r} that could branch: chat.turns has {len(self.turns)}, a system turn among "
                "them."
            )
            raise ParameterError(message)
        return node

    def _question_at(self, index: int) -> Node:
        node = self._find(index)
        if node is None or node.turn is None or node.turn.role != "user":
            asked = [place for place, turn in enumerate(self.turns) if turn.role == "user"]
            message = f"edit(index) takes the place of a user turn in chat.turns, one of {asked}, not {index!r}."
            raise ParameterError(message)
        return node

    def _find(self, index: object) -> Node | None:
        """Return the turn of that place in `turns`; None where there is none, or where it is the system turn."""
        turns = self.turns
        if not isinstance(index, int) or isinstance(index, bool) or not -len(turns) <= index < len(turns):
            return None
        # The system turn stands in `turns`, and in no branch: it is the same for all of them.
        place = range(len(turns))[index] - len(self._head())
        return self._history.path()[place] if place >= 0 else None
