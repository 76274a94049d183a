"""Checks a notebook for secrets, and clears them where asked; the rest of the file stays as it is, byte for byte.

Knows nothing of kernels, nor of how secrets are told from other words.
"""

import itertools
import os
from collections.abc import Iterator
from typing import NamedTuple

from ..plain import render_plain, shorten
from ..secret import MASK
from ..settings import known_keys
from .findings import Leak, Leaks
from .literals import Literal, Place, read_literals, spans_in_text
from .places import describe, is_data, text_place
from .search import Search, excerpts
from .storage import NotebookFile

_SHOWN_CHARACTERS = 60

Change = tuple[int, int, str]


def check_notebook(path: str | os.PathLike[str], *, clear: bool = False) -> Leaks:
    """Find secrets in a notebook: the keys of this process, words that look like keys, and values named as such.

    Sources, outputs, attachments, metadata and widget state are searched. The keys this process was configured with
    are found as base64, URL-quoted and backwards too, and in pieces of 12 characters. What pictures show is not read.

    Parameters
    ----------
    path
        An `.ipynb` file of at most 128 MiB.
    clear
        True replaces each secret in the file with "[key hidden]", in data by asterisks, in one step; nothing else of
        the file changes. Close the notebook, or reload it afterwards, for an editor saves over the file. A secret
        that was shared must be revoked all the same.

    Returns
    -------
    Leaks
        One `Leak` for each secret, in the order of the file; falsy where there is none. It never shows a secret.

    Raises
    ------
    ParameterError
        There is no such file, it is no notebook, it is too large, or it cannot be written.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> cell = {"cell_type": "raw", "metadata": {}, "source": 'api_key = "sk-or-v1-0f1e2d3c4b5a69788796"'}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "lesson.ipynb")
    ...     _ = path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    ...     print(check_notebook(path, clear=True))
    ...     print(check_notebook(path))
    1 secret cleared
      cell 1, source: an API key in 'api_key = "[key hidden]"'
    no secrets found
    """
    file = NotebookFile(path)
    text = file.read()
    search = Search(known_keys(search=True))
    leaks: list[Leak] = []
    changes: list[Change] = []
    for value in _values(text):
        found, edits = value.check(search)
        leaks += found
        changes += value.in_file(text, edits)
    if clear and changes:
        file.replace(_changed(text, changes))
    return Leaks(tuple(leaks), is_cleared=bool(clear and changes))


class _Value(NamedTuple):
    """One text of a notebook; where the format cuts it into lines, it has one literal a line."""

    place: Place
    literals: tuple[Literal, ...]

    def check(self, search: Search) -> tuple[list[Leak], list[Change]]:
        """Return the secrets in it, and what has to change."""
        text = "".join(literal.value for literal in self.literals)
        encoded = search.find_encoded(text) if is_data(self.place) else None
        # Found in what the base64 stands for: it is changed there, and the data stays as long as it was.
        if encoded and encoded[0]:
            whats, edits = encoded
            return [self._leak(search, what, f"{MASK} in encoded data") for what in whats], edits
        found = search.find(text, is_data=encoded is not None)
        shown = zip(found, excerpts(text, found), strict=True)
        leaks = [self._leak(search, find.what, excerpt) for find, excerpt in shown]
        return leaks, [(*run, "" if index else MASK) for find in found for index, run in enumerate(find.runs)]

    def _leak(self, search: Search, what: str, excerpt: str) -> Leak:
        cell, where = describe(self.place)
        names = search.find(where)
        shown = next(excerpts(where, names)) if names else where
        return Leak(cell, shorten(render_plain(shown), _SHOWN_CHARACTERS), what, render_plain(excerpt))

    def in_file(self, text: str, edits: list[Change]) -> Iterator[Change]:
        """Yield the changes in the JSON text that change the value so."""
        offset = 0
        for literal in self.literals if edits else ():
            size = len(literal.value)
            # A secret that goes over several lines leaves its mask in the first of them.
            own = [
                (max(start - offset, 0), min(end - offset, size), new if start >= offset else "")
                for start, end, new in edits
                if start < offset + size and end > offset
            ]
            spans = spans_in_text(text, literal, [(start, end) for start, end, _ in own])
            yield from ((*span, new) for span, (_, _, new) in zip(spans, own, strict=True))
            offset += size


def _values(text: str) -> Iterator[_Value]:
    for (place, _), literals in itertools.groupby(read_literals(text), key=_text):
        yield _Value(place, tuple(literals))


def _text(literal: Literal) -> tuple[Place, int]:
    """Return what the lines of one text have in common, and with no other text."""
    place = text_place(literal.path)
    return place, 0 if place != literal.path else literal.start


def _changed(text: str, changes: list[Change]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, new in changes:
        pieces += (text[position:start], new)
        position = end
    return "".join([*pieces, text[position:]])
