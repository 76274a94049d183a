"""Saves a document to a file and loads it: whose keys are hidden, and which files are left alone.

Knows nothing of what stands in the file, and nothing of how it gets to the disk.
"""

import json
from collections.abc import Iterable
from pathlib import PurePath

from ..errors import ParameterError, StorageError
from ..secret import Secret
from .decode import check_version, decode_document
from .document import Document
from .encode import encode_document
from .hiding import hider
from .layout import FORMAT
from .storage import AnyPath, read_whole, resolve_path, show, write_whole

# What `export` writes; under such a name JSON would be opened as what it is not.
_READ_BY_PEOPLE = (".html", ".ipynb", ".md")


def save_document(document: Document, path: AnyPath, keys: Iterable[Secret] = ()) -> None:
    """Save a document, in one step.

    Parameters
    ----------
    document
        What shall be kept.
    path
        A new file, or one that holds a saved conversation, which is replaced. A link keeps its place.
    keys
        Hidden in the file beside those this process knows.

    Raises
    ------
    ParameterError
        The file's name promises another form than JSON.
    StorageError
        The file holds something else or a newer version, or it cannot be written; it is as it was then.
    """
    suffix = PurePath(resolve_path(path)).suffix.lower()
    if suffix in _READ_BY_PEOPLE:
        message = f"save(path) writes JSON, which {suffix} does not say. For {suffix} use export({show(path)})."
        raise ParameterError(message)
    if resolve_path(path).is_file():
        _refuse_foreign(read_whole(path), show(path))
    write_whole(path, encode_document(document, hider(keys)))


def load_document(path: AnyPath) -> Document:
    """Load what `save_document` saved.

    Raises
    ------
    ParameterError
        There is no such file.
    StorageError
        It cannot be read, is no saved conversation, of a newer version, or damaged.
    """
    return decode_document(read_whole(path), show(path))


def _refuse_foreign(content: bytes, shown: str) -> None:
    """Refuse to write over what this package did not save, or cannot read; an empty file may be replaced."""
    if not content.strip():
        return
    try:
        loaded = json.loads(content)
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict) or loaded.get("format") != FORMAT:
        message = f"{shown} holds something else than a saved conversation, and is left as it is. Choose another name."
        raise StorageError(message)
    check_version(loaded, shown)
