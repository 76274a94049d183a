"""Why a question is not in a lesson, in words a student understands."""

import time

from toprouter_nb.lessons.asked import Asked, asked_of
from toprouter_nb.lessons.nearest import explain_miss


def asked(*texts, model="a/b", **options):
    """Return a question after some turns, user and assistant in turn."""
    roles = ("user", "assistant")
    return Asked(model, tuple({"role": roles[i % 2], "content": text} for i, text in enumerate(texts)), options)


def test_the_last_question_decides_what_is_near():
    """What the student typed counts more than the model, the options and the length of the chat."""
    recorded = [asked("What is variance?", "x", "What is bias?"), asked("What is a mean?", model="c/d", seed=1)]
    assert "'What is a mean?'; what differs: model" in explain_miss(asked("What is the mean?"), recorded)


def test_a_turn_before_it_is_named():
    """Where an earlier turn was changed, its number and the place in it are told."""
    told = explain_miss(asked("A" * 50 + "x", "b", "c"), [asked("A" * 50 + "y", "b", "c")])
    assert f"turn 1 (user: recorded '…{'A' * 20}y', asked '…{'A' * 20}x')." in told


def test_a_longer_chat_is_named():
    """More turns than were recorded are told as such."""
    assert "turns (recorded 1, asked 3)" in explain_miss(asked("a", "b", "c"), [asked("c")])


def test_images_are_named():
    """Where the words are equal, it is the pictures."""

    def picture(count):
        parts = [{"type": "text", "text": "What?"}]
        parts += [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{n}"}} for n in range(count)]
        return asked_of({"model": "m", "messages": [{"role": "user", "content": parts}]}, str)

    assert "turn 1 (user), in its images or its role" in explain_miss(
        Asked("m", ({"role": "system", "content": "s"},), {}), [Asked("m", ({"role": "user", "content": "s"},), {})]
    ).replace("(system)", "(user)")
    assert "[image]" in explain_miss(picture(1), [picture(2)])


def test_long_and_hostile_texts_are_bounded_and_escaped():
    """The message is short and safe on a terminal, and made quickly among many."""
    many = [asked("\x1b[31m" + "long " * 5_000 + str(number), n=number) for number in range(300)]
    start = time.monotonic()
    told = explain_miss(asked("\x1b[31m" + "long " * 5_000), many)
    assert time.monotonic() - start < 2
    assert "\x1b" not in told
    assert len(told) < 1_000
