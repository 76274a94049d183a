"""The line of a `%%tr` cell is read like a command line, and a mistake on it is an error that says what to do."""

import pandas as pd
import pytest

from toprouter_nb.errors import ParameterError
from toprouter_nb.magics.options import OPTION_NAMES, Options, read_options, split_words


def test_every_option_is_read():
    """Long and short forms, quotes and repeated options arrive as they were meant."""
    line = (
        '-c tutor -m any/model --system "Be terse." -t 0.5 --top-p 0.9 --max-tokens 20 --seed 1 --stop a --stop "b c" '
        "--image fig --image photos[0] --no-stream --append --as reply"
    )
    assert read_options(line, {}) == Options(
        conversation="tutor",
        model="any/model",
        system="Be terse.",
        params={"temperature": 0.5, "top_p": 0.9, "max_tokens": 20, "seed": 1, "stop": ["a", "b c"]},
        images=("fig", "photos[0]"),
        is_streamed=False,
        is_appended=True,
        variable="reply",
    )


def test_nothing_given_is_nothing_asked_for():
    """An empty line asks in the conversation in use, as it is."""
    assert read_options("", {}) == Options(
        conversation=None,
        model=None,
        system=None,
        params={},
        images=(),
        is_streamed=True,
        is_appended=False,
        variable=None,
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--temprature 1", "%%tr: there is no option --temprature; did you mean --temperature? See %tr help."),
        ("--zzz", "%%tr: there is no option --zzz. See %tr help."),
        ("-t warm", "%%tr: argument -t/--temperature: invalid float value: 'warm'. See %tr help."),
        ("-m", "%%tr: argument -m/--model: expected one argument. See %tr help."),
        ("What is it?", "%%tr: the question belongs below this line, not on it: What is it? See %tr help."),
        ('--system "x', 'A quote is never closed in: --system "x'),
        ("--as 1x", "--as takes the name of a variable, not '1x'."),
        ("--as class", "--as takes the name of a variable, not 'class'."),
    ],
)
def test_a_mistake_is_an_error(line, message):
    """An unknown option, a missing value or a question on the line is told, with what to write instead."""
    with pytest.raises(ParameterError) as caught:
        read_options(line, {})
    assert str(caught.value) == message


def test_a_backslash_is_a_letter():
    """A path of Windows, and an apostrophe in double quotes, arrive as they were typed."""
    assert split_words(r"""C:\tmp\a.json "it's" 'say "x"' #1""") == [r"C:\tmp\a.json", "it's", 'say "x"', "#1"]


def test_help_tells_every_option():
    """The help names each option and shows an example."""
    text = read_options("--help", {})
    assert all(name in text for name in OPTION_NAMES)
    assert "Explain tides" in text


def test_values_are_expanded_as_the_text_is():
    """{names} stand in any value but those that are names themselves; one that is no text is refused."""
    names = {"how": "terse", "warmth": 0.5, "photos": {"a": 1}, "frame": pd.DataFrame({"a": [1]})}
    options = read_options("""--system "Be {how}: {{}}." -t {warmth} --image "photos[f'{how}']" --as reply""", names)
    assert (options.system, options.params) == ("Be terse: {}.", {"temperature": 0.5})
    assert options.images == ("photos[f'{how}']",)
    with pytest.raises(ParameterError, match=r"\{frame\}: only a text can stand here\."):
        read_options("--system {frame}", names)
    with pytest.raises(ParameterError, match=r"there is no variable 'warmht'\. Did you mean 'warmth'"):
        read_options("-t {warmht}", names)
