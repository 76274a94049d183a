"""Columns side by side: titles are text, and one piece without a title stays itself."""

from toprouter_nb.render.columns import render_columns
from toprouter_nb.render.fragment import Html


def test_titles_are_escaped():
    """A model's name with HTML in it is shown as it is, in the heading and in the label."""
    html = render_columns([("<b>a</b>", Html("<p>1</p>")), ('"b', Html("<p>2</p>"))])
    assert html.count("<section") == 2
    assert "&lt;b&gt;a&lt;/b&gt;" in html
    assert "<b>" not in html
    assert 'aria-label="&quot;b"' in html


def test_one_piece_without_a_title_is_itself():
    """A single reply has no frame."""
    assert render_columns([("", Html("<p>1</p>"))]) == "<p>1</p>"
