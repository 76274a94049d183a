"""A scorer: a function of a row that says how good its answer is, with a name and a version.

Knows nothing of runs: when it is called, within which time, and what becomes of its errors is decided there.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, overload

from ...errors import ParameterError
from ...plain import render_plain, shorten
from ..row import COLUMNS

_NAME_CHARACTERS = 200
# Scores stand in the table of rows, under the scorer's name.
_TAKEN = {*COLUMNS, "prompt", "reference", "cost_usd", "variant"}
Judgement = Callable[[Any], Any]


class Scorer:
    """A function of a row, with a name and a version; call it with a row to try it.

    Made by `scorer`, or by one of `scorers`.

    Parameters
    ----------
    function
        Takes a row and returns a number, a truth value, a dict with "value" and details, or None for no score. What
        it raises becomes the error of the row's score.
    name
        Of its scores in the tables: 1 to 200 printable characters.
    version
        A number or a text; another version's scores stand beside the old ones.

    Raises
    ------
    ParameterError
        The function cannot be called with one row, or name or version are none.

    Examples
    --------
    >>> short = Scorer(lambda row: len(row.answer) < 80, name="short", version=1)
    >>> short({"answer": "Paris."})
    True
    """

    def __init__(self, function: Judgement, *, name: str, version: str | int) -> None:
        _check_function(function)
        if not isinstance(name, str) or not 0 < len(name) <= _NAME_CHARACTERS or not name.isprintable():
            message = f"A scorer's name is a text of 1 to {_NAME_CHARACTERS} printable characters, not {_shown(name)}."
            raise ParameterError(message)
        if isinstance(version, bool) or not isinstance(version, str | int) or not str(version).isprintable():
            message = f"A scorer's version is a number or a text, not {_shown(version)}."
            raise ParameterError(message)
        self.name = name
        self.version = str(version)
        self.__wrapped__ = function
        self.__doc__ = function.__doc__ or type(self).__doc__

    def __call__(self, row: Any) -> Any:
        """Score one row: an object with `answer` and `reference`, or a dict of these and whatever else it needs."""
        return self.__wrapped__(SimpleNamespace(**row) if isinstance(row, Mapping) else row)

    def __repr__(self) -> str:
        """Show the name and the version."""
        return f"Scorer({self.name!r}, version={self.version})"


@overload
def scorer(function: Judgement, /) -> Scorer: ...
@overload
def scorer(*, version: str | int = 1, name: str | None = None) -> Callable[[Judgement], Scorer]: ...
def scorer(
    function: Judgement | None = None, /, *, version: str | int = 1, name: str | None = None
) -> Scorer | Callable[[Judgement], Scorer]:
    """Make a scorer of a function of a row.

    The row has `answer`, `reference`, `prompt`, `model`, `status`, `latency_s` and the other columns of a run as
    attributes. Scores are kept by name and version: raise the version when the function changes, and the rows are
    scored again without a call.

    Parameters
    ----------
    version
        A number or a text.
    name
        In the tables; None takes the function's.

    Raises
    ------
    ParameterError
        The function cannot be called with one row, or name or version are none.

    Examples
    --------
    >>> @scorer(version=1)
    ... def last_number(row):
    ...     words = row.answer.replace(".", " ").split()
    ...     return bool(words) and words[-1] == row.reference
    >>> last_number
    Scorer('last_number', version=1)
    >>> last_number({"answer": "It is 42.", "reference": "42"})
    True
    """
    if function is None:
        return functools.partial(_make, version=version, name=name)
    return _make(function, version=version, name=name)


def read_scorers(given: object) -> list[Scorer]:
    """Return what was passed as `scorers=` as a list of scorers, each name once.

    One of `scorers` may be passed as it is where it needs nothing: `scorers.exact` is `scorers.exact()`.

    Raises
    ------
    ParameterError
        Something is no scorer, two have the same name, or one has the name of a column of rows.

    Examples
    --------
    >>> from toprouter_nb.experiment import scorers
    >>> read_scorers([scorers.exact, scorers.numeric(tol=0.5)])
    [Scorer('exact', version=1), Scorer('numeric(tol=0.5)', version=1)]
    """
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    read = [_read(entry) for entry in listed]
    names = [entry.name for entry in read]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        message = f"Two scorers have the name {twice!r}. Give one another with @scorer(name=...)."
        raise ParameterError(message)
    taken = next((name for name in names if name in _TAKEN), None)
    if taken is not None:
        message = f"A scorer cannot be called {taken!r}: rows have a column of that name. Use @scorer(name=...)."
        raise ParameterError(message)
    return read


def built_in(make: Callable[..., Scorer]) -> Callable[..., Scorer]:
    """Mark a function that makes a scorer, so that it can be passed without being called."""
    make.makes_scorer = True  # type: ignore[attr-defined]  # a function takes attributes
    return make


def _read(entry: object) -> Scorer:
    if isinstance(entry, Scorer):
        return entry
    if getattr(entry, "makes_scorer", False) and callable(entry):
        needed = [p.name for p in inspect.signature(entry).parameters.values() if p.default is p.empty]
        if needed:
            name = getattr(entry, "__name__", "")
            message = f"scorers.{name} needs {', '.join(needed)}: write scorers.{name}({', '.join(needed)}=...)."
            raise ParameterError(message)
        made: Scorer = entry()
        return made
    hint = "Put @scorer(version=1) above the function." if callable(entry) else "See toprouter_nb.scorers."
    message = f"{_shown(getattr(entry, '__name__', entry))} is no scorer. {hint}"
    raise ParameterError(message)


def _make(function: Judgement, *, version: str | int, name: str | None) -> Scorer:
    named = getattr(function, "__name__", "") if name is None else name
    return Scorer(function, name=named, version=version)


def _check_function(function: object) -> None:
    if not callable(function) or inspect.iscoroutinefunction(function):
        message = f"A scorer is a plain function of a row, not {_shown(function)}."
        raise ParameterError(message)
    try:
        inspect.signature(function).bind("row")
    except TypeError:
        message = f"{getattr(function, '__name__', 'The scorer')} cannot be called with a row alone: def f(row): ..."
        raise ParameterError(message) from None
    except ValueError:  # a function of C without a signature: it will be called to see
        return


def _shown(value: object) -> str:
    return shorten(render_plain(repr(value)), 60)
