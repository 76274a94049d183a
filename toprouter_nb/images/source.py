"""`image()`: makes an image part of whatever a person has at hand.

Knows which sources there are and where each goes; nothing is fetched, and Pillow and numpy wait until needed.
"""

import contextlib
import dataclasses
import operator
import os
import types
import warnings
from collections.abc import Iterator

from ..errors import ImageError
from ..foreign import is_of
from ..parts import ImagePart
from ..plain import render_plain, shorten
from .addresses import check_web_address, decode_data_address, is_data_address, is_web_address
from .caps import CAPS, check_file_bytes
from .containers import read_container
from .figures import draw_figure, find_figure
from .files import read_image_file

_SOURCES = (
    "image() takes a path (pathlib.Path), an http(s) or data: address, bytes, a PIL image, a numpy array or a "
    "matplotlib figure"
)


def image(source: object, *, max_side: int | None = None, keep_bytes: bool = False) -> ImagePart:
    """Make an image part of a file, an address, bytes, a picture, an array or a figure.

    What leaves is the picture and nothing else. A PNG, JPEG, WebP or GIF file keeps its bytes without what is not
    drawn (EXIF with the place it was taken, XMP, IPTC, comments, thumbnails, texts, bytes behind the end). It is
    drawn again only where it has to be turned upright, converted to sRGB or to 8 bits, or shrunk; TIFF, BMP and,
    where Pillow can, AVIF are converted. The part's `note` says what was done.

    Parameters
    ----------
    source
        `pathlib.Path`
            A regular file, known by its content whatever it is called. `~` stands for itself.
        str
            An `http(s)` address, which is passed on and never fetched, or a `data:` address. Any other text is
            refused: a text is never opened as a file.
        bytes, bytearray, memoryview
            A whole image file.
        PIL image
            The current frame.
        numpy array
            `(height, width)` or `(height, width, 1, 3 or 4)`; uint8, bool, uint16 (0..65535) or floats (0..1). What
            else numpy makes an array of, such as a tensor on the CPU, too.
        matplotlib figure or axes
            Drawn as it would be saved; no display and no pyplot are needed.
        `ImagePart`
            Returned as it is, or shrunk.
    max_side
        Longest side in pixels, at least 1; a smaller image is not enlarged. None leaves it as it is, up to 8,000.
    keep_bytes
        True sends a file as it is after the same checks, with a UserWarning that lists what goes with it. It
        changes nothing for pictures, arrays, figures and addresses, which have no file.

    Raises
    ------
    ImageError
        The source is none of these, cannot be read or converted, or is too large (kind `too_large`): above
        64 MiB as a file, 64 megapixels, or 20 MiB encoded.

    Warns
    -----
    UserWarning
        `keep_bytes` sends more than the picture.

    Examples
    --------
    >>> image("https://example.com/image.jpg")
    ImagePart('https://example.com/image.jpg')
    >>> import numpy as np
    >>> image(np.zeros((600, 800), dtype=np.uint8), max_side=400).note
    'shrunk from 800x600 to 400x300'
    """
    side = _checked_side(max_side, keep_bytes=keep_bytes)
    if isinstance(source, str) and is_web_address(source):
        return _passed_on(source, side)
    with _named(source):
        if isinstance(source, ImagePart):
            return _shrunk_again(source, side)
        data = _file(source)
        if data is None:
            return _drawn(source, side)
        return _kept(data) if keep_bytes else _cleaned(data, side)


def _checked_side(max_side: int | None, *, keep_bytes: bool) -> int | None:
    if max_side is None:
        return None
    if keep_bytes:
        message = "keep_bytes sends a file as it is, and max_side changes it: pass one of them."
        raise ImageError(message)
    with contextlib.suppress(TypeError):
        side = 0 if isinstance(max_side, bool) else operator.index(max_side)
        if side >= 1:
            return int(side)
    message = f"max_side is a whole number of pixels, at least 1, not {shorten(repr(max_side), 60)}."
    raise ImageError(message)


def _passed_on(address: str, side: int | None) -> ImagePart:
    part = ImagePart(url=check_web_address(address))
    return part if side is None else _shrunk_again(part, side)


@contextlib.contextmanager
def _named(source: object) -> Iterator[None]:
    """Begin the message of an error with the path, where there is one."""
    try:
        yield
    except ImageError as error:
        path = _path(source)
        if path is None:
            raise
        message = f"{_shown(path)} cannot be used. {error}"
        raise ImageError(message, kind=error.kind) from error


