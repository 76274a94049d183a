"""The text recognition of the local server answers image questions, and says plainly what it is."""

import base64
import struct
import time
import zlib

import pytest
from picture import data_address, draw
from PIL import Image
from raw_http import post

TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6
SIGN = ["Exit on the left", "Room 42"]


def ask(address, *images, **fields):
    """Ask what is in some images."""
    parts = [{"type": "image_url", "image_url": {"url": image}} for image in images]
    messages = [{"role": "user", "content": [{"type": "text", "text": "What's in this image?"}, *parts]}]
    return post(address, {"model": "local/ocr", "messages": messages} | fields)


@pytest.fixture(scope="module")
def sign():
    """Draw a sign."""
    return data_address(draw(SIGN))


def test_text_is_found_and_said_plainly(local_address, sign):
    """The answer names itself as text found in the image; no tokens are counted, so usage is null."""
    reply = ask(local_address, sign).json
    assert reply["choices"][0]["message"]["content"] == "Text found in the image:\nExit on the left\nRoom 42"
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert (reply["model"], reply["usage"]) == ("local/ocr", None)


def test_the_answer_can_be_streamed(local_address, sign):
    """A stream holds the same text line by line, no usage, and ends as every stream does."""
    stream = ask(local_address, sign, stream=True, stream_options={"include_usage": True})
    assert stream.text == "Text found in the image:\nExit on the left\nRoom 42"
    assert all("usage" not in chunk for chunk in stream.chunks)
    assert stream.events[-1] == "[DONE]"
    assert stream.chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_no_text_is_an_answer_too(local_address):
    """An image without text gets a sentence, not an invention."""
    reply = ask(local_address, data_address(Image.new("RGB", (64, 64), "white"))).json
    assert reply["choices"][0]["message"]["content"] == "No text was found in the image."


def test_several_images_are_told_apart(local_address, sign):
    """With several images each text says which one it is from."""
    reply = ask(local_address, sign, data_address(Image.new("RGB", (64, 64), "white"))).json
    text = "Text found in image 1:\nExit on the left\nRoom 42\n\nNo text was found in image 2."
    assert reply["choices"][0]["message"]["content"] == text


@pytest.mark.parametrize(
    "address",
    [
        data_address(draw(["Room 42"], mode="RGBA", background=(0, 0, 0, 0))),
        data_address(draw(["Room 42"], mode="L"), "JPEG"),
        data_address(draw(["Room 42"]).rotate(90, expand=True), "JPEG", exif=TURNED),
        data_address(draw(["Room 42"]).convert("P"), "GIF"),
    ],
    ids=["transparent", "grey", "turned", "palette"],
)  # fmt: skip
def test_many_kinds_of_images_are_read(local_address, address):
    """Transparent, grey, palette images and photographs that say they are turned are read upright on white."""
    assert "Room 42" in ask(local_address, address).json["choices"][0]["message"]["content"]


def test_a_question_may_follow_its_image(local_address, sign):
    """A later question without an image is about the last image of the conversation."""
    image = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": sign}}]}
    messages = [image, {"role": "assistant", "content": "…"}, {"role": "user", "content": "Which room?"}]
    reply = post(local_address, {"model": "local/ocr", "messages": messages}).json
    assert "Room 42" in reply["choices"][0]["message"]["content"]


def chunk(name, content):
    """Return one chunk of a PNG file."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb():
    """Return a small PNG of a billion pixels, as its header says."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 25_000, 8, 2, 0, 0, 0))
    block = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(block).decode()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://example.com/image.jpg", "fetches nothing"),
        ("file:///etc/passwd", "fetches nothing"),
        ("data:text/html;base64,AAAA", "fetches nothing"),
        ("data:image/png,raw", "fetches nothing"),
        ("data:image/png;base64,not base64!", "not valid base64"),
        ("data:image/png;base64,", "no format that can be read"),
        ("data:image/png;base64,AAAA", "no format that can be read"),
        (data_address(draw(SIGN))[:-2000], "base64|damaged|no format"),
    ],
)
def test_what_is_no_readable_image_is_refused(local_address, address, reason):
    """Addresses are never fetched, and broken images are a 400 that says what is wrong."""
    answer = ask(local_address, address)
    assert answer.status == 400
    assert any(word in answer.error["message"] for word in reason.split("|"))


def test_image_bombs_are_refused_quickly(local_address):
    """An image of a billion pixels is refused from its header, before its memory is taken."""
    address, start = bomb(), time.monotonic()
    answer = ask(local_address, address)
    assert answer.status == 400
    assert time.monotonic() - start < 3


def test_a_conversation_without_an_image_is_refused(local_address):
    """Asked without an image, it says what it needs."""
    answer = ask(local_address)
    assert answer.status == 400
    assert "send an image part" in answer.error["message"]
    assert ask(local_address, *["data:image/png;base64,AAAA"] * 17).status == 400
