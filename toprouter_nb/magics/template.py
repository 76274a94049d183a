"""Puts the notebook's values into a prompt: `{name}` or `{expression}`, as in an f-string.

Knows nothing of IPython or of models. Only what the person typed is expanded, never what a value holds.
"""

import ast
import difflib
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import ParameterError
from ..foreign import is_of
from ..frames import is_frame
from ..parts import ImagePart, TextPart
from ..plain import render_plain, shorten

_MARK = re.compile(r"\{\{|\}\}|\{\}|\{")
_CONVERSION = re.compile(r"(?P<code>.*)!(?P<how>[rsa])\Z", re.DOTALL)
_CONVERSIONS: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}
_OPENING, _CLOSING = "([{", ")]}"
# Told by their class, so that none of these packages is loaded to ask.
_PICTURES = (("matplotlib", "FigureBase"), ("matplotlib", "Axes"), ("PIL", "Image"))
_SHOWN_CHARACTERS = 60
# Nobody writes more before a format; code that was pasted has thousands, and each costs a look at all before it.
_MOST_COLONS = 50
_ESCAPE = "For a brace itself write it twice: {{ or }}."


def expand(text: str, names: Mapping[str, Any]) -> list[object]:
    r"""Return what a template says, in parts that `ask` takes.

    Text and the values of `{name}` or `{expression}` become one text; a format after a colon and `!r` work as in an
    f-string. A figure, a picture, an image part or a DataFrame becomes a part of its own, where it stands. `{{` and
    `}}` are braces; `{}` and a lone `}` stay as they are.

    Parameters
    ----------
    text
        What the person typed.
    names
        The variables of the notebook.

    Raises
    ------
    ParameterError
        A brace is never closed, what is in braces is no Python expression, or it fails.

    Examples
    --------
    >>> expand("Explain {topic} in {n + 1} words. {{ok}}", {"topic": "tides", "n": 4})
    ['Explain tides in 5 words. {ok}']
    >>> expand("{x:.2f} is {x!r}", {"x": 0.5})
    ['0.50 is 0.5']
    """
    parts: list[object] = []
    for piece in _pieces(text, names):
        if isinstance(piece, str) and parts and isinstance(parts[-1], str):
            parts[-1] += piece
        else:
            parts.append(piece)
    return [part for part in parts if not isinstance(part, str) or part.strip()]


def fill(text: str, names: Mapping[str, Any]) -> str:
    """Return what a template says where only text can stand.

    Raises
    ------
    ParameterError
        As `expand`; or a value is a picture or a table.

    Examples
    --------
    >>> fill("chat-{n + 1}.json", {"n": 4})
    'chat-5.json'
    """
    pieces = list(_pieces(text, names))
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(map(str, pieces))
    message = f"{shorten(render_plain(text), _SHOWN_CHARACTERS)}: only a text can stand here."
    raise ParameterError(message)


def value_of(code: str, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression of the notebook.

    Raises
    ------
    ParameterError
        It is no Python expression, or it fails; an unknown name comes with the names that look like it.
    """
    shown = shorten(render_plain(code.strip()), _SHOWN_CHARACTERS)
    try:
        # An expression of the person at the keyboard, in their own notebook, as an f-string's would be.
        return eval(compile(code.strip(), "<prompt>", "eval"), dict(names))  # noqa: S307
    except SyntaxError:
        message = f"{{{shown}}} is no variable and no Python expression. {_ESCAPE}"
    except NameError as error:
        message = f"{{{shown}}}: there is no variable {error.name!r}.{_near(str(error.name), names)} {_ESCAPE}"
    except Exception as error:  # noqa: BLE001 - an expression may fail in any way
        message = f"{{{shown}}} failed: {type(error).__name__}: {shorten(render_plain(str(error)), 200)}"
    raise ParameterError(message)


def _pieces(text: str, names: Mapping[str, Any]) -> Iterator[object]:
    place = 0
    while found := _MARK.search(text, place):
        yield text[place : found.start()]
        mark, place = found.group(), found.end()
        if mark == "{":
            end = _end_of_field(text, place)
            yield _shown(text[place:end], names)
            place = end + 1
        else:
            yield mark if mark == "{}" else mark[0]
    yield text[place:]


def _end_of_field(text: str, start: int) -> int:
    """Return the place of the brace that closes a field; brackets and quoted texts in it are passed over."""
    depth = 0
    quote = ""
    for place in range(start, len(text)):
        character = text[place]
        if quote:
            quote = "" if character == quote and text[place - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            if depth == 0 and character == "}":
                return place
            depth -= 1
    shown = shorten(render_plain(text[start - 1 :]).strip(), _SHOWN_CHARACTERS)
    message = f"The brace of {shown} is never closed. {_ESCAPE}"
    raise ParameterError(message)


def _shown(field: str, names: Mapping[str, Any]) -> object:
    code, how, form = _split(field)
    value = value_of(code, names)
    if not how and not form and _is_part(value):
        return value
    try:
        return format(_CONVERSIONS[how](value) if how else value, form)
    except Exception as error:  # noqa: BLE001 - a value may refuse to be shown in any way
        why = shorten(render_plain(str(error)), 2 * _SHOWN_CHARACTERS) or type(error).__name__
        message = f"{{{shorten(render_plain(field), _SHOWN_CHARACTERS)}}}: {why}. {_ESCAPE}"
    raise ParameterError(message)


def _split(field: str) -> tuple[str, str, str]:
    """Split a field into expression, conversion and format; a colon may belong to any of them."""
    if _is_expression(field):
        return field, "", ""
    colons = [place for place, character in enumerate(field) if character == ":"]
    for place in [*colons[:_MOST_COLONS], len(field)]:
        code, form = field[:place], field[place + 1 :]
        converted = _CONVERSION.match(code)
        if converted and _is_expression(converted["code"]):
            return converted["code"], converted["how"], form
        if _is_expression(code):
            return code, "", form
    return field, "", ""


def _is_expression(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # it comes once more where it is evaluated
            ast.parse(code.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # the last two for brackets or signs without end
        return False
    return True


def _is_part(value: object) -> bool:
    """Say whether a value goes as a part of its own; an array is text, for most arrays are no pictures."""
    if isinstance(value, TextPart | ImagePart) or is_frame(value):
        return True
    return any(is_of(value, package, name) for package, name in _PICTURES)


def _near(name: str, names: Mapping[str, Any]) -> str:
    own = [known for known in names if not known.startswith("_")]
    near = difflib.get_close_matches(name, own, n=2)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
