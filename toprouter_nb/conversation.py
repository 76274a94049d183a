"""The conversation: a dialogue that can go back, branch and be copied without losing anything.

Knows nothing of display, tables or files; `notebook` dresses this class with them.
"""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from .errors import ParameterError
from .history import Branch, Node, branch_of
from .keys import hide_key
from .plain import shorten
from .questions import Questions
from .reply import Reply
from .wire.request import Message, turn_of

if TYPE_CHECKING:
    from .archive.document import Document


class Conversation(Questions):
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

    _file_extra: Mapping[str, Any] = {}  # what the file it was loaded from said besides; see `archive.Document`

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
        node = self._node_at(index)
        question = self._question(parts, params, after=node.parent)
        return self._ask(question, repair=repair)

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

    @classmethod
    def from_messages(cls, messages: Iterable[Mapping[str, Any]], model: str | None = None, **options: Any) -> Self:
        """Make a conversation from wire message dicts; nothing is asked.

        Parameters
        ----------
        messages
            Dicts with `role` and `content`; a system message at the beginning becomes `system`.
        model, **options
            As in `Conversation`.

        Raises
        ------
        ParameterError
            A message is no such dict.

        Examples
        --------
        >>> Conversation.from_messages([{"role": "user", "content": "Hi"}]).turns
        (Turn('user', 'Hi'),)
        """
        options["api_key"] = hide_key(options.get("api_key"))  # first: from here on no frame of ours holds the text
        given: object = messages
        if not isinstance(given, Iterable):
            text = f"from_messages takes a list of message dicts, not {type(given).__name__}."
            raise ParameterError(text)
        turns = [turn_of(message) for message in given]
        if turns and turns[0].role == "system" and "system" not in options:
            options["system"] = turns.pop(0).text
        chat = cls(model, **options)
        chat._history.add((turn, None) for turn in turns)
        return chat

    def to_openai(self) -> list[Message]:
        """Return the current path as message dicts, as the OpenAI SDK takes them; `from_messages` is the way back.

        Images stand in them as data URLs. A turn that was cut short is a turn like the others.

        Examples
        --------
        >>> Conversation.from_messages([{"role": "user", "content": "Hi"}], system="Be terse.").to_openai()
        [{'role': 'system', 'content': 'Be terse.'}, {'role': 'user', 'content': 'Hi'}]
        """
        return self.messages

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the conversation, every branch, reply and image of it, as JSON; `load` brings it back.

        All or nothing: whoever reads the file finds the old one or the new one. The key and the address are never in
        it, and a key that was said is hidden.

        Parameters
        ----------
        path
            A new file, or one that `save` wrote, which is replaced. A link keeps its place.

        Raises
        ------
        StorageError
            The file holds something else, or a newer version, or cannot be written; it is as it was then.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> chat = Conversation.from_messages([{"role": "user", "content": "Hi"}], model="any/model")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     chat.save(pathlib.Path(folder, "chat.json"))
        ...     Conversation.load(pathlib.Path(folder, "chat.json")).turns
        (Turn('user', 'Hi'),)
        """
        from .archive.saving import save_document

        save_document(self._document(), path, (self._settings_now().api_key,))

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the current path for people, in the form that the file's name asks for.

        `.md` is Markdown in which each turn stands in a fence, as it came; `.html` one page that needs nothing else
        and runs nothing; `.ipynb` a notebook that can be run again, or read back with `from_notebook`; `.json` what
        `save` writes. Keys are hidden in all of them.

        Parameters
        ----------
        path
            A new file, or one that an export wrote, which is replaced in one step.

        Raises
        ------
        ParameterError
            The name ends in none of these.
        StorageError
            The file is no export, or cannot be written; it is as it was then.

        Examples
        --------
        >>> Conversation().export("chat.docx")
        Traceback (most recent call last):
          ...
        toprouter_nb.errors.ParameterError: export(path) writes .html, .ipynb, .json or .md, by the end of the name, ...
        """
        from .archive.exporting import export_document

        export_document(self._document(), path, (self._settings_now().api_key,))

    @classmethod
    def from_notebook(cls, path: str | os.PathLike[str], name: str | None = None, **options: Any) -> Self:
        """Rebuild a conversation from the outputs of a notebook; nothing is run and nothing is asked.

        Each reply that `ask` showed in a cell left what was asked, what came, and what is known of it in the metadata
        of its output. Retries and edits become branches again. Images are not kept in a notebook: a note stands in
        the place of each. `Reply.raw` is empty.

        Parameters
        ----------
        path
            An `.ipynb` file, as saved.
        name
            Which conversation, by its name, or by the beginning of its id; None for the only one.
        **options
            As in `Conversation`, and before what the notebook says.

        Raises
        ------
        ParameterError
            There is no such file, or not one conversation of that name; the message lists those there are.
        StorageError
            It is no notebook, holds no exchange, or a damaged one.
        """
        options["api_key"] = hide_key(options.get("api_key"))  # first: from here on no frame of ours holds the text
        from .archive.notebooks import document_from_notebook

        return cls._from_document(document_from_notebook(path, name), options)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **options: Any) -> Self:
        """Load a conversation that `save` wrote; nothing is asked.

        Parameters
        ----------
        path
            The file. What is in it is checked, whoever wrote it.
        **options
            As in `Conversation`, and before what the file says. The address and the key are those configured unless
            they are given here.

        Raises
        ------
        ParameterError
            There is no such file, or an option is refused.
        StorageError
            It is no saved conversation, of a newer version, or damaged; the message says where.
        """
        options["api_key"] = hide_key(options.get("api_key"))  # first: from here on no frame of ours holds the text
        from .archive.saving import load_document

        return cls._from_document(load_document(path), options)

    def __copy__(self) -> Self:
        """Return a fork, which is what a copy of a conversation means."""
        return self.fork()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a fork: turns never change, so there is nothing deeper to copy."""
        return self.fork()

    def _document(self) -> "Document":
        """Return all that a file holds of it."""
        from .archive.document import Document

        self._turnstile.settle_leftover()
        return Document(
            history=self._history,
            model=self.model,
            system=self.system,
            params=self.params,
            id=self.id,
            name=self.name,
            extra=self._file_extra,
        )

    @classmethod
    def _from_document(cls, document: "Document", options: Mapping[str, Any]) -> Self:
        kept = {"model": document.model, "system": document.system, **document.params}
        return cls(**{**kept, **options})._take_up(document)

    def _take_up(self, document: "Document") -> Self:
        """Return this conversation with the turns of a document."""
        chat = self._with_history(document.history)
        chat.name = document.name
        vars(chat).update(_id=document.id or chat.id, _file_extra=document.extra)
        return chat

    def _questions(self) -> list[Node]:
        self._turnstile.settle_leftover()
        return [node for node in self._history.path() if node.turn is not None and node.turn.role == "user"]

    def _node_at(self, index: int) -> Node:
        turns = self.turns
        if isinstance(index, int) and not isinstance(index, bool) and -len(turns) <= index < len(turns):
            place = range(len(turns))[index] - len(self._head())
            if place >= 0 and turns[index].role == "user":
                return self._history.path()[place]
        asked = [place for place, turn in enumerate(turns) if turn.role == "user"]
        message = f"edit(index) takes the place of a user turn in chat.turns, one of {asked}, not {index!r}."
        raise ParameterError(message)
