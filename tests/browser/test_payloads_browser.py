"""In a real browser no hostile text acts through any of our views, and the same texts act where nothing guards them."""

import re

import pytest
from markdown_it import MarkdownIt
from payloads import load_payloads, render_views, text_of
from traps import Theatre

CONTEXTS = ("html", "markdown", "latex", "field", "text", "terminal")


@pytest.fixture(scope="module")
def theatre(chromium):
    """Give one context with traps."""
    opened = Theatre(chromium)
    yield opened
    opened.close()


def is_drawn(case):
    """Leave out the size payloads, which have their own test."""
    return case["danger"] != "dos" or len(text_of(case["payload"])) < 1_000


@pytest.mark.parametrize("context", CONTEXTS)
def test_no_payload_acts_in_any_view(theatre, context):
    """Every payload in every view, touched everywhere: no script, no request, no navigation."""
    cases = [case for case in load_payloads(context) if is_drawn(case)]
    pieces = {case["id"]: "<hr>".join(dict.fromkeys(render_views(case))) for case in cases}
    assert len(pieces) >= 7
    assert theatre.play(pieces, is_protected=True) == {}


def test_unprotected_payloads_act(theatre):
    """The traps work: of the payloads known to act unprotected, nine in ten are caught acting here."""
    raw = MarkdownIt("commonmark", {"html": True})
    raw.validateLink = lambda _: True
    known = [case for case in load_payloads("html", "markdown") if set(case.get("unprotected", ["inert"])) != {"inert"}]
    pieces = {
        case["id"]: text_of(case["payload"]) if case["context"] == "html" else raw.render(text_of(case["payload"]))
        for case in known
    }
    acted = theatre.play(pieces, is_protected=False)
    silent = [name for name in pieces if name not in acted]
    assert len(known) > 80
    assert len(silent) <= len(known) / 10, silent


def test_links_carry_their_marks(theatre):
    """Every link in every view opens apart, without a referrer, to one of three schemes."""
    for case in load_payloads("html", "markdown"):
        if is_drawn(case):
            for link in re.findall(r"<a [^>]*>", "".join(render_views(case))):
                assert re.search(r'href="(https?:|mailto:)', link, re.IGNORECASE), case["id"]
                assert 'rel="noopener noreferrer"' in link, case["id"]
