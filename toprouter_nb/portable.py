"""What a conversation is taken along as, and made from: messages, files, notebooks.

Knows nothing of how any of them looks: `wire` spells messages, `archive` the rest.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from .errors import ParameterError
from .keys import hide_key
from .questions import Questions
from .reply import Reply
from .wire.request import Message, turn_of

if TYPE_CHECKING:
    from .archive.document import Document


class Portable(Questions):
    """Turns with a model that can be taken along; `Conversation` says how to go back.

    The parameters are those of `Conversation`.
    """

    _file_extra: Mapping[str, Any] = {}  # what the file it was loaded from said besides; see `archive.document`

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
        >>> from toprouter_nb import Conversation
        >>> Conversation.from_messages([{"role": "user", "content": "Hi"}]).turns
        (Turn('user', 'Hi'),)
        """
        options["api_key"] = hide_key(options.get("api_key"))  # first: from here on no frame of ours holds the text
        given: object = messages
        if not isinstance(given, Iterable) or isinstance(given, str | Mapping):
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
        >>> from toprouter_nb import Conversation
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
        ParameterError
            The name ends in .md, .html or .ipynb, which `export` writes.
        StorageError
            The file holds something else, or a newer version, or cannot be written; it is as it was then.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from toprouter_nb import Conversation
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
        >>> from toprouter_nb import Conversation
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

    def _describe(self, reply: Reply) -> dict[str, Any]:
        """Return the metadata of an output that shows a reply which just entered the history; none for another one."""
        path = self._history.path()
        asked = path[-2].turn if len(path) > 1 else None
        if asked is None or path[-1].reply is not reply:
            return {}
        from .archive.cell_records import METADATA_KEY, cell_record
        from .archive.hiding import hider

        record = cell_record(
            asked,
            reply,
            place=len(path) - 2,
            asked_at=datetime.now(UTC) - timedelta(seconds=reply.seconds),
            conversation_id=self.id,
            conversation_name=self.name,
            system=self.system,
            hide=hider((self._settings_now().api_key,)),
        )
        return {METADATA_KEY: record}

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
        # What the caller says goes before what the file says.
        return cls(**{**kept, **options})._with_document(document)

    def _with_document(self, document: "Document") -> Self:
        """Return this conversation with the turns of a document."""
        chat = self._with_history(document.history)
        chat.name = document.name
        vars(chat).update(_id=document.id or chat.id, _file_extra=document.extra)
        return chat
