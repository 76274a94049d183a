"""Random Markdown documents, made to be hard to draw piece by piece: blocks that change while more text comes."""

_WORDS = """
    alpha|beta *em*|**strong**|`code`|$x^2$|[l](https://a.test)|~~s~~|$5|https://b.test/x|[ref]|<b>|a_b_c|\\(y\\)|é|עברית
    &amp;|![i](https://c.test/p.png)|* x|1.|#|- |---|`| ``|**|_|[|](
"""
WORDS = (*_WORDS.strip().replace("\n    ", "|").split("|"), "|")
FORMULAS = ("x=1", "- a", "# b", "x\n= 2")
ENDS = ("\n\n", "\n", "\n\n\n", "\n\n")


def random_document(chance):
    """Return a document of up to a dozen blocks; references are defined at the beginning or never."""
    start = "[ref]: https://r.test 'T'\n\n" if chance.random() < 0.3 else ""
    blocks = range(chance.randint(1, 12))
    return start + "".join(chance.choice(BLOCKS)(chance) + chance.choice(ENDS) for _ in blocks)


def random_pieces(chance, text):
    """Cut a text into pieces of 1 to 25 characters."""
    place = 0
    while place < len(text):
        length = chance.randint(1, 25)
        yield text[place : place + length]
        place += length


def _line(chance):
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 8)))


def _lines(chance, start, between="\n"):
    return between.join(start.format(number + 1) + _line(chance) for number in range(chance.randint(1, 4)))


BLOCKS = (
    _line,
    lambda c: _line(c) + "\n" + _line(c),
    lambda c: "#" * c.randint(1, 6) + " " + _line(c),
    lambda c: _lines(c, "- "),
    lambda c: _lines(c, "- ", "\n\n"),
    lambda c: _lines(c, "{}. "),
    lambda c: f"- a\n  - {_line(c)}\n\n    {_line(c)}\n- {_line(c)}",
    lambda c: f"```{c.choice(['', 'python', 'js'])}\n{_line(c)}\n\n{_line(c)}\n```",
    lambda c: f"~~~\n{_line(c)}\n~~~",
    lambda c: f"> {_line(c)}\n> \n> - {_line(c)}",
    lambda c: f"> {_line(c)}\n{_line(c)}",
    lambda _: "---",
    lambda c: f"{_line(c)}\n{c.choice(['===', '---'])}",
    lambda c: f"|a|b|\n|-|-:|\n|{_line(c)}|x|",
    lambda c: f"$$\n{c.choice(FORMULAS)}\n$$",
    lambda _: "\\[ x \\]",
    lambda _: "\\begin{align}\na&=b\n\\end{align}",
    lambda c: f"    {_line(c)}\n\n    {_line(c)}",
    lambda c: f"- [ ] {_line(c)}",
    lambda c: f"```\nopen {_line(c)}",
    lambda c: f"$$\n{_line(c)}",
    lambda c: f"* {_line(c)}\n\n\n* {_line(c)}",
    lambda c: f"1) {_line(c)}\n   {_line(c)}",
    lambda c: f"{_line(c)}  \n{_line(c)}",
    lambda c: f"<div>\n{_line(c)}\n</div>",
)
