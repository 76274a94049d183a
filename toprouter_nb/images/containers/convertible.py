"""Looks at the formats that are converted before they are sent: TIFF, BMP and AVIF.

Knows only what makes it safe to hand such a file to a decoder.
"""

import struct

from ..caps import check_pixels
from .container import Container, check_pieces, refuse
from .exif import read_directory

# A box of this length states its real length behind its type.
_LONG_LENGTH = 1
_CORE_HEADER_BYTES, _BMP_BYTES = 12, 26


def read_tiff(data: bytes) -> Container:
    """Check a TIFF file: its first page has a size, and its values are not longer than the file.

    A decoder copies every value; a small file can claim the same bytes thousands of times.

    Raises
    ------
    ImageError
        The directory is cut or claims too much, or the pixels are too many (kind `too_large`).

    References
    ----------
    TIFF 6.0, section 2.

    Examples
    --------
    >>> read_tiff(b"II*")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: the directory of the TIFF file ...
    """
    directory = read_directory(data)
    if directory is None or directory.value_bytes > len(data):
        refuse("the directory of the TIFF file does not fit into it")
    check_pixels(*directory.size)
    return Container("TIFF", data, *directory.size, frames=1 + directory.has_next, is_bare=False)


def read_bmp(data: bytes) -> Container:
    """Check the size a BMP file states.

    Raises
    ------
    ImageError
        The header is cut, or the pixels are too many (kind `too_large`).

    References
    ----------
    Windows bitmap headers: BITMAPCOREHEADER has two unsigned 16-bit numbers, every later one two signed 32-bit numbers.

    Examples
    --------
    >>> read_bmp(b"BM" + bytes(16))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: the header of the BMP file is cut. ...
    """
    kind = "<HH" if data[14] == _CORE_HEADER_BYTES else "<ii"
    if len(data) < _BMP_BYTES:
        refuse("the header of the BMP file is cut")
    width, height = struct.unpack_from(kind, data, 18)
    # A negative height means that the rows run from the top.
    check_pixels(width, abs(height))
    return Container("BMP", data, width, abs(height), is_bare=False)


def read_avif(data: bytes) -> Container:
    """Take an AVIF file with its EXIF block made unfindable.

    Pillow reads that block whole, values that claim the same bytes thousands of times included. How the picture is
    turned stands elsewhere in the file.

    Raises
    ------
    ImageError
        The boxes of the file are cut, or the one that says what it holds is missing.

    References
    ----------
    ISO/IEC 14496-12, sections 4.2 and 8.11; ISO/IEC 23000-22.

    Examples
    --------
    >>> read_avif(b"")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: the AVIF file does not say what it holds. ...
    """
    position, parts, has_meta = 0, list[bytes](), False
    while position < len(data):
        length, kind = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8]
        if length == _LONG_LENGTH:
            length = int.from_bytes(data[position + 8 : position + 16])
        end = position + length if length else len(data)
        if not position + 8 <= end <= len(data):
            refuse("the boxes of the AVIF file do not fit into it")
        box = data[position:end]
        # As long as the name it replaces, so that no place in the file moves.
        parts.append(box.replace(b"Exif", b"none") if kind in {b"meta", b"moov"} else box)
        has_meta, position = has_meta or kind == b"meta", end
        check_pieces(len(parts))
    if not has_meta:
        refuse("the AVIF file does not say what it holds")
    frames = 2 if data[8:12] == b"avis" else 1
    return Container("AVIF", b"".join(parts), frames=frames, is_lossy=True, is_bare=False)
