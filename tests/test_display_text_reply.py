"""A terminal sees the text of a reply as it arrives, and nothing that acts on it."""

import random
import types

import pytest
from payloads import load_payloads

from toprouter_nb.display.text_reply import PlainStream, TextReply
from toprouter_nb.plain import render_plain
from toprouter_nb.wire.answer import Delta

TEXTS = [case["payload"] for case in load_payloads("terminal", "text") if isinstance(case["payload"], str)]
TEXTS += ["👩\u200d💻 and a\u200db", "x\u200c\u200c\u200dy", "a\r\nb\rc\r", "\ud83d\ude00", "\ud83d alone", "क्\u200dष"]


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_show_what_the_whole_would(text):
    """However a text is cut, the pieces shown join to the safe form of the whole."""
    whole = render_plain(
        text.replace("\r\n", "\n").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    )
    for seed in range(20):
        chance, stream, place, shown = random.Random(seed), PlainStream(), 0, ""
        while place < len(text):
            length = chance.randint(1, 3)
            shown += stream.feed(text[place : place + length])
            place += length
        assert shown + stream.finish() == whole


def told(reply, texts):
    """Play deltas to a listener."""
    reply.start("any/model", None)
    for text in texts:
        reply.receive(Delta(text))


def test_text_is_written_as_it_arrives(capsys):
    """Each delta is on the screen before the next one comes."""
    reply = TextReply()
    reply.start("any/model", None)
    reply.receive(Delta("One"))
    assert capsys.readouterr().out == "One"
    reply.receive(Delta(" \x1b[2Jtwo", reasoning="unseen"))
    reply.receive(Delta("another choice", index=1))
    assert capsys.readouterr().out == " \\x1b[2Jtwo"
    reply.finish(types.SimpleNamespace())
    assert capsys.readouterr().out == "\n"


def test_a_final_line_end_is_not_doubled(capsys):
    """A reply that ends its line gets no second end."""
    reply = TextReply()
    told(reply, ["One\n"])
    reply.finish(types.SimpleNamespace())
    assert capsys.readouterr().out == "One\n"


def test_a_stopped_reply_is_marked(capsys):
    """What had arrived stays, on a line of its own, and is marked."""
    reply = TextReply()
    told(reply, ["One"])
    reply.fail(KeyboardInterrupt(), types.SimpleNamespace(text="One"))
    assert capsys.readouterr().out == "One\n[stopped: this is what had arrived]\n"


def test_nothing_arrived_nothing_written(capsys):
    """A call that failed before the first word leaves the terminal as it was."""
    reply = TextReply()
    told(reply, [])
    reply.fail(ConnectionError(), None)
    assert capsys.readouterr().out == ""


def test_a_shell_does_not_print_the_reply_again():
    """In a terminal's IPython the reply is marked as shown as long as its cell runs."""
    shell = types.SimpleNamespace(execution_count=3)
    marks = []
    reply = TextReply(shell)
    told(reply, ["x"])
    reply.finish(types.SimpleNamespace(mark_shown=marks.append))
    assert marks[0]() is True
    shell.execution_count = 4
    assert marks[0]() is False
