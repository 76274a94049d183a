"""The models that answer on this machine: their ids and what each one can do.

Knows nothing of files, processes or HTTP.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from toprouter_nb.errors import UnknownModelError
from toprouter_nb.plain import render_plain, shorten

SMOLLM2_ID = "local/smollm2-135m"
FEWSHOT_ID = "local/smollm2-135m-fewshot"
OCR_ID = "local/ocr"
# SmolLM2 was trained on 8,192; half of it keeps the memory of two slots small.
CONTEXT_TOKENS = 4_096


@dataclasses.dataclass(frozen=True, slots=True)
class LocalModel:
    """One model of this machine.

    Attributes
    ----------
    id
        What `model=` takes; begins with `local/`.
    name
        For people.
    context_tokens
        Tokens of one request and its reply together; None where the model counts none.
    takes_images
        True where image parts are read.
    note
        One sentence: what to expect of it.

    Examples
    --------
    >>> MODELS[0].id
    'local/smollm2-135m'
    """

    id: str
    name: str
    context_tokens: int | None
    takes_images: bool
    note: str


MODELS: tuple[LocalModel, ...] = (
    LocalModel(
        SMOLLM2_ID,
        "SmolLM2 135M Instruct",
        CONTEXT_TOKENS,
        takes_images=False,
        note="A real but very small model: good for trying everything out, bad at facts.",
    ),
    LocalModel(
        FEWSHOT_ID,
        "SmolLM2 135M Instruct, with worked examples",
        CONTEXT_TOKENS,
        takes_images=False,
        note="The same weights after four worked examples, which the usage counts: briefer, more to the point.",
    ),
    LocalModel(
        OCR_ID,
        "Text recognition (RapidOCR)",
        None,
        takes_images=True,
        note="Answers with the text found in the image; it is no language model and counts no tokens.",
    ),
)


def own_model(gguf: Path) -> LocalModel:
    """Describe the model of a GGUF file of the user's own.

    Examples
    --------
    >>> own_model(Path("/models/My Model.Q8_0.gguf")).id
    'local/My-Model.Q8_0'
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", gguf.stem).strip("-.") or "model"
    note = "Your own GGUF file, with its own chat template."
    model_id, name = f"local/{shorten(stem, 80)}", shorten(gguf.name, 80)
    return LocalModel(model_id, name, CONTEXT_TOKENS, takes_images=False, note=note)


def find_model(model_id: str, gguf: Path | None = None) -> LocalModel:
    """Look up a model by its id.

    Parameters
    ----------
    model_id
        Compared exactly, capital letters included.
    gguf
        The user's own GGUF file, which adds one id; None for none.

    Raises
    ------
    UnknownModelError
        No local model has this id; the message names the nearest ones.

    Examples
    --------
    >>> find_model("local/ocr").takes_images
    True
    """
    models = (*MODELS, own_model(gguf)) if gguf else MODELS
    for model in models:
        if model.id == model_id:
            return model
    raise UnknownModelError(explain_unknown(model_id, [model.id for model in models]))


def explain_unknown(model_id: str, known: Iterable[str]) -> str:
    """Say that there is no such model, with the nearest ids, or all of them where none is near.

    Examples
    --------
    >>> explain_unknown("local/ocrr", ["local/ocr", "local/smollm2-135m"])
    "There is no model 'local/ocrr' here. Did you mean local/ocr?"
    """
    ids = list(known)
    near = difflib.get_close_matches(model_id[:200], ids, n=3, cutoff=0.6)
    asked = shorten(render_plain(repr(model_id)), 80)
    if near:
        return f"There is no model {asked} here. Did you mean {' or '.join(near)}?"
    return f"There is no model {asked} here. This server has {', '.join(ids) or 'none at the moment'}."
