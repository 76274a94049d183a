"""A look inside a request: exactly what is sent, no key, nothing sent, and what came back."""

import json
import os
import subprocess

import pytest
from PIL import Image

from toprouter_nb import Conversation
from toprouter_nb.errors import ParameterError
from toprouter_nb.notebook import Conversation as NotebookConversation
from toprouter_nb.testing import Cut, Script, ScriptedGateway

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def chat_with(gateway, **options):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key=KEY, display=False, **options)


def test_it_shows_the_very_bytes_and_sends_nothing():
    """The body is what `ask` would send, byte for byte, images and options included, and no request is made for it."""
    with ScriptedGateway(["One.", "Two."]) as gateway:
        chat = chat_with(gateway, system="Be terse.", temperature=0.2)
        chat.ask("First?")
        picture = Image.new("RGB", (40, 30), "red")
        xray = chat.xray("Second?", picture, seed=3, stream=False)
        assert len(gateway.requests) == 1
        chat.ask("Second?", picture, seed=3, stream=False)
        assert xray.body == gateway.requests[1].body
        assert xray.request == json.loads(gateway.requests[1].body)
        assert [turn.role for turn in xray.turns] == ["system", "user", "assistant", "user"]
        assert (xray.turns[3].images, xray.is_streamed, xray.reply) == (1, False, None)
        assert xray.url == f"{gateway.base_url}/chat/completions"


def test_without_parts_it_shows_the_last_question_and_its_answer():
    """The body is the one that was sent, with that question's options; after an undo or a fork it is made again."""
    with ScriptedGateway(["One.", "Two."]) as gateway:
        chat = chat_with(gateway)
        chat.ask("First?", temperature=0.9)
        first = chat.xray()
        assert first.body == gateway.requests[0].body
        assert first.reply is chat.last
        chat.ask("Second?", seed=1)
        assert chat.xray().body == gateway.requests[1].body
        chat.undo()
        assert chat.xray().request["messages"] == [{"role": "user", "content": "First?"}]
        assert chat.fork().xray().reply.text == "One."
        assert len(gateway.requests) == 2


def test_arrivals_are_kept_on_demand_only():
    """With `trace` each chunk's time and size are kept, in order; without it nothing is."""
    with ScriptedGateway([Script(deltas=["Hello ", "there"], delay_seconds=0.02)] * 2) as gateway:
        chat = chat_with(gateway)
        assert chat.ask("Hi").arrivals == ()
        chat.trace = True
        reply = chat.ask("Hi")
        texts = [arrival for arrival in reply.arrivals if arrival.characters]
        assert [arrival.characters for arrival in texts] == [6, 5]
        assert 0.02 <= texts[0].seconds < texts[1].seconds <= reply.seconds
        html = chat.xray()._repr_mimebundle_()["text/html"]
        assert "<svg" in html
        assert "11 characters" in html


def test_a_broken_answer_can_be_looked_into_too():
    """What had arrived of an answer that broke off is shown as the answer."""
    with ScriptedGateway([Script(deltas=["Once upon ", Cut()])]) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(Exception, match=r"ended|broke"):
            chat.ask("Tell")
        assert chat.xray().reply.is_partial


def test_no_key_is_anywhere(monkeypatch):
    """Neither repr, HTML, curl nor the fields hold the key; a missing one is told, and not asked for."""
    with ScriptedGateway(["One."]) as gateway:
        chat = chat_with(gateway)
        chat.ask("First?")
        xray = chat.xray()
        shown = [repr(xray), xray.curl, str(vars(xray)), *xray._repr_mimebundle_().values()]
        assert not any(KEY in text for text in shown)
        assert not any(finding.about == "key" for finding in xray.findings)
    found = Conversation("any/model", base_url="https://gateway.test", display=False).xray("Hi").findings
    assert [finding.about for finding in found if finding.level == "error"] == ["key"]


