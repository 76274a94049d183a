"""Markdown becomes the HTML a reader expects, and nothing else."""

import pytest

from toprouter_nb.render.markdown import MARKDOWN_CHARACTERS, MARKDOWN_LINES, render_markdown


def test_nothing_for_an_empty_text():
    """An empty text is an empty string."""
    assert render_markdown("") == ""


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** ~~c~~ `d`", '<p dir="auto"><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>\n'),
        ("# T", '<h1 dir="auto" class="jp-toc-ignore">T</h1>\n'),
        ("- a\n- b", '<ul dir="auto">\n<li>a</li>\n<li>b</li>\n</ul>\n'),
        ("3. a", '<ol start="3" dir="auto">\n<li>a</li>\n</ol>\n'),
        ("> a", '<blockquote dir="auto">\n<p>a</p>\n</blockquote>\n'),
        ("a  \nb", '<p dir="auto">a<br>\nb</p>\n'),
        ("---", "<hr>\n"),
    ],
)
def test_common_blocks(text, html):
    """The everyday blocks come out as plain elements that find their own direction."""
    assert render_markdown(text) == html


def test_task_lists_are_boxes_of_text():
    """A check box is a character, not a form field; a bracket elsewhere stays a bracket."""
    html = render_markdown("- [ ] open\n- [x] done\n- not [x] here")
    assert '<li><span class="tr-box">☐</span> open</li>' in html
    assert '<li><span class="tr-box">☑</span> done</li>' in html
    assert "<li>not [x] here</li>" in html


def test_tables_scroll_and_align_by_class():
    """A table stands in a box that scrolls; alignment is a class, never a style."""
    html = render_markdown("|a|b|c|\n|-|-:|:-:|\n|1|2|3|")
    assert html.startswith('<div class="tr-table"><table dir="auto">')
    assert '<td>1</td>\n<td class="tr-right">2</td>\n<td class="tr-center">3</td>' in html
    assert "style" not in html


def test_code_names_its_language():
    """A fence shows its language and colours the code by our classes."""
    html = render_markdown("```py\nx = 1\n```")
    assert html == (
        '<div class="tr-code"><span class="tr-language">py</span>'
        '<pre dir="ltr"><code>x = <span class="tr-n">1</span>\n</code></pre></div>\n'
    )


def test_raw_html_is_shown_as_text():
    """Tags in an answer are words of it."""
    assert render_markdown("<b>x</b>") == '<p dir="auto">&lt;b&gt;x&lt;/b&gt;</p>\n'


@pytest.mark.parametrize(
    ("text", "shown"), [("a\r\nb", "a\nb"), ("a\rb", "a\\x0db"), ("&#x202e;a", "\\u202ea"), ("\u202ea", "\\u202ea")]
)
def test_acting_characters_are_visible(text, shown):
    """Windows line ends are line ends; what acts on a screen is an escape, also where an entity hid it."""
    assert render_markdown(text) == f'<p dir="auto">{shown}</p>\n'


def test_joiners_stay_where_a_script_needs_them():
    """Emoji and Indic scripts keep their joiners."""
    assert "👩\u200d💻 क्\u200dष" in render_markdown("👩\u200d💻 क्\u200dष")


def test_a_long_text_is_cut_with_a_note():
    """Above the bound the beginning is drawn, and the note says how much."""
    html = render_markdown("word " * 100_000)
    assert "Only the first 200,000 of 500,000 characters are drawn here; the whole text is kept." in html
    assert len(html) < 2 * MARKDOWN_CHARACTERS


def test_many_lines_are_cut_with_a_note():
    """The number of lines is bounded too."""
    assert render_markdown("a\n\n" * MARKDOWN_LINES).count("<p") == MARKDOWN_LINES // 2 + 1


def test_an_endless_paragraph_is_plain_text():
    """A line of 150,000 characters is shown whole, without Markdown."""
    html = render_markdown("*a* " * 37_500)
    assert '<span class="tr-plain">*a* *a* ' in html
    assert "<em>" not in html


def test_empty_cells_do_not_multiply():
    """A table whose short rows would be filled up without end stays text."""
    html = render_markdown("|a" * 3_000 + "|\n" + "|-" * 3_000 + "|\n" + "|x\n" * 3_000)
    assert "<table" not in html
