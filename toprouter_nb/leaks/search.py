"""Finds secrets in a text: the keys in use in every spelling, and what looks like a secret.

Knows nothing of files.
"""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..secret import MASK, SHORTEST_HIDDEN, Secret
from .shapes import Span, find_shapes
from .views import without_blanks, without_markup

_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
# Enough to know the place by, and too little to give away what is around it.
_CONTEXT_CHARACTERS = 24


class Find(NamedTuple):
    """One secret in a text.

    Attributes
    ----------
    what
        What it is, for people.
    runs
        Where it stands: begin and end of each stretch, in order; several where markup stands within.
    """

    what: str
    runs: list[Span]


class Search:
    """Finds secrets.

    Parameters
    ----------
    keys
        The keys in use; those of less than six characters are not looked for.
    """

    def __init__(self, keys: Iterable[Secret]) -> None:
        self._finders = [(what, spelled.finder()) for key in keys for what, spelled in _spellings(key)]

    def find(self, text: str, *, is_data: bool = False) -> list[Find]:
        """Return the secrets of a text, in order and apart from each other.

        Parameters
        ----------
        text
            Any text, with or without markup.
        is_data
            True where it is encoded data: chance makes what looks like a key there, so only keys in use count.
        """
        if len(text) < SHORTEST_HIDDEN:
            return []
        found = [Find(what, [span]) for what, span in self._spans(text, is_data=is_data)]
        if not is_data and ("<" in text or "\x1b" in text):
            view = without_markup(text)
            found += [Find(what, list(view.runs(*span))) for what, span in self._spans(view.text, is_data=False)]
        return _merge(found)

    def find_encoded(self, text: str) -> tuple[list[str], list[tuple[int, int, str]]] | None:
        """Look for secrets in base64 data, line breaks and all.

        Returns
        -------
        tuple or None
            What each secret is; and begin, end and new characters of each stretch of `text` that has to change so
            that the secrets become asterisks and the data stays as long as it is. None where it is no base64.
        """
        view = without_blanks(text)
        if not _BASE64.fullmatch(view.text) or len(view.text) % 4:
            return None
        data = base64.b64decode(view.text)
        # Latin-1 has a letter for each byte, so that a place in the text is one in the data.
        found = _merge([Find(what, [span]) for what, span in self._spans(data.decode("latin-1"), is_data=False)])
        starred = bytearray(data)
        spans = [find.runs[0] for find in found]
        for start, end in spans:
            starred[start:end] = b"*" * (end - start)
        encoded = base64.b64encode(starred).decode("ascii")
        changes = []
        for start, end in _quads(spans):
            place = start
            for run_start, run_end in view.runs(start, end):
                changes.append((run_start, run_end, encoded[place : place + run_end - run_start]))
                place += run_end - run_start
        return [find.what for find in found], changes

    def _spans(self, text: str, *, is_data: bool) -> Iterator[tuple[str, Span]]:
        for what, find in self._finders:
            for span in find(text):
                yield what, span
        if not is_data:
            yield from find_shapes(text)


def excerpts(text: str, found: list[Find]) -> Iterator[str]:
    """Yield for each secret what stands around it, every secret in it hidden."""
    kept: list[str] = []
    position = 0
    for find in found:
        kept.append(text[position : find.runs[0][0]])
        position = find.runs[-1][1]
    kept.append(text[position:])
    for index, before in enumerate(kept[:-1]):
        after = kept[index + 1]
        left = (MASK if index and len(before) < _CONTEXT_CHARACTERS else "") + before
        right = after + (MASK if index + 1 < len(found) and len(after) < _CONTEXT_CHARACTERS else "")
        yield " ".join((left[-_CONTEXT_CHARACTERS:] + MASK + right[:_CONTEXT_CHARACTERS]).split())


def _spellings(key: Secret) -> Iterator[tuple[str, Secret]]:
    """Yield the ways a key may be spelled, each once; pieces of 12 characters of each are looked for."""
    plain = key.reveal()
    spelled = {
        "the key in use": [plain, html.escape(plain), json.dumps(plain)[1:-1]],
        "the key in use, URL-quoted": [urllib.parse.quote(plain, safe="")],
        "the key in use, as base64": list(_aligned(plain.encode())),
        "the key in use, as hexadecimal digits": [plain.encode().hex()],
        "the key in use, backwards": [plain[::-1]],
    }
    seen: set[Secret] = set()
    for what, forms in spelled.items():
        for form in map(Secret, forms):
            if form not in seen:
                seen.add(form)
                yield what, form


def _aligned(data: bytes) -> Iterator[str]:
    """Yield the characters that stand for `data` in any base64 text that holds it, one for each place it may begin."""
    # Three bytes are four characters: what a key looks like depends on where among the three it begins, and characters
    # that hold bits of its neighbours are left out.
    for shift, tainted in ((0, 0), (1, 2), (2, 3)):
        size = shift + len(data)
        encoded = base64.b64encode(bytes(shift) + data).decode("ascii").rstrip("=")
        sure = encoded[tainted : len(encoded) - (1 if size % 3 else 0)]
        yield sure
        yield sure.replace("+", "-").replace("/", "_")


def _merge(found: list[Find]) -> list[Find]:
    """Put finds that overlap together; the first in the given order says what it is."""
    ordered = sorted(enumerate(found), key=lambda item: item[1].runs[0][0])
    merged: list[tuple[int, Find]] = []
    for rank, find in ordered:
        if merged and find.runs[0][0] < merged[-1][1].runs[-1][1]:
            known_rank, known = merged.pop()
            runs = _joined(sorted([*known.runs, *find.runs]))
            merged.append((min(rank, known_rank), Find(known.what if known_rank < rank else find.what, runs)))
        else:
            merged.append((rank, find))
    return [find for _, find in merged]


def _joined(spans: list[Span]) -> list[Span]:
    """Put spans that touch or overlap together; they are in order."""
    joined = spans[:1]
    for start, end in spans[1:]:
        if start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _quads(spans: list[Span]) -> list[Span]:
    """Return where the base64 characters of spans of bytes stand, whole groups of four."""
    return _joined([(start // 3 * 4, -(-end // 3) * 4) for start, end in spans])
