"""What the reader and writer of heads is promised."""

import traceback

import h11
import httpx
import pytest
from callers import KEY
from hypothesis import given, settings
from hypothesis import strategies as st

from toprouter_nb.secret import Secret
from toprouter_nb.transport.framing import SizedBody, body_after
from toprouter_nb.transport.head import HEAD_BYTES, HeadReader, HeadTooLargeError, NotHttpError, encode_head
from toprouter_nb.transport.request import Request

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nHello"

FRAMING = (b"content-length", b"transfer-encoding")
FIELDS = [
    b"Content-Type: text/plain",
    b"Content-Length: 5",
    b"content-length:  5 ",
    b"Content-Length: 5, 5",
    b"Content-Length: 6",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Connection: close",
    b"X-Empty:",
    b"X-Folded: a\r\n b",
]


def request(key="", **headers):
    """Make a request with a Host field, some others, and a key."""
    fields = {"Host": "127.0.0.1"} | {name.replace("_", "-"): value for name, value in headers.items()}
    spelled = tuple((name.encode(), value.encode()) for name, value in fields.items())
    return Request("POST", "http://127.0.0.1/v1", b"/v1", spelled, body=None, key=Secret(key), limits={})


def feed(*blocks):
    """Read an answer's head from blocks; None where it is not whole."""
    reader = HeadReader()
    heads = [reader.feed(block) for block in blocks]
    return heads[-1]


def test_a_request_head_is_spelled():
    """The fields that were given, in their order, and nothing else."""
    encoded = encode_head(request(X_One="1"))
    assert bytes(encoded) == b"POST /v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-One: 1\r\n\r\n"


def test_a_listing_of_local_variables_does_not_show_the_key():
    """The head with the key in it is a view, which has no readable repr."""
    encoded = encode_head(request(key=KEY))
    assert KEY.encode() in bytes(encoded)
    assert KEY not in repr(encoded)


def test_a_field_that_cannot_be_sent_is_not_repeated():
    """A line break would begin another field; the error says so without the value, and hangs on to nothing."""
    with pytest.raises(httpx.LocalProtocolError) as caught:
        encode_head(request(key=f"{KEY}\r\nX-Other: 1"))
    assert KEY not in str(caught.value)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY not in told.partition("encode_head")[2]


@given(st.lists(st.integers(1, 30)))
def test_a_head_is_read_however_it_is_cut(sizes):
    """Status, fields, framing, and the bytes of the body that came with it."""
    reader, data, head = HeadReader(), WHOLE, None
    for size in [*sizes, len(WHOLE)]:
        block, data = data[:size], data[size:]
        head = reader.feed(block)
        if head is not None:
            break
    assert (head.status, head.is_persistent) == (200, True)
    assert head.headers == [(b"content-type", b"text/plain"), (b"content-length", b"5")]
    assert head.rest + data == b"Hello"


def test_interim_heads_are_skipped():
    """100 and 103 announce an answer and are none."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    assert feed(interim) is None
    assert feed(interim + WHOLE).status == 200


@pytest.mark.parametrize(
    ("head", "is_persistent"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_persists_unless_the_head_says_otherwise(head, is_persistent):
    """HTTP/1.1 keeps, HTTP/1.0 closes, `close` closes."""
    assert feed(head).is_persistent == is_persistent


@pytest.mark.parametrize("first", [b"SSH-2.0", b"\x15\x03\x01", b"X", b"HTTP/2", b"<html>", b"\r\n"])
def test_what_is_not_http_is_seen_at_its_first_bytes(first):
    """There is no wait for a line end that may never come."""
    with pytest.raises(NotHttpError):
        feed(first)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
    ],
)
def test_a_broken_head_is_refused(head):
    """What cannot be understood in one way only is not used."""
    with pytest.raises(NotHttpError, match="broken"):
        feed(head)


def test_a_head_is_bounded():
    """A head of more than 64 KiB is an error, whether its lines end or not."""
    for filler in (b"X-A: b\r\n", b"a"):
        blocks = [b"HTTP/1.1 200 OK\r\nX-Long: "] + [filler * 1000] * (HEAD_BYTES // len(filler) // 1000 + 1)
        with pytest.raises(HeadTooLargeError):
            feed(*blocks)


def test_a_head_may_be_as_large_as_its_bound():
    """64 KiB exactly, without the empty line that ends it, are read."""
    begin = b"HTTP/1.1 200 OK\r\nX-Long: "
    head = feed(begin + b"a" * (HEAD_BYTES - len(begin)) + b"\r\n\r\n")
    assert len(head.headers[0][1]) == HEAD_BYTES - len(begin)


def test_the_end_of_the_connection_is_no_head():
    """Whether nothing came or a part of a head."""
    for blocks in ([b""], [b"HTTP/1.1 200 OK\r\n", b""]):
        with pytest.raises(httpx.RemoteProtocolError, match="closed before an answer came"):
            feed(*blocks)


@given(st.binary(max_size=200), st.integers(0, 80))
def test_nonsense_is_a_typed_error(nonsense, place):
    """Whatever stands in a head, it is read or refused."""
    try:
        head = feed(WHOLE[:place] + nonsense + WHOLE[place:])
    except httpx.RemoteProtocolError:
        return
    assert head is None or 200 <= head.status <= 999


def read_with_h11(data):
    """Return what h11 makes of a head: status, fields and framing; None where it refuses it or waits for more."""
    machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
    machine.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
    machine.send(h11.EndOfMessage())
    machine.receive_data(data)
    try:
        event = machine.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = machine.next_event()
    except h11.RemoteProtocolError:
        return None
    return (event.status_code, list(event.headers)) if isinstance(event, h11.Response) else None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(FIELDS), max_size=5),
    st.integers(0, 200),
    st.sampled_from([b"", b"\r", b"\n", b" ", b"\t", b":", b"\x00", b",", b"\xff", b"1", b"\r\n", b"\n\n", b"("]),
)
def test_damaged_heads_are_read_as_h11_reads_them(fields, place, damage):
    """A second opinion: what it refuses is refused, and what both take they take alike."""
    data = b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"
    data = data[:place] + damage + data[place + len(damage) :] + b"\r\n\r\n"
    theirs = read_with_h11(data)
    try:
        ours = HeadReader().feed(data)
    except NotHttpError:
        return
    plain = [field for field in ours.headers if field[0] not in FRAMING]
    assert theirs is not None
    assert (theirs[0], [field for field in theirs[1] if field[0] not in FRAMING]) == (ours.status, plain)
    framing = dict(theirs[1])
    assert type(ours.body) is type(body_after(ours.status, framing))
    if isinstance(ours.body, SizedBody):
        assert ours.body.end() == body_after(ours.status, framing).end()


def test_fields_are_texts_by_name():
    """What came several times is joined; what is no UTF-8 is read byte by byte, and nothing is lost."""
    plain = feed(b"HTTP/1.1 200 OK\r\nX-One: a\r\nx-one: b\r\nX-Two: \xc3\xa9 \r\n\r\n")
    assert plain.fields() == {"x-one": "a, b", "x-two": "é"}
    assert feed(b"HTTP/1.1 200 OK\r\nX-Two: \xe9\r\n\r\n").fields() == {"x-two": "é"}


def test_no_tag_is_repeated_of_what_is_no_http():
    """A page without a head is told by its first letters, and never as a tag that a view may act on."""
    with pytest.raises(NotHttpError, match="the answer begins with 'htmlh'"):
        HeadReader().feed(b"<html>hello</html>")
