"""Image files made when they are needed: small, valid, and each odd in one way.

Knows the formats byte by byte, so that what the package reads is not written by what it reads with.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

WIDTH, HEIGHT = 24, 16


def gradient() -> Image.Image:
    """Return a picture in which every pixel differs and no turn looks like another."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    levels = np.stack([columns * 10, rows * 15, (columns + rows) * 6], axis=-1)
    return Image.fromarray(levels.astype(np.uint8))


def encoded(picture: Image.Image, format_name: str, **options: object) -> bytes:
    """Return `picture` as a file; of copies, as Pillow leaves the settings of one format behind for the next."""
    file = io.BytesIO()
    if "append_images" in options:
        options["append_images"] = [frame.copy() for frame in options["append_images"]]
    picture.copy().save(file, format_name, **options)
    return file.getvalue()


def levels_of(data: bytes, mode: str) -> np.ndarray:
    """Return the pixels of an image file as numbers."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert(mode)).astype(int)


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png(width: int, height: int, packed: bytes, *, depth: int = 8, colour: int = 0, more: bytes = b"") -> bytes:
    """Return a PNG file of pixels that are packed already; `more` goes behind the header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """Return a PNG file with chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def segment(marker: int, payload: bytes) -> bytes:
    """Return one segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """Return a JPEG file with segments at its beginning."""
    return data[:2] + b"".join(segments) + data[2:]


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    """Return a WebP file of chunks."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(payload)) + payload + b"\x00" * (len(payload) % 2) for kind, payload in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def exif(orientation: int = 1, text: bytes = b"", *, has_place: bool = False) -> bytes:
    """Return an EXIF block with an orientation, a description and, where wanted, a GPS directory."""
    count = 3 if has_place else 2
    behind = 8 + 2 + count * 12 + 4
    entries = struct.pack("<HHII", 0x010E, 2, len(text) + 1, behind)
    entries += struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    if has_place:
        entries += struct.pack("<HHII", 0x8825, 4, 1, behind + len(text) + 1)
    place = struct.pack("<HHHI4sI", 1, 1, 2, 2, b"N\x00\x00\x00", 0) if has_place else b""
    head = b"II*\x00" + struct.pack("<IH", 8, count)
    return b"Exif\x00\x00" + head + entries + b"\x00" * 4 + text + b"\x00" + place


def profile(gamma: float = 2.2, *, is_srgb: bool = False, text: bytes = b"") -> bytes:
    """Return an ICC profile: sRGB, or one with sRGB's colours and another gamma (a matrix profile of version 2)."""
    if is_srgb:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    def fixed(*numbers: float) -> bytes:
        return b"".join(struct.pack(">i", round(number * 65_536)) for number in numbers)

    curve = b"curv\x00\x00\x00\x00" + struct.pack(">IH", 1, round(gamma * 256)) + b"\x00\x00"
    described = text or b"made for a test"
    name = b"desc\x00\x00\x00\x00" + struct.pack(">I", len(described) + 1) + described + b"\x00" * 80
    tags = {
        b"desc": name + b"\x00" * (-len(name) % 4),
        b"wtpt": b"XYZ \x00\x00\x00\x00" + fixed(0.9642, 1.0, 0.8249),
        b"rXYZ": b"XYZ \x00\x00\x00\x00" + fixed(0.4360, 0.2225, 0.0139),
        b"gXYZ": b"XYZ \x00\x00\x00\x00" + fixed(0.3851, 0.7169, 0.0971),
        b"bXYZ": b"XYZ \x00\x00\x00\x00" + fixed(0.1431, 0.0606, 0.7141),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for kind, value in tags.items():
        table += kind + struct.pack(">II", place + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s", place + len(body), b"\x00" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2025, 1, 1, 0, 0, 0, b"acsp") + b"\x00" * 28 + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\x00") + struct.pack(">I", len(tags)) + table + body
