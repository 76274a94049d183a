"""Writing to a terminal: wrapped, escaped, coloured only where a person looks."""

import io
import os
import re
import sys

import pytest

from toprouter_nb.terminal import Terminal, screen_columns


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch):
    """Make every terminal 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def flowed(pieces, label="model  "):
    """Return what `flow` writes where nobody watches."""
    out = io.StringIO()
    Terminal(out).flow(label, pieces)
    return out.getvalue()


def test_styles_show_on_a_terminal_only(monkeypatch):
    """Colours are written to a terminal, not to a file, and not where `NO_COLOR` or a dumb terminal asks for none."""
    for stream, variables, expected in (
        (Screen(), {}, "\x1b[32myes\x1b[0m\n"),
        (io.StringIO(), {}, "yes\n"),
        (Screen(), {"NO_COLOR": "1"}, "yes\n"),
        (Screen(), {"NO_COLOR": "", "TERM": "dumb"}, "yes\n"),
    ):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        Terminal(stream).line("yes", "good")
        assert stream.getvalue() == expected


def test_nothing_written_acts_on_the_screen():
    """Control bytes of a model's text are shown as escapes, in every way of writing."""
    out = io.StringIO()
    terminal = Terminal(out)
    terminal.line("\x1b[2Ja")
    terminal.paragraph("\x1b[2Jb")
    terminal.flow("", ["\x1b", "[2J c"])
    terminal.table(("\x07", "x"), [("\x1b[0m", "\x9b")])
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out.getvalue()) == []
    assert out.getvalue().startswith("\\x1b[2Ja\n\\x1b[2Jb\n\\x1b[2J c\n")


def test_text_flows_word_by_word_within_the_width():
    """However text is cut into pieces, words stay whole, lines fit, and later lines stand under the first."""
    text = "The quick brown fox jumps over the lazy dog, again and again. " * 5
    whole = flowed([text])
    assert whole == flowed(text) == flowed([text[:7], text[7:9], text[9:]])
    lines = whole.rstrip("\n").split("\n")
    assert all(len(line.rstrip()) <= 80 for line in lines)
    assert lines[0].startswith("model  The")
    assert all(re.match(r" {7}\S", line) for line in lines[1:])
    assert whole.split() == ["model", *text.split()]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "a\nb", "  two  spaces  ", "x" * 300, "日本 語", "end "])
def test_flowing_text_keeps_its_words_and_line_breaks(text):
    """White space, line breaks and words longer than a line survive the wrapping."""
    shown = flowed([text], label="")
    assert shown == text + "\n"


def test_a_word_is_shown_as_soon_as_it_ends():
    """A word is on the screen before the next piece is asked for."""
    out = io.StringIO()
    seen = []

    def pieces():
        for piece in ("One ", "two", " thr"):
            yield piece
            seen.append(out.getvalue())

    Terminal(out).flow("", pieces())
    assert seen == ["One ", "One ", "One two "]
    assert out.getvalue() == "One two thr\n"


def test_what_came_before_an_error_stays_on_the_screen():
    """A stream that breaks leaves its text, the last word included, and ends the line."""
    out = io.StringIO()

    def pieces():
        yield "half a wo"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Terminal(out).flow("", pieces())
    assert out.getvalue() == "half a wo\n"


def test_a_paragraph_is_wrapped_and_indented():
    """Later lines of a paragraph are indented; its own line breaks stay."""
    out = io.StringIO()
    Terminal(out).paragraph("word " * 30 + "\nnext", indent="    ")
    lines = out.getvalue().splitlines()
    assert [line[:8] for line in lines] == ["word wor", "    word", "next"]
    assert max(map(len, lines)) <= 80


def test_a_table_is_aligned_and_cut_for_a_terminal_only():
    """Numbers stand to the right; on a terminal the first column gives way, in a file nothing is cut."""
    rows = [("x" * 100, "1"), ("short", "1,000")]
    screen, file = Screen(), io.StringIO()
    Terminal(screen).table(("id", "price"), rows, numbers=(1,))
    Terminal(file).table(("id", "price"), rows, numbers=(1,))
    shown = re.sub(r"\x1b\[\d*m", "", screen.getvalue()).splitlines()
    assert [len(line) for line in shown] == [80, 80, 80]
    assert shown[1] == "x" * 72 + "…      1"
    assert file.getvalue().splitlines()[1] == "x" * 100 + "      1"
    assert file.getvalue().splitlines()[2].endswith("  1,000")


@pytest.mark.parametrize(("columns", "width"), [("10", 40), ("60", 60), ("300", 100)])
def test_the_width_is_the_terminals_within_reason(columns, width, monkeypatch):
    """A terminal's own width is used, from 40 to 100 columns; elsewhere it is 80."""
    monkeypatch.setenv("COLUMNS", columns)
    assert Terminal(Screen()).width == width
    assert Terminal(io.StringIO()).width == 80


def test_a_stream_that_cannot_show_a_letter_gets_a_question_mark():
    """Text outside the stream's encoding does not fail."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream).line("café …")
    assert raw.getvalue() == b"caf? ?" + os.linesep.encode()


def test_standard_output_will_do():
    """The usual stream is fine, whatever the test runner put in its place."""
    assert Terminal(sys.stdout).width >= 40


def test_a_table_stays_straight_whatever_stands_in_it(monkeypatch):
    """Wide letters, marks, line breaks and escapes keep to their columns, also where a column is cut."""
    out = Screen()
    names = ["plain", "日本語のモデル" * 9, "e\u0301" * 9, "two\nlines", "\x1b[2J", "👩\u200d💻"]
    Terminal(out).table(("name", "calls"), [(name, "1") for name in names], numbers=(1,), total=("total", "6"))
    lines = out.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert len(lines) == 1 + len(names) + 2
    assert len({screen_columns(line) for line in lines}) == 1
    assert screen_columns(lines[0]) <= 80
    assert "…" in lines[2]
