"""Which model is meant, and what is refused before it is asked."""

import pytest

from toprouter_nb import errors
from toprouter_nb.guards import add_near_ids, choose_model, refuse_images
from toprouter_nb.settings import Settings


@pytest.fixture(autouse=True)
def _empty_catalogue(monkeypatch, tmp_path):
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))


def test_a_named_model_is_the_one_that_is_asked():
    """The call's model comes first, then the configured one; a remote one is never replaced."""
    settings = Settings(model="configured/model")
    assert choose_model("named/model", settings) == "named/model"
    assert choose_model(None, settings) == "configured/model"


def test_without_a_name_a_key_decides():
    """With a key it is a remote model, with none the one of this machine."""
    assert choose_model(None, Settings(api_key="sk-123456789")) == "google/gemini-3.5-flash"
    assert choose_model(None, Settings()) == "local/smollm2-135m"


def test_an_unknown_local_model_is_refused_with_near_ids():
    """The models of this machine are known, so a slip is noticed at once."""
    with pytest.raises(errors.UnknownModelError, match=r"Did you mean local/smollm2-135m"):
        choose_model("local/smollm2", Settings())


def test_images_are_refused_for_a_model_that_takes_none():
    """What is known to be blind is not shown a picture; what is not known may be."""
    with pytest.raises(errors.ImageError, match=r"local/smollm2-135m takes no images\. .*local/ocr"):
        refuse_images("local/smollm2-135m", Settings())
    refuse_images("any/model", Settings())


def test_a_model_the_server_does_not_know_gets_near_ids():
    """The server's words stay, and what is known to look like it follows."""
    error = errors.NotFoundError("No such model.")
    add_near_ids(error, "smollm2-135", Settings())
    assert str(error).startswith("No such model. Did you mean local/smollm2-135m")
    other = errors.NotFoundError("No such model.")
    add_near_ids(other, "nothing/alike-at-all", Settings())
    assert str(other) == "No such model."
