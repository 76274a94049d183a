"""Replies, turns and transcripts are self-contained pieces of safe HTML."""

import dataclasses

import nh3
import pytest
from payloads import GIF

from toprouter_nb import turns
from toprouter_nb.parts import ImagePart
from toprouter_nb.render import cards
from toprouter_nb.render.branches import render_branches
from toprouter_nb.render.page import render_page
from toprouter_nb.render.style import style_sheet, style_tag


def body(html):
    """Return a piece without its wrapper and style."""
    return html.removeprefix('<div class="tr-root mathjax_ignore tex2jax_ignore">' + style_tag()).removesuffix("</div>")


def test_a_reply_is_text_and_small_print():
    """A reply shows its Markdown and the facts below."""
    html = cards.render_reply(text="**x**", requested_model="any/model", completion_tokens=2)
    assert body(html) == (
        '<div class="tr-text"><p dir="auto"><strong>x</strong></p>\n</div>'
        '<div class="tr-foot"><span>any/model</span><span class="tr-dot"> · </span><span>2 tokens out</span></div>'
    )


def test_a_stopped_reply_is_marked():
    """What is cut short says so."""
    html = cards.render_reply(text="x", requested_model="m", is_partial=True)
    assert '<span class="tr-mark">Stopped: this is what had arrived.</span>' in html


def test_an_error_is_an_alert():
    """What went wrong is announced, with what had arrived above it."""
    html = cards.render_reply(text="x", requested_model="m", is_partial=True, error="No <credit>.")
    assert '<div class="tr-alert" role="alert" dir="auto">No &lt;credit&gt;.</div>' in html
    assert "Stopped" not in html


def test_a_reply_of_nothing_says_so():
    """An empty answer is not an empty cell."""
    assert "No text." in cards.render_reply(text="", requested_model="m")


def test_reasoning_is_folded():
    """Reasoning stands above the answer, closed."""
    html = cards.render_reply(text="x", reasoning="so < then", requested_model="m")
    assert '<details class="tr-reasoning"><summary>Reasoning</summary>' in html
    assert "so &lt; then" in html


def test_a_turn_of_the_user_is_shown_as_typed():
    """A prompt is no Markdown: stars and line ends stay."""
    turn = turns.user("**a**\n  b")
    html = cards.render_turn(turn.role, turn.parts)
    assert '<div class="tr-said" dir="auto">**a**\n  b</div>' in html


def test_a_turn_of_the_model_is_markdown():
    """An answer in a transcript looks as it did when it came; a partial one is marked."""
    turn = dataclasses.replace(turns.assistant("**a**"), is_partial=True)
    html = cards.render_turn_card(turn.role, turn.parts, is_partial=turn.is_partial)
    assert "<strong>a</strong>" in html
    assert "Cut short" in html


def test_an_image_is_a_thumbnail_with_its_size():
    """Image bytes are shown, with their size and what was done to them."""
    part = ImagePart(data=GIF, media_type="image/gif", width=1, height=1, note="shrunk from 2x2")
    html = cards.render_turn("user", [part])
    assert '<img class="tr-picture" alt="1 x 1, 42 bytes, shrunk from 2x2" src="data:image/gif;base64,' in html


def test_an_image_address_is_a_link():
    """An address is never fetched by the view."""
    html = cards.render_turn("user", [ImagePart(url="https://pictures.test/a.png")])
    assert "<img" not in html
    assert '<span class="tr-host">(pictures.test)</span>' in html


def test_bytes_that_are_no_picture_are_labelled():
    """Bytes of another kind are named, not shown."""
    assert "Image of 3 bytes (not a picture that can be shown)" in cards.render_picture(b"abc")


def test_a_long_transcript_shows_its_end():
    """Of 100 turns the last 40 are shown, and the note says how many are not."""
    html = cards.render_transcript([turns.user(f"turn {number}.") for number in range(100)], facts=["5 tokens"])
    assert "60 earlier turns are not shown." in html
    assert "turn 59." not in html
    assert "turn 60." in html
    assert html.endswith('<div class="tr-foot"><span>5 tokens</span></div></div>')


def test_a_long_prompt_is_cut_with_a_note():
    """A prompt of 50,000 characters is not drawn whole."""
    assert "Cut after 20,000 of 50,000 characters." in cards.render_said("x" * 50_000)


@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_roles_have_their_class(role):
    """Each role can be told apart."""
    assert f'class="tr-turn tr-{role}"' in cards.render_turn(role, [])


def test_the_style_is_small_and_scoped():
    """The style sheet travels with each piece: it is small, and every rule is ours."""
    assert len(style_sheet()) < 8_000
    rules = [rule for rule in style_sheet().split("}") if "{" in rule and "@media" not in rule]
    assert [rule for rule in rules if not rule.lstrip("}").startswith(".tr-root")] == []
    assert "http" not in style_sheet()
    assert "url(" not in style_sheet()


def test_a_page_forbids_itself_everything():
    """An exported page may run, fetch and send nothing, whatever is in it."""
    page = render_page("A </title><script>", cards.render_note("x"))
    assert "default-src 'none'" in page
    assert "<script>" not in page


def test_words_stay_apart_where_no_style_is_taken():
    """A notebook from elsewhere is shown without our style: facts, roles and texts do not run together then."""
    turn = {"role": "user", "text": "Why?", "facts": ["any/model", "7 tokens"], "is_current": True, "guides": ()}
    tree = render_branches([turn | {"is_branch": False, "is_first": True, "is_end": True}])
    reply = cards.render_reply(text="Paris.", requested_model="any/model", completion_tokens=2)
    told = [nh3.clean(html, tags=set(), clean_content_tags={"style"}) for html in (tree, reply)]
    assert told[0].endswith("user Why? any/model · 7 tokens")
    assert told[1].endswith("any/model · 2 tokens out")
