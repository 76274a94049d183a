"""What leaves with an image: the picture, and nothing that was planted beside it."""

import io
import warnings

import pytest
from image_samples import chunk, encoded, exif, gradient, profile, riff, segment, with_chunks, with_segments
from PIL import Image

from toprouter_nb.images import image
from toprouter_nb.images.containers import read_container

MARK = b"PLANTED-MARKER"
PNG = encoded(gradient(), "PNG")
JPEG = encoded(gradient(), "JPEG")
GIF = encoded(gradient(), "GIF")
WEBP = encoded(gradient(), "WEBP")
GIF_SCREEN = 13 + (3 << (GIF[10] & 7) + 1)
PLANTED = {
    "jpeg exif": with_segments(JPEG, segment(0xE1, exif(1, MARK))),
    "jpeg exif place": with_segments(JPEG, segment(0xE1, exif(6, MARK, has_place=True))),
    "jpeg xmp": with_segments(JPEG, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + MARK)),
    "jpeg iptc": with_segments(JPEG, segment(0xED, b"Photoshop 3.0\x00" + MARK)),
    "jpeg comment": with_segments(JPEG, segment(0xFE, MARK)),
    "jpeg thumbnail": with_segments(JPEG, segment(0xE0, b"JFXX\x00\x10" + JPEG + MARK)),
    "jpeg profile": with_segments(JPEG, segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + profile(1.8, text=MARK))),
    "jpeg behind the adobe mark": with_segments(JPEG, segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x01" + MARK)),
    "jpeg unknown": with_segments(JPEG, segment(0xEA, MARK)),
    "jpeg behind the end": JPEG + MARK,
    "png text": with_chunks(PNG, chunk(b"tEXt", b"Comment\x00" + MARK)),
    "png unpacked text": with_chunks(PNG, chunk(b"iTXt", b"Comment\x00\x00\x00\x00\x00" + MARK)),
    "png xmp": with_chunks(PNG, chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + MARK)),
    "png exif": with_chunks(PNG, chunk(b"eXIf", exif(3, MARK)[6:])),
    "png profile": with_chunks(PNG, chunk(b"iCCP", MARK + b"\x00\x00junk")),
    "png unknown": with_chunks(PNG, chunk(b"prVt", MARK)),
    "png palette suggestion": with_chunks(PNG, chunk(b"sPLT", MARK + b"\x00\x08")),
    "png behind the end": PNG + MARK,
    "png behind the pixels": PNG.replace(PNG[33:-12], chunk(b"IDAT", PNG[41:-16] + MARK)),
    "gif comment": GIF[:GIF_SCREEN] + b"\x21\xfe\x0e" + MARK + b"\x00" + GIF[GIF_SCREEN:],
    "gif xmp": GIF[:GIF_SCREEN] + b"\x21\xff\x0bXMP DataXMP\x0e" + MARK + b"\x00" + GIF[GIF_SCREEN:],
    "gif behind the end": GIF + MARK,
    "webp exif": encoded(gradient(), "WEBP", exif=exif(8, MARK)[6:]),
    "webp xmp": encoded(gradient(), "WEBP", xmp=MARK),
    "webp profile": encoded(gradient(), "WEBP", icc_profile=profile(1.0, text=MARK)),
    "webp unknown": riff((b"VP8 ", WEBP[20:]), (b"NOTE", MARK)),
    "webp behind the end": WEBP + MARK,
    "tiff description": encoded(gradient(), "TIFF", description=MARK.decode()),
    "tiff behind the end": encoded(gradient(), "TIFF") + MARK,
    "avif exif": encoded(gradient(), "AVIF", exif=exif(1, MARK)[6:]),
    "avif xmp": encoded(gradient(), "AVIF", xmp=MARK),
    "bmp behind the end": encoded(gradient(), "BMP") + MARK,
}


@pytest.mark.parametrize("place", PLANTED)
@pytest.mark.parametrize("max_side", [None, 12])
def test_nothing_but_the_picture_leaves(place, max_side):
    """A marker planted anywhere in a file is not in what is sent, neither kept nor drawn again nor opened before."""
    data = PLANTED[place]
    assert MARK in data
    parts = [image(data, max_side=max_side)]
    with Image.open(io.BytesIO(data)) as picture, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts.append(image(picture, max_side=max_side))
    for part in parts:
        assert MARK not in part.data
        assert read_container(part.data).extras == ()
        assert set(Image.open(io.BytesIO(part.data)).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"} | {
            "version", "background", "transparency", "duration", "loop", "timestamp", "adobe", "adobe_transform",
        }  # fmt: skip
