"""One attempt's answer: blocks of bytes in, deltas out, and the error where the answer is none.

Knows nothing of sockets, of repeated attempts or of history. It decides by the head and the first bytes whether an
answer is an event stream or one JSON object, so that either is used whichever was asked for.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .accumulator import Accumulator
from .errors import (
    ConnectFailedError,
    MalformedChunkError,
    ReadTimeoutError,
    StreamTruncatedError,
    ToprouterError,
    UnexpectedResponseError,
)
from .failures import error_from_answer, error_from_payload, request_id
from .screen import Screen
from .secret import Secret
from .settings import Settings
from .sse import Decoder, Event
from .wire.answer import Delta, is_object, parse_object
from .wire.problem import parse_error, problem_in
from .wire.request import RequestBody

# Error pages are read this far, whole JSON answers up to the transport's own bound.
_ERROR_BYTES = 1024 * 1024


class Exchange:
    """Reads one answer.

    Life: `read_head` once; `feed` for each block of the body, until `is_done`; `end` when the body ends, or
    `break_off` when it breaks; `forget`. The deltas handed out are in `answer`, an `Accumulator`, too.

    Parameters
    ----------
    settings
        For the limits and the address in messages.
    key
        The key in use, hidden wherever the server repeats it.
    body
        What was sent; named in messages about its size.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, settings: Settings, key: Secret, body: RequestBody, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.answer = Accumulator()
        self.is_done = False
        self._settings = settings
        self._key = key
        self._body = body
        self._clock = clock
        self._progress = clock()
        self.heard_at: float | None = None
        self._status, self._is_success = 0, False
        self._headers: Mapping[str, str] = {}
        self._decoder: Decoder | None = None
        self._collected = bytearray()
        self._text_bytes = 0
        self._screen = Screen(key)
        self._is_alike = False  # the last event was like one before it, but for its text

    def read_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the status and the header fields, whose names are in lower case."""
        self._status, self._headers = status, headers
        # Any success: some gateways answer with 201 or 202 what others answer with 200.
        self._is_success = 200 <= status < 300  # noqa: PLR2004
        if self._is_success and headers.get("content-type", "").startswith("text/event-stream"):
            self._decoder = Decoder(self._settings.max_event_bytes)

    @property
    def request_id(self) -> str | None:
        """The server's name for the request, as its head has it; None where it has none."""
        named = request_id(self._headers)
        return None if named is None else self._key.mask(named)

    def feed(self, block: bytes) -> Iterator[Delta]:
        """Yield the deltas that a block of the body completes.

        Raises
        ------
        StreamError
            The stream holds an error, or something that is no chunk.
        ReadTimeoutError
            Only keep-alives came for `progress_seconds`.
        UnexpectedResponseError
            One event, or the text of the answer, is beyond its bound.
        """
        if self._decoder is None:
            block = self._collect(block)
        has_moved = False
        for event in self._decoder.feed(block) if self._decoder else ():
            delta = self._read_alike(event)
            if delta is None:
                yield from self._read_event(event)
                if self.is_done:
                    return
            elif delta.text:
                has_moved = True
                yield delta
        self._check_progress(has_moved=has_moved)

    def end(self) -> Iterator[Delta]:
        """Yield what is left when the body ends.

        Raises
        ------
        ToprouterError
            The answer is an error, is none at all, or ended before it was whole.
        """
        if self._decoder is None:
            yield from self._read_whole()
            return
        if self.is_done:
            return
        pending = self._decoder.finish()
        if pending is not None and pending.strip() == "[DONE]":
            self.is_done = True
        elif pending and is_object(pending):  # else it was cut, and the missing end is told below
            yield from self._read_payload(pending, "message")
        yield from self._flush()
        if not self.is_done and not self.answer.finish_reason:
            raise self._truncation()

    def break_off(self, error: ConnectFailedError | ReadTimeoutError) -> None:
        """Take the break of a body: nothing happens where the answer was whole already.

        Raises
        ------
        StreamTruncatedError
            A stream broke off.
        ConnectFailedError, ReadTimeoutError
            The given error, where it says enough.
        """
        if self._decoder is None:
            raise error
        if self.answer.finish_reason:
            return
        if isinstance(error, ReadTimeoutError):
            # What was handed out cannot be taken back, so nothing is asked again after it.
            error.is_transient = not self.answer.has_delivered
            raise error
        words = f"The stream ended before the answer did. {str(error).removesuffix('.')}"
        raise self._truncation(words) from None

    def drain(self) -> str:
        """Give up on the text that was held back, and return it, for an answer that is cut short."""
        return "".join(delta.text for delta in self._flush())

    def forget(self) -> None:
        """Let go of what the server sent, which may repeat the key; `answer`, where it is hidden, stays."""
        self._headers, self._collected, self._decoder = {}, bytearray(), None
        self._screen.forget()
        self.answer.finish(self._screen.hide)

    def raw(self) -> dict[str, Any]:
        """Return the whole answer, as `Accumulator.raw`; the key is hidden also where fields spell it in pieces."""
        raw = self.answer.raw()
        for choice in raw["choices"]:
            said = choice["message"]
            said |= {name: self._screen.hide(said[name]) for name in ("tool_calls", "refusal") if said.get(name)}
        return raw

    def _truncation(self, words: str = "The stream ended before the answer did") -> StreamTruncatedError:
        held = "what had arrived is in error.partial" if self.answer.has_delivered else "nothing had arrived"
        retry = not self.answer.has_delivered
        return StreamTruncatedError(f"{words}; {held}.", status=self._status, is_transient=retry)

    def _collect(self, block: bytes) -> bytes:
        """Keep a block of a body that is not known to be a stream; where it turns out to be one, return all of it."""
        if block.strip():
            self._progress = self._clock()
        bound = self._settings.max_event_bytes if self._is_success else _ERROR_BYTES
        room = bound - len(self._collected)
        self._collected += block[: max(room, 0)]
        if not self._is_success:
            self.is_done = len(self._collected) >= bound
            return b""
        if room < len(block):
            message = f"The answer is larger than {_spell_bytes(bound)}, the limit for one answer (max_event_bytes)."
            raise UnexpectedResponseError(message, kind="too_large", status=self._status)
        # By the names of the fields an event stream may begin with: some gateways send one as text/plain, or with no
        # type.
        if self._collected[:64].lstrip(b"\xef\xbb\xbf \r\n").startswith((b"data:", b"event:", b"id:", b":", b"retry:")):
            self._decoder = Decoder(self._settings.max_event_bytes)
        return bytes(self._collected) if self._decoder else b""

    def _read_whole(self) -> Iterator[Delta]:
        """Read a body that came in one piece: a whole answer, or an error."""
        body = bytes(self._collected)
        looks_json = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
        if not (self._is_success and looks_json):
            raise self._no_answer(body)
        try:
            yield from self._read_payload(body, "message", in_stream=False)
        except MalformedChunkError:
            raise self._no_answer(body) from None
        yield from self._flush()
        if not self.answer.has_choices:
            raise self._no_answer(body)
        self.is_done = True

    def _read_alike(self, event: Event) -> Delta | None:
        """Take an event that differs from an earlier one in its text only, which most do; None where it does not."""
        delta = self._screen.read_alike(event.data) if event.type == "message" else None
        was_alike, self._is_alike = self._is_alike, delta is not None
        if delta is not None:
            self._count_text(delta.text)
            if was_alike:
                self.answer.add_text(delta.text)
            else:
                self.answer.add(delta)
        return delta

    def _read_event(self, event: Event) -> Iterable[Delta]:
        """Return the deltas of one event, the end of the stream included."""
        if event.data.strip() == "[DONE]":
            self.is_done = True
            return self._flush()
        return self._read_payload(event.data, event.type)

    def _check_progress(self, *, has_moved: bool) -> None:
        self.heard_at = now = self._clock()
        if has_moved:
            self._progress = now
        elif now - self._progress > self._settings.progress_seconds:
            limit = self._settings.progress_seconds
            message = f"The gateway kept the connection alive but sent no text for {limit:g} s (progress_seconds)."
            raise ReadTimeoutError(message, kind="idle_timeout", is_transient=not self.answer.has_delivered)

    def _no_answer(self, body: bytes) -> ToprouterError:
        return error_from_answer(
            self._status,
            self._headers,
            body,
            base_url=self._settings.base_url,
            key=self._key,
            body_sent=self._body,
        )

    def _read_payload(self, payload: str | bytes, event_type: str, *, in_stream: bool = True) -> Iterable[Delta]:
        """Return the deltas of one payload; where it reports an error, that is raised after them."""
        # Some gateways put their keep-alive comments behind `data:`.
        if not payload or payload[:1] in (":", b":"):
            return ()
        try:
            chunk = parse_object(payload) if event_type != "error" else parse_error(payload)
            read = self._screen.read(payload, chunk)
        except MalformedChunkError as error:
            if in_stream and payload.lstrip()[:1] in ("", ":"):  # a keep-alive behind more white space than one space
                return ()
            raise MalformedChunkError(self._key.mask(str(error)), status=self._status) from None
        deltas = []
        for delta in read:
            screened = self._pass_on(delta)
            self.answer.add(screened)
            # Neither a role nor a keep-alive is progress: a provider that hangs goes on sending both.
            if not screened.is_empty:
                self._progress = self._clock()
                deltas.append(screened)
        problem = problem_in(chunk, event_type)
        return deltas if problem is None else self._fail_after(deltas, problem, in_stream=in_stream)

    def _fail_after(self, deltas: Iterable[Delta], problem: object, *, in_stream: bool) -> Iterator[Delta]:
        yield from deltas
        error = error_from_payload(problem, key=self._key, in_stream=in_stream)
        error.is_transient = error.is_transient and not self.answer.has_delivered
        raise error

    def _pass_on(self, delta: Delta) -> Delta:
        """Screen the text of a delta, and keep it within its bound."""
        if not (delta.text or delta.reasoning):
            return delta
        self._count_text(delta.text + delta.reasoning)
        return self._screen.pass_on(delta)

    def _count_text(self, text: str) -> None:
        self._text_bytes += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if self._text_bytes > self._settings.max_answer_bytes:
            bound = _spell_bytes(self._settings.max_answer_bytes)
            message = f"The answer is longer than {bound} of text, the limit for one answer (max_answer_bytes)."
            raise UnexpectedResponseError(message, kind="too_large", status=self._status)

    def _flush(self) -> Iterator[Delta]:
        for delta in self._screen.flush():
            self.answer.add(delta)
            yield delta


def _spell_bytes(count: int) -> str:
    return f"{count:,} bytes" if count % 2**20 else f"{count // 2**20:,} MiB"
