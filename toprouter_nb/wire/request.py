"""Turns and options to the bytes of a request, and message dicts back to turns.

Knows nothing of HTTP. A turn is encoded once; a request of a long conversation only puts ready pieces together.
"""

import base64
import binascii
import bisect
import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import ParameterError
from ..parts import IMAGE_TYPES, ImagePart, Part, TextPart
from ..plain import shorten
from ..turns import Turn

# Pieces below this are joined before they are handed to the socket: one write for many short turns.
_BLOCK_BYTES = 256 * 1024
_MEGABYTE = 1_000_000
_IMAGE_BEGINS = b'{"type":"image_url","image_url":{"url":"'
_ADDRESS_END = b'"}}'
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

Message = dict[str, Any]


class RequestBody:
    """The JSON of one request as ready pieces, never joined into one string.

    Iterating gives blocks of bytes; it can be iterated again for another attempt.

    Attributes
    ----------
    length
        Size of the whole body in bytes.
    options
        The request options in it, by the wire's names.
    """

    def __init__(self, pieces: Sequence[bytes], options: Mapping[str, Any] | None = None) -> None:
        self.options = options or {}
        self._pieces = pieces
        self._ends = list(itertools.accumulate(map(len, pieces)))
        self.length = self._ends[-1]

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body; neighbouring short pieces are joined to blocks of about 256 KiB."""
        place, done = 0, 0
        while place < len(self._pieces):
            first, place = place, max(bisect.bisect_right(self._ends, done + _BLOCK_BYTES), place + 1)
            done = self._ends[place - 1]
            yield b"".join(self._pieces[first:place])

    def measure(self) -> tuple[int, int]:
        """Count the images, and the bytes of everything else."""
        sizes = [size for piece in self._pieces for size in _image_sizes(piece)]
        return len(sizes), self.length - sum(sizes)

    def last_text(self) -> str:
        """Return the text of the last message."""
        return turn_of(json.loads(b"[%b]" % self._pieces[-2])[-1]).text if len(self._pieces) > 1 else ""

    @property
    def largest(self) -> str:
        """The size of the body and of its biggest message, for people: "31.2 MB, of which message 3 is 8.1 MB"."""
        # Read back for the one error that asks: a piece may hold many messages.
        sizes = [len(_json(message)) for message in json.loads(b"".join(self))["messages"]]
        whole = f"{self.length / _MEGABYTE:.1f} MB"
        place = max(range(len(sizes)), key=sizes.__getitem__)
        return f"{whole}, of which message {place + 1} is {sizes[place] / _MEGABYTE:.1f} MB"


def encode_request(
    encoded_turns: Sequence[bytes], *, model: str, stream: bool, options: Mapping[str, Any]
) -> RequestBody:
    """Put a request together from turns that are already encoded.

    Parameters
    ----------
    encoded_turns
        What `encode_turn` made of each turn, in order, at least one; several may be one piece, with commas between.
    model
        Model id as the gateway spells it.
    stream
        Whether the answer shall be streamed; a streamed one also asks for its usage.
    options
        Checked request options in the wire's spelling; see `params.check_params`.

    References
    ----------
    Chat Completions reference, "Request Format" and "Parameters".

    Examples
    --------
    >>> body = encode_request([encode_turn(Turn("user", "Hi"))], model="m", stream=False, options={})
    >>> b"".join(body)
    b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false}'
    """
    tail: dict[str, Any] = {"stream": stream}
    if stream:
        tail["stream_options"] = {"include_usage": True}
    tail |= options
    # A comma between two turns, the beginning before the first and the end after the last.
    pieces = [b","] * (2 * len(encoded_turns) + 1)
    pieces[1::2] = encoded_turns
    pieces[0] = b'{"model":' + _json(model) + b',"messages":['
    pieces[-1] = b"]," + _json(tail)[1:]
    return RequestBody(pieces, options)


def encode_turn(turn: Turn) -> bytes:
    """Encode one turn as the JSON of a wire message.

    Examples
    --------
    >>> encode_turn(Turn("user", "Hi"))
    b'{"role":"user","content":"Hi"}'
    """
    if not turn.has_images:  # as an encoder of a whole message would spell it, in half the time
        return b'{"role":"%b","content":%b}' % (turn.role.encode("ascii"), _json(turn.text))
    if not any(part.data for part in turn.images):
        return _json(message_of(turn))
    parts = b",".join(_encode_part(part) for part in turn.parts)
    return b'{"role":' + _json(turn.role) + b',"content":[' + parts + b"]}"


def message_of(turn: Turn) -> Message:
    """Return the wire's message dict of a turn; text alone is a plain string, anything with images a list of parts.

    Some servers take strings only, so several texts, such as a question and a table, become one: `Turn.text`.

    Examples
    --------
    >>> message_of(Turn("user", "Hi"))
    {'role': 'user', 'content': 'Hi'}
    """
    if not turn.has_images:
        return {"role": turn.role, "content": turn.text}
    return {"role": turn.role, "content": [_part_of(part) for part in turn.parts]}


def turn_of(message: object) -> Turn:
    """Turn a wire message dict into a turn; the inverse of `message_of`.

    Parameters
    ----------
    message
        A dict with `role` and `content`; content is a string, None, or a list of `text` and `image_url` parts.

    Raises
    ------
    ParameterError
        It is no such dict; the message says which key is wrong.

    Examples
    --------
    >>> turn_of({"role": "user", "content": "Hi"})
    Turn('user', 'Hi')
    """
    if not isinstance(message, Mapping) or "role" not in message:
        text = f"A message is a dict with 'role' and 'content', not {shorten(repr(message), 80)}."
        raise ParameterError(text)
    content = message.get("content")
    if isinstance(content, str):
        return Turn(message["role"], (TextPart(content),))
    if content is None:
        return Turn(message["role"], ())
    if isinstance(content, Mapping) or not isinstance(content, Iterable):
        text = f"A message's 'content' is a string or a list of parts, not {shorten(repr(content), 80)}."
        raise ParameterError(text)
    return Turn(message["role"], tuple(_part_from(part) for part in content))


def _image_sizes(piece: bytes) -> Iterator[int]:
    """Yield the size of each image part; within a text its beginning could not stand, for quotes are escaped there.

    Its end is looked for as one letter, which is sixty times as fast in a large image as a search for three.
    """
    start = piece.find(_IMAGE_BEGINS)
    while start >= 0:
        end = piece.find(b'"', start + len(_IMAGE_BEGINS))
        yield end - start
        start = piece.find(_IMAGE_BEGINS, end)


def _encode_part(part: Part) -> bytes:
    """Encode one part; the base64 of an image by hand, for an encoder would look at each letter of it."""
    if isinstance(part, TextPart) or part.data is None:
        return _json(_part_of(part))
    empty = _json(_part_of(dataclasses.replace(part, data=b"")))
    return b"".join((empty.removesuffix(_ADDRESS_END), base64.b64encode(part.data), _ADDRESS_END))


def _part_of(part: Part) -> Message:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    return {"type": "image_url", "image_url": {"url": part.url or _data_url(part)}}


def _data_url(part: ImagePart) -> str:
    return f"data:{part.media_type};base64,{base64.b64encode(part.data or b'').decode('ascii')}"


def _part_from(part: object) -> Part:
    if isinstance(part, str):
        return TextPart(part)
    match part:
        case {"type": "text", "text": str(text)}:
            return TextPart(text)
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return _image_from(url)
    text = f"A part is {{'type': 'text', ...}} or {{'type': 'image_url', ...}}, not {shorten(repr(part), 80)}."
    raise ParameterError(text)


def _image_from(url: str) -> ImagePart:
    """Take an image as it stands in a message: it was checked when it was made, so its bytes stay as they are."""
    head, _, encoded = url.partition(",")
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if head != f"data:{media_type};base64" or media_type not in IMAGE_TYPES:
        return ImagePart(url=url)
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        text = "A message holds a data: image whose base64 is damaged."
        raise ParameterError(text) from None
    return ImagePart(data=data, media_type=media_type)


def _json(value: object) -> bytes:
    text = _ENCODER.encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:  # surrogate halves: pairs are joined, a half left alone becomes U+FFFD
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
