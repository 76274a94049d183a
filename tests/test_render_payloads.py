"""No hostile text leaves a tag, an attribute or an address in our HTML that could act: looked at as a parser does."""

from html.parser import HTMLParser

import pytest
from payloads import load_payloads, render_views, text_of

from toprouter_nb.plain import render_plain
from toprouter_nb.render.markdown import render_markdown

_TAGS = """
    a blockquote br code details div em h1 h2 h3 h4 h5 h6 hr img li ol p pre s span strong style summary table tbody td
    th thead tr ul math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt
    mstyle msub msubsup msup mtable mtd mtext mtr munder munderover html head meta title body
"""
_ATTRIBUTES = """
    accent accentunder alt aria-busy charset class content depth dir display displaystyle form height href http-equiv
    lang linethickness lspace mathvariant maxsize minsize name notation open referrerpolicy rel role rspace scriptlevel
    src start stretchy symmetric target title voffset width
"""
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())
CONTEXTS = ("html", "markdown", "latex", "field", "text", "terminal")


class Findings(HTMLParser):
    """Collects what is not on our own list."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.found += [tag] if tag not in TAGS else []
        self.found += [f"{tag} {name}" for name in facts if name not in ATTRIBUTES]
        if "src" in facts and not facts["src"].startswith("data:image/gif;base64,"):
            self.found.append(facts["src"])
        if tag == "a" and "href" in facts:
            is_safe = facts["href"].lower().startswith(("http://", "https://", "mailto:"))
            is_apart = facts.get("rel") == "noopener noreferrer" and facts.get("target") == "_blank"
            self.found += [] if is_safe and is_apart else [str(facts)]
        if tag == "meta" and facts.get("http-equiv") not in (None, "Content-Security-Policy"):
            self.found.append(str(facts))


def find(html):
    """Return what in a piece of HTML is not on the list."""
    findings = Findings()
    findings.feed(html)
    findings.close()
    return findings.found


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_view_of_every_payload_holds_only_what_we_spell(context):
    """Each payload in each view, and after each delta, leaves nothing that is not on our list."""
    cases = load_payloads(context)
    found = {case["id"]: [what for html in render_views(case) for what in find(html)] for case in cases}
    assert cases
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("context", ["text", "terminal"])
def test_no_acting_character_reaches_html(context):
    """Control, bidirectional and zero-width characters are escapes in every view, also those that entities hid."""
    for case in load_payloads(context):
        for html in render_views(case):
            assert render_plain(html) == html, case["id"]


def test_a_finding_is_found():
    """The check itself sees scripts, handlers, addresses and bare links when they are there."""
    assert find("<script>x</script>") == ["script"]
    assert find("<p onclick=x>") == ["p onclick"]
    assert find('<img src="https://evil.test">') == ["https://evil.test"]
    assert find('<a href="https://ok.test">x</a>')


def test_text_outside_tags_is_still_readable():
    """Raw HTML is shown as it was written, so that nothing of an answer is lost."""
    for case in load_payloads("html"):
        shown = Text()
        shown.feed(render_markdown("say: " + text_of(case["payload"]).replace("\n", " ")))
        assert shown.text.startswith("say: "), case["id"]
        assert "<" in shown.text, case["id"]


class Text(HTMLParser):
    """Collects the text that a reader sees."""

    text = ""

    def handle_data(self, data):
        self.text += data
