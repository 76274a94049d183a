"""A prompt's template: text with `{column}` in it, filled from the columns of a row.

Knows nothing of frames or files. Only the template is read for braces, never what a column holds.
"""

import difflib
import re
from collections.abc import Mapping, Sequence

from ..errors import ParameterError
from ..plain import render_plain, shorten

_SHOWN = 60
_SHOWN_COLUMNS = 20
# A doubled brace, a whole field, or a lone brace, whichever comes first.
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class Template:
    """Text with `{column}` in it; `{{` and `}}` stand for braces.

    Parameters
    ----------
    text
        The template. What stands in braces is a column's name and nothing else: no expressions, no formats.
    columns
        The names there are.

    Attributes
    ----------
    fields
        The columns it names, each once, in order.

    Raises
    ------
    ParameterError
        It is no text, a brace is alone, or a column is unknown; the message lists the columns.

    Examples
    --------
    >>> Template("Translate {word} to {{{language}}}.", ["word", "language"]).fill({"word": "tree", "language": "{de}"})
    'Translate tree to {{de}}.'
    """

    def __init__(self, text: str, columns: Sequence[str]) -> None:
        given: object = text
        if not isinstance(given, str) or not given.strip():
            message = f"A template is a text with {{column}} in it, not {shorten(repr(given), _SHOWN)}."
            raise ParameterError(message)
        self.text = text
        fields = [match[1] for match in _PIECE.finditer(text) if match[1] is not None]
        self.fields = tuple(dict.fromkeys(fields))
        for match in _PIECE.finditer(text):
            self._check_piece(match, columns)

    def fill(self, values: Mapping[str, object]) -> str:
        """Return the text with each field's value in its place, written as `str` writes it."""
        # One pass over the template: braces in a value are never read as fields.
        return _PIECE.sub(lambda match: match[0][0] if match[1] is None else str(values[match[1]]), self.text)

    def _check_piece(self, match: re.Match[str], columns: Sequence[str]) -> None:
        if match[0] in "{}":
            near = shorten(render_plain(self.text[max(match.start() - 10, 0) :]), 30)
            message = f"The template has a brace alone, near {near!r}. Write {{column}}, or double a brace to keep it."
            raise ParameterError(message)
        if match[1] is not None and match[1] not in columns:
            raise _unknown(match[1], columns)


def _unknown(name: str, columns: Sequence[str]) -> ParameterError:
    shown = ", ".join(render_plain(str(column)) for column in columns[:_SHOWN_COLUMNS])
    more = f" and {len(columns) - _SHOWN_COLUMNS} more" if len(columns) > _SHOWN_COLUMNS else ""
    near = difflib.get_close_matches(name, list(columns), n=1)
    hint = f" Did you mean {{{render_plain(near[0])}}}?" if near else " Double a brace to keep it: {{ and }}."
    message = f"There is no column {shorten(render_plain(name), _SHOWN)!r}. Columns are: {shown}{more}.{hint}"
    return ParameterError(message)
