"""The event stream machine against written cases, an independent parser, and its bounds."""

import json
import random
import time
import tracemalloc
from itertools import pairwise, repeat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_stream import parse_whole

from toprouter_nb.errors import UnexpectedResponseError
from toprouter_nb.sse import Decoder, Event

CASES = json.loads((Path(__file__).parent / "data" / "sse_events.json").read_text())["cases"]
SMALL = [case for case in CASES if "is_large" not in case]
LARGE = [case for case in CASES if "is_large" in case]
TOKENS = (
    *(b"data", b"event", b"id", b"retry", b"dat", b":", b" ", b": ", b"\n", b"\n", b"\r", b"\r\n", b"\n\n"),
    *(b"data: {}\n\n", b"data: x\n\n", b"data:", b"data: ", b"12", b"x", b"\0", b"\xef\xbb\xbf", b"\xe2\x82"),
    *(b"\x80", b"\xff", b"\xed\xa0\x80", "é".encode(), "😀".encode()),
)


def test_all_cases_are_there():
    """The case file is read whole."""
    assert (len(SMALL), len(LARGE)) == (141, 4)


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case["name"])
def test_events_do_not_depend_on_the_cut(case):
    """Each case gives its events as listed, joined, byte by byte, at every cut in two, and at 200 random cuts."""
    pieces = [_bytes_of(piece) for piece in case["stream"]]
    whole = b"".join(pieces)
    expected = ([Event(*event) for event in case["events"]], case["retry"])
    dice = random.Random(case["name"])
    cuts = [[place] for place in range(len(whole) + 1)] + [list(range(len(whole)))]
    cuts += [[dice.randrange(len(whole) + 1) for _ in range(dice.randint(2, 7))] for _ in range(200)]
    assert _decode(pieces) == expected
    for places in cuts:
        assert _decode(_cut(whole, places)) == expected, places


@pytest.mark.parametrize("case", LARGE, ids=lambda case: case["name"])
def test_large_streams_in_reads_of_64_kib(case):
    """Streams of one huge line, many lines and many events come out whole."""
    whole = b"".join(map(_bytes_of, case["stream"]))
    if isinstance(case["events"], dict):
        expected = [Event(*case["events"]["each"])] * case["events"]["times"]
    else:
        expected = [Event(kind, _text_of(data), name) for kind, data, name in case["events"]]
    assert _decode(_cut(whole, range(0, len(whole), 65_536))) == (expected, case["retry"])


@settings(max_examples=400)
@given(st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join), st.lists(st.integers(0, 300), max_size=6))
def test_equals_an_independent_parser(stream, places):
    """Any stream, however it is cut, gives what a parser of the whole text gives, and the same pending payload."""
    decoder = Decoder()
    events = [event for block in _cut(stream, places) for event in decoder.feed(block)]
    assert (events, decoder.retry_milliseconds, decoder.finish()) == parse_whole(stream)


@settings(max_examples=400)
@given(st.binary(max_size=40))
def test_bad_bytes_are_replaced_as_the_encoding_standard_says(value):
    """Bytes that are no UTF-8 become as many U+FFFD as the standard's own state machine makes of them."""
    value = value.replace(b"\n", b"").replace(b"\r", b"")
    expected = _decode_utf8(b" " + value)[1:]
    event = Event(expected or "message", expected, "" if b"\0" in value else expected)
    assert Decoder().feed(b"event: %b\nid: %b\ndata: %b\n\n" % (value, value, value)) == [event]
    assert [event.data for event in Decoder().feed(b"data: " + value + b"\n\n")] == [expected]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", None),
        (b"data: a\n\n", None),
        (b"data: [DONE]", "[DONE]"),
        (b"data: [DONE]\n", "[DONE]"),
        (b"data: [DONE]\r", "[DONE]"),
        (b"\xef\xbb\xbfdata: a", "a"),
        (b"data: a\ndata: b", "a\nb"),
        (b'data: a\n\nevent: x\ndata: {"b"', '{"b"'),
        (b"data: a\nid: 1", "a"),
        (b"data: a\ndat", "a"),
        (b"data", ""),
        (b"data: \xe2\x82", "\ufffd"),
        (b": comment", None),
        (b"event: x", None),
    ],
)
def test_finish_returns_the_pending_payload(stream, expected):
    """At the end of the file the unfinished event's data is returned, a last open line included; None without data."""
    for places in ([], list(range(len(stream)))):
        decoder = Decoder()
        for block in _cut(stream, places):
            decoder.feed(block)
        assert decoder.finish() == expected


