"""Writes to a terminal: text as it arrives, colours only where a person looks, nothing that acts on the screen.

Knows nothing of models or conversations.
"""

import os
import re
import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

from .plain import render_plain

_STYLES = {"bold": "\x1b[1m", "dim": "\x1b[2m", "good": "\x1b[32m", "bad": "\x1b[31m", "warn": "\x1b[33m", "": ""}
_WORD = re.compile(r"(\S*)(\s)")
_END = "\x1b[0m"
# Longer lines are hard to read; in narrower terminals a table would be all ellipses.
_MAX_WIDTH = 100
_MIN_WIDTH = 40


class Terminal:
    r"""A place to print on.

    Everything is escaped by `render_plain` first, and encoded with "?" for what the stream cannot show. Styles
    ("bold", "dim", "good", "bad", "warn") show on a terminal only, and not where `NO_COLOR` is set.

    Parameters
    ----------
    stream
        Where to write; flushed after each piece.

    Attributes
    ----------
    width
        Columns to use: those of the terminal, 40 to 100; 80 elsewhere.

    Examples
    --------
    >>> import io
    >>> out = io.StringIO()
    >>> Terminal(out).line("Done \x1b[2J.", "good")
    >>> out.getvalue()
    'Done \\x1b[2J.\n'
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_watched = stream.isatty()
        # no-color.org: set and not empty. A "dumb" terminal, an editor's pane for one, prints the codes.
        self._is_coloured = self._is_watched and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size((80, 24)).columns if self._is_watched else 80
        self.width = max(_MIN_WIDTH, min(_MAX_WIDTH, columns))

    def write(self, text: str, style: str = "") -> None:
        """Write text as it is, without a line end."""
        shown = render_plain(text)
        if self._is_coloured and style:
            shown = f"{_STYLES[style]}{shown}{_END}"
        encoding = self._stream.encoding or "utf-8"
        # A console of an old Windows raises where it lacks a letter; a "?" is better than a traceback in mid-answer.
        self._stream.write(shown.encode(encoding, "replace").decode(encoding))
        self._stream.flush()

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line, however long."""
        self.write(text, style)
        self.write("\n")

    def paragraph(self, text: str, style: str = "", *, indent: str = "") -> None:
        """Write text wrapped to the width; its own line breaks stay, later lines are indented."""
        for line in text.splitlines():
            wrapped = textwrap.wrap(line, self.width, subsequent_indent=indent, break_on_hyphens=False)
            for piece in wrapped or [""]:
                self.line(piece, style)

    def flow(self, label: str, pieces: Iterable[str], style: str = "") -> None:
        """Write a label and text beside it as it arrives, word by word, wrapped to the width; then end the line.

        Parameters
        ----------
        label
            Written first, dimmed; later lines are indented by its width.
        pieces
            Pieces of text, cut anywhere; where they raise an error, what came before stays on the screen.
        style
            Of the text.
        """
        self.write(label, "dim")
        margin = len(label)
        column, waiting = margin, ""
        try:
            for piece in pieces:
                waiting += piece
                while found := _WORD.match(waiting):
                    waiting = waiting[found.end() :]
                    column = self._put(*found.groups(), style=style, column=column, margin=margin)
        finally:
            self._put(waiting, "", style=style, column=column, margin=margin)
            self.line()

    def _put(self, word: str, space: str, *, style: str, column: int, margin: int) -> int:
        """Write a word and the space after it, on a new line where it does not fit; return the column reached."""
        shown = render_plain(word)
        if column + len(shown) > self.width and column > margin:
            self.write("\n" + " " * margin)
            column = margin
        self.write(shown, style)
        if space == "\n":
            self.write("\n" + " " * margin)
            return margin
        self.write(space)
        return column + len(shown + space)

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        numbers: Sequence[int] = (),
        total: Sequence[str] = (),
    ) -> None:
        """Write a table; the first column is cut where the width asks for it, `numbers` are set to the right.

        Columns stand under each other also where a script has wide characters. `total` is a last row, set apart.
        """
        cells = [[_one_line(cell) for cell in row] for row in (header, *rows, *([total] if total else []))]
        widths = [max(screen_columns(row[place]) for row in cells) for place in range(len(header))]
        if self._is_watched:
            room = self.width - sum(width + 2 for width in widths[1:])
            widths[0] = min(widths[0], max(room, screen_columns(cells[0][0]), 10))
        if total:
            cells.insert(-1, ["-" * width for width in widths])
        for count, row in enumerate(cells):
            pieces = [
                _fit(cell, width, to_right=place in numbers)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.line("  ".join(pieces).rstrip(), "" if count else "bold")


def screen_columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: wide letters take two, marks on a letter none.

    Examples
    --------
    >>> screen_columns("abc"), screen_columns("日本")
    (3, 4)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _one_line(text: str) -> str:
    return " ".join(render_plain(text).split())


def _fit(text: str, width: int, *, to_right: bool) -> str:
    """Cut a text to a width, or fill it up with spaces."""
    if screen_columns(text) > width:
        while text and screen_columns(text) >= width:
            text = text[:-1]
        text += "…"
    space = " " * (width - screen_columns(text))
    return space + text if to_right else text + space
