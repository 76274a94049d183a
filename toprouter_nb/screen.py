"""What an answer passes before it is handed out: halves of characters joined, the key hidden wherever it is repeated.

Knows nothing of bytes, of bounds or of how deltas add up.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .secret import MASK, Secret, StreamMask
from .wire.answer import Delta, decode_chunk
from .wire.mould import Mould, mould_of

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH_SURROGATE_AT_END = re.compile("[\ud800-\udbff]$")
# Deeper in a chunk there is nothing a gateway sends; what a server hides a key in is replaced as a whole.
_DEPTH = 50
# Chunks that all differ in more than their text cost a trial each; after so many in a row it is given up.
_TRIALS = 8
# Of a longer text there are never many, and looking for it costs as much as it could save.
_ALIKE_CHARACTERS = 2_000


class Screen:
    """Passes the deltas of one answer on.

    Life: `read_alike` for each chunk; where that cannot, `read` it, and `pass_on` each of its deltas; `flush` at the
    end; `hide` what they add up to; `forget`.

    Parameters
    ----------
    key
        The key in use; the empty one hides nothing.
    """

    def __init__(self, key: Secret) -> None:
        self._key = key
        self._holds = key.holder()
        self._is_needed = bool(key)
        self._clean = ("", "")  # what stood before and after the text in a payload that was found clean
        self._mould: Mould | None = None  # of such a payload, where another was like it
        self._trials = _TRIALS
        self._texts = _Run(key)
        self._reasonings: _Run | None = None  # most answers have none
        self._others: dict[int, Screen] = {}

    def read_alike(self, payload: str) -> Delta | None:
        """Return the delta of a chunk that differs from an earlier one in its text only, with what may be handed out.

        None where it does not, or is not known to: then `read` and `pass_on` it.
        """
        mould = self._mould
        text = mould.text_in(payload) if mould else ""
        if not text or mould is None:
            return None
        self._trials = _TRIALS
        delta, passed = mould.delta_with(text), self._texts.feed(text)
        # The very text that was fed in comes out only where no piece of the key is in it.
        return delta if passed is text else Delta(passed, raw=self.hide(delta.raw))

    def read(self, payload: str | bytes, chunk: Mapping[str, Any]) -> list[Delta]:
        """Return the deltas of a chunk, with the key hidden in all but their text, which `pass_on` does.

        Parameters
        ----------
        payload
            The JSON of the chunk: a quick look at it spares most chunks the search.
        chunk
            The same, parsed.

        Raises
        ------
        MalformedChunkError
            As `decode_chunk`; the message is not masked.
        """
        deltas = decode_chunk(chunk)
        text = payload if isinstance(payload, str) else payload.decode("utf-8", "replace")
        if self._is_clean(text, deltas[0]):
            return deltas
        hidden = decode_chunk(self.hide(chunk))
        pairs = zip(deltas, hidden, strict=True)
        return [clean._replace(text=delta.text, reasoning=delta.reasoning) for delta, clean in pairs]

    def pass_on(self, delta: Delta) -> Delta:
        """Return a delta with the text that may be handed out now: less than its own, or that of earlier ones too."""
        if delta.index:
            return self._other(delta.index).pass_on(delta._replace(index=0))._replace(index=delta.index)
        text = self._texts.feed(delta.text) if delta.text else ""
        reasoning = self._feed_reasoning(delta.reasoning) if delta.reasoning else ""
        if text == delta.text and reasoning == delta.reasoning:
            return delta
        return delta._replace(text=text, reasoning=reasoning)

    def flush(self) -> Iterator[Delta]:
        """Yield what is still held back, for each choice; the answer has ended."""
        text, reasoning = self._texts.flush(), self._reasonings.flush() if self._reasonings else ""
        if text or reasoning:
            yield Delta(text, reasoning)
        for index, other in self._others.items():
            for delta in other.flush():
                yield delta._replace(index=index)

    def forget(self) -> None:
        """Let go of what only further chunks would need; `hide` goes on."""
        self._mould, self._clean = None, ("", "")

    def hide(self, value: Any, depth: int = _DEPTH) -> Any:
        """Return a JSON value with the key, and pieces of it, hidden in all its strings and names."""
        if isinstance(value, str):
            return self._key.hide(value) if self._holds(value) else value
        if not isinstance(value, Mapping | list):
            return value
        if not depth:
            return MASK
        if isinstance(value, list):
            return [self.hide(item, depth - 1) for item in value]
        return {self.hide(name): self.hide(item, depth - 1) for name, item in value.items()}

    def _is_clean(self, payload: str, delta: Delta) -> bool:
        """Say whether a payload surely holds no piece of the key.

        Most payloads of a stream differ in their text only: what stands around it is searched once.
        """
        said = delta.text or delta.reasoning
        is_short = 0 < len(said) <= _ALIKE_CHARACTERS
        before, quoted, after = payload.partition(f'"{said}"') if is_short else ("", "", "")
        around = (f'{before}"', f'"{after}')
        if quoted and around == self._clean:
            if self._is_needed and self._holds(said):
                return False
            self._learn(around, delta)
            return True
        if self._is_needed and self._may_hold(payload):
            return False
        if quoted:
            self._clean = around
        return True

    def _may_hold(self, payload: str) -> bool:
        """Search a payload for pieces of the key.

        Letters of a key may be escaped, slashes too. JSON that came in another encoding than UTF-8 has a NUL beside
        each letter, and is never sure.
        """
        if self._holds(payload) or "\0" in payload:
            return True
        return "\\" in payload and ("\\u00" in payload or "\\/" in payload)

    def _learn(self, around: tuple[str, str], delta: Delta) -> None:
        """Make the mould of a clean payload that was like the one before, for those that follow."""
        if self._trials:
            self._trials -= 1
            self._mould = mould_of(*around, delta) or self._mould

    def _feed_reasoning(self, text: str) -> str:
        if self._reasonings is None:
            self._reasonings = _Run(self._key)
        return self._reasonings.feed(text)

    def _other(self, index: int) -> "Screen":
        if index not in self._others:
            self._others[index] = Screen(self._key)
        return self._others[index]


class _Run:
    """One run of text."""

    def __init__(self, key: Secret) -> None:
        self._mask = StreamMask(key)
        self._half = ""

    def feed(self, text: str) -> str:
        if self._half or not (text.isascii() or _SURROGATE.search(text) is None):
            text = self._join(text)
        return self._mask.feed(text) if text else ""

    def flush(self) -> str:
        last = self._mask.feed("\ufffd") if self._half else ""
        self._half = ""
        return last + self._mask.flush()

    def _join(self, text: str) -> str:
        text, self._half = self._half + text, ""
        if _HIGH_SURROGATE_AT_END.search(text):
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