def test_an_event_comes_with_its_first_possible_byte():
    """A CR ends a line at once; the event does not wait for the LF that may follow."""
    decoder = Decoder()
    assert [len(decoder.feed(block)) for block in (b"data: a\r", b"\r", b"\n", b"data: b\r\n", b"\r", b"\n")] == [
        *(0, 1, 0),
        *(0, 1, 0),
    ]


@pytest.mark.parametrize("start", [[], [b""], [b"data: a\n\n"], [b"", b"data: a\n\n"], [b"\n"], [b"\r"]])
def test_a_byte_order_mark_counts_only_at_the_very_beginning(start):
    """Behind an event or a line end it is part of a field's name, which nobody knows then."""
    decoder = Decoder()
    before = [event.data for block in start for event in decoder.feed(block)]
    after = [event.data for event in decoder.feed(b"\xef\xbb\xbfdata: b\n\n")]
    assert before + after == ["a"] * (b"data: a\n\n" in start) + ["b"] * (not any(start))


class _PlainOnly(Decoder):
    def _read_field(self, line):
        pytest.fail(f"{line} was read field by field")


@pytest.mark.parametrize("limit", [27, 64 * 2**20])
def test_what_gateways_send_nearly_always_takes_the_short_way(limit):
    """Whole events of one data line each are never read field by field, first or later, one or many at once."""
    decoder = _PlainOnly(max_event_bytes=limit)
    blocks = [b"data: a\n\n", b"data: b\n\ndata: c\n\ndata: d\n\n", b"data: e\n\n"]
    assert [[event.data for event in decoder.feed(block)] for block in blocks] == [["a"], ["b", "c", "d"], ["e"]]
    decoder._read_lines = pytest.fail
    assert [event.data for event in decoder.feed(blocks[1])] == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("block", "texts"),
    [
        (b"data: b\rdata: c\n\n", ["b\nc"]),
        (b"data: b\r\rdata: c\n\n", ["b", "c"]),
        (b"data: b\ndata: c\n\n", ["b\nc"]),
        (b"data: b\n\nid: 1\n\n", ["b"]),
        (b"data: b\n\ndata:c\n\n", ["b", "c"]),
    ],
)
def test_what_only_looks_plain_takes_the_long_way(block, texts):
    """A block between two events that begins and ends like plain ones is read as the standard says."""
    decoder = Decoder()
    decoder.feed(b"data: a\n\n")
    assert [event.data for event in decoder.feed(block)] == texts


def test_an_absurd_retry_is_ignored():
    """A reconnection time of more digits than Python reads is no error, and leading zeros do not count."""
    decoder = Decoder()
    decoder.feed(b"retry: 7\nretry: " + b"9" * 5_000 + b"\n")
    assert decoder.retry_milliseconds == 7
    decoder.feed(b"retry: " + b"0" * 5_000 + b"8\n")
    assert decoder.retry_milliseconds == 8
    decoder.feed(b"retry: 00\n")
    assert decoder.retry_milliseconds == 0
    decoder.feed(b"retry: 1" + b"0" * 3_999 + b"\nretry: 1" + b"0" * 4_000 + b"\n")
    assert decoder.retry_milliseconds == 10**3_999


@pytest.mark.parametrize("block", [b"x" * 100, b": keep-alive\n", b"data: x\n", b"data: x\r\n", b"x\r"])
def test_what_never_ends_is_refused(block):
    """An endless line, endless comments and endless data lines end in a typed error at the limit."""
    decoder = Decoder(max_event_bytes=5_000)
    with pytest.raises(UnexpectedResponseError) as caught:
        _decode(repeat(block, 5_000), decoder)
    assert caught.value.kind == "too_large"
    assert str(caught.value) == (
        "One event of the stream is larger than 5,000 bytes, which no chat stream needs. "
        "Check base_url and the model, or raise the limit with configure(max_event_bytes=...)."
    )
    with pytest.raises(UnexpectedResponseError):
        decoder.finish()


