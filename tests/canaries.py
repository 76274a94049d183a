"""Keys of four shapes that must never be seen, and the search for what is left of one in text or bytes."""

import base64
import urllib.parse

CANARIES = (
    "sk-or-v1-8f3b1c9d7e5a4f2086b4d2c0e1a39758f6b4c2d0",
    "tr/Canary+Qv9zX=Wm4Kp7&Lh2<Jt6>",
    "eyJhbGciOi.eyJDYW5hcnki.c2lnbmF0dXJl",
    "C4n4ry-Zx9q",
)


def pieces(text, size=12):
    """Return all pieces of a text of so many characters; the whole where it is shorter."""
    return {text[start : start + size] for start in range(max(len(text) - size, 0) + 1)}


def traces(key):
    """Return every string that must not stand anywhere: pieces of the key, plain, quoted, encoded and backwards."""
    raw = key.encode()
    found = pieces(key) | pieces(key[::-1]) | pieces(raw.hex(), 2 * min(12, len(key)))
    found |= {urllib.parse.quote(key, safe=""), urllib.parse.quote_plus(key), repr(key)[1:-1]}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        # Without the characters at both ends that stand for neighbours too.
        sure = encoded[-(-shift * 4 // 3) : len(encoded) - 4 if len(encoded) > 16 else len(encoded)]
        found |= pieces(sure) | pieces(sure.translate(str.maketrans("+/", "-_")))
    return found


class Search:
    """Looks for traces of one key; made once, for much text."""

    def __init__(self, key):
        self._texts = sorted(traces(key))
        self._blocks = [text.encode() for text in self._texts]

    def find(self, content):
        """Return a trace that stands in a text or in bytes; None where there is none."""
        if isinstance(content, str):
            return next((trace for trace in self._texts if trace in content), None)
        return next((trace for trace in self._blocks if trace in bytes(content)), None)
