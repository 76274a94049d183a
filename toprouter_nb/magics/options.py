"""What may stand behind `%%tr` on its line: read like a command line, refused with an error like a function call.

Knows the options only; what they do is in `cell`.
"""

import argparse
import dataclasses
import difflib
import keyword
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from ..errors import ParameterError
from ..plain import render_plain, shorten
from .template import fill

_EXAMPLES = """examples:
  %%tr
  Explain tides in one sentence.

  %%tr -c tutor --system "You are terse." -t 0.2
  And what has {topic} to do with it?

{name} or {expression} is replaced by its value; in the text, a figure, a picture or a DataFrame goes along as it is.
For a brace itself write it twice: {{ or }}."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for on the line of a cell.

    Attributes
    ----------
    conversation
        Name of the conversation; None for the one in use.
    model, system
        None = as the conversation has it.
    params
        Request options that were given, in the wire's spelling.
    images
        Expressions of the notebook, each an image.
    is_streamed
        False sends a plain request.
    is_appended
        True keeps what this cell asked before, where the cell is run again.
    variable
        Where the reply goes; None for `_`.
    """

    conversation: str | None
    model: str | None
    system: str | None
    params: dict[str, Any]
    images: tuple[str, ...]
    is_streamed: bool
    is_appended: bool
    variable: str | None


# Option, its short form, the type of its value (None: it stands alone), what help shows for the value, and help.
_OPTIONS: tuple[tuple[str, str | None, Callable[[str], Any] | None, str, str], ...] = (
    ("conversation", "-c", str, "NAME", "the conversation to ask in; a new name begins one"),
    ("model", "-m", str, "MODEL", "model id; of a new conversation from now on, else for this question"),
    ("system", None, str, "TEXT", "how the model shall behave, from now on"),
    ("temperature", "-t", float, "T", "0 to 2"),
    ("top-p", None, float, "P", "0 to 1"),
    ("max-tokens", None, int, "N", "the most tokens the answer may have"),
    ("seed", None, int, "N", "for answers that can be repeated, where the model can"),
    ("stop", None, str, "TEXT", "where the answer ends; may be given up to 4 times"),
    ("image", None, str, "VAR", "a variable or expression that is an image; may be given again"),
    ("no-stream", None, None, "", "ask for the reply in one piece"),
    ("append", None, None, "", "keep what this cell asked before, instead of replacing it"),
    ("as", None, str, "VAR", "the variable for the reply, instead of _"),
    ("help", "-h", None, "", "show this"),
)
OPTION_NAMES = tuple(f"--{option[0]}" for option in _OPTIONS)
_REPEATED = ("stop", "image")
# Their values are names and expressions themselves.
_TAKES_CODE = ("--image", "--as")
_PARAMS = ("temperature", "top_p", "max_tokens", "seed", "stop")


def read_options(line: str, names: Mapping[str, Any]) -> Options | str:
    """Read the line of a `%%tr` cell.

    Parameters
    ----------
    line
        What stands behind `%%tr`.
    names
        The variables of the notebook, for `{expressions}` in a value.

    Returns
    -------
    Options or str
        The help text, where that was asked for.

    Raises
    ------
    ParameterError
        An option is unknown, lacks its value, or the value is of the wrong type.

    Examples
    --------
    >>> read_options('-c tutor -t 0.2 --system "Be {how}."', {"how": "terse"}).system
    'Be terse.'
    """
    given = _parser().parse_args(list(_filled(split_words(line), names)))
    if given.help:
        return help_text()
    if given.variable is not None and (not given.variable.isidentifier() or keyword.iskeyword(given.variable)):
        message = f"--as takes the name of a variable, not {shorten(repr(given.variable), 60)}."
        raise ParameterError(message)
    return Options(
        conversation=given.conversation,
        model=given.model,
        system=given.system,
        params={name: value for name in _PARAMS if (value := getattr(given, name)) is not None},
        images=tuple(given.image or ()),
        is_streamed=not given.no_stream,
        is_appended=given.append,
        variable=given.variable,
    )


def help_text() -> str:
    """Return what the options are and what they do."""
    return _parser().format_help()


def split_words(line: str) -> list[str]:
    """Split a line as a shell does: quotes hold words together and are gone afterwards.

    A backslash is a letter as any other, for paths on Windows are full of them; a quote in quotes is of the other kind.

    Raises
    ------
    ParameterError
        A quote is never closed.
    """
    words = shlex.shlex(line, posix=True, punctuation_chars=False)
    words.whitespace_split = True
    # No letter begins a comment here: a system text may hold any, and begin with a heading's mark.
    words.commenters = words.escape = ""
    try:
        return list(words)
    except ValueError:
        message = f"A quote is never closed in: {shorten(render_plain(line), 80)}"
        raise ParameterError(message) from None


def _filled(words: list[str], names: Mapping[str, Any]) -> Iterator[str]:
    for before, word in zip(["", *words], words, strict=False):
        yield word if before in _TAKES_CODE else fill(word, names)


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would end the program, or only write a line that no test of a notebook sees."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            message = _unknown(unknown)
        said = shorten(render_plain(message), 300).removesuffix(".")
        text = f"%%tr: {said}{'' if said.endswith('?') else '.'} See %tr help."
        raise ParameterError(text)


def _parser() -> _Parser:
    parser = _Parser(
        prog="%%tr",
        description="Ask a model; the text of the cell is the question.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    for name, short, kind, shown, words in _OPTIONS:
        names = [f"--{name}"] if short is None else [short, f"--{name}"]
        target = "variable" if name == "as" else name.replace("-", "_")
        if kind is None:
            parser.add_argument(*names, dest=target, action="store_true", help=words)
        else:
            action = "append" if name in _REPEATED else "store"
            parser.add_argument(*names, dest=target, action=action, type=kind, metavar=shown, help=words)
    return parser


def _unknown(given: str) -> str:
    first = given.split(maxsplit=1)[0]
    if not first.startswith("-"):
        return f"the question belongs below this line, not on it: {given}"
    near = difflib.get_close_matches(first, OPTION_NAMES, n=1)
    return f"there is no option {first}" + (f"; did you mean {near[0]}?" if near else "")
