"""The hostile texts of data/xss_payloads.json, and the pieces of HTML that our views make of each."""

import json
from pathlib import Path

from toprouter_nb.render.blocks import GrowingMarkdown
from toprouter_nb.render.cards import render_alert, render_picture, render_picture_link, render_reply, render_turn
from toprouter_nb.render.fragment import Html
from toprouter_nb.render.markdown import render_markdown
from toprouter_nb.render.page import render_page

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")


def load_payloads(*contexts):
    """Return the cases of these contexts."""
    cases = json.loads((Path(__file__).parent / "data" / "xss_payloads.json").read_text(encoding="utf-8"))["cases"]
    return [case for case in cases if case["context"] in contexts]


def text_of(payload):
    """Return the whole text of a payload of any shape."""
    if isinstance(payload, str):
        return payload
    if "repeat" in payload:
        return payload["repeat"][0] * payload["repeat"][1]
    return "".join(payload["deltas"]) if "deltas" in payload else payload["value"]


def render_views(case):
    """Return every piece of HTML that our views make of one payload."""
    payload = case["payload"]
    text = text_of(payload)
    if case["danger"] == "dos" and len(text) > 1_000:
        return [render_markdown(text)]
    pieces = payload["deltas"] if isinstance(payload, dict) and "deltas" in payload else [text]
    return [render_markdown(text), *_growing(pieces), *_fields(text)]


def _growing(pieces):
    growing, finished = GrowingMarkdown(), ""
    for piece in pieces:
        growing.add(piece)
        drawn = growing.draw()
        finished += drawn.finished
        yield finished + drawn.tail
    yield growing.finish()


def _fields(text):
    """Put the text into every field that a view shows."""
    facts = {
        "requested_model": text,
        "served_model": text + "2",
        "finish_reason": text,
        "reasoning": text,
        "error": text,
    }
    yield render_reply(text=text, **facts)
    yield render_turn("assistant", [_Part(text=text)], is_partial=True)
    yield render_turn(text, [_Part(text=text)])
    yield render_turn("user", [_Part(url=text), _Part(data=text.encode("utf-8", "replace"), note=text)])
    yield render_picture(GIF, caption=text) + render_picture_link(text) + render_alert(text)
    yield render_page(text, Html(""))


class _Part:
    def __init__(self, **fields):
        self.__dict__.update(fields)
