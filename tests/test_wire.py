"""What is sent is what the reference shows, in pieces that are made once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.errors import ParameterError
from toprouter_nb.parts import IMAGE_TYPES, ImagePart, TextPart
from toprouter_nb.turns import Turn
from toprouter_nb.wire.request import RequestBody, encode_request, encode_turn, message_of, turn_of

WORDS = st.text(st.characters(exclude_categories=["Cs"]))
IMAGES = st.builds(ImagePart, data=st.binary(min_size=1), media_type=st.sampled_from(IMAGE_TYPES)) | st.builds(
    ImagePart, url=st.just("https://example.com/image.jpg")
)
TURNS = st.builds(
    Turn,
    st.sampled_from(["system", "user", "assistant"]),
    st.lists(st.builds(TextPart, WORDS) | IMAGES, min_size=1, max_size=5),
)


def body_of(turns, **options):
    """Return the request body as text."""
    encoded = [encode_turn(turn) for turn in turns]
    return b"".join(encode_request(encoded, model="m/n", options=options, stream=False)).decode()


def test_a_request_is_the_one_of_the_reference():
    """Model, messages, options and stream stand at the top level, with text turns as plain strings."""
    turns = [Turn("system", "You are a helpful assistant."), Turn("user", "Hello!")]
    encoded = [encode_turn(turn) for turn in turns]
    body = encode_request(encoded, model="google/gemini-3.5-flash", stream=True, options={"temperature": 0.7})
    assert json.loads(b"".join(body)) == {
        "model": "google/gemini-3.5-flash",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Hello!"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.7,
    }


def test_a_plain_request_asks_for_no_stream_options():
    """`stream_options` is sent only with a stream, as servers demand."""
    assert body_of([Turn("user", "Hi")], max_tokens=5) == (
        '{"model":"m/n","messages":[{"role":"user","content":"Hi"}],"stream":false,"max_tokens":5}'
    )


def test_a_mixed_turn_is_a_list_of_parts_in_order():
    """Text and images keep their order; bytes become a data: address."""
    turn = Turn("user", ("What?", ImagePart(url="https://e.org/a.png"), ImagePart(data=b"abc", media_type="image/png")))
    assert message_of(turn)["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "https://e.org/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}},
    ]


@given(TURNS)
def test_a_turn_survives_the_wire(turn):
    """Encoding a turn, parsing the JSON and decoding it gives an equal turn; several texts alone become one."""
    sent = turn if turn.images else Turn(turn.role, turn.text)
    assert turn_of(json.loads(encode_turn(turn))) == sent


def test_texts_alone_are_one_plain_string():
    """A question and a table are sent as servers that take strings only can read them."""
    assert message_of(Turn("user", ("Look:", "a table")))["content"] == "Look:\n\na table"


@given(st.lists(TURNS, min_size=1, max_size=6), WORDS)
def test_the_pieces_of_a_request_make_one_json_object(turns, text):
    """Whatever the turns hold, the joined pieces parse, and `length` is their size."""
    body = encode_request([encode_turn(turn) for turn in turns], model="m", stream=False, options={"stop": text or "x"})
    joined = b"".join(body)
    assert json.loads(joined)["messages"] == [message_of(turn) for turn in turns]
    assert body.length == len(joined)


def test_lone_surrogates_are_sent_as_the_replacement_character():
    """A half left alone cannot be encoded; a pair of halves is one character."""
    assert json.loads(encode_turn(Turn("user", "a\ud83d b \ud83d\ude00")))["content"] == "a\ufffd b 😀"


def test_the_largest_message_is_named_for_people():
    """A message about size says the whole and the biggest message."""
    turns = [Turn("user", "x"), Turn("user", "y" * 2_000_000)]
    body = encode_request([encode_turn(turn) for turn in turns], model="m", stream=False, options={})
    assert body.largest == "2.0 MB, of which message 2 is 2.0 MB"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Hi", "A message is a dict with 'role' and 'content', not 'Hi'."),
        ("a role", "A message is a dict with 'role' and 'content', not 'a role'."),
        ({"content": "Hi"}, "A message is a dict with 'role' and 'content', not {'content': 'Hi'}."),
        (["x" * 100], f"A message is a dict with 'role' and 'content', not ['{'x' * 77}…."),
        ({"role": "robot", "content": "Hi"}, "A turn's role is 'system', 'user' or 'assistant', not 'robot'."),
        ({"role": "user", "content": 3}, "A message's 'content' is a string or a list of parts, not 3."),
        ({"role": "user", "content": {"a": 1}}, "A message's 'content' is a string or a list of parts, not {'a': 1}."),
        (
            {"role": "user", "content": 10**100},
            f"A message's 'content' is a string or a list of parts, not 1{'0' * 78}….",
        ),
        (
            {"role": "user", "content": [{"type": "audio"}]},
            "A part is {'type': 'text', ...} or {'type': 'image_url', ...}, not {'type': 'audio'}.",
        ),
        (
            {"role": "user", "content": [10**100]},
            f"A part is {{'type': 'text', ...}} or {{'type': 'image_url', ...}}, not 1{'0' * 78}….",
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,YW Jj"}}]},
            "A message holds a data: image whose base64 is damaged.",
        ),
    ],
)
def test_a_wrong_message_is_refused(message, words):
    """Each wrong shape is a ParameterError that names it."""
    with pytest.raises(ParameterError) as caught:
        turn_of(message)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, ()),
        ([], ()),
        (["a", {"type": "text", "text": "b"}], ("a", "b")),
        (
            [{"type": "image_url", "image_url": "data:image/png;base64,YWJj"}],
            (ImagePart(data=b"abc", media_type="image/png"),),
        ),
        *(
            ([{"type": "image_url", "image_url": {"url": url}}], (ImagePart(url=url),))
            for url in ("https://e.org/a,b.png", "data:text/plain;base64,YWJj", "data:image/png,a", "image/png,YWJj")
        ),
    ],
)
def test_messages_of_others_are_read(content, parts):
    """No content, texts among parts, and addresses with and without an object around them; bytes only of images."""
    assert turn_of({"role": "assistant", "content": content}) == Turn("assistant", parts)


def test_a_turn_without_parts_is_an_empty_text():
    """An answer of which nothing came stays a message of the conversation."""
    assert message_of(Turn("assistant", ())) == {"role": "assistant", "content": ""}


def test_short_pieces_are_sent_together():
    """Neighbours are joined up to 256 KiB exactly; a longer piece goes alone; each iteration gives the same."""
    half, long = b"x" * 2**17, b"z" * 300_000
    body = RequestBody([half, half, half, b"", half, b"y", long, half, half[1:], b"!!"])
    expected = [half + half, half + half, b"y", long, half + half[1:], b"!!"]
    assert ([list(body), list(body)] == [expected] * 2) is True  # no listing of the difference, which would be huge
    assert (list(RequestBody([half, half[1:], b"!"])) == [half + half[1:] + b"!"]) is True
    assert list(RequestBody([long])) == [long]


@pytest.mark.parametrize("media_type", ["image/png", "image/;base64,x", 'image/"}}', "image/\u00e9\n"])
def test_an_image_is_encoded_whatever_its_type_is_called(media_type):
    """The JSON by hand is the JSON of the message, also for a type that is none."""
    turn = Turn("user", (TextPart("Look"), ImagePart(data=b"\x89PNG", media_type=media_type)))
    assert json.loads(encode_turn(turn)) == message_of(turn)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_never_sent(number):
    """NaN and infinity are refused here, should an option ever come unchecked."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        body_of([Turn("user", "Hi")], temperature=number)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([1_050_000], "1.1 MB, of which message 1 is 1.1 MB"),
        ([1_049_000], "1.0 MB, of which message 1 is 1.0 MB"),
        ([1_050_000, 1_050_000, 1], "2.1 MB, of which message 1 is 1.1 MB"),
        ([900_000, 1_049_000, 1_000], "2.0 MB, of which message 2 is 1.0 MB"),
    ],
)
def test_sizes_are_told_in_megabytes_of_a_million(sizes, words):
    """The whole, and the first of the biggest messages, also where several are one piece."""
    turns = [encode_turn(Turn("user", "x" * size)) for size in sizes]
    for pieces in (turns, [b",".join(turns)]):
        assert encode_request(pieces, model="m", stream=False, options={}).largest == words


def test_a_body_knows_its_images_and_the_rest():
    """Each image counts once, however large, and its bytes are not among those of the texts."""
    image = ImagePart(data=b"\x89PNG" * 1000, media_type="image/png")
    quoting = Turn("user", (TextPart('{"type":"image_url","image_url":{"url":"x"}}'),))
    turns = [
        Turn("user", (TextPart("Look"), image, image)),
        quoting,
        Turn("user", (ImagePart(url="https://x.test/i"),)),
    ]
    body = encode_request([encode_turn(turn) for turn in turns], model="m", stream=False, options={})
    count, rest = body.measure()
    assert (count, rest < 500, body.length > 10_000) == (3, True, True)
