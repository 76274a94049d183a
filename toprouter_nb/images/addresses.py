"""Checks the addresses an image may have: `http(s)`, which is passed on, and `data:`, which is decoded.

Knows nothing of pixels, and opens neither sockets nor files.
"""

import base64
import binascii
import re
import urllib.parse

from ..errors import ImageError
from ..plain import render_plain, shorten
from .caps import CAPS

_WEB = re.compile(r"https?:", re.IGNORECASE)
_DATA = re.compile(r"data:", re.IGNORECASE)
_SPACE = re.compile(rb"[ \t\r\n\f]+")
# A letter or a digit at least; what else a host may be is for whoever fetches it to say.
_HOST = re.compile(r"[^\W_]")
# Type, parameters and the comma stand at the beginning; more than this is no header.
_HEADER_CHARACTERS = 1_000


def is_web_address(text: str) -> bool:
    """Say whether `text` begins with `http:` or `https:`; whether it is a good one, `check_web_address` says.

    Examples
    --------
    >>> is_web_address("https://example.com/image.jpg"), is_web_address("image.jpg")
    (True, False)
    """
    return _WEB.match(text) is not None


def is_data_address(text: str) -> bool:
    """Say whether `text` begins with `data:`.

    Examples
    --------
    >>> is_data_address("data:image/png;base64,iVBORw0K")
    True
    """
    return _DATA.match(text) is not None


def check_web_address(text: str) -> str:
    """Return an `http(s)` address unchanged when it can be passed on.

    Parameters
    ----------
    text
        Begins with `http:` or `https:`.

    Raises
    ------
    ImageError
        It has no host, a bad port, a user name or password, spaces, control or invisible characters or a
        backslash, or it is longer than `CAPS.address_characters` (kind `too_large`).

    Examples
    --------
    >>> check_web_address("https://example.com/image.jpg")
    'https://example.com/image.jpg'
    """
    if len(text) > CAPS.address_characters:
        message = (
            f"The image's address has {len(text):,} characters, and at most {CAPS.address_characters:,} are passed "
            "on. Use a shorter one, or pass the image itself."
        )
        raise ImageError(message, kind="too_large")
    fault = _fault(text)
    if fault:
        message = f"The image's address {fault}. Write it as https://host/path, with special characters %-escaped."
        raise ImageError(message)
    return text


def _fault(text: str) -> str:
    """Say what is wrong with an address, never repeating it: it may hold a password."""
    try:
        parts = urllib.parse.urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        return f"cannot be read ({error})"
    faults = {
        "holds a space or a line break": any(character.isspace() for character in text),
        "holds a control or an invisible character": render_plain(text) != text,
        "holds a backslash": "\\" in text,
        "holds a user name or a password, which would be passed on": "@" in parts.netloc,
        "has a bad port": port == 0,
        "has no host": not _HOST.search(host),
    }
    return next((fault for fault, is_there in faults.items() if is_there), "")


def decode_data_address(text: str) -> bytes:
    r"""Return the bytes a `data:` address holds; the type it states is not looked at.

    Parameters
    ----------
    text
        `data:image/png;base64,...`; without `;base64` the data is %-escaped.

    Raises
    ------
    ImageError
        There is no comma, the data is not base64, or it is too long (kind `too_large`).

    References
    ----------
    RFC 2397.

    Examples
    --------
    >>> decode_data_address("data:image/png;base64,iVBORw0KGgo=")
    b'\x89PNG\r\n\x1a\n'
    """
    # Base64 spells three bytes in four characters.
    longest = CAPS.file_bytes * 4 // 3 + _HEADER_CHARACTERS
    if len(text) > longest:
        message = f"The data: address has {len(text):,} characters, and at most {longest:,} are read. Shrink the image."
        raise ImageError(message, kind="too_large")
    comma = text.find(",", 0, _HEADER_CHARACTERS)
    if comma < 0:
        message = "The data: address has no comma. Write it as data:image/png;base64,DATA."
        raise ImageError(message)
    is_base64 = text[:comma].rstrip().lower().endswith(";base64")
    data = urllib.parse.unquote_to_bytes(text[comma + 1 :].encode("utf-8", "replace"))
    return _decode_base64(data) if is_base64 else data


def _decode_base64(data: bytes) -> bytes:
    # As browsers read it (WHATWG Infra, "forgiving-base64"): with spaces, and with or without what fills it up.
    bare = _SPACE.sub(b"", data).rstrip(b"=")
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        message = f"The data: address is not base64 ({shorten(str(error), 100)}). Copy it whole, or pass the bytes."
        raise ImageError(message) from error
