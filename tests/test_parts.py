"""Text and images as values: equal by content, frozen, short when shown."""

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from turn_samples import parts, pictures

from toprouter_nb.errors import ImageError, ParameterError
from toprouter_nb.parts import ImagePart, TextPart


@given(parts)
def test_parts_are_values(part):
    """A copy is equal, has the same hash, and survives pickling."""
    for twin in (copy.deepcopy(part), pickle.loads(pickle.dumps(part)), dataclasses.replace(part)):
        assert twin == part
        assert hash(twin) == hash(part)


@given(parts, parts)
def test_parts_are_equal_by_content(one, other):
    """Two parts are equal exactly when their content is."""
    content = [
        (part.type, getattr(part, "text", None) or getattr(part, "url", None), getattr(part, "data", None))
        for part in (one, other)
    ]
    same_type = getattr(one, "media_type", None) == getattr(other, "media_type", None)
    assert (one == other) == (content[0] == content[1] and same_type)


@given(pictures)
def test_size_and_note_are_not_compared(part):
    """The same bytes are the same image, whatever is noted about them."""
    assert dataclasses.replace(part, note="something else", width=None, height=None) == part


@given(parts)
def test_shown_parts_are_short_and_safe(part):
    """However long a part is, it is shown in one line of bounded length, without control characters."""
    shown = repr(part)
    assert len(shown) < 650
    assert shown.isprintable()


def test_image_shows_its_type_and_sizes():
    """An image shows what it is and how large; where only the bytes are known, their number."""
    part = ImagePart(data=b"x" * 1_234, media_type="image/png", width=40, height=30)
    assert repr(part) == "ImagePart(image/png, 40x30, 1,234 bytes)"
    assert repr(ImagePart(data=b"x", media_type="image/gif")) == "ImagePart(image/gif, 1 bytes)"


@pytest.mark.parametrize("fields", [{}, {"url": "https://example.com", "data": b"x"}])
def test_image_holds_one_of_address_and_data(fields):
    """Neither and both are refused."""
    with pytest.raises(ImageError, match="either a url or data"):
        ImagePart(**fields)


@pytest.mark.parametrize("part", [TextPart("a"), ImagePart(url="https://example.com")])
def test_parts_are_frozen(part):
    """A part cannot be changed, and has no place for more fields."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(part, dataclasses.fields(part)[0].name, "other")
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(part, "extra", 1)


def test_types_are_the_words_of_the_wire():
    """A part says which of the two types it is."""
    assert (TextPart.type, ImagePart.type) == ("text", "image")


def test_a_text_part_holds_a_text():
    """Anything else is refused at once, not when it is shown or sent."""
    with pytest.raises(ParameterError, match="holds a text, not int"):
        TextPart(5)
