"""Finding a model among cards: by id, by likeness, by what it takes."""

import pytest

from toprouter_nb.cards import ModelCard
from toprouter_nb.errors import ImageError, UnknownModelError
from toprouter_nb.lookup import check_images, check_model, find_card, near_ids

CARDS = (
    ModelCard("local/smollm2-135m", takes_images=False, is_local=True),
    ModelCard("local/ocr", takes_images=True, is_local=True),
    ModelCard("google/gemini-3.5-flash", takes_images=True),
    ModelCard("google/gemini-3.5-pro", takes_images=True),
    ModelCard("anthropic/claude-4.6-sonnet", takes_images=True),
    ModelCard("plain/text", takes_images=False),
    ModelCard("plain/silent"),
)
LOCAL = CARDS[:2]


def test_a_listed_model_is_found():
    """The card of a listed id comes back."""
    assert check_model("plain/text", CARDS) is CARDS[5]
    assert find_card("nobody/knows", CARDS) is None


def test_a_variant_has_the_card_of_its_model():
    """What follows a colon chooses a variant, which is listed or is as good as its model."""
    free = ModelCard("plain/text:free")
    assert check_model("plain/text:nitro", CARDS) is CARDS[5]
    assert check_model("plain/text:free", (*CARDS, free)) is free


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "gemini-3.5-flsh",
            "There is no model 'gemini-3.5-flsh'. Did you mean google/gemini-3.5-flash or google/gemini-3.5-pro?",
        ),
        ("claude-4.6-sonet", "There is no model 'claude-4.6-sonet'. Did you mean anthropic/claude-4.6-sonnet?"),
        ("local/smollm-135m", "There is no model 'local/smollm-135m'. Did you mean local/smollm2-135m?"),
        ("zzz", "There is no model 'zzz'. models() lists them all, models('part of a name') finds one."),
    ],
)
def test_an_unknown_model_is_refused_with_the_nearest_ids(model, message):
    """The message names up to three ids that look like the one asked for, or how to search."""
    with pytest.raises(UnknownModelError) as caught:
        check_model(model, CARDS)
    assert str(caught.value) == message
    assert caught.value.kind == "not_found"


def test_without_a_list_every_remote_model_passes():
    """Where the gateway's list is not known nothing is refused; unknown local ids are, for their list is complete."""
    assert check_model("any/model", LOCAL) is None
    assert check_model("any/model", ()) is None
    with pytest.raises(UnknownModelError):
        check_model("local/none", LOCAL)


def test_images_are_refused_with_models_that_take_them():
    """The message of a refused image names models that take images, those of this machine first."""
    with pytest.raises(ImageError) as caught:
        check_images("plain/text", CARDS)
    assert str(caught.value) == (
        "plain/text takes no images. These do: local/ocr, google/gemini-3.5-flash, google/gemini-3.5-pro."
    )
    with pytest.raises(ImageError, match=r"takes no images\. models\(images=True\) lists those that do\."):
        check_images("plain/text", CARDS[5:])


@pytest.mark.parametrize("model", ["google/gemini-3.5-flash", "plain/silent", "nobody/knows"])
def test_images_pass_where_they_are_taken_or_nothing_is_known(model):
    """Only a card that says no refuses an image."""
    check_images(model, CARDS)


@pytest.mark.parametrize("model", ["", "\x00", "x" * 100_000, "ä" * 50])
def test_any_text_can_be_looked_up(model):
    """Odd and huge ids are looked up in no time, and shown shortened and escaped."""
    assert near_ids(model, CARDS) == []
    with pytest.raises(UnknownModelError) as caught:
        check_model(model, CARDS)
    assert len(str(caught.value)) < 200
    assert "\x00" not in str(caught.value)


def test_near_ids_are_the_nearest_first():
    """The id with the fewest differences comes first, ties in the order of the alphabet."""
    assert near_ids("google/gemini-3.5-pr", CARDS) == ["google/gemini-3.5-pro", "google/gemini-3.5-flash"]
    assert near_ids("GOOGLE/GEMINI-3.5-PRO", CARDS)[0] == "google/gemini-3.5-pro"
