"""What stands in braces becomes the notebook's value, and a mistake is told before anything is sent."""

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb import image
from toprouter_nb.errors import ParameterError
from toprouter_nb.magics.template import expand

NAMES = {"topic": "tides", "n": 3, "d": {"a:b": 1, "}": 2}, "x": 0.5, "s": slice, "_hidden": 1, "rows": [1, 2, 3]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{topic}", "tides"),
        ("{ topic }", "tides"),
        ("{n+1}", "4"),
        ("{d['a:b']}", "1"),
        ("{d['}']}", "2"),
        ("{x:.2f}", "0.50"),
        ("{topic!r}", "'tides'"),
        ("{topic!r:>8}", " 'tides'"),
        ("{rows[1:]}", "[2, 3]"),
        ("{n != 4}", "True"),
        ("{ {'k': n}['k'] }", "3"),
        ("{{topic}}", "{topic}"),
        ("{{{topic}}}", "{tides}"),
        ("f(){} ends }", "f(){} ends }"),
        ("{'{topic}'}", "{topic}"),
        ("no braces", "no braces"),
        ("{sum(r for r in rows if r > n - 2)}", "5"),
    ],
)
def test_a_field_is_read_as_in_an_f_string(text, expected):
    """Expressions, formats, conversions, quotes and nested brackets mean what they mean in an f-string."""
    assert expand(text, NAMES) == [expected]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{topci}",
            "{topci}: there is no variable 'topci'. Did you mean 'topic'? For a brace itself write it twice: {{ or }}.",
        ),
        ("{hiden}", "{hiden}: there is no variable 'hiden'. For a brace itself write it twice: {{ or }}."),
        ("{1/0}", "{1/0} failed: ZeroDivisionError: division by zero"),
        ("{a b}", "{a b} is no variable and no Python expression. For a brace itself write it twice: {{ or }}."),
        ("{topic", "The brace of {topic is never closed. For a brace itself write it twice: {{ or }}."),
        (
            '{"a": 1}',
            '{"a": 1}: Space not allowed in string format specifier. For a brace itself write it twice: {{ or }}.',
        ),
        ("{n:zz}", "{n:zz}: "),
        (f"{{{'-' * 30_000}1}}", "{---"),
        (f"{{x y{': z' * 30_000}}}", "{x y: z"),
    ],
)
def test_a_mistake_in_braces_is_told(text, message):
    """The message quotes the field, names what looks like it, and says how to write a brace."""
    with pytest.raises(ParameterError) as caught:
        expand(text, NAMES)
    assert str(caught.value).startswith(message)


def test_pictures_and_tables_are_parts_of_their_own():
    """A figure, an image part and a DataFrame go where they stand; an array is text."""
    figure, frame, picture = matplotlib.figure.Figure(), pd.DataFrame({"a": [1]}), image("https://example.com/a.png")
    names = {"figure": figure, "frame": frame, "picture": picture, "array": np.zeros(2)}
    parts = expand("See {figure} and {frame}{picture} {array}", names)
    assert parts[0] == "See "
    assert parts[1] is figure
    assert parts[3] is frame
    assert parts[4] is picture
    assert parts[5] == " [0. 0.]"


def test_a_value_is_never_expanded_again():
    """What a variable holds may come from a model: braces in it stay as they are."""
    assert expand("{text}", {"text": "{__import__('os')}"}) == ["{__import__('os')}"]


@given(st.text(alphabet="ab{}'\"[]():!. 1", max_size=30))
def test_any_text_is_expanded_or_refused(text):
    """No text, however odd, ends in anything but parts or a `ParameterError`."""
    try:
        parts = expand(text, {"a": 1, "b": "x"})
    except ParameterError:
        return
    assert all(isinstance(part, str) for part in parts)


@given(st.text(max_size=60))
def test_doubled_braces_stand_for_any_text(text):
    """A text with its braces doubled comes out as it was."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert "".join(expand(doubled, {})) == ("" if not text.strip() else text)


def test_a_value_that_cannot_be_shown_is_told_as_such():
    """Whatever a value raises when it is made a text, is one clear error with what was typed."""

    class Bad:
        def __str__(self):
            message = "no words"
            raise RuntimeError(message)

    with pytest.raises(ParameterError, match=r"^\{bad\}: no words\. "):
        expand("X {bad}", {"bad": Bad()})
