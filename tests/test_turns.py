"""Turns: who speaks, and what; built from whatever a person passes."""

import copy
import io
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_samples import encoded, gradient
from turn_samples import parts, pictures, roles, texts, turns

from toprouter_nb.errors import ImageError, ParameterError
from toprouter_nb.frames import render_frame
from toprouter_nb.images import image
from toprouter_nb.parts import ImagePart, TextPart
from toprouter_nb.turns import Turn, assistant, part, system, user


@given(turns)
def test_turns_are_values(turn):
    """A turn survives copying, pickling and building it again from its own fields."""
    for twin in (copy.deepcopy(turn), pickle.loads(pickle.dumps(turn)), Turn(turn.role, turn.parts, turn.is_partial)):
        assert twin == turn
        assert hash(twin) == hash(turn)


@given(turns)
def test_text_and_images_are_all_parts(turn):
    """Joined text and images hold what the parts hold, in order."""
    assert turn.text == "\n\n".join(one.text for one in turn.parts if one.type == "text")
    assert [one for one in turn.parts if one.type == "image"] == list(turn.images)


@given(turns, turns)
def test_turns_are_equal_by_content(one, other):
    """Role, parts and the mark of a partial answer make a turn."""
    same = (one.role, one.parts, one.is_partial) == (other.role, other.parts, other.is_partial)
    assert (one == other) is same


@given(st.lists(st.one_of(texts, pictures, st.text(min_size=1)), min_size=1, max_size=4), roles)
def test_lists_become_tuples_and_texts_parts(given_parts, role):
    """Parts may come as a list or any iterable, and bare texts among them become parts."""
    turn = Turn(role, given_parts)
    assert turn == Turn(role, tuple(given_parts)) == Turn(role, iter(given_parts))
    assert turn.parts == tuple(TextPart(one) if isinstance(one, str) else one for one in given_parts)


@given(turns)
def test_shown_turns_are_short(turn):
    """A turn is shown by its role, the beginning of its text and its images."""
    shown = repr(turn)
    assert shown.startswith(f"Turn({turn.role!r}, ")
    assert len(shown) < 600
    assert shown.endswith("is_partial=True)") is turn.is_partial


def test_whole_repr():
    """What a turn looks like."""
    turn = Turn("user", ["Look:\x1b[31m", ImagePart(url="https://example.com/a.png")])
    assert repr(turn) == r"Turn('user', 'Look:\\x1b[31m', ImagePart('https://example.com/a.png'))"
    assert repr(Turn("assistant", "x" * 100, is_partial=True)) == f"Turn('assistant', '{'x' * 59}…', is_partial=True)"
    assert repr(Turn("assistant", ())) == "Turn('assistant', '')"


@pytest.mark.parametrize("role", ["", "tool", "User", None, 3, [], "user\n" * 100])
def test_other_roles_are_refused(role):
    """There are three roles."""
    with pytest.raises(ParameterError, match="'system', 'user' or 'assistant'"):
        Turn(role, "text")


@pytest.mark.parametrize("wrong", [3, None, b"text", [3], [b"text"], [["text"]], {"text": 1}.values()])
def test_other_parts_are_refused(wrong):
    """A turn holds parts and texts, nothing else."""
    with pytest.raises(ParameterError, match=r"Build it with user\(...\)"):
        Turn("user", wrong)


@pytest.mark.parametrize(("role", "is_allowed"), [("system", False), ("user", False), ("assistant", True)])
def test_only_an_answer_may_be_empty(role, is_allowed):
    """A model may say nothing; the others may not."""
    if is_allowed:
        assert Turn(role, []).parts == ()
    else:
        with pytest.raises(ParameterError, match="needs at least one part"):
            Turn(role, [])


def test_builders_set_the_role():
    """Each builder makes a turn of its role."""
    assert [turn.role for turn in (system("a"), user("a"), assistant("a"))] == ["system", "user", "assistant"]
    assert user("a", "b").parts == (TextPart("a"), TextPart("b"))


@pytest.mark.parametrize("build", [user, lambda: user(""), lambda: user(" \n", "\t"), lambda: system("")])
def test_empty_messages_are_refused(build):
    """Nothing, or only white space, is not sent."""
    with pytest.raises(ParameterError, match="message is empty"):
        build()


def test_image_alone_is_a_message():
    """An image needs no text."""
    assert user(gradient()).images == (image(gradient()),)


def test_everything_a_person_passes_becomes_parts():
    """Texts, tables, pictures, arrays and bytes become parts in the order they were passed."""
    frame = pd.DataFrame({"a": [1]})
    turn = user("https://example.com/a.png", frame, gradient(), np.asarray(gradient()), encoded(gradient(), "JPEG"))
    assert [one.type for one in turn.parts] == ["text", "text", "image", "image", "image"]
    assert turn.parts[0] == TextPart("https://example.com/a.png")
    assert turn.parts[1] == TextPart(render_frame(frame))


@given(parts)
def test_part_of_a_part_is_itself(one):
    """A part is passed on as it is."""
    assert part(one) is one


@pytest.mark.parametrize("wrong", [object(), io.BytesIO(b"x"), b"no image"])
def test_what_is_no_image_is_refused(wrong):
    """What might be an image and is none is a typed error, which says what an image is."""
    with pytest.raises(ImageError):
        user("Look:", wrong)


@pytest.mark.parametrize(
    ("source", "kind", "advice"),
    [
        (5, "int", "Pass a text, as str(...) makes one."),
        (np.float64(0.5), "float64", "Pass a text, as str(...) makes one."),
        (None, "NoneType", "Pass a text, as str(...) makes one."),
        (["a", "b"], "list", "Pass its items one by one: *items."),
        ((one for one in "ab"), "generator", "Pass its items one by one: *items."),
        (
            [{"role": "user", "content": "a"}],
            "list",
            "Pass a text, as json.dumps(...) makes one; a list of messages is for Conversation.from_messages(...).",
        ),
        (user("a"), "Turn", "Pass its parts: *turn.parts."),
    ],
)
def test_what_is_no_part_is_told_with_what_to_pass_instead(source, kind, advice):
    """Who passes a number or a list to `ask` hears of texts, and not of image files."""
    with pytest.raises(ParameterError) as caught:
        user("Look:", source)
    assert str(caught.value) == f"A turn is made of texts, images, figures and DataFrames, not of {kind}. {advice}"
