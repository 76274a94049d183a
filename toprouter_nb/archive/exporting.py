"""Writes a document in the form that the file's name asks for.

Knows nothing of what the forms look like.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import PurePath

from ..errors import ParameterError, StorageError
from ..plain import shorten
from ..secret import Secret
from .cell_records import METADATA_KEY
from .document import Document
from .hiding import hide_document, hider
from .markdown_export import MARK, render_markdown_export
from .notebook_export import render_notebook_export
from .page_export import render_page_export
from .saving import save_document
from .storage import AnyPath, read_whole, resolve_path, show, write_whole

SUFFIXES = (".html", ".ipynb", ".json", ".md")
# The mark stands in the first two lines of a text.
_MARKED_BYTES = 200


def export_document(document: Document, path: AnyPath, keys: Iterable[Secret] = ()) -> None:
    """Write a document as Markdown, a page, a notebook or JSON; see `Conversation.export`.

    Raises
    ------
    ParameterError
        The file's name ends in none of the four ways.
    StorageError
        It would replace a file that no export wrote, or cannot be written.
    """
    file = resolve_path(path)
    suffix = PurePath(path).suffix.lower()
    if suffix not in SUFFIXES:
        message = (
            f"export(path) writes {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, by the end of the name, "
            f"not {shorten(repr(suffix or PurePath(path).name), 60)}."
        )
        raise ParameterError(message)
    if suffix == ".json":
        return save_document(document, path, keys)
    # A name like README.md is soon given, and what stood there was somebody's work.
    if file.is_file() and not _is_own(read_whole(path), suffix):
        message = f"{show(path)} was not written by export, and is left as it is. Choose another name, or delete it."
        raise StorageError(message)
    text = _RENDER[suffix](hide_document(document, hider(keys)))
    return write_whole(path, text.encode("utf-8", "replace"))


def _is_own(content: bytes, suffix: str) -> bool:
    """Say whether an export wrote this, or nobody wrote anything."""
    if not content.strip():
        return True
    if suffix != ".ipynb":
        return MARK.encode() in content[:_MARKED_BYTES]
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        return False
    metadata = notebook.get("metadata") if isinstance(notebook, dict) else None
    return isinstance(metadata, dict) and METADATA_KEY in metadata


_RENDER: dict[str, Callable[[Document], str]] = {
    ".html": render_page_export,
    ".ipynb": render_notebook_export,
    ".md": render_markdown_export,
}
