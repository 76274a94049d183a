"""Formulas are drawn as MathML, prices are not, and nothing in a formula can act."""

import pytest

from toprouter_nb.render.markdown import render_markdown
from toprouter_nb.render.maths import render_formula


@pytest.mark.parametrize(
    "text", ["$x^2$", "\\(x^2\\)", "so $x^2$, or", "($x^2$)", "**$x^2$**", "- $x^2$", "|$x^2$|\n|-|\n"]
)
def test_inline_formulas(text):
    """A formula within a line is MathML, wherever the line stands."""
    assert "<math><msup><mi>x</mi><mn>2</mn></msup></math>" in render_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "$$x$$",
        "$$\nx\n$$",
        "\\[ x \\]",
        "\\[\nx\n\\]",
        "The formula:\n$$\nx\n$$\nand more",
        "- item\n  $$\n  x\n  $$",
        "inline $$x$$ display",
    ],
)
def test_display_formulas(text):
    """A formula between double dollars or square brackets is a block, also right after a line of text."""
    assert '<math display="block"><mi>x</mi></math>' in render_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $10",
        "It costs $5.",
        "$5-$10",
        "US$5 and CA$7",
        "$1,000 or (3000$)",
        "$HOME/bin:$PATH",
        "a $ b $ c",
        "\\$x$",
        "$5, or 10$ today",
        "$ x $",
        "100$ or 200$",
        "$",
        "$$",
        "$x",
        "\\(x",
    ],
)
def test_prices_and_shell_are_no_formulas(text):
    """Dollars that are money, variables or alone stay dollars."""
    assert "<math" not in render_markdown(text)


@pytest.mark.parametrize("text", ["$5$", "$10 \\times 2$", "$2x + 3 = 7$", "$n=5$"])
def test_numbers_in_formulas_are_formulas(text):
    """A formula may begin with a digit."""
    assert "<math" in render_markdown(text)


@pytest.mark.parametrize(
    "name", ["align", "align*", "aligned", "gather", "equation", "multline", "split", "cases", "pmatrix"]
)
def test_environments(name):
    """The environments that models write are drawn, without numbers."""
    rows = "a=b\\\\c=d" if name in ("gather", "equation", "multline") else "a&=b\\\\c&=d"
    source = f"\\begin{{{name}}}{rows}\\end{{{name}}}"
    html = render_markdown(f"$$\n{source}\n$$")
    assert "<mtable" in html
    assert "(1)" not in html


def test_a_bare_environment_is_a_formula():
    """An aligned block needs no dollars around it."""
    assert "<mtable" in render_markdown("\\begin{align}\na&=b\n\\end{align}")


@pytest.mark.parametrize(
    "source",
    [
        "\\oops{x}",
        "\\href{javascript:alert(1)}{x}",
        "\\newcommand{\\a}{b}\\a",
        "\\def\\a{b}",
        "\\frac{a",
        "{" * 40 + "}" * 40,
        "x" * 3_000,
        "\\hspace{9999cm}x",
        "\\rule{99999em}{99999em}",
        "\\raisebox{9999em}{x}",
    ],
)
def test_what_cannot_be_drawn_is_shown_as_source(source):
    """An unknown command, a definition, a huge length or a deep nest is shown as code, not dropped."""
    html = render_formula(source, is_block=False)
    assert html.startswith('<code class="tr-source">')


def test_source_is_escaped():
    """The source of a formula that cannot be drawn is text."""
    assert render_formula("\\oops<b>", is_block=True) == '<pre><code class="tr-source">\\oops&lt;b&gt;</code></pre>'


def test_text_in_formulas_is_escaped():
    """Tags in a formula's text are words of it."""
    html = render_markdown("$\\text{</mtext><img src=x onerror=alert(1)>}$")
    assert "<img" not in html


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("\\operatorname{softmax}(x)", "softmax"),
        ("\\arg\\max_\\theta", "max"),
        ("x \\tag{1}", "(1)"),
        ("\\sum_{\\substack{i<n\\\\j<m}} x", "<mtable"),
        ("\\begin{aligned}a&=b\\end{aligned}", 'class="tr-right"'),
        ("\\boxed{x}", "menclose"),
    ],
)
def test_common_commands(source, part):
    """Commands that models use are drawn, and no invisible character is left for the reader to wonder at."""
    html = render_markdown(f"${source}$")
    assert part in html
    assert "\\u20" not in html
    assert " style=" not in html


def test_a_closed_formula_with_words_behind_is_a_line_of_text():
    """Double dollars at the beginning of a sentence belong to the sentence."""
    html = render_markdown("$$x$$ is nice")
    assert html.startswith('<p dir="auto"><span class="tr-formula"')
    assert html.endswith("is nice</p>\n")


def test_an_unclosed_block_is_text():
    """A formula that never ends hides nothing of what follows the next blank line."""
    html = render_markdown("$$\nx\n\n# Heading")
    assert '<p dir="auto">$$\nx</p>' in html
    assert "<h1" in html
