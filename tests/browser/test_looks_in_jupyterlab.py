"""What is shown in JupyterLab can be read: contrast in each theme, links that look like links, rules that meet."""

import pytest

CELLS = [
    """
from toprouter_nb.render.cards import render_reply
def show(html):
    get_ipython().display_pub.publish({"text/html": html, "text/plain": ""})
TEXT = """
    + repr(
        "A [link](https://a.test), `code`.\n\n> A quote with `code`.\n\n- [ ] a task\n  - [x] below it\n\n"
        "```python\n@fitted\ndef fit(x: int = 1) -> str:  # a remark\n    return 'a'\n```\n\n```diff\n- old\n+ new\n```"
    ),
    "show(render_reply(text=TEXT, is_partial=True, reasoning='First.', error='', requested_model='any/model'))",
    "show(render_reply(text='', error='It failed.', requested_model='any/model'))",
    "from toprouter_nb import Usage; Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)",
]
# The contrast of each text with what is painted behind it, as WCAG 2.2 counts it; those below 4.5.
FAINT = """() => {
  const parse = (color) => {
    const numbers = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(") ? numbers.map((part, place) => (place < 3 ? part * 255 : part)) : numbers;
  };
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((part, place) => part * a + under[place] * (1 - a));
  const light = (color) => color
    .map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(parse(getComputedStyle(at).backgroundColor));
    return chain.reduce((under, color) => over(color, under), [255, 255, 255]);
  };
  const faint = [];
  let count = 0;
  for (const root of document.querySelectorAll(".tr-root")) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
      count += 1;
      const paper = behind(element);
      const ink = over(parse(getComputedStyle(element).color), paper);
      const [high, low] = [light(ink), light(paper)].sort((a, b) => b - a);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < 4.5) faint.push(`${element.className}: ${ratio.toFixed(2)} ${walker.currentNode.data.trim()}`);
    }
  }
  return { count, faint };
}"""


@pytest.fixture
def shown(notebook):
    """Open a notebook with the pieces, all of them run."""
    book = notebook("looks.ipynb", CELLS)
    for cell in range(len(CELLS)):
        book.run(cell)
    book.output(2).get_by_text("It failed.").wait_for()
    return book


def test_every_text_can_be_read(shown, page):
    """Each text reaches 4.5 to 1 in the light, the dark and the high contrast theme."""
    for theme in ("light", "dark", "contrast"):
        shown.set_theme(theme)
        page.wait_for_timeout(300)
        found = page.evaluate(FAINT)
        assert found["count"] > 30, theme
        assert found["faint"] == [], theme


def test_structure_can_be_seen(shown, page):
    """Links are underlined, not only coloured, and a task below another stands further in."""
    link = shown.output(1).locator("a")
    assert "underline" in link.evaluate("link => getComputedStyle(link).textDecorationLine")
    boxes = shown.output(1).locator(".tr-box")
    assert boxes.nth(1).bounding_box()["x"] - boxes.nth(0).bounding_box()["x"] > 10


def test_small_print_alone_needs_no_rule(shown, page):
    """A rule parts the small print from what stands above it, and is not there where nothing does."""
    rules = [shown.output(cell).locator(".tr-foot").first for cell in (1, 3)]
    assert [rule.evaluate("foot => getComputedStyle(foot).borderTopWidth") for rule in rules] == ["1px", "0px"]
