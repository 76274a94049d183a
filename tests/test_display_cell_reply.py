"""In a real kernel a reply streams as updates of one output, and a static copy stays."""

import pytest
from kernels import Kernel, shown_by

from toprouter_nb.display.live_view import STATIC_SECONDS

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
from toprouter_nb.testing import Cut, Fault, Hang, Script
def chat_with(*replies, **options):
    gateway = testing.ScriptedGateway(list(replies)).start()
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", **options)
"""


@pytest.fixture(scope="module")
def kernel():
    """Give one kernel for all tests of this file."""
    with Kernel() as started:
        assert started.run(SETUP) == []
        yield started


def bundles(messages):
    """Return the bundles of all display messages."""
    return [content["data"] for kind, content in messages if "data" in content]


def test_a_reply_leaves_one_static_copy(kernel):
    """The growing output ends empty, the copy after it holds HTML and the text, and the cell does not echo it."""
    shown = shown_by(kernel.run("chat = chat_with('**Paris**'); chat.ask('Capital?')"))
    assert [set(bundle) for bundle in shown] == [{"text/plain"}, {"text/html", "text/plain"}]
    assert shown[0]["text/plain"] == ""
    assert shown[1]["text/plain"] == "**Paris**"
    assert "<strong>Paris</strong>" in shown[1]["text/html"]


def test_a_kept_reply_shows_itself_later(kernel):
    """The cell that asked stays silent about its reply; a later cell that names it shows it."""
    assert len(shown_by(kernel.run("reply = chat_with('One').ask('x'); reply"))) == 2
    assert shown_by(kernel.run("reply"))[0]["text/plain"] == "One"


def test_updates_are_few_and_the_last_is_exact(kernel):
    """A thousand deltas a second make at most the promised number of updates, and nothing of the text is lost."""
    kernel.run("import time; chat = chat_with(Script(deltas=['word '] * 2_000, delay_seconds=0.0005))")
    kernel.run("begin = time.monotonic()")
    messages = kernel.run("reply = chat.ask('x'); seconds = time.monotonic() - begin; print(seconds)")
    seconds = float(next(content["text"] for kind, content in messages if kind == "stream"))
    updates = [content for kind, content in messages if kind == "update_display_data"]
    assert 3 <= len(updates) <= seconds / STATIC_SECONDS + 2
    assert shown_by(messages)[-1]["text/plain"] == "word " * 2_000


def test_the_last_word_before_a_silence_is_shown(kernel):
    """What came just before the model fell silent is on the screen, not held back for the next delta."""
    kernel.run("chat = chat_with(Script(deltas=['One ', 'two ', Hang()]))")
    kernel.send("chat.ask('x')")
    for kind, content in kernel.receive():
        if kind == "update_display_data" and content["data"]["text/plain"] == "One two ":
            kernel.interrupt()


def test_only_html_and_plain_text_are_published(kernel):
    """No bundle holds text/markdown, and a reply that names a file or an address opens neither."""
    messages = kernel.run("for text in ('/etc/hostname', 'https://evil.test/x.html'): _ = chat_with(text).ask('x')")
    assert set().union(*bundles(messages)) == {"text/html", "text/plain"}
    assert [bundle["text/plain"] for bundle in shown_by(messages) if bundle["text/plain"]] == [
        "/etc/hostname",
        "https://evil.test/x.html",
    ]


def test_an_interrupt_keeps_what_had_arrived(kernel):
    """Stop leaves the partial text, marked, and the next cell works."""
    kernel.run("chat = chat_with(Script(deltas=['Once upon ', Hang()]), 'Again.')")
    kernel.send("chat.ask('x')")
    messages = []
    for message in kernel.receive():
        messages.append(message)
        if message[0] == "update_display_data" and message[1]["data"]["text/plain"] == "Once upon ":
            kernel.interrupt()
    shown = shown_by(messages)
    assert shown[1]["text/plain"] == "Once upon "
    assert "Stopped: this is what had arrived." in shown[1]["text/html"]
    assert shown_by(kernel.run("chat.ask('y')"))[1]["text/plain"] == "Again."


def test_an_error_is_shown_calmly_and_raised(kernel):
    """What went wrong stands below what had arrived, then the exception goes on its way."""
    messages = kernel.run("chat_with(Script(deltas=['Half a ', Cut()])).ask('x')")
    shown = shown_by(messages)
    assert shown[1]["text/plain"] == "Half a "
    assert 'role="alert"' in shown[1]["text/html"]
    kind, error = messages[-1]
    assert (kind, error["ename"]) == ("error", "StreamTruncatedError")
    assert len(error["traceback"]) == 2
    assert error["traceback"][0] == "line 1: chat_with(Script(deltas=['Half a ', Cut()])).ask('x')"


def test_reasoning_is_open_until_the_answer_begins(kernel):
    """While there is only reasoning it is in sight; when the answer is there it is folded."""
    kernel.run("chat = chat_with(Script('Yes.', reasoning='Let me see. ' * 40, delay_seconds=0.6))")
    html = [bundle["text/html"] for bundle in bundles(kernel.run("chat.ask('x')")) if "text/html" in bundle]
    assert any('<details class="tr-reasoning" open>' in looked for looked in html)
    assert '<details class="tr-reasoning"><summary>' in html[-1]


def test_display_false_shows_nothing_but_the_echo(kernel):
    """A silent conversation publishes nothing while it runs; its reply is the cell's ordinary result."""
    messages = kernel.run("chat_with('One', display=False).ask('x')")
    assert [kind for kind, _ in messages] == ["execute_result"]
