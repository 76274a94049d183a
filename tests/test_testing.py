"""What users of the scripted gateway are promised: replies, requests and the model list, over real sockets."""

import json
import subprocess
import sys
import time

import httpx
import openai
import pytest

from toprouter_nb.testing import Fault, Script, ScriptedGateway

HELLO = {"model": "any/model", "messages": [{"role": "user", "content": "one two three"}]}
STREAMED = HELLO | {"stream": True, "stream_options": {"include_usage": True}}


def ask(gateway, body=HELLO, **kwargs):
    """Send one chat request and return the whole response."""
    return httpx.post(gateway.base_url + "/chat/completions", json=body, timeout=10, **kwargs)


def chunks(response):
    """Decode the chunks of a streamed response."""
    events = [block.removeprefix("data: ") for block in response.text.split("\n\n") if block]
    return [json.loads(event) for event in events if event != "[DONE]"]


def texts(response):
    """Collect the text of every delta."""
    return [choice["delta"].get("content", "") for chunk in chunks(response) for choice in chunk["choices"]]


def run_python(*arguments):
    """Run another interpreter to its end."""
    return subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True)


def test_plain_completion_has_the_whole_text_and_counted_words():
    """A bare text answers a plain request as one completion, with words counted as tokens."""
    with ScriptedGateway(["four words are here"]) as gateway:
        answer = ask(gateway).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "any/model"
    assert answer["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "four words are here"}, "finish_reason": "stop"}
    ]
    assert answer["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


@pytest.mark.parametrize("text", ["four words are here", " \n lead and tail \n", "", "   ", "日本語 \u2028 é"])
def test_streamed_text_is_cut_into_words_and_complete(text):
    """The deltas of a streamed text, joined, are the text, whatever white space it has."""
    with ScriptedGateway([text]) as gateway:
        response = ask(gateway, STREAMED)
    assert "".join(texts(response)) == text
    assert response.text.endswith("data: [DONE]\n\n")
    assert chunks(response)[-1]["choices"] == []
    assert chunks(response)[-1]["usage"]["completion_tokens"] == len(text.split())


def test_usage_is_streamed_only_where_asked_for_or_given():
    """A stream reports usage when the request includes it or the script gives it, and nothing when it is None."""
    replies = ["a", Script("a", usage={"total_tokens": 9}), Script("a", usage=None)]
    with ScriptedGateway(replies) as gateway:
        plain = ask(gateway, HELLO | {"stream": True})
        given = ask(gateway, HELLO | {"stream": True})
        none = ask(gateway, STREAMED)
    assert [chunk.get("usage") for chunk in chunks(plain) + chunks(none)] == [None] * 6
    assert chunks(given)[-1]["usage"] == {"total_tokens": 9}


def test_deltas_are_sent_as_written():
    """Pieces of text, delta objects, reasoning, finish reason, model and id arrive as the script says."""
    call = {"tool_calls": [{"index": 0, "id": "c1"}]}
    script = Script(deltas=["a", call, "b"], reasoning="hm", finish_reason="length", model="m2", id="x7", usage=None)
    with ScriptedGateway([script, script]) as gateway:
        streamed = chunks(ask(gateway, STREAMED))
        message = ask(gateway).json()["choices"][0]["message"]
    assert [chunk["choices"][0]["delta"] for chunk in streamed] == [
        {"role": "assistant", "content": ""},
        {"reasoning": "hm"},
        {"content": "a"},
        call,
        {"content": "b"},
        {},
    ]
    assert {(chunk["id"], chunk["model"]) for chunk in streamed} == {("x7", "m2")}
    assert streamed[-1]["choices"][0]["finish_reason"] == "length"
    assert message == {"role": "assistant", "content": "ab", "reasoning": "hm", **call}


def test_each_delta_is_its_own_piece_and_on_time():
    """Each delta arrives by itself, and never before its delay is over."""
    script = Script(deltas=["a", "b", "c"], delay_seconds=0.1, first_delay_seconds=0.15)
    with ScriptedGateway([script]) as gateway:
        begin = time.monotonic()
        with httpx.stream("POST", gateway.base_url + "/chat/completions", json=STREAMED) as response:
            opened = time.monotonic() - begin
            arrived = [time.monotonic() - begin for block in response.iter_raw() if b'"content":"' in block]
    assert opened >= 0.15
    # Only the earliest moment can be promised: on a busy machine the reader may come late. The first is the role.
    assert len(arrived) == 4
    assert all(moment >= due for moment, due in zip(arrived, (0.15, 0.25, 0.35, 0.45), strict=True))


def test_replies_are_played_in_order_and_then_it_says_they_ran_out():
    """One reply answers one call; after the last comes status 500 with a message that names the way on."""
    with ScriptedGateway(["first", "second"]) as gateway:
        assert [ask(gateway).json()["choices"][0]["message"]["content"] for _ in range(2)] == ["first", "second"]
        over = ask(gateway)
    assert over.status_code == 500
    assert over.json()["error"]["message"] == (
        "The script has 2 replies and this is call 3. Add replies, or pass repeat=True."
    )


def test_repeat_begins_again():
    """With repeat=True the script starts over; with no reply at all it still says so."""
    with ScriptedGateway(["a", "b"], repeat=True) as gateway:
        assert [ask(gateway).json()["choices"][0]["message"]["content"] for _ in range(3)] == ["a", "b", "a"]
    with ScriptedGateway([], repeat=True) as gateway:
        assert ask(gateway).status_code == 500


def test_a_function_sees_the_request_and_decides():
    """A function in place of a reply, or of the list, is given the request and answers it."""

    def echo(request):
        return Script(request.json["messages"][-1]["content"].upper())

    with ScriptedGateway(echo) as one, ScriptedGateway(["x", echo]) as other:
        assert ask(one).json()["choices"][0]["message"]["content"] == "ONE TWO THREE"
        assert ask(one).status_code == 200
        assert [ask(other).json()["choices"][0]["message"]["content"] for _ in range(2)] == ["x", "ONE TWO THREE"]


def test_what_a_function_raises_reaches_the_test():
    """An assertion that fails in a reply function answers 500 and is raised when the block ends."""

    def refuse(request):
        assert request.json["model"] == "other", "wrong model"

    gateway = ScriptedGateway([refuse]).start()
    assert ask(gateway).status_code == 500
    with pytest.raises(AssertionError, match="wrong model"):
        gateway.close()
    gateway.close()


def test_the_error_of_the_block_comes_first():
    """An error in the `with` block is not replaced by that of a reply function."""
    gateway = ScriptedGateway(lambda request: request.no_such_field)
    with pytest.raises(ZeroDivisionError), gateway:
        ask(gateway).status_code / 0


def test_a_reply_that_cannot_be_played_is_refused():
    """What is no reply is a TypeError when it is listed, and status 500 when a function returns it."""
    with pytest.raises(TypeError, match="A reply is a str, Script, Fault, Raw, Cut, Hang or a function, not int"):
        ScriptedGateway([3])
    gateway = ScriptedGateway(lambda _request: 3).start()
    assert ask(gateway).status_code == 500
    with pytest.raises(TypeError, match="plays a str"):
        gateway.close()


def test_requests_are_recorded_without_the_key():
    """A request keeps method, path, headers, body and time; its key is masked and only said to be right."""
    with ScriptedGateway(["a"], api_key="sk-right") as gateway:
        begin = time.monotonic()
        wrong = ask(gateway, headers={"Authorization": "Bearer sk-wrong"})
        right = ask(gateway, headers={"Authorization": "Bearer sk-right", "X-Own": "1"})
        first, second = gateway.requests
    assert (wrong.status_code, right.status_code) == (401, 200)
    assert (first.authorized, second.authorized) == (False, True)
    assert (second.method, second.path, second.json) == ("POST", "/chat/completions", HELLO)
    assert (second.headers["x-own"], second.headers["authorization"]) == ("1", "Bearer [key hidden]")
    assert begin <= first.received_seconds <= second.received_seconds <= time.monotonic()
    assert "sk-" not in repr(vars(second))


def test_a_body_that_is_no_json_is_kept_as_bytes():
    """Such a body is recorded as it came, has no fields, and is answered."""
    with ScriptedGateway(["a"], repeat=True) as gateway:
        for body in (b"\xff\xfe", b"[1]", b""):
            assert httpx.post(gateway.base_url + "/chat/completions", content=body).status_code == 200
    assert [(request.body, request.json) for request in gateway.requests] == [
        (b"\xff\xfe", None),
        (b"[1]", [1]),
        (b"", None),
    ]


def test_a_body_sent_in_chunks_is_put_together():
    """A request body without a length is read chunk by chunk."""
    pieces = [b'{"model": ', b'"m"}']
    with ScriptedGateway(["a"]) as gateway:
        httpx.post(gateway.base_url + "/chat/completions", content=iter(pieces))
    assert gateway.requests[0].json == {"model": "m"}


def test_models_are_listed_with_and_without_v1():
    """Both addresses list the same rows: the default ones have prices, sizes and what they take."""
    with ScriptedGateway([]) as gateway:
        lists = [httpx.get(gateway.base_url + path).json() for path in ("/models", "/v1/models", "/models/?a=1")]
    assert lists[0] == lists[1] == lists[2]
    assert [row["id"] for row in lists[0]["data"]] == ["scripted/text", "scripted/vision"]
    assert lists[0]["data"][1]["architecture"]["input_modalities"] == ["text", "image"]


def test_models_can_be_rows_or_a_fault():
    """`models` replaces the rows, or makes the list fail."""
    with ScriptedGateway([], models=[{"id": "mine"}]) as mine, ScriptedGateway([], models=Fault(404)) as none:
        assert httpx.get(mine.base_url + "/models").json()["data"] == [{"id": "mine"}]
        assert httpx.get(none.base_url + "/models").status_code == 404


def test_other_addresses_are_404_and_cost_no_reply():
    """An unknown address answers 404 and names those there are; the next call still gets the first reply."""
    with ScriptedGateway(["first"]) as gateway:
        lost = httpx.post(gateway.base_url + "/completions", json=HELLO)
        found = httpx.post(gateway.base_url + "/v1/chat/completions", json=HELLO)
    assert lost.json()["error"]["message"] == (
        "Nothing is at POST /completions. There is POST /chat/completions and GET /models."
    )
    assert found.json()["choices"][0]["message"]["content"] == "first"


def test_the_openai_sdk_works_with_it():
    """The OpenAI SDK lists the models, and reads a plain and a streamed reply."""
    with (
        ScriptedGateway(["plain text", "streamed text"]) as gateway,
        openai.OpenAI(api_key="any", base_url=gateway.base_url) as client,
    ):
        plain = client.chat.completions.create(**HELLO)
        streamed = client.chat.completions.create(**HELLO, stream=True)
        assert plain.choices[0].message.content == "plain text"
        assert plain.usage.total_tokens == 5
        assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == "streamed text"
        assert [model.id for model in client.models.list()] == ["scripted/text", "scripted/vision"]


def test_it_has_no_address_before_it_is_started():
    """Asking for the address too early says what to do; it may be started again, and keeps its last address."""
    gateway = ScriptedGateway(["a", "b"])
    with pytest.raises(RuntimeError, match=r"use it in a `with` block, or call start\(\)"):
        _ = gateway.base_url
    gateway.close()
    for _ in range(2):
        with gateway:
            assert ask(gateway).status_code == 200
    assert len(gateway.requests) == 2
    with pytest.raises(httpx.ConnectError):
        ask(gateway)


def test_it_imports_nothing_of_the_package():
    """Importing the scripted gateway loads no other module of the package and no third-party one."""
    program = (
        "import sys, toprouter_nb.testing; print(*sorted(n for n in sys.modules if n.startswith('toprouter_nb.')))"
    )
    loaded = run_python("-c", program).stdout.split()
    assert [name for name in loaded if not name.startswith("toprouter_nb.testing")] == []
