"""What the undoing of content encodings is promised: the same bytes, within a bound, or a typed error."""

import gzip
import tracemalloc
import zlib
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.errors import ConnectFailedError, TransportError, UnexpectedResponseError
from toprouter_nb.transport.encoding import BODY_BYTES, Decoder, decoder_for

PACKERS = {"gzip": gzip.compress, "X-Gzip": gzip.compress, "deflate": zlib.compress, "": bytes, "identity": bytes}


def decode(encoding, blocks, bound=10_000):
    """Decode all blocks and join them."""
    decoder = Decoder(encoding, bound=bound)
    plain = b"".join(piece for block in blocks for piece in decoder.feed(block))
    decoder.end()
    return plain


@given(st.binary(max_size=2_000), st.sampled_from(sorted(PACKERS)), st.integers(1, 50))
def test_what_was_encoded_comes_back(plain, encoding, size):
    """However the encoded bytes are cut."""
    packed = PACKERS[encoding](plain)
    assert decode(encoding, [packed[place : place + size] for place in range(0, len(packed), size)]) == plain


@given(st.binary(max_size=2_000), st.integers(1, 9), st.integers(1, 50))
def test_deflate_without_its_frame_comes_back_too(plain, level, size):
    """Many servers send it so, and browsers read it."""
    packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(plain) + packer.flush()
    assert decode("deflate", [packed[place : place + size] for place in range(0, len(packed), size)]) == plain


def test_several_members_are_one_body():
    """Some servers pack each event for itself."""
    assert decode("gzip", [gzip.compress(b"one ") + gzip.compress(b"two")]) == b"one two"


def test_an_event_is_handed_out_when_it_came():
    """A packed stream is not held back to its end."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    block = packer.compress(b"data: one\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    assert b"".join(Decoder("gzip", bound=None).feed(block)) == b"data: one\n\n"


def test_a_small_block_cannot_fill_the_memory():
    """One step unpacks 1 MiB; a body beyond its bound is an error long before it is unpacked."""
    block = gzip.compress(bytes(200 * 2**20), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(UnexpectedResponseError, match="larger than 64 MiB") as caught:
            deque(Decoder("gzip", bound=BODY_BYTES).feed(block), maxlen=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.kind == "too_large"
    assert peak < 8 * 2**20


def test_a_body_that_stops_in_the_middle_is_a_broken_connection():
    """The end of an encoded body is checked, for a cut at its framing's end cannot be seen there."""
    for size in range(1, 20):
        with pytest.raises(ConnectFailedError, match="compressed body stops in the middle") as caught:
            decode("gzip", [gzip.compress(b"Hello" * 100)[:size]])
        assert caught.value.is_transient


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br", "\x1b[31m" + "x" * 500])
def test_an_unknown_encoding_is_named(encoding):
    """It was not asked for; the message is short and repeats only names that are known, never what a server made up."""
    with pytest.raises(UnexpectedResponseError, match="unasked, and it cannot be read") as caught:
        Decoder(encoding, bound=None)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert "xxx" not in str(caught.value)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
def test_nonsense_is_a_typed_error(nonsense, encoding):
    """Whatever is sent as packed bytes, only this package's errors come out."""
    try:
        decode(encoding, [nonsense])
    except TransportError as error:
        assert error.kind in ("unexpected_response", "connection")  # noqa: PT017  # most nonsense fails, some is empty


@pytest.mark.parametrize(
    ("kind", "is_streamed", "is_idle"),
    [
        ("text/event-stream", True, True),
        ("", True, True),
        ("application/json", True, False),
        ("text/html", True, False),
        ("text/event-stream", False, False),
    ],
)
def test_only_what_may_be_a_stream_is_unbounded(kind, is_streamed, is_idle):
    """A stream is bounded event by event above; everything else here."""
    assert decoder_for({"content-type": kind}, is_streamed=is_streamed).is_idle == is_idle
