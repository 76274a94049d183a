"""What `compare` may be asked: prompts and models, checked before anything is sent.

Pure: knows nothing of conversations.
"""

import dataclasses
from collections.abc import Iterable, Mapping

from ..errors import ParameterError
from ..params import check_model_id
from ..plain import shorten
from ..turns import user

MOST_MODELS = 100
# A name is a row's label; a whole document as one would fill every table.
_NAME_CHARACTERS = 2_000


@dataclasses.dataclass(frozen=True, slots=True)
class Prompt:
    """One question.

    Attributes
    ----------
    name
        What stands for it in tables: the name given to it, else its text.
    parts
        As `ask` takes them.
    """

    name: str
    parts: tuple[object, ...]


def check_prompts(prompts: object) -> tuple[Prompt, ...]:
    """Read prompts: one, a list, a Series or a dict by name; each a text, or a tuple of parts.

    Raises
    ------
    ParameterError, ImageError
        There is none, one is no question, or two have the same name.

    Examples
    --------
    >>> [prompt.name for prompt in check_prompts({"short": "Hi", "long": ("Hello", "there")})]
    ['short', 'long']
    """
    named = _named(prompts)
    checked = tuple(_check_prompt(name, prompt) for name, prompt in named)
    if not checked:
        message = "compare needs at least one prompt: a text, a list of texts, or a dict of name and text."
        raise ParameterError(message)
    _refuse_twins("prompt", [prompt.name for prompt in checked])
    return checked


def check_models(models: object) -> tuple[str, ...]:
    """Read model ids: one, or several of them.

    Raises
    ------
    ParameterError
        There is none, one is no model id, they are more than 100, or one stands there twice.

    Examples
    --------
    >>> check_models("any/model")
    ('any/model',)
    """
    given = [models] if isinstance(models, str) else models
    if not isinstance(given, Iterable) or isinstance(given, Mapping | bytes):
        message = f"compare takes a list of model ids, not {type(models).__name__}. See tr.models()."
        raise ParameterError(message)
    checked = tuple(check_model_id(model) for model in given)
    if not 1 <= len(checked) <= MOST_MODELS:
        message = f"compare takes 1 to {MOST_MODELS} models, not {len(checked)}. See tr.models()."
        raise ParameterError(message)
    _refuse_twins("model", checked)
    return checked


def _named(prompts: object) -> list[tuple[str | None, object]]:
    if isinstance(prompts, str | tuple):
        return [(None, prompts)]
    if isinstance(prompts, Mapping):
        return [(str(name), prompt) for name, prompt in prompts.items()]
    # A table has columns, and only the person knows which of them is the question.
    if not isinstance(prompts, Iterable) or isinstance(prompts, bytes) or hasattr(prompts, "columns"):
        message = (
            f"compare takes a text, a list of them, a Series or a dict of name and text, not {type(prompts).__name__}."
        )
        raise ParameterError(message)
    return [(None, prompt) for prompt in prompts]


def _check_prompt(name: str | None, prompt: object) -> Prompt:
    turn = user(*prompt) if isinstance(prompt, tuple) else user(prompt)
    own = shorten(turn.text, _NAME_CHARACTERS) or f"{len(turn.images)} images"
    return Prompt(own if name is None else name, turn.parts)


def _refuse_twins(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            hint = "Give each a name, with a dict." if kind == "prompt" else "Name each once."
            message = f"The {kind} {shorten(repr(name), 100)} stands there twice. {hint}"
            raise ParameterError(message)
        seen.add(name)
