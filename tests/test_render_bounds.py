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


HOSTILE_CODE = (
    "(",
    "[",
    "'",
    "\\",
    "<",
    "/*",
    "a",
    "0",
    " ",
    "\n",
    "${",
    "$(",
    "- ",
    "a=",
    "<a ",
    "//",
    "`",
    "@",
    "//\n",
    "a\n",
)


@pytest.mark.parametrize("language", ["c", "make", "matlab"])
def test_hostile_code_is_bounded(language):
    """Texts full of code that confuses its lexer are drawn in time."""
    for unit in HOSTILE_CODE:
        code = unit * (3_900 // len(unit))
        blocks = [f"```{language}\n{number}{code}\n```\n" for number in range(40)]
        assert seconds_to_draw("".join(blocks)) < SECONDS, unit


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_language_is_slow(language):
    """Every language we colour gives up in time on code of any shape, also in lines below the bound."""
    for unit in HOSTILE_CODE:
        line = unit * (990 // len(unit)) + "\n"
        for code in (unit * (19_000 // len(unit)), line * 19, f"x{unit}\n" * (19_000 // (len(unit) + 2))):
            assert quickest_colouring(code, language) < SECONDS / 4, (unit, code[:20])


def quickest_colouring(code, language):
    """Return the CPU seconds the code takes; where that is much, at its best of three, since a busy machine adds."""
    quickest = SECONDS
    for _ in range(3):
        render_code.cache_clear()
        begin = time.process_time()
        render_code(code, language)
        quickest = min(quickest, time.process_time() - begin)
        if quickest < SECONDS / 4:
            break
    return quickest