@pytest.mark.parametrize("prompt", ['It\'s $HOME, `id` and "quotes"\n\\n', "\u00e9 \U0001f389"])
def test_curl_sends_the_same(prompt):
    """Pasted into a shell, the line hands curl the same address and bytes, with the key from the environment."""
    xray = Conversation("any/model", base_url="http://127.0.0.1:9", api_key=KEY, display=False).xray(prompt)
    told = "curl() { printf '%s\\0' \"$@\"; }\n" + xray.curl
    environment = {**os.environ, "TOPROUTER_API_KEY": "typed-here"}
    ended = subprocess.run(["sh", "-c", told], env=environment, capture_output=True, timeout=20, check=True)
    given = ended.stdout.split(b"\0")[:-1]
    assert given[-1] == xray.body
    assert given[:2] == [b"--no-buffer", b"http://127.0.0.1:9/chat/completions"]
    assert b"Authorization: Bearer typed-here" in given


def test_curl_reads_a_heavy_body_from_a_file():
    """With an image the body is not pasted; a model of this machine is asked where `serve` says."""
    chat = Conversation("any/model", base_url="http://127.0.0.1:9", api_key=KEY, display=False)
    assert chat.xray("Hi", Image.new("RGB", (9, 9))).curl.endswith("--data-binary @request.json")
    local = Conversation("local/smollm2-135m", display=False).xray("Hi").curl
    assert local.startswith("# toprouter-nb serve prints the address and the key.\n")
    assert '"$TOPROUTER_BASE_URL/chat/completions"' in local


def test_a_model_that_sees_nothing_is_a_finding_and_no_error():
    """What `ask` would refuse can be looked at, and the lint says what would happen."""
    chat = Conversation("local/smollm2-135m", display=False)
    [finding] = chat.xray("What is this?", Image.new("RGB", (9, 9))).findings
    assert (finding.level, finding.about) == ("error", "image")


def test_nothing_asked_yet_is_told():
    """Without parts and without a question there is nothing to look into."""
    chat = Conversation.from_messages([{"role": "user", "content": "Hi"}], "any/model", base_url="http://127.0.0.1:9")
    with pytest.raises(ParameterError) as caught:
        chat.xray()
    assert str(caught.value) == "Nothing was asked yet. Pass what you would ask, as in chat.xray('Hello')."


def test_what_a_model_or_a_person_said_cannot_act():
    """Markup, control bytes and formulas of turns and answers are text in every view."""
    hostile = "<img src=x onerror=alert(1)>\x1b[31m $x$ </details></div><script>1</script>"
    with ScriptedGateway([hostile]) as gateway:
        chat = NotebookConversation("any/model", base_url=gateway.base_url, api_key=KEY, display=False, system=hostile)
        chat.ask(hostile)
        bundle = chat.xray()._repr_mimebundle_()
    assert "<img" not in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "\x1b" not in bundle["text/plain"] + bundle["text/html"]
    assert "mathjax_ignore" in bundle["text/html"]


def test_the_text_view_is_a_table_of_shares():
    """One line a turn, with its tokens, and what the lint says."""
    chat = Conversation("any/model", base_url="http://127.0.0.1:9", api_key=KEY, display=False, system="Be terse.")
    assert repr(chat.xray("What is a p-value?")) == (
        "XRay of a request to any/model: 175 bytes, about 16 tokens (estimate)\n"
        "  system          7  Be terse.\n"
        "  user            9  What is a p-value?\n"
        "note: model: Nothing is known of this model: tr.models() fetches the gateway's list."
    )


def test_a_key_that_was_said_is_sent_and_not_shown():
    """Somebody may paste a key into a question: no view of the look inside, nor of the conversation, repeats it."""
    with ScriptedGateway(["One."]) as gateway:
        chat = NotebookConversation("any/model", base_url=gateway.base_url, api_key=KEY, display=False)
        chat.ask(f"{'x' * 60} {KEY}")
        xray = chat.xray(f"Is {KEY} mine?")
        shown = [repr(xray), repr(xray.turns), xray.curl, *xray._repr_mimebundle_().values()]
        shown += chat.xray()._repr_mimebundle_().values()
        shown += chat._repr_mimebundle_().values()
        assert f"Is {KEY} mine?" in xray.body.decode()
        assert gateway.requests[0].json["messages"][0]["content"].endswith(KEY)
    assert not [view for view in shown if KEY[:14] in view]