@pytest.mark.parametrize("before", ["a", ""])
@pytest.mark.parametrize("ending", [b"\n\n", b"\r\r", b"\r\n\r\n"])
def test_the_limit_is_exact_at_every_cut(ending, before):
    """An event of exactly the limit passes; one byte more is refused, and what stood before it is handed out."""
    first = b"data: a" + ending if before else b""
    for extra in (0, 1):
        stream = first + b"data: " + b"x" * (13 + extra) + ending + b"data: b" + ending
        for places in [[place] for place in range(len(stream))] + [list(range(len(stream))), []]:
            decoder, texts = Decoder(max_event_bytes=20), []
            try:
                for block in _cut(stream, places):
                    texts += [event.data for event in decoder.feed(block)]
                decoder.finish()
            except UnexpectedResponseError:
                texts.append("refused")
            assert texts == [*before, *(["refused"] if extra else ["x" * 13, "b"])], places


def test_the_limit_is_told_at_once():
    """The block that passes the limit raises itself, unless it completed events; the default is 64 MiB."""
    with pytest.raises(UnexpectedResponseError):
        Decoder(max_event_bytes=5).feed(b"123456")
    decoder = Decoder()
    assert decoder.feed(b"x" * 64 * 2**20) == []
    with pytest.raises(UnexpectedResponseError):
        decoder.feed(b"x")


def test_keep_alives_that_end_do_not_add_up():
    """Comments followed by a blank line may come for ever."""
    decoder = Decoder(max_event_bytes=50)
    assert [decoder.feed(b": keep-alive\n\n") for _ in range(1_000)] == [[]] * 1_000


def test_memory_stays_within_six_times_the_event():
    """An event of 8 MiB in reads of 64 KiB takes less than six times its size at the peak."""
    size = 8 * 2**20
    for separator in (b"\n\n", b"\r\n\r\n", b"\nid: 1\n\n"):
        blocks = _cut(b"data: " + b"x" * size + separator, range(0, size, 65_536))
        tracemalloc.start()
        try:
            assert len(_decode(blocks)[0]) == 1
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 6 * size


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "ending"),
    [(b"data: {}\n\n", b""), (b"data: x\n", b"\n"), (b"x" * 800, b"\n\n"), (b": x\r\n", b"\r\n"), (b"\r", b"")],
)
def test_time_is_linear_in_the_bytes(line, ending):
    """Twice the stream takes at most 2.6 times as long, whether it is many events, many lines or one line."""
    seconds = []
    for times in (20_000, 40_000):
        blocks = _cut(b"data: " + line * times + ending, range(0, len(line) * times, 65_536))
        runs = []
        for _ in range(7):
            start = time.process_time()
            _decode(blocks)
            runs.append(time.process_time() - start)
        seconds.append(min(runs))
    assert seconds[1] < 2.6 * seconds[0] + 0.002


def _bytes_of(piece):
    if isinstance(piece, str):
        return piece.encode()
    return bytes.fromhex(piece["hex"]) if "hex" in piece else piece["text"].encode() * piece["times"]


def _text_of(data):
    return data if isinstance(data, str) else data["text"] * data["times"] + data["tail"]


def _cut(whole, places):
    return [whole[start:end] for start, end in pairwise([0, *sorted(place for place in places), len(whole)])]


def _decode(blocks, decoder=None):
    decoder = decoder or Decoder()
    events = [event for block in blocks for event in decoder.feed(block)]
    return events, decoder.retry_milliseconds


def _decode_utf8(value):
    """Run the UTF-8 decoder of the Encoding standard, byte for byte."""
    text, point, needed, lower, upper = "", 0, 0, 0x80, 0xBF
    for byte in value:
        if needed:
            if lower <= byte <= upper:
                point, needed, lower, upper = point << 6 | byte & 0x3F, needed - 1, 0x80, 0xBF
                text += "" if needed else chr(point)
                continue
            text += "\ufffd"
            needed, lower, upper = 0, 0x80, 0xBF
        if byte < 0x80:
            text += chr(byte)
        elif 0xC2 <= byte <= 0xF4:
            needed = 1 + (byte >= 0xE0) + (byte >= 0xF0)
            point = byte & (0x1F, 0x0F, 0x07)[needed - 1]
            lower, upper = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}.get(
                byte, (0x80, 0xBF)
            )
        else:
            text += "\ufffd"
    return text + "\ufffd" * bool(needed)
