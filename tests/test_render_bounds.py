"""No text, however it was made, takes longer than two seconds to draw."""

import time

import pytest
from payloads import load_payloads, text_of

from toprouter_nb.render.highlight import LANGUAGES, render_code
from toprouter_nb.render.markdown import render_markdown

SECONDS = 2.0
LONG = 200_000
UNITS = {
    "brackets": "[",
    "images": "![",
    "links": "[a](",
    "finished links": "[a](https://b.test) ",
    "paragraphs of brackets": "[" * 190 + "\n\n",
    "paragraphs of images": "![" * 190 + "\n\n",
    "paragraphs of stars": "*_" * 290 + "\n\n",
    "nested brackets": "[" * 190 + "]" * 190 + "\n\n",
    "misleading links": "[" + "a-" * 5_000 + "](https://x.test)\n\n",
    "quotes": "> ",
    "nested lists": "- ",
    "items": "- a\n",
    "tables": "|a|b|c|d\n|-|-|-|-\n" + "|\n" * 30 + "\n",
    "delimiter rows": "|-|-|-|-\n",
    "entities": "&",
    "backslashes": "\\",
    "dollars": "$",
    "formulas": "$\\frac{a}{b}$\n\n",
    "formula openers": "$$\n\n",
    "environments": "\\begin{align}\n",
    "definitions": '[a]: /x "\n',
    "fences": "```python\nx='a'\n```\n",
    "addresses": "https://a.b/)))))" + "(" * 500 + " ",
    "pictures": "![p](data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7)\n\n",
    "escapes": "\x1b",
    "control bytes": "\0" * 26,
}


def seconds_to_draw(text):
    """Draw a text; return the CPU seconds it took."""
    begin = time.process_time()
    html = render_markdown(text)
    assert len(html) < 20 * LONG
    return time.process_time() - begin


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_repetition_is_bounded(unit):
    """The worst texts of 200,000 characters are drawn in time."""
    assert seconds_to_draw(unit * (LONG // len(unit))) < SECONDS


@pytest.mark.parametrize("text", ["a" * 5 * 2**20, "\0" * 5 * 2**20, "\n" * 500_000, "hello *world* " * 400_000])
def test_five_mebibytes_are_bounded(text):
    """An answer of 5 MiB is drawn as far as the bound, in time."""
    assert seconds_to_draw(text) < SECONDS


def test_known_size_payloads_are_bounded():
    """Every size payload of the collection is drawn in time."""
    cases = [case for case in load_payloads("markdown") if case["danger"] == "dos"]
    assert len(cases) >= 7
    assert {
        case["id"]: seconds for case in cases if (seconds := seconds_to_draw(text_of(case["payload"]))) > SECONDS
    } == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_language_is_slow(language):
    """Code made to confuse a lexer is coloured in time, in every language we colour."""
    units = (
        "(",
        "[",
        "{",
        "'",
        '"',
        "\\",
        "<",
        "/*",
        "a",
        "0",
        " ",
        "\n",
        "${",
        "$(",
        "#{",
        "- ",
        "a=",
        "<a ",
        "//",
        "`",
        "@",
    )
    for unit in units:
        begin = time.process_time()
        render_code(unit * (20_000 // len(unit)), language)
        assert time.process_time() - begin < SECONDS, unit
