"""Files of every kind people have, made here: what is sent of each, or why it is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from image_samples import (
    HEIGHT,
    WIDTH,
    chunk,
    encoded,
    exif,
    gradient,
    levels_of,
    png,
    profile,
    segment,
    with_chunks,
    with_segments,
)
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images import image

LEVELS = np.asarray(gradient()).astype(int)
GREY = gradient().convert("L")
CLEAR = gradient().convert("RGBA")
CLEAR.putalpha(GREY)
STILL = gradient()
TURNED = gradient().rotate(180)


def interlaced() -> bytes:
    """Return a PNG file of the grey gradient, written in seven passes."""
    levels = np.asarray(GREY)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(
        b"\x00" + bytes(row) for column, first, across, down in passes for row in levels[first::down, column::across]
    )
    data = png(WIDTH, HEIGHT, zlib.compress(rows))
    header = chunk(b"IHDR", data[16:28] + b"\x01")
    return data[:8] + header + data[33:]


SENT = {
    "png": (encoded(STILL, "PNG"), "image/png", ""),
    "png grey": (encoded(GREY, "PNG"), "image/png", ""),
    "png 1 bit": (encoded(GREY.convert("1"), "PNG"), "image/png", ""),
    "png grey with alpha": (encoded(GREY.convert("LA"), "PNG"), "image/png", ""),
    "png with alpha": (encoded(CLEAR, "PNG"), "image/png", ""),
    "png palette": (encoded(STILL.quantize(16), "PNG"), "image/png", ""),
    "png palette with alpha": (encoded(STILL.quantize(4), "PNG", transparency=b"\x00\x40\x80\xff"), "image/png", ""),
    "png interlaced": (interlaced(), "image/png", ""),
    "png 16 bits": (
        encoded(Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257), "PNG"),
        "image/png",
        "16 bits reduced to 8",
    ),
    "png animated": (
        encoded(STILL, "PNG", save_all=True, append_images=[TURNED]),
        "image/png",
        "first frame of an animation",
    ),
    "png with a text": (
        with_chunks(encoded(STILL, "PNG"), chunk(b"tEXt", b"Author\x00me")),
        "image/png",
        "text left out",
    ),
    "png with resolution": (encoded(STILL, "PNG", dpi=(300, 300)), "image/png", ""),
    "jpeg": (encoded(STILL, "JPEG"), "image/jpeg", ""),
    "jpeg grey": (encoded(GREY, "JPEG"), "image/jpeg", ""),
    "jpeg progressive": (encoded(STILL, "JPEG", progressive=True), "image/jpeg", ""),
    "jpeg cmyk": (encoded(STILL.convert("CMYK"), "JPEG"), "image/jpeg", "colours converted to sRGB"),
    "jpeg with profile": (
        encoded(STILL, "JPEG", icc_profile=profile(1.0)),
        "image/jpeg",
        "colours converted to sRGB; colour profile left out",
    ),
    "jpeg with the place": (
        with_segments(encoded(STILL, "JPEG"), segment(0xE1, exif(1, has_place=True))),
        "image/jpeg",
        "the place it was taken, EXIF left out",
    ),
    "jpeg of a phone": (encoded(STILL, "JPEG", exif=exif(6)), "image/jpeg", "turned upright; EXIF left out"),
    "jpeg and zip": (encoded(STILL, "JPEG") + b"PK\x03\x04", "image/jpeg", "bytes after the image left out"),
    "mpo": (encoded(STILL, "MPO", save_all=True, append_images=[TURNED]), "image/jpeg", None),
    "gif": (encoded(STILL, "GIF"), "image/gif", ""),
    "gif animated": (
        encoded(STILL, "GIF", save_all=True, append_images=[TURNED]),
        "image/gif",
        "first frame of an animation",
    ),
    "webp": (encoded(STILL, "WEBP"), "image/webp", ""),
    "webp lossless": (encoded(STILL, "WEBP", lossless=True), "image/webp", ""),
    "webp with alpha": (encoded(CLEAR, "WEBP"), "image/webp", ""),
    "webp animated": (
        encoded(STILL, "WEBP", save_all=True, append_images=[TURNED]),
        "image/jpeg",
        "first frame of an animation",
    ),
    "tiff": (encoded(STILL, "TIFF"), "image/png", "converted from TIFF"),
    "tiff packed": (encoded(STILL, "TIFF", compression="tiff_lzw"), "image/png", "converted from TIFF"),
    "tiff of two pages": (
        encoded(STILL, "TIFF", save_all=True, append_images=[TURNED]),
        "image/png",
        "converted from TIFF; first page only",
    ),
    "bmp": (encoded(STILL, "BMP"), "image/png", "converted from BMP"),
    "avif": (encoded(STILL, "AVIF"), "image/jpeg", "converted from AVIF"),
}


@pytest.mark.parametrize("kind", SENT)
def test_file_is_sent(tmp_path, kind):
    """A file of this kind, under a wrong name, leaves as one of the four types with the picture it shows."""
    data, media_type, note = SENT[kind]
    (tmp_path / "image.txt").write_bytes(data)
    part = image(tmp_path / "image.txt")
    assert part.media_type == media_type
    assert note is None or part.note == note
    with Image.open(io.BytesIO(part.data)) as picture:
        assert Image.MIME[picture.format] == media_type
        assert picture.size == (part.width, part.height)
    if not note:
        assert note is None or part.data == data or "resolution" in kind
    is_moved = "turned" in part.note or "colours" in part.note
    if not is_moved and kind != "png 16 bits":
        error = np.abs(levels_of(part.data, "RGBA") - levels_of(data, "RGBA")).max()
        assert error < (2 if media_type != "image/jpeg" or part.data in data else 20)


REFUSED = {
    "nothing": (b"", "empty"),
    "text": (b"not an image", "a text"),
    "web page": (b"<!doctype html><title>404</title>", "a web page"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
    "icon": (encoded(STILL, "ICO"), "icon"),
    "jpeg 2000": (encoded(STILL, "JPEG2000"), "JPEG 2000"),
    "pcx": (encoded(STILL, "PCX"), "not read here"),
    "png cut": (encoded(STILL, "PNG")[:-20], "cut off"),
    "jpeg cut": (encoded(STILL, "JPEG")[:-20], "cut off"),
    "gif cut": (encoded(STILL, "GIF")[:-20], "cut"),
    "webp cut": (encoded(STILL, "WEBP")[:-20], "cut off"),
    "tiff cut": (encoded(STILL, "TIFF")[:-20], "cut off"),
    "bmp cut": (encoded(STILL, "BMP")[:-20], "cut off"),
    "avif cut": (encoded(STILL, "AVIF")[:-20], "cut off"),
    "png without pixels": (png(0, 5, zlib.compress(b"")), "no pixels"),
    "png with a bad sum": (encoded(STILL, "PNG")[:-20] + b"!!!!" + encoded(STILL, "PNG")[-16:], "damaged"),
    "tiff of floats": (encoded(Image.new("F", (3, 3)), "TIFF"), "mode F"),
    "bmp header": (b"BM" + bytes(12) + struct.pack("<I", 40), "cut"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_file_is_refused(tmp_path, kind):
    """A file of this kind, though called .png, is refused with what it is, and with its path."""
    data, words = REFUSED[kind]
    (tmp_path / "image.png").write_bytes(data)
    with pytest.raises(ImageError, match=words) as caught:
        image(tmp_path / "image.png")
    assert "image.png" in str(caught.value)


def test_there_are_at_least_thirty_kinds():
    """The tables above list what is promised."""
    assert len(SENT) >= 30
    assert len(REFUSED) >= 15
