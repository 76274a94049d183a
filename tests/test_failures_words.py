"""What is promised of the words taken from an error body."""

import time

import pytest

from toprouter_nb.failures.words import SHOWN_CHARACTERS, clean, read_body
from toprouter_nb.secret import Secret

SECRET = Secret("sk-canary-5c1f0b7a93d24e68")


@pytest.mark.parametrize(
    ("body", "kind", "words", "is_page", "is_json"),
    [
        (b'{"error": {"message": "no"}}', "application/json", "no", False, True),
        (b'\xef\xbb\xbf {"message": "no"}', "", "no", False, True),
        (b'"just text"', "application/json", "just text", False, True),
        (b"null", "application/json", "", False, True),
        (b'{"error": "half', "application/json", '{"error": "half', False, False),
        (b"plain words", "text/plain", "plain words", False, False),
        (b"<!doctype html><head><title>A &amp; B</title>", "", "A &amp; B", True, False),
        (b"\n<HTML><body><h1>Oops</h1>", "", "Oops", True, False),
        (b"<center>nginx</center>", "text/html", "<center>nginx</center>", True, False),
        (b"<?xml version='1.0'?>\n<html><title>Old page</title>", "", "Old page", True, False),
        (b"<?xml version='1.0'?><Error>Denied</Error>", "", "<?xml version='1.0'?><Error>Denied</Error>", False, False),
        (b'{"fault": {"faultstring": "no"}}', "application/json", '{"fault": {"faultstring": "no"}}', False, True),
        (b'{"error": {"message": null, "code": 7}}', "", '{"error": {"message": null, "code": 7}}', False, True),
        (b"{}", "application/json", "", False, True),
        (b"", "text/html", "", True, False),
        (b"", "", "", False, False),
        ("<html><title>\u9519\u8bef</title>".encode("gbk"), "text/html; charset=GBK", "\u9519\u8bef", True, False),
        (b"caf\xe9", 'text/plain; charset="iso-8859-1"', "caf\xe9", False, False),
        (b"caf\xe9", "text/plain; charset=unicode_escape", "caf\ufffd", False, False),
    ],
)
def test_every_kind_of_body_is_recognised(body, kind, words, is_page, is_json):
    """JSON, pages and text, by what they are more than by what they are called."""
    said = read_body(body, kind)
    assert (said.problem.words, said.is_page, said.is_json) == (words, is_page, is_json)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("two\n  lines", "two lines"),
        ("<b>Bold</b> and <script>bad()</script>good", "Bold and good"),
        ("&lt;img src=x&gt; stays out", "stays out"),
        ("cut <div class=", "cut"),
        ("a < b and 3 > 2", "a < b and 3 > 2"),
        ("<?xml version='1.0'?><Code>No</Code><Text>Denied</Text>", "No Denied"),
        ("<|endoftext|> is no tag", "<|endoftext|> is no tag"),
        ("red \x1b[31m", "red \\x1b[31m"),
        ("key sk-canary-5c1f0b7a93d24e68!", "key [key hidden]!"),
    ],
)
def test_words_are_made_fit_for_a_message(words, shown):
    """One line, no tags, no acting characters, no key."""
    assert clean(words, SECRET) == shown


def test_a_key_at_the_cut_is_hidden_too():
    """Words are masked before they are shortened."""
    shown = clean("x" * (SHOWN_CHARACTERS - 15) + SECRET.reveal(), SECRET)
    assert len(shown) <= SHOWN_CHARACTERS
    assert "sk-canary" not in shown


@pytest.mark.parametrize("piece", [b"<title", b"<h1>", b"<script", b"<!--", b"<a<", b"[", b'{"a":', b"&lt;"])
def test_a_hostile_body_of_a_mebibyte_costs_little(piece):
    """Reading is linear: nothing that repeats makes it slow."""
    body = b"<html>" * (piece[:1] in b"<&") + piece * (2**20 // len(piece))
    begun = time.perf_counter()
    clean(read_body(body, "text/html").problem.words, SECRET)
    assert time.perf_counter() - begun < 1