def _shown(text: str) -> str:
    return shorten(repr(render_plain(text)), 200)


def _file(source: object) -> bytes | None:
    """Return the image file that a path, bytes or a `data:` address stand for; None for everything else."""
    if isinstance(source, str):
        if not is_data_address(source):
            raise ImageError(_advice_for_text(source))
        return decode_data_address(source)
    path = _path(source)
    if path is not None:
        return read_image_file(path)
    if isinstance(source, bytes | bytearray | memoryview):
        check_file_bytes(memoryview(source).nbytes)
        return bytes(source)
    return None


def _path(source: object) -> str | None:
    """Return the path a path object stands for; None for everything else, a text included."""
    with contextlib.suppress(TypeError):
        return os.fsdecode(source) if isinstance(source, os.PathLike) else None
    return None


def _advice_for_text(text: str) -> str:
    message = f"{_shown(text)} is a text, which is never opened as a file."
    # Asking for a file on another machine (//host/share) would already greet that machine.
    is_local = len(text) <= CAPS.address_characters and not text.startswith(("//", "\\\\"))
    if is_local and os.path.exists(text):  # noqa: PTH110  Path.exists raises for some texts
        return f"{message} For the file of that name write tr.image(Path({_shown(text)}))."
    return f"{message} Pass Path(...) for a file, or an address that begins with https://, http:// or data:."


def _cleaned(data: bytes, side: int | None) -> ImagePart:
    from .pixels import encode_container

    return encode_container(read_container(data), side)


def _kept(data: bytes) -> ImagePart:
    from .pixels import keep_container

    found = read_container(data)
    part = keep_container(data, found)
    if found.extras:
        message = f"The image is sent with {', '.join(found.extras)}. Leave keep_bytes out to send the picture alone."
        warnings.warn(message, UserWarning, stacklevel=3)
    return part


def _shrunk_again(part: ImagePart, side: int | None) -> ImagePart:
    if side is None:
        return part
    if part.data is None:
        message = "max_side cannot shrink an address, which is passed on and never fetched. Pass the image itself."
        raise ImageError(message)
    smaller = _cleaned(part.data, side)
    if smaller.data == part.data:
        return part
    return dataclasses.replace(smaller, note=_join(part.note, smaller.note))


def _drawn(source: object, side: int | None) -> ImagePart:
    """Draw what is no file: a picture, a figure, an array."""
    if is_of(source, "PIL", "Image"):
        return _encoded(source, side)
    figure = find_figure(source)
    if figure is not None:
        return _cleaned_figure(figure, side)
    refusal = _refusal(source)
    if refusal:
        raise ImageError(refusal)
    from .arrays import draw_array

    return _encoded(draw_array(source), side)


def _encoded(picture: object, side: int | None) -> ImagePart:
    from PIL.Image import Image

    from .pixels import encode_pixels

    if not isinstance(picture, Image):
        message = f"{_SOURCES}, not {type(picture).__name__}."
        raise ImageError(message)
    return encode_pixels(picture, side)


def _cleaned_figure(figure: object, side: int | None) -> ImagePart:
    from .pixels import encode_container

    data, note = draw_figure(figure)
    # What matplotlib writes into its PNG files (its own name) is not the person's, and needs no note.
    part = encode_container(dataclasses.replace(read_container(data), extras=()), side)
    return dataclasses.replace(part, note=_join(note, part.note))


def _refusal(source: object) -> str:
    """Say why `source` is nothing that can be drawn; "" where it is worth trying as an array."""
    name = type(source).__name__
    for kind, passed in (("DataFrame", "it to ask() directly"), ("Series", "its to_frame() to ask()")):
        if is_of(source, "pandas", kind):
            return f"A {kind} is no image. Pass {passed}, which sends it as a text table."
    if isinstance(source, types.ModuleType):
        return f"{_SOURCES}, not a module. For what pyplot shows, pass plt.gcf()."
    if callable(getattr(type(source), "read", None)):
        return f"{_SOURCES}, not an open file ({name}). Pass its path, or its bytes: file.read()."
    if callable(getattr(type(source), "to_image", None)):  # plotly's figures, which need a browser to be drawn
        return f"{_SOURCES}, not {name}. Pass the bytes that it makes: to_image(format='png')."
    if callable(getattr(type(source), "__array__", None)):
        return ""
    return f"{_SOURCES}, not {name}."


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
