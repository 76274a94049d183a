"""Code is coloured where its language is known, and is text everywhere."""

import html
import re

import pytest

from toprouter_nb.render.highlight import CLASSES, CODE_CHARACTERS, LANGUAGES, language, render_code

SAMPLE = "def f(x):  # <b>\n    return 'a & b' + str(1.5)\n"


@pytest.mark.parametrize(
    ("info", "name"),
    [("python", "python"), ("PY", "python"), ("{.r}", "r"), ("js title=a", "javascript"), ("", ""), ("brainfuck", "")],
)
def test_the_first_word_names_the_language(info, name):
    """The word after the fence, in its usual spellings, names the lexer."""
    assert language(info) == name


@pytest.mark.parametrize("name", sorted(LANGUAGES))
def test_colouring_keeps_the_text(name):
    """In every language, the text of the coloured code is the code, and all classes are ours."""
    drawn = render_code(SAMPLE, name)
    assert html.unescape(re.sub(r"</?span[^>]*>", "", drawn)) == SAMPLE
    assert set(re.findall(r'class="([^"]*)"', drawn)) <= CLASSES
    assert "<b>" not in drawn


def test_python_is_coloured():
    """Keywords, functions, strings, numbers and comments have their classes."""
    assert set(re.findall(r'class="([^"]*)"', render_code(SAMPLE, "python"))) == {
        "tr-k",
        "tr-f",
        "tr-c",
        "tr-s",
        "tr-b",
        "tr-n",
    }


def test_long_code_is_plain():
    """Above the bound code is shown without colours."""
    assert "<span" not in render_code("x = 1\n" * CODE_CHARACTERS, "python")
