"""An answer's data while it still grows: the JSON that has come so far, read as far as it goes.

Knows nothing of requests; nothing here is checked against a schema before the end.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from .structured import Shape

# A longer text is read again only when it has grown by a sixteenth, so that a long answer costs linear time too.
LONG_TEXT = 4_000
_GROWTH = 16
# None is data, too: an answer may be the JSON null.
_NOTHING = object()


class GrowingData:
    r"""The data of a text that grows.

    Life: `add` each piece of text; it says whether there is something new in `data`.

    Attributes
    ----------
    data
        Dicts, lists, texts and numbers, as far as the JSON goes; None before it begins.

    Examples
    --------
    >>> growing = GrowingData()
    >>> growing.add('{"city": "Par'), growing.data
    (True, {'city': 'Par'})
    >>> growing.add('is", "rivers": ["Sei'), growing.data
    (True, {'city': 'Paris', 'rivers': ['Sei']})
    """

    def __init__(self) -> None:
        self.data: Any = None
        self._pieces: list[str] = []
        self._length = self._read = 0
        self._last: Any = _NOTHING

    def add(self, text: str) -> bool:
        """Take a piece; True where `data` is another now."""
        from pydantic_core import from_json

        self._pieces.append(text)
        self._length += len(text)
        if self._length > LONG_TEXT and self._length - self._read < self._read // _GROWTH:
            return False
        self._read = self._length
        whole = "".join(self._pieces)
        # Some models put a fence around their JSON.
        start = whole.find("{") if whole.lstrip()[:1] == "`" else 0
        try:
            found = from_json(whole[max(start, 0) :], allow_partial="trailing-strings")
        except ValueError:  # nothing yet, or no JSON: the end of the answer will tell
            return False
        if found == self._last:
            return False
        self.data = self._last = found
        return True


def grow(texts: Iterator[str], shape: Shape, last: Callable[[], Any]) -> Iterator[Any]:
    """Yield the data of a text as it grows, and at its end what `last` returns."""
    growing = GrowingData()
    for text in texts:
        if growing.add(text):
            yield shape.unwrap(growing.data)
    yield last()


async def grow_async(texts: AsyncIterator[str], shape: Shape, last: Callable[[], Any]) -> AsyncIterator[Any]:
    """Do what `grow` does, inside a running event loop."""
    growing = GrowingData()
    async for text in texts:
        if growing.add(text):
            yield shape.unwrap(growing.data)
    yield last()
