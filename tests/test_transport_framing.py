"""What the reader of a body's framing is promised, however the bytes are cut and whatever they are."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.transport.framing import ChunkedBody, OpenBody, SizedBody, body_after

payloads = st.lists(st.binary(min_size=1, max_size=40), max_size=8)


def chunked(pieces, extension=b"", trailer=b""):
    """Write chunks by the book."""
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces]
    return b"".join(chunks) + b"0" + extension + b"\r\n" + trailer + b"\r\n"


def read(body, data, sizes):
    """Feed `data` in blocks of the given sizes, then byte by byte, until the body is over."""
    got, sizes = b"", iter(sizes)
    while data and not (body.is_complete or body.fault):
        size = next(sizes, 1)
        block, data = data[:size], data[size:]
        got += body.feed(block)
    return got


def read_with_h11(data):
    """Return what h11 makes of a chunked body: its bytes, and how it ended."""
    machine = h11.Connection(h11.CLIENT)
    machine.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    machine.send(h11.EndOfMessage())
    machine.receive_data(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data)
    got = b""
    try:
        while True:
            event = machine.next_event()
            if isinstance(event, h11.Data):
                got += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return got, "complete"
            elif event is h11.NEED_DATA:
                return got, "unfinished"
    except h11.RemoteProtocolError:
        return got, "fault"


@given(payloads, st.lists(st.integers(1, 60)), st.sampled_from([b"", b";a=b", b' ; x="y"']), st.binary(max_size=9))
def test_chunks_are_joined_however_they_are_cut(pieces, sizes, extension, surplus):
    """The payload comes out whole, extensions and trailers are skipped, and what follows is noticed."""
    body = ChunkedBody()
    data = chunked(pieces, extension, b"X-Sum: 1\r\n")
    assert read(body, data, sizes) == b"".join(pieces)
    assert (body.is_complete, body.fault, body.end()) == (True, "", "")
    whole = ChunkedBody()
    assert whole.feed(data + surplus) == b"".join(pieces)
    assert whole.surplus == bool(surplus)


@given(payloads, st.integers(0, 400), st.lists(st.integers(1, 60)))
def test_a_cut_body_is_never_complete(pieces, cut, sizes):
    """Before the closing chunk nothing counts as the end, and what came is handed out."""
    data = chunked(pieces)
    body = ChunkedBody()
    got = read(body, data[: min(cut, len(data) - 5)], sizes)
    assert b"".join(pieces).startswith(got)
    assert not body.is_complete
    assert body.end() == "the closing chunk of the body is missing"


@given(payloads, st.integers(0, 400), st.binary(min_size=1, max_size=3), st.lists(st.integers(1, 60)))
def test_damaged_chunks_are_read_as_h11_reads_them(pieces, place, damage, sizes):
    """A second opinion on broken framing: the same bytes and the same end, however the damage is cut."""
    data = chunked(pieces)
    place = min(place, len(data))
    data = data[:place] + damage + data[place + len(damage) :]
    theirs, how = read_with_h11(data)
    body = ChunkedBody()
    ours = read(body, data, sizes)
    if how == "complete":
        assert ours.startswith(theirs) if body.fault else ours == theirs
    elif how == "fault":
        # They look at the end of a chunk when it is over, we when the next begins: a few bytes apart.
        assert ours.startswith(theirs) or theirs.startswith(ours)
        assert not body.is_complete or body.fault
    else:
        assert not body.is_complete


@pytest.mark.parametrize(
    "broken", [b"ZZ\r\n", b"-5\r\n", b"0x5\r\n", b"1_0\r\n", b"5\r\nhelloX", b"5\nhello\n", b"123456789\r\n", b"\r\n"]
)
def test_broken_chunks_are_a_fault_after_the_good_ones(broken):
    """The bytes before the fault are handed out first, and the fault is no exception."""
    body = ChunkedBody()
    assert body.feed(b"2\r\nHi\r\n" + broken).startswith(b"Hi")
    assert body.fault == "the chunks of the body are broken"


def test_lines_that_never_end_are_a_fault():
    """An extension or a trailer is bounded."""
    line, trailer = ChunkedBody(), ChunkedBody()
    line.feed(b"5;" + b"x" * 5_000)
    trailer.feed(b"0\r\n" + b"X-A: b\r\n" * 4_000)
    assert (line.fault, trailer.fault) == ("the chunks of the body are broken", "the fields after the body never end")


@given(st.binary(max_size=200), st.integers(0, 100), st.lists(st.integers(1, 60)))
def test_a_sized_body_ends_at_its_size(data, size, sizes):
    """Not a byte more is handed out, more is noticed, and less is said."""
    body = SizedBody(size)
    assert read(body, data, sizes) == data[:size]
    assert body.is_complete == (len(data) >= size)
    assert body.end() == ("" if body.is_complete else f"{size - len(data)} bytes of the announced body are missing")


def test_bytes_beyond_a_body_are_noticed():
    """A connection on which more came than belongs to the answer cannot be used again; its very bytes are no more."""
    for block, is_more in ((b"Hello", False), (b"Hello!", True)):
        body = SizedBody(5)
        assert body.feed(block) == b"Hello"
        assert (body.is_complete, body.surplus) == (True, is_more)


def test_a_body_without_size_ends_with_its_connection():
    """Whether it is whole cannot be known here."""
    body = OpenBody()
    assert body.feed(b"all") == b"all"
    assert (body.is_complete, body.end()) == (False, "")


@pytest.mark.parametrize(
    ("status", "headers", "kind", "is_complete"),
    [
        (200, {b"transfer-encoding": b"chunked", b"content-length": b"5"}, ChunkedBody, False),
        (200, {b"content-length": b"5"}, SizedBody, False),
        (200, {b"content-length": b"0"}, SizedBody, True),
        (200, {}, OpenBody, False),
        (204, {b"transfer-encoding": b"chunked"}, SizedBody, True),
        (304, {b"content-length": b"5"}, SizedBody, True),
    ],
)
def test_the_head_says_how_the_body_ends(status, headers, kind, is_complete):
    """Chunks win over a length, and some statuses have no body whatever they say."""
    body = body_after(status, headers)
    assert (type(body), body.is_complete) == (kind, is_complete)
