"""A reply tells what is known of an answer, and nothing more."""

import pickle

import pytest

from toprouter_nb.errors import StreamTruncatedError
from toprouter_nb.reply import Reply, assistant_turn
from toprouter_nb.usage import Usage


def reply_of(text="Paris.", **changes):
    """Return a reply with usual facts."""
    facts = {"usage": Usage(3, 4, 7), "cost_usd": None, "finish_reason": "stop", "requested_model": "any/model"}
    facts |= {"served_model": None, "id": None, "seconds": 3.0, "first_token_seconds": 1.0, "is_partial": False}
    facts |= {"attempts": 1, "reasoning": "", "raw": {}}
    return Reply(text=text, turn=assistant_turn(text, is_partial=False), **facts | changes)


def test_speed_counts_from_the_first_token():
    """Waiting for the model is not part of its speed; without a first token there is none."""
    assert reply_of().tokens_per_second == 2.0
    assert reply_of(first_token_seconds=None).tokens_per_second is None
    assert reply_of(usage=Usage()).tokens_per_second is None
    assert reply_of(first_token_seconds=3.0).tokens_per_second is None


def test_plain_views_show_control_bytes_escaped():
    """Text that would act on a terminal is escaped in reprs, and untouched in the data."""
    reply = reply_of("red\x1b[31m\u202eevil")
    assert reply.text == "red\x1b[31m\u202eevil"
    shown = repr(reply) + reply._repr_mimebundle_()["text/plain"]
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31m" in shown


def test_rich_views_are_html_and_plain_text():
    """A notebook gets both, safe, with the facts in the footer; no `text/markdown` of a model's text."""
    bundle = reply_of("**bold** <script>alert(1)</script>")._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "<strong>bold</strong>" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "any/model" in bundle["text/html"]


def test_a_reply_shown_in_this_cell_is_not_echoed():
    """The echo of the cell stays silent once it has been streamed there, and only there."""
    here = [True]
    reply = reply_of()
    with pytest.raises(NotImplementedError):
        reply._ipython_display_()
    reply.mark_shown(lambda: here[0])
    assert reply._ipython_display_() is None
    here[0] = False
    with pytest.raises(NotImplementedError):
        reply._ipython_display_()


def test_a_reply_can_be_pickled_also_on_an_error():
    """What a worker process found out comes back whole, wherever it was shown."""
    reply = reply_of()
    reply.mark_shown(lambda: True)
    error = pickle.loads(pickle.dumps(StreamTruncatedError("cut", partial=reply)))
    assert (error.partial.text, error.partial.usage) == ("Paris.", Usage(3, 4, 7))
