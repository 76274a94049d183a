"""Says why a question is not in a lesson: which recorded one is nearest, and what differs.

Pure; for people.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from ..plain import render_plain, shorten
from .asked import Asked, text_of

# What a person needs to recognise a question by, and what a comparison of many may cost.
_SHOWN_CHARACTERS = 80
_COMPARED_CHARACTERS = 400
_COMPARED = 10
_MOST_DIFFERENCES = 4


def explain_miss(asked: Asked, recorded: Iterable[Asked]) -> str:
    """Return two or three sentences about a question nobody recorded.

    Examples
    --------
    >>> hi = Asked("a/b", ({"role": "user", "content": "Hi"},), {})
    >>> print(explain_miss(hi, [Asked("a/c", hi.messages, {"seed": 1})]))
    The lesson has no answer to 'Hi'. The nearest recorded question is 'Hi'; what differs: model (recorded 'a/c', \
asked 'a/b'); seed (recorded 1, asked without).
    """
    # A real comparison costs up to the product of two lengths, so only those that may be near are compared so.
    likely = heapq.nlargest(_COMPARED, recorded, key=lambda other: _likeness(asked, other, SequenceMatcher.quick_ratio))
    nearest = max(likely, key=lambda other: _likeness(asked, other, SequenceMatcher.ratio))
    found = list(_differences(asked, nearest))
    told = "; ".join(found[:_MOST_DIFFERENCES]) + ("; …" if len(found) > _MOST_DIFFERENCES else "")
    return (
        f"The lesson has no answer to {_show(asked.text)}. The nearest recorded question is "
        f"{_show(nearest.text)}; what differs: {told}."
    )


def _likeness(asked: Asked, other: Asked, measure: Callable[[Any], float]) -> float:
    """Return how near a question is: first by what the last turn says, then by all else."""
    mine, theirs = asked.text[:_COMPARED_CHARACTERS], other.text[:_COMPARED_CHARACTERS]
    likeness = measure(SequenceMatcher(None, mine, theirs, autojunk=False))
    same = [asked.model == other.model, asked.options == other.options, len(asked.messages) == len(other.messages)]
    return 4 * likeness + sum(same) / len(same)


def _differences(asked: Asked, other: Asked) -> Iterator[str]:
    if asked.model != other.model:
        yield f"model (recorded {_show(other.model)}, asked {_show(asked.model)})"
    for name in sorted({*asked.options, *other.options}):
        if asked.options.get(name) != other.options.get(name):
            yield f"{name} (recorded {_option(other.options, name)}, asked {_option(asked.options, name)})"
    if len(asked.messages) != len(other.messages):
        yield f"turns (recorded {len(other.messages)}, asked {len(asked.messages)})"
    for place, (mine, theirs) in enumerate(zip(asked.messages, other.messages, strict=False), start=1):
        if mine != theirs:
            yield _turn_difference(place, mine, theirs)
            return


def _turn_difference(place: int, mine: Mapping[str, object], theirs: Mapping[str, object]) -> str:
    said, recorded = text_of(mine), text_of(theirs)
    role = str(mine.get("role"))
    if said == recorded:
        return f"turn {place} ({role}), in its images or its role"
    begin = next((i for i, pair in enumerate(zip(said, recorded, strict=False)) if pair[0] != pair[1]), None)
    start = max((min(len(said), len(recorded)) if begin is None else begin) - 20, 0)
    lead = "…" if start else ""
    return f"turn {place} ({role}: recorded {_show(lead + recorded[start:])}, asked {_show(lead + said[start:])})"


def _option(options: Mapping[str, object], name: str) -> str:
    return shorten(render_plain(repr(options[name])), _SHOWN_CHARACTERS) if name in options else "without"


def _show(text: str) -> str:
    return repr(shorten(render_plain(text), _SHOWN_CHARACTERS))
