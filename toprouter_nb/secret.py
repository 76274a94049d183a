"""The key as a type that cannot be shown by accident, and the masking of text that repeats it.

Knows nothing of where a key comes from or where it is sent.
"""

import re
from collections.abc import Callable, Iterator

MASK = "[key hidden]"
# Pieces shorter than this are not worth hiding: they do not open anything and would eat ordinary words.
FRAGMENT_CHARACTERS = 12
SHORTEST_HIDDEN = FRAGMENT_CHARACTERS // 2
# So many matching characters of a stream pass before it is held back, so that ordinary deltas pass as they come.
_PASSING = 3
# Prefixes of makers' keys (sk- of several, xAI, Groq, Hugging Face, GitHub, Google ...), and what follows "Bearer": a
# server may repeat another key than the one in use.
_SHAPES = re.compile(
    r"(?<![\w-])(?:(?:sk|pk|rk|tr|or|xai)-|gsk_|hf_|ghp_|AIza)[A-Za-z0-9_-]{16,}"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{12,}"
)


class Secret:
    """A text that repr, str, vars, format, JSON and pickle never show.

    The value lives in a closure, so that a look at the object's attributes finds none. A pickle holds an empty
    secret: a key is looked up again, never stored. Copies inside the process keep it.

    Parameters
    ----------
    value
        The secret text; "" is the empty secret, which is falsy.

    Examples
    --------
    >>> Secret("sk-123456789")
    Secret('[key hidden]')
    >>> Secret("sk-123456789").reveal()
    'sk-123456789'
    """

    __slots__ = ("_known_pieces", "_read")
    _read: Callable[[], str]

    def __init__(self, value: str = "") -> None:
        self._read = lambda: value
        self._known_pieces: _Pieces | None = None

    def reveal(self) -> str:
        """Return the secret itself; the one place to look for when you follow where a key goes."""
        return self._read()

    def last_characters(self) -> str:
        """Return the last four characters, or "" when the secret is too short to show any."""
        value = self.reveal()
        return value[-4:] if len(value) >= 2 * FRAGMENT_CHARACTERS else ""

    def mask(self, text: str) -> str:
        """Return `text` with the secret, any piece of it of 12 characters or more, and key-like words hidden.

        Examples
        --------
        >>> Secret("canary-123456789").mask("No such key: canary-123456789.")
        'No such key: [key hidden].'
        """
        return _SHAPES.sub(MASK, self.hide(text))

    def hide(self, text: str) -> str:
        """Return `text` with the secret and its pieces hidden only; other words that look like keys stay."""
        shown: list[str] = []
        position = 0
        for start, end in self.finder()(text):
            shown += (text[position:start], MASK)
            position = end
        return "".join([*shown, text[position:]])

    def holder(self) -> Callable[[str], bool]:
        """Return a function that says, quickly, whether a text may hold a piece of the secret; right when it denies."""
        return self.pieces.may_stand_in

    def finder(self) -> Callable[[str], Iterator[tuple[int, int]]]:
        """Return a function that yields where the secret, or a piece of 12 characters or more, stands in a text.

        Made once for many texts. The pieces are the leftmost, as long as they go, begin and end of each.

        Examples
        --------
        >>> find = Secret("canary-123456789").finder()
        >>> list(find("key: canary-123456")), list(find("no key"))
        ([(5, 18)], [])
        """
        return self.pieces.find

    @property
    def pieces(self) -> "_Pieces":
        """What finds the pieces of the secret; made when first needed, for every answer is searched for them."""
        if self._known_pieces is None:
            self._known_pieces = _Pieces(self._read())
        return self._known_pieces

    def __bool__(self) -> bool:
        """Say whether there is a secret at all."""
        return bool(self._read())

    def __eq__(self, other: object) -> bool:
        """Compare by value, with another Secret only."""
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self.reveal())

    def __repr__(self) -> str:
        """Show that there is a secret, never which."""
        return f"Secret({MASK!r})" if self else "Secret('')"

    def __reduce__(self) -> tuple[type["Secret"], tuple[()]]:
        """Pickle as the empty secret."""
        return (Secret, ())

    def __copy__(self) -> "Secret":
        """Return this very object: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "Secret":
        """Return this very object: it never changes, and a copy made through a pickle would be empty."""
        return self


class StreamMask:
    """Hides the key in a text that arrives in deltas, also where it is spelled over several of them.

    In call order: `feed` for each delta, then `flush` at the end. Text is held back only while its end, of four
    characters or more, is a piece of the key; so up to three characters stand before each mask. What is handed out,
    joined, does not depend on how the text was cut. A secret of less than six characters hides nothing.

    Parameters
    ----------
    secret
        The key in use; other words that look like keys pass, for they are the model's own.

    Examples
    --------
    >>> mask = StreamMask(Secret("canary-123456789"))
    >>> [mask.feed(text) for text in ("It is can", "ary-123", "456789!")], mask.flush()
    (['It is can', '', '[key hidden]!'], '')
    """

    __slots__ = ("_given", "_is_inside", "_pieces", "_tail")

    def __init__(self, secret: Secret) -> None:
        self._pieces = secret.pieces
        self._tail = ""  # the end of the text: the beginning of a piece perhaps, or a hidden piece that may go on
        self._given = 0  # characters of the tail that were handed out or hidden
        self._is_inside = False  # the tail is such a hidden piece

    def feed(self, text: str) -> str:
        """Take the next delta and return what may be handed out now."""
        pieces = self._pieces
        buffer = self._tail + text
        is_plain = len(buffer) < pieces.size or not pieces.may_stand_in(buffer)
        if is_plain and self._given == len(self._tail) and not pieces.is_suspect(buffer[-_PASSING - 1 :]):
            self._tail = buffer[-_PASSING:]
            self._given = len(self._tail)
            return text
        return self._search(buffer) if pieces.size else text

    def flush(self) -> str:
        """Return what is still held back; the text has ended."""
        rest = self._tail[self._given :]
        self._tail, self._given, self._is_inside = "", 0, False
        return rest

    def _search(self, buffer: str) -> str:
        """Hide the pieces in the tail and the text after it, and find the new tail."""
        shown: list[str] = []
        start, end, position = 0, 0, self._given
        for start, end in self._pieces.find(buffer):
            if not (self._is_inside and start == 0):
                shown += (buffer[position : start + _PASSING], MASK)
            position = end
        self._is_inside = 0 < end == len(buffer)
        if self._is_inside:
            self._tail, self._given = buffer[start:], len(buffer) - start
        else:
            self._tail = self._pieces.find_beginning(buffer[end:])
            self._given = min(len(self._tail), _PASSING)
            shown.append(buffer[position : len(buffer) - len(self._tail) + self._given])
        return "".join(shown)


class _Pieces:
    """Finds the pieces of a secret that are worth hiding. Holds it in closures only, as a Secret does.

    Attributes
    ----------
    size
        The length a piece must have: 12 characters, or the whole secret where that is shorter; 0 hides nothing.
    is_suspect
        Says whether a text may be the end of what begins a piece; quick, and right when it denies.
    begins
        Says whether a text begins a piece, exactly.
    find
        Yields where pieces begin and end: the leftmost, as long as it goes, then from its end on.
    may_stand_in
        Says whether a text may hold a piece; quick, and right when it denies.
    """

    __slots__ = ("begins", "find", "is_suspect", "may_stand_in", "size")

    def __init__(self, value: str) -> None:
        size = min(FRAGMENT_CHARACTERS, len(value)) if len(value) >= SHORTEST_HIDDEN else 0
        # Each piece holds one of these blocks whole, so a text that holds none is done with after a few searches.
        half = size // 2
        blocks = [value[i : i + half] for i in range(0, len(value) - half + 1, half)] if size else []
        windows = frozenset(value[i : i + size] for i in range(len(value) - size + 1))

        def find(text: str) -> Iterator[tuple[int, int]]:
            places = {block: at for block in blocks if (at := text.find(block)) >= 0}  # where each stands next
            start = 0
            while places:
                nearest = min(places.values())
                # A piece begins less than a block before the first block in it.
                start = max(start, nearest - half + 1)
                while start <= nearest:
                    end = start + size
                    if text[start:end] in windows:
                        while end < len(text) and text[start : end + 1] in value:
                            end += 1
                        yield start, end
                        start = end
                    else:
                        start += 1
                places = {block: text.find(block, start) if at < start else at for block, at in places.items()}
                places = {block: at for block, at in places.items() if at >= 0}

        def may_stand_in(text: str) -> bool:
            if len(text) < half:
                return False
            for block in blocks:  # noqa: SIM110  # a call of any() costs as much as all the searches
                if block in text:
                    return True
            return False

        room, begun = len(value) - size, value[:-1]
        self.size = size
        self.is_suspect: Callable[[str], bool] = lambda text: text in begun
        self.begins: Callable[[str], bool] = lambda text: value.find(text, 0, room + len(text)) >= 0
        self.find = find
        self.may_stand_in = may_stand_in

    def find_beginning(self, text: str) -> str:
        """Return the longest end of `text` that may be the beginning of a piece; at least what passes in any case."""
        if not self.is_suspect(text[-_PASSING - 1 :]):
            return text[-_PASSING:]
        for length in range(min(self.size - 1, len(text)), _PASSING, -1):
            if self.begins(text[-length:]):
                return text[-length:]
        return text[-_PASSING:]
