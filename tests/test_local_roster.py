"""The ids of the local models, and what is said about an id that is none."""

from pathlib import Path

import pytest

from toprouter_nb.errors import UnknownModelError
from toprouter_nb.local import MODELS, find_model, own_model
from toprouter_nb.local.roster import explain_unknown


def test_the_ids_are_a_contract():
    """These three ids are what `model=` takes; only text recognition takes images."""
    assert [model.id for model in MODELS] == ["local/smollm2-135m", "local/smollm2-135m-fewshot", "local/ocr"]
    assert [model.takes_images for model in MODELS] == [False, False, True]
    assert [model.context_tokens for model in MODELS] == [4096, 4096, None]


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("qwen.gguf", "local/qwen"),
        ("Qwen 2.5 (0.5B).Q4_K.gguf", "local/Qwen-2.5-0.5B-.Q4_K"),
        ("é.gguf", "local/model"),
        ("x" * 200 + ".gguf", "local/" + "x" * 79 + "…"),
    ],
)
def test_an_own_file_gives_an_id(name, model_id):
    """The id of a file of one's own is its name in plain letters."""
    model = own_model(Path(name))
    assert model.id == model_id
    assert find_model(model_id, Path(name)) == model


def test_unknown_ids_are_explained():
    """A near id is proposed; where none is near all are listed; control bytes are shown as escapes."""
    with pytest.raises(UnknownModelError, match=r"Did you mean local/ocr\?"):
        find_model("local/orc")
    assert explain_unknown("x\x1b", ["local/ocr"]) == r"There is no model 'x\x1b' here. This server has local/ocr."
    assert explain_unknown("x", []) == "There is no model 'x' here. This server has none at the moment."
