"""Server-sent events: bytes in, events out, however the bytes are cut.

Knows nothing of JSON, of `[DONE]` or of where the bytes come from.
"""

import dataclasses

from .errors import UnexpectedResponseError

MAX_EVENT_BYTES = 64 * 2**20
_RETRY_DIGITS = 4_000  # Python refuses to read more than 4,300 at once, and no such wait means anything
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclasses.dataclass(slots=True)  # not frozen: that would make the cost of an event three times as high
class Event:
    """One dispatched event.

    Attributes
    ----------
    type
        What the `event` field said, else "message".
    data
        The `data` lines joined by LF; may be "".
    id
        The last `id` the stream gave so far, else "".
    """

    type: str
    data: str
    id: str


class Decoder:
    r"""The WHATWG event stream algorithm as a machine that is fed blocks of bytes.

    In call order: `feed` for each block as it was read, then `finish` once at the end of the file. Time is linear
    in the bytes, whatever their cut; memory is bounded by the largest block and by `max_event_bytes`.

    Parameters
    ----------
    max_event_bytes
        The most bytes between two blank lines, comments included; a CR LF counts as one.

    Attributes
    ----------
    retry_milliseconds
        The last valid `retry` field; None when there was none.

    References
    ----------
    WHATWG HTML, section 9.2.6 "Interpreting an event stream"; WHATWG Encoding, "UTF-8 decode".

    Examples
    --------
    >>> decoder = Decoder()
    >>> decoder.feed(b'data: {"a"'), decoder.feed(b': 1}\n\ndata: [DO')
    ([], [Event(type='message', data='{"a": 1}', id='')])
    >>> decoder.finish()
    '[DO'
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.retry_milliseconds: int | None = None
        self._max_event_bytes = max_event_bytes
        self._line = bytearray()  # the line that has not ended
        self._event_bytes = 0  # of the lines that ended since the last blank one
        self._data = bytearray()
        self._type = ""
        self._id = ""
        self._is_first_line = True
        self._is_after_cr = False
        self._is_too_large = False
        self._is_between_events = False

    def feed(self, block: bytes) -> list[Event]:
        """Take the next bytes and return the events they complete.

        A line ends at its CR at once; an LF that comes later is skipped.

        Parameters
        ----------
        block
            Bytes as they were read, cut anywhere; may be empty.

        Raises
        ------
        UnexpectedResponseError
            `kind` is "too_large": an event passes the limit. Events that were complete before it in the same
            block are returned first; the next call raises.
        """
        if self._is_between_events and (events := self._read_plain(block)):
            return events
        self._check_size()
        if self._is_after_cr and block:
            self._is_after_cr = False
            block = block.removeprefix(b"\n")
        if block.find(b"\r") >= 0:
            self._is_after_cr = block.endswith(b"\r")
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = block.rfind(b"\n") + 1
        events = self._read_lines(self._take_lines(block[:end])) if end else []
        self._line += block[end:]
        open_bytes = self._event_bytes + len(self._line)
        self._is_too_large = open_bytes > self._max_event_bytes
        self._is_between_events = not (open_bytes or self._is_first_line or self._is_after_cr)
        if not events:
            self._check_size()
        return events

    def finish(self) -> str | None:
        """Return the data of the event that the end of the file left unfinished; None when it had none.

        The algorithm drops such an event. A last line without its line end counts here as ended.

        Raises
        ------
        UnexpectedResponseError
            `kind` is "too_large", as in `feed`.
        """
        self._check_size()
        line = self._take_lines(b"")
        if line:
            self._read_field(line)
        return self._take_data() if self._data else None

    def _check_size(self) -> None:
        if self._is_too_large:
            message = (
                f"One event of the stream is larger than {self._max_event_bytes:,} bytes, which no chat stream needs. "
                "Check base_url and the model, or raise the limit with configure(max_event_bytes=...)."
            )
            raise UnexpectedResponseError(message, kind="too_large")

    def _take_lines(self, lines: bytes) -> bytes:
        """Return the line that was open with `lines` after it, without the byte order mark of the stream."""
        if self._line:
            self._line += lines
            lines = bytes(self._line)
            self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            lines = lines.removeprefix(_BYTE_ORDER_MARK)
        return lines

    def _read_lines(self, lines: bytes) -> list[Event]:
        """Read whole lines, each ended by LF."""
        if not self._event_bytes and (events := self._read_plain(lines)):
            return events
        events = []
        for line in lines.split(b"\n")[:-1]:
            if line:
                self._event_bytes += len(line) + 1
                if self._event_bytes > self._max_event_bytes:
                    break
                self._read_field(line)
                continue
            self._event_bytes = 0
            if self._data:
                events.append(Event(self._type or "message", self._take_data(), self._id))
            self._type = ""
        return events

    def _read_plain(self, lines: bytes) -> list[Event]:
        """Return the events when `lines` is nothing but events of one `data: ` line each, else [].

        That is what gateways send nearly always. As many line ends as separators account for leave none inside.
        """
        if lines[:6] != b"data: " or lines[-2:] != b"\n\n" or lines.find(b"\r") >= 0:
            return []
        if len(lines) > self._max_event_bytes:
            return []
        text = lines[6:-2].decode("utf-8", "replace")
        if lines.find(b"\n") == len(lines) - 2:
            return [Event("message", text, self._id)]
        texts = text.split("\n\ndata: ")
        if lines.count(b"\n") != 2 * len(texts):
            return []
        identifier = self._id
        return [Event("message", text, identifier) for text in texts]

    def _read_field(self, line: bytes) -> None:
        """Apply one line that is not blank; a comment is a field without a name, and unknown."""
        if line.startswith(b"data:"):
            self._data += memoryview(line)[6 if line[5:6] == b" " else 5 :]
            self._data += b"\n"
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data += b"\n"
        elif name == b"event":
            self._type = value.decode("utf-8", "replace")
        # Both as the algorithm has it: an id with a NUL is ignored, a `retry` is ASCII digits only.
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value.lstrip(b"0")) <= _RETRY_DIGITS:
            self.retry_milliseconds = int(value.lstrip(b"0") or b"0")

    def _take_data(self) -> str:
        """Return the data gathered, which ends in one LF too many, and begin anew."""
        del self._data[-1:]
        text = self._data.decode("utf-8", "replace")
        self._data.clear()
        return text
