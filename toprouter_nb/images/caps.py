"""How large an image may be: one table of caps, and the checks that refuse what is larger.

Knows nothing of formats, files or pixels: it is given numbers.
"""

import dataclasses

from ..errors import ImageError


@dataclasses.dataclass(frozen=True, slots=True)
class Caps:
    """The largest sizes an image may have on its way.

    Attributes
    ----------
    file_bytes
        A file or a block of bytes as it is handed in, before anything is read from it.
    pixels
        Width times height, as the header states it, before anything is decoded. As many as a square of the
        longest side, so that decoding takes at most 256 MB.
    side_pixels
        The longest side that is sent; a longer one is shrunk to it.
    sent_bytes
        The encoded image, as it is sent, before base64 adds a third.
    address_characters
        An `http(s)` address.
    chunks
        Chunks, segments or boxes a file is made of, so that a walk through it stays short. An ordinary PNG file of
        the largest size has 8,192.
    blocks
        Blocks of a GIF file, which hold 255 bytes at most.

    References
    ----------
    Limits of providers in 2025: 8,000 x 8,000 pixels (Anthropic), 20 MiB an image (OpenAI); the strictest of each.
    """

    file_bytes: int = 64 * 2**20
    pixels: int = 64_000_000
    side_pixels: int = 8_000
    sent_bytes: int = 20 * 2**20
    address_characters: int = 8_192
    chunks: int = 50_000
    blocks: int = 400_000


CAPS = Caps()


def check_file_bytes(count: int) -> None:
    """Refuse an empty file, and one with more bytes than are read.

    Raises
    ------
    ImageError
        `count` is 0, or above `CAPS.file_bytes` (kind `too_large`).

    Examples
    --------
    >>> check_file_bytes(1_000)
    """
    if count == 0:
        message = "The image is empty: it has 0 bytes. Pass one that holds an image."
        raise ImageError(message)
    if count > CAPS.file_bytes:
        message = f"The image has {count:,} bytes, and at most {CAPS.file_bytes:,} are read. Make it smaller first."
        raise ImageError(message, kind="too_large")


def check_pixels(width: int, height: int) -> None:
    """Refuse an image without pixels, and one with more pixels than are decoded.

    Raises
    ------
    ImageError
        A side is not positive, or there are more than `CAPS.pixels` (kind `too_large`).

    Examples
    --------
    >>> check_pixels(800, 600)
    """
    if width < 1 or height < 1:
        message = f"The image has no pixels: it is {width}x{height}. Pass one that has a width and a height."
        raise ImageError(message)
    if width * height > CAPS.pixels:
        message = (
            f"The image is {width}x{height}, which is {width * height:,} pixels, and at most {CAPS.pixels:,} are "
            "decoded. Make it smaller first."
        )
        raise ImageError(message, kind="too_large")


def check_sent(count: int, width: int, height: int) -> None:
    """Refuse an encoded image that is larger than can be sent.

    Raises
    ------
    ImageError
        There are more than `CAPS.sent_bytes` bytes, or a side is above `CAPS.side_pixels` (kind `too_large`).

    Examples
    --------
    >>> check_sent(1_000, 800, 600)
    """
    if max(width, height) > CAPS.side_pixels:
        message = (
            f"The image is {width}x{height}, and at most {CAPS.side_pixels:,} pixels a side can be sent. "
            "Leave keep_bytes out to have it shrunk."
        )
        raise ImageError(message, kind="too_large")
    if count > CAPS.sent_bytes:
        side = int(max(width, height) * (CAPS.sent_bytes / count) ** 0.5)
        message = (
            f"The encoded image has {count:,} bytes, and at most {CAPS.sent_bytes:,} can be sent. "
            f"Shrink it, for instance with max_side={side}."
        )
        raise ImageError(message, kind="too_large")
