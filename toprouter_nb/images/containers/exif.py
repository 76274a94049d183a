"""Reads the few facts needed from a TIFF directory: that of a TIFF file, or of an EXIF block.

Knows nothing of what the directory stands in. Looks at entries only, so that no length in it is believed.
"""

import dataclasses
import struct

_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
_ENTRY_BYTES = 12
# By type, from 1: byte, text, short, long, rational and so on; 13 is the place of another directory.
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SHORT, _LONG = 3, 4
_WIDTH, _HEIGHT, _ORIENTATION = 0x100, 0x101, 0x112
_EXIF_DIRECTORY, _PLACE_DIRECTORY, _INTEROPERABILITY_DIRECTORY = 0x8769, 0x8825, 0xA005
# A directory may name itself as the one inside.
_DEEPEST = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Directory:
    """The entries of one directory.

    Attributes
    ----------
    numbers
        Tag -> value, of the entries that hold one whole number.
    value_bytes
        How many bytes all values together claim to have, those of the directories inside included.
    has_next
        True where another directory follows.
    """

    numbers: dict[int, int]
    value_bytes: int
    has_next: bool

    @property
    def orientation(self) -> int:
        """1 to 8; 1 when there is none or a bad one."""
        found = self.numbers.get(_ORIENTATION, 1)
        return found if 1 <= found <= 8 else 1  # noqa: PLR2004  EXIF counts to eight

    @property
    def has_place(self) -> bool:
        """True where a GPS directory is inside."""
        return _PLACE_DIRECTORY in self.numbers

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, each 0 when it is not stated."""
        return self.numbers.get(_WIDTH, 0), self.numbers.get(_HEIGHT, 0)


def read_directory(data: bytes) -> Directory | None:
    """Read the first directory of a TIFF structure.

    Parameters
    ----------
    data
        Begins with the byte order mark "II*" or "MM*"; "Exif" and two zero bytes may stand before it.

    Returns
    -------
    Directory or None
        None when `data` is no such structure; an entry that points nowhere is no reason.

    References
    ----------
    TIFF 6.0, section 2; EXIF 2.32, section 4.6.

    Examples
    --------
    >>> read_directory(b"no EXIF") is None
    True
    """
    data = data.removeprefix(b"Exif\x00\x00")
    order = _ORDERS.get(data[:4])
    if order is None or len(data) < 8:  # noqa: PLR2004  the mark and the offset
        return None
    return _read(data, order, struct.unpack_from(f"{order}I", data, 4)[0], 0)


def _read(data: bytes, order: str, start: int, depth: int) -> Directory | None:
    if start + 2 > len(data):
        return None
    count = struct.unpack_from(f"{order}H", data, start)[0]
    end = start + 2 + count * _ENTRY_BYTES
    if end > len(data):
        return None
    numbers: dict[int, int] = {}
    value_bytes = 0
    for tag, kind, items, value in struct.iter_unpack(f"{order}HHI4s", data[start + 2 : end]):
        value_bytes += _TYPE_BYTES.get(kind, 0) * items
        if items == 1 and kind in {_SHORT, _LONG, 13}:
            numbers[tag] = struct.unpack_from(f"{order}{'H' if kind == _SHORT else 'I'}", value)[0]
    for tag in (_EXIF_DIRECTORY, _PLACE_DIRECTORY, _INTEROPERABILITY_DIRECTORY):
        inner = _read(data, order, numbers[tag], depth + 1) if tag in numbers and depth < _DEEPEST else None
        value_bytes += inner.value_bytes if inner else 0
    following = data[end : end + 4]
    return Directory(numbers, value_bytes, has_next=len(following) == 4 and any(following))  # noqa: PLR2004
