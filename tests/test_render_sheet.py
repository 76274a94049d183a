"""Tables of figures as HTML."""

import re

from toprouter_nb.render.sheet import SheetColumn, render_sheet
from toprouter_nb.render.style import style_sheet

EVIL = "</td><img src=x onerror=alert(1)>"


def test_every_text_is_escaped():
    """Names, units, cells, totals and notes are shown as text."""
    column = SheetColumn(EVIL, EVIL, [EVIL], total=EVIL)
    html = render_sheet([column, column], notes=[EVIL])
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 2 * 4 + 1


def test_a_table_reads_well_to_who_cannot_see_it():
    """Heads name their columns and rows, and the frame that scrolls can be reached by keyboard."""
    html = render_sheet([SheetColumn("model", "", ["a"]), SheetColumn("cost", "USD", ["1"], is_number=True)])
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 1
    assert 'role="region" aria-label="Table" tabindex="0"' in html


def test_rows_left_out_are_told_in_their_place():
    """The line stands between those before and those after."""
    html = render_sheet([SheetColumn("n", "", ["first", "last"])], gap=1, left_out=1_234)
    assert re.search(r"first.*1,234 more rows.*last", html)


def test_the_style_is_for_our_tables_only():
    """Every rule is scoped, and small."""
    rules = [rule for rule in style_sheet("sheet.css").split("}") if "{" in rule and "@media" not in rule]
    assert all(selector.startswith(".tr-root") for rule in rules for selector in rule.partition("{")[0].split(","))
    assert len(style_sheet("sheet.css")) < 2_500


def test_comments_of_a_style_sheet_do_not_travel():
    """What a sheet says to whoever changes it is in none of the outputs."""
    assert "/*" not in style_sheet("sheet.css") + style_sheet()
