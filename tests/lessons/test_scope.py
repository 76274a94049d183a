"""A teacher records, students replay: the same words at the same times, with no key and no network."""

import asyncio
import json
import math
import socket
import threading
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import toprouter_nb as tr
from toprouter_nb.errors import (
    ConnectFailedError,
    NotFoundError,
    ParameterError,
    SettingsError,
    StorageError,
)
from toprouter_nb.lessons.file import load_lesson
from toprouter_nb.lessons.player import PlayingSender
from toprouter_nb.secret import Secret
from toprouter_nb.stage import STAGE
from toprouter_nb.testing import Cut, ErrorEvent, Fault, Hang, Raw, Script, ScriptedGateway, Stall
from toprouter_nb.wire.request import RequestBody

GOLDEN = Path(__file__).parents[1] / "data" / "lesson_v1.jsonl"
KEY = "sk-canary-0f1e2d3c4b5a"


@pytest.fixture
def lesson(tmp_path):
    """Return where a lesson may be recorded; nothing stays on the stage afterwards."""
    yield tmp_path / "lesson.jsonl"
    assert not STAGE._carriers


@pytest.fixture
def offline(monkeypatch):
    """Let nothing open a connection."""

    def refuse(*_arguments):
        pytest.fail("a replay opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


def chat_with(gateway, **options):
    """Return a conversation with a scripted gateway."""
    return tr.Conversation("any/model", base_url=gateway.base_url, api_key=KEY, display=False, **options)


def student(**options):
    """Return a conversation of somebody without a key."""
    return tr.Conversation("any/model", display=False, **options)


def recorded(lesson, replies, *questions, **options):
    """Record questions in one conversation, and return it."""
    with ScriptedGateway(replies) as gateway, tr.record(lesson):
        chat = chat_with(gateway, **options)
        for question in questions:
            chat.ask(question)
    return chat


def test_a_conversation_plays_as_it_was(lesson):
    """Texts, usage, finish reasons and turns are those of the recording, for a student who has no key at all."""
    script = Script("Paris it is.", usage={"prompt_tokens": 5, "completion_tokens": 3, "cost": 0.5}, reasoning="Hm.")
    taught = recorded(lesson, [script, "Rome."], "France?", "Italy?", system="Be terse.", seed=3)
    with tr.replay(lesson):
        chat = student(system="Be terse.", seed=3)
        assert "".join(chat.stream("France?")) == "Paris it is."
        assert chat.ask("Italy?").text == "Rome."
    assert chat.turns == taught.turns
    for played, was in zip(chat.replies, taught.replies, strict=True):
        assert (played.usage, played.finish_reason, played.reasoning, played.raw) == (
            was.usage, was.finish_reason, was.reasoning, was.raw,
        )  # fmt: skip


def test_a_replay_needs_neither_key_nor_network(lesson, offline):
    """The golden lesson of version 1 plays, its error too, where no connection can be made and no key is."""
    with tr.replay(GOLDEN, speed=math.inf):
        chat = student(temperature=0.5)
        assert chat.ask("Capital of France?").text == "It is Paris."
        with pytest.raises(NotFoundError, match="No such model"):
            chat.ask("Of Italy?", model="no/model")
    with pytest.raises(SettingsError):
        chat.ask("And afterwards?")


def test_a_replay_costs_nothing(lesson):
    """What was billed to the teacher is told, and not booked again."""
    recorded(lesson, [Script("x", usage={"total_tokens": 2, "cost": 0.25})], "q")
    with tr.replay(lesson):
        reply = student().ask("q")
    assert reply.cost_usd == 0
    assert reply.usage.cost_usd == Decimal("0.25")


def test_every_way_to_ask_is_recorded_and_played(lesson):
    """ask, stream, their async twins and plain requests, each played in every other way."""

    async def both(chat):
        pieces = [text async for text in chat.stream_async("c")]
        return "".join(pieces), (await chat.ask_async("d")).text

    with ScriptedGateway(["A", "B", "C", "D"]) as gateway, tr.record(lesson):
        chat = chat_with(gateway)
        assert (chat.ask("a", stream=False).text, "".join(chat.stream("b"))) == ("A", "B")
        assert asyncio.run(both(chat)) == ("C", "D")
    with tr.replay(lesson):
        chat = student()
        assert ("".join(chat.stream("a")), chat.ask("b", stream=False).text) == ("A", "B")
        assert asyncio.run(both(chat)) == ("C", "D")


def test_the_timing_is_kept_and_speed_divides_it(lesson):
    """Silences last as long as they did; twice the speed halves them, and infinite speed waits for nothing."""
    recorded(lesson, [Script(deltas=["one ", Stall(0.4), "two"], first_delay_seconds=0.2)], "q")
    for speed, least, most in ((1.0, 0.55, 5), (2, 0.27, 5), (math.inf, 0, 0.5)):
        with tr.replay(lesson, speed=speed):
            start = time.monotonic()
            moments = [time.monotonic() - start for _ in student().stream("q")]
        assert least <= moments[-1] <= most
        assert moments[-1] - moments[0] >= 0.35 / speed


@pytest.mark.parametrize("speed", [0, -1, math.nan, "fast", None, True])
def test_a_speed_is_a_number_above_0(speed):
    """Another one is refused at once, with what would do."""
    with pytest.raises(ParameterError, match=r"speed is a number above 0, where 1 is as recorded and math\.inf"):
        tr.replay(GOLDEN, speed=speed)


FAULTS = {
    "status": (Fault(402, {"error": {"message": "No credit."}}), "InsufficientCreditsError"),
    "error in stream": (Script(deltas=["So ", ErrorEvent("Overloaded.")]), "StreamInterruptedError"),
    "broken stream": (Script(deltas=["So far", Cut()]), "StreamTruncatedError"),
    "no chunk": (Raw([b"data: nonsense\n\n"]), "MalformedChunkError"),
    "web page": (Raw([b"<html>"], headers={"Content-Type": "text/html"}), "UnexpectedResponseError"),
    "no answer": (Cut(), "ConnectFailedError"),
    "silence": (Script(deltas=["So ", Hang()]), "StreamTruncatedError"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_errors_are_part_of_a_lesson(name, lesson):
    """A recorded fault is the same error, with the same message and the same partial text, when it is played."""
    script, kind = FAULTS[name]

    def ask(chat):
        with pytest.raises(tr.errors.ToprouterError) as told:
            chat.ask("q")
        error = told.value
        return (
            type(error).__name__,
            error.kind,
            error.args[0].partition(" 127.0.0.1")[0],
            error.partial and str(error.partial),
        )

    settings = {"max_retries": 0, "idle_seconds": 0.3}
    with ScriptedGateway([script]) as gateway, tr.record(lesson):
        taught = ask(
            tr.Conversation("any/model", settings=tr.Settings(gateway.base_url, KEY, **settings), display=False)
        )
    with tr.replay(lesson):
        played = ask(tr.Conversation("any/model", settings=tr.Settings(**settings), display=False))
    assert taught[0] == kind or name == "silence"
    assert played[0] == taught[0]
    assert played[1:2] + played[3:] == taught[1:2] + taught[3:]


def test_retries_are_played_too(lesson):
    """An attempt that failed and the one that did not are two takes, in their order."""
    with ScriptedGateway([Fault(503), "Second time lucky."]) as gateway, tr.record(lesson) as recording:
        chat_with(gateway).ask("q")
    assert recording.count == 2
    with tr.replay(lesson):
        reply = student().ask("q")
    assert (reply.text, reply.attempts) == ("Second time lucky.", 2)


def test_equal_questions_play_in_order_then_the_last_again(lesson):
    """As a sampling lesson needs it; a new replay begins at the first."""
    with ScriptedGateway(["one", "two", "three"]) as gateway, tr.record(lesson):
        for _ in range(3):
            chat_with(gateway).ask("q")
    play = tr.replay(lesson)
    for _ in range(2):
        with play:
            assert [student().ask("q").text for _ in range(5)] == ["one", "two", "three", "three", "three"]


def test_a_question_recorded_again_is_answered_in_the_new_way(lesson):
    """Recording into a lesson adds to it; the newest recording of a question is the one that counts."""
    recorded(lesson, ["old one", "kept"], "q", "r")
    recorded(lesson, ["new"], "q")
    with tr.replay(lesson):
        assert [student().ask("q").text for _ in range(2)] == ["new", "new"]


def test_a_miss_names_the_nearest_question_and_what_differs(lesson):
    """Nothing is sent, the history is as before, and the message says what to change."""
    recorded(lesson, ["a", "b"], "What is a p-value?", "And a confidence interval?", temperature=0.5)
    with tr.replay(lesson):
        chat = student(temperature=0.5, top_p=0.1)
        with pytest.raises(ParameterError) as told:
            chat.ask("What is a P value?", model="other/model")
    assert told.value.kind == "not_found"
    assert str(told.value) == (
        "The lesson has no answer to 'What is a P value?'. The nearest recorded question is 'What is a p-value?'; "
        "what differs: model (recorded 'any/model', asked 'other/model'); top_p (recorded without, asked 0.1); "
        "turn 1 (user: recorded 'What is a p-value?', asked 'What is a P value?'). "
        "Ask it as it was recorded, or record it."
    )
    assert chat.turns == ()


def test_many_threads_and_tasks_are_recorded_and_played(lesson):
    """Concurrent calls, as a comparison makes them, keep apart; every one is kept and found again."""

    async def ask_all(make):
        replies = await asyncio.gather(*(make().ask_async(f"async {number}") for number in range(12)))
        return [reply.text for reply in replies]

    def ask_in_threads(make):
        texts = {}

        def ask(number):
            texts[number] = make().ask(f"thread {number}").text

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [texts[number] for number in range(12)]

    def echo(request):
        return "re: " + request.json["messages"][-1]["content"]

    with ScriptedGateway(echo) as gateway, tr.record(lesson) as recording:
        taught = asyncio.run(ask_all(lambda: chat_with(gateway))), ask_in_threads(lambda: chat_with(gateway))
    assert recording.count == 24
    with tr.replay(lesson):
        assert (asyncio.run(ask_all(student)), ask_in_threads(student)) == taught


def test_a_recording_may_go_over_cells(lesson):
    """Start and stop do what a block does; a second start or stop does no harm."""
    recording = tr.record(lesson)
    assert repr(recording).endswith("0 exchanges, not recording>")
    with ScriptedGateway(["a", "b"]) as gateway:
        assert recording.start() is recording.start()
        chat_with(gateway).ask("q")
        recording.stop()
        recording.stop()
        chat_with(gateway).ask("not kept")
    assert repr(recording).endswith("1 exchanges, not recording>")
    play = tr.replay(lesson).start()
    assert student().ask("q").text == "a"
    assert repr(play).endswith("1 exchanges, playing>")
    play.stop()


def test_lessons_nest(lesson, tmp_path):
    """Inside a replay a recording keeps what is played; around one it keeps nothing; the innermost replay answers."""
    recorded(lesson, ["first"], "q")
    with tr.replay(lesson), tr.record(tmp_path / "inner.jsonl") as inner:
        student().ask("q")
    recorded(tmp_path / "other.jsonl", ["second"], "q")
    with tr.record(tmp_path / "outer.jsonl") as outer, tr.replay(lesson), tr.replay(tmp_path / "other.jsonl"):
        assert student().ask("q").text == "second"
    assert (inner.count, outer.count) == (1, 0)
    with tr.replay(tmp_path / "inner.jsonl"):
        assert student().ask("q").text == "first"


def test_an_answer_that_was_left_halfway_is_not_kept(lesson):
    """A loop that was left, and an interrupt, leave no take that nobody could finish."""
    with ScriptedGateway([Script(deltas=["a", Hang()])] * 2 + ["b"]) as gateway, tr.record(lesson) as recording:
        for _ in chat_with(gateway).stream("q"):
            break
        iterator = chat_with(gateway).stream("q")
        next(iterator)
        with pytest.raises(KeyboardInterrupt):
            iterator.throw(KeyboardInterrupt)
        assert recording.count == 0
        chat_with(gateway).ask("q")
    assert recording.count == 1


def test_a_played_answer_can_be_stopped_while_it_waits(lesson):
    """Stopping from another thread, as the Stop button does, ends a wait of the lesson at once."""
    recorded(lesson, [Script(deltas=["a", Stall(1.0), "b"])], "q")
    body = RequestBody([json.dumps({"model": "any/model", "messages": [{"role": "user", "content": "q"}]}).encode()])
    start = time.monotonic()
    with PlayingSender(load_lesson(lesson), 0.1).post("/", body, Secret(), stream=True) as answer:
        threading.Timer(0.3, answer.close).start()
        with pytest.raises(ConnectFailedError):
            list(answer.blocks())
    assert time.monotonic() - start < 2


def test_another_machine_draws_another_picture(lesson):
    """A question about a plot plays where only the plot's bytes differ, and a warning says so; the lesson is small."""
    noise = np.random.default_rng(0).integers(0, 255, (120, 120, 3), dtype=np.uint8)
    with ScriptedGateway(["A plot.", "A dot."]) as gateway, tr.record(lesson):
        chat_with(gateway).ask("What is this?", noise)
        chat_with(gateway).ask("And this?", noise)
    assert lesson.stat().st_size < 5_000
    with tr.replay(lesson):
        assert student().ask("And this?", noise).text == "A dot."
        with pytest.warns(RuntimeWarning, match="recorded with another image"):
            assert student().ask("What is this?", noise[::-1]).text == "A plot."
        with pytest.raises(ParameterError, match="has no answer"):
            student().ask("What is this?", noise, noise)


def test_a_comparison_is_recorded_and_played(lesson, monkeypatch):
    """Several models and prompts at once, for a student without a key; each model's answers stay its own."""
    monkeypatch.delenv("TOPROUTER_API_KEY", raising=False)

    def answer(request):
        return f"{request.json['model']}: {request.json['messages'][-1]['content']}"

    with ScriptedGateway(answer) as gateway, tr.record(lesson):
        tr.compare(["a", "b"], ["m/one", "m/two"], base_url=gateway.base_url, api_key=KEY, display=False)
    with tr.replay(lesson):
        played = tr.compare(["a", "b"], ["m/one", "m/two"], display=False)
    assert played.answer(1, "m/two").text == "m/two: b"
    assert played.answer(0, "m/one").text == "m/one: a"


def test_no_key_and_no_header_is_in_a_lesson(lesson):
    """Said, echoed whole, in an error, or spelled over several deltas: it is hidden, or the exchange is left out."""
    spelled = Script(deltas=["It is sk-can", "ary-0f1", "e2d3c4b5a, no?"])
    letters = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    escaped = Raw([b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\ndata: [DONE]\n\n' % letters.encode()])
    error = Fault(404, {"error": {"message": f"Key {KEY} knows no such model"}}, {"X-Request-Id": "header-canary"})
    with ScriptedGateway([f"You said {KEY}!", spelled, escaped, error]) as gateway, tr.record(lesson) as recording:
        chat_with(gateway).ask(f"My key is {KEY}")
        with pytest.warns(RuntimeWarning, match="spells your API key in pieces"):
            chat_with(gateway).ask("Spell it")
        with pytest.warns(RuntimeWarning, match="spells your API key in pieces"):
            chat_with(gateway).ask("Escape it")
        with pytest.raises(NotFoundError):
            chat_with(gateway).ask("No such")
    text = lesson.read_text()
    assert recording.count == 2
    for word in ("canary", "0f1e2d", "Bearer", "uthorization", "127.0.0.1", "header"):
        assert word not in text
    with tr.replay(lesson):
        assert student().ask(f"My key is {KEY}").text == "You said [key hidden]!"


def test_a_lesson_is_for_a_model_of_this_machine_too(lesson, monkeypatch):
    """A `local/` model plays where no server can be started."""
    recorded(lesson, ["Hello."], "q")
    lesson.write_text(lesson.read_text().replace("any/model", "local/smollm2-135m"))
    monkeypatch.setattr("toprouter_nb.client._local_settings", lambda *_: pytest.fail("a server was started"))
    with tr.replay(lesson):
        assert tr.Conversation("local/smollm2-135m", display=False).ask("q").text == "Hello."


def test_recording_the_model_of_this_machine(lesson, local_address, monkeypatch):
    """What the embedded model says is recorded, and plays without it."""
    address, token = local_address
    monkeypatch.setattr("toprouter_nb.local.address", lambda _model: (address, token))
    with tr.record(lesson):
        said = tr.Conversation("local/smollm2-135m", display=False).ask("Say hi.", max_tokens=5, seed=1).text
    assert token not in lesson.read_text()
    monkeypatch.setattr("toprouter_nb.local.address", lambda _model: pytest.fail("a server was started"))
    with tr.replay(lesson, speed=math.inf):
        assert tr.Conversation("local/smollm2-135m", display=False).ask("Say hi.", max_tokens=5, seed=1).text == said


def test_a_recording_that_cannot_be_written_costs_nobody_an_answer(lesson, monkeypatch):
    """The answer comes, and one warning says that it is not in the lesson."""
    with ScriptedGateway(["a"]) as gateway, tr.record(lesson) as recording:

        def refuse(_take):
            message = "full"
            raise StorageError(message)

        monkeypatch.setattr(recording._file, "append", refuse)
        with pytest.warns(RuntimeWarning, match="An exchange is not in the lesson: full"):
            assert chat_with(gateway).ask("q").text == "a"
