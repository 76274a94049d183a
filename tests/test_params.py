"""Request options are checked before anything is sent."""

import math

import numpy as np
import pytest

from toprouter_nb.errors import ParameterError
from toprouter_nb.params import check_model_id, check_params


def test_allowed_options_pass_through_as_the_wire_spells_them():
    """Every option of the reference arrives unchanged, and None is not sent."""
    options = {"temperature": 0.7, "top_p": 1, "max_tokens": 5, "frequency_penalty": -2, "presence_penalty": 2}
    options |= {"stop": ["a", "b"], "seed": -3}
    assert check_params({**options, "extra": {"logit_bias": {"1": 2}}}) == {**options, "logit_bias": {"1": 2}}
    assert check_params(dict.fromkeys(options)) == {}


def test_numbers_of_numpy_are_numbers():
    """A value taken out of an array or a frame is as good as a literal, and is sent as a plain number."""
    checked = check_params({"temperature": np.float64(0.5), "max_tokens": np.int64(7), "seed": np.int32(1)})
    assert checked == {"temperature": 0.5, "max_tokens": 7, "seed": 1}
    assert {type(value) for value in checked.values()} == {float, int}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"temperature": 3}, "temperature must be a number from 0 to 2, not 3."),
        ({"temperature": -0.1}, "temperature must be a number from 0 to 2, not -0.1."),
        ({"temperature": math.nan}, "temperature must be a number from 0 to 2, not nan."),
        ({"temperature": True}, "temperature must be a number from 0 to 2, not True."),
        ({"temperature": "0.5"}, "temperature must be a number from 0 to 2, not '0.5'."),
        ({"top_p": 1.1}, "top_p must be a number from 0 to 1, not 1.1."),
        ({"max_tokens": 0}, "max_tokens must be a whole number of 1 or more, not 0."),
        ({"max_tokens": 1.5}, "max_tokens must be a whole number of 1 or more, not 1.5."),
        ({"frequency_penalty": 2.5}, "frequency_penalty must be a number from -2 to 2, not 2.5."),
        ({"presence_penalty": -3}, "presence_penalty must be a number from -2 to 2, not -3."),
        ({"seed": 1.0}, "seed must be a whole number, not 1.0."),
        ({"stop": []}, "stop must be a text, or a list of 1 to 4 texts, none empty, not []."),
        ({"stop": ""}, "stop must be a text, or a list of 1 to 4 texts, none empty, not ''."),
        (
            {"stop": list("abcde")},
            "stop must be a text, or a list of 1 to 4 texts, none empty, not ['a', 'b', 'c', 'd', 'e'].",
        ),
        ({"stop": ["a", ""]}, "stop must be a text, or a list of 1 to 4 texts, none empty, not ['a', '']."),
        (
            {"temprature": 1},
            (
                "There is no parameter temprature: did you mean temperature? "
                "Another field of the wire goes into extra={'temprature': ...}."
            ),
        ),
        (
            {"api_key": "sk-secret"},
            (
                "api_key is no option of a request. "
                "It belongs to Conversation(api_key=...) or tr.configure(api_key=...)."
            ),
        ),
        (
            {"messages": []},
            (
                "messages is no option of a request. A conversation makes them of its turns; "
                "Conversation.from_messages(messages) begins with some."
            ),
        ),
        ({"extra": 3}, "extra must be a dict of JSON fields by name, not 3."),
        ({"extra": {"model": "x"}}, "extra cannot hold 'model': it has a place of its own, pass it directly."),
        (
            {"extra": {"temperature": 1}},
            "extra cannot hold 'temperature': it has a place of its own, pass it directly.",
        ),
        (
            {"extra": {"x": object}},
            "extra['x'] cannot be sent as JSON: it holds a type. Use dicts, lists, texts and numbers.",
        ),
        (
            {"extra": {"x": math.inf}},
            "extra['x'] cannot be sent as JSON: it holds inf. Use dicts, lists, texts and numbers.",
        ),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(params, message):
    """Each wrong value is a ParameterError that says what is allowed."""
    with pytest.raises(ParameterError) as caught:
        check_params(params)
    assert str(caught.value) == message


@pytest.mark.parametrize("model", ["", "a b", " m", "m\n", "a\tb", "m\x1b[0m", None, 3, b"m"])
def test_a_model_id_is_one_printable_word(model):
    """Anything else is refused and the message shows an id that would do."""
    with pytest.raises(ParameterError, match=r"like 'google/gemini-3\.5-flash'"):
        check_model_id(model)
