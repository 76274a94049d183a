"""What a file is and what it holds: the walks through PNG, JPEG, GIF, WebP, TIFF, BMP and AVIF."""

import re
import struct
import zlib

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
    riff,
    segment,
    with_chunks,
    with_segments,
)

from toprouter_nb.errors import ImageError
from toprouter_nb.images.containers import MEDIA_TYPES, read_container
from toprouter_nb.parts import IMAGE_TYPES

SECRET = b"PLANTED-MARKER"


def sample(format_name: str) -> bytes:
    """Return a file with nothing in it but a picture."""
    return encoded(gradient(), format_name)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_bare_file_stays_byte_for_byte(format_name):
    """A file with nothing in it but a picture is its own picture, and nothing is reported."""
    data = sample(format_name)
    found = read_container(data)
    assert (found.format, found.width, found.height) == (format_name, WIDTH, HEIGHT)
    assert (found.picture, found.extras, found.is_bare) == (data, (), True)


@pytest.mark.parametrize("format_name", ["TIFF", "BMP", "AVIF"])
def test_convertible_file_cannot_be_sent(format_name):
    """A format no model takes has no media type, and has to be drawn again."""
    found = read_container(sample(format_name))
    assert (found.format, found.media_type, found.is_bare) == (format_name, None, False)


def test_media_types_are_those_of_image_parts():
    """The formats that keep their bytes are the ones an image part may have."""
    assert set(MEDIA_TYPES.values()) == set(IMAGE_TYPES)


PNG_EXTRAS = {
    "text": chunk(b"tEXt", b"Comment\x00" + SECRET),
    "packed text": chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(SECRET)),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + SECRET),
    "EXIF": chunk(b"eXIf", exif(1, SECRET, has_place=True)[6:]),
    "time": chunk(b"tIME", b"\x07\xe9\x01\x01\x00\x00\x00"),
    "colour profile": chunk(b"iCCP", SECRET + b"\x00\x00" + zlib.compress(profile(is_srgb=True))),
    "further chunks": chunk(b"prVt", SECRET),
}


@pytest.mark.parametrize("name", PNG_EXTRAS)
def test_png_chunk_is_left_out_and_named(name):
    """Every chunk of a PNG file that draws nothing is left out of the picture, and reported."""
    bare = sample("PNG")
    found = read_container(with_chunks(bare, PNG_EXTRAS[name]))
    assert found.picture == bare
    assert name.removeprefix("packed ") in found.extras


def test_png_colour_facts_stay_only_at_their_length():
    """A gamma of four bytes stays; a longer one could hold anything, and is left out."""
    bare = sample("PNG")
    gamma = chunk(b"gAMA", struct.pack(">I", 45_455))
    assert read_container(with_chunks(bare, gamma)).picture == with_chunks(bare, gamma)
    assert read_container(with_chunks(bare, chunk(b"gAMA", SECRET))).picture == bare


def test_png_animation_keeps_its_default_image():
    """An animated PNG is taken for an animation, and its picture is a still."""
    first, second = gradient(), gradient().rotate(180)
    found = read_container(encoded(first, "PNG", save_all=True, append_images=[second]))
    assert found.frames > 1
    assert not re.search(rb"acTL|fcTL|fdAT", found.picture)
    assert (levels_of(found.picture, "RGB") == levels_of(sample("PNG"), "RGB")).all()


@pytest.mark.parametrize(
    ("packed", "is_bare"),
    [
        (zlib.compress(b"\x00\x07" * 3), True),
        (zlib.compress(b"\x00\x07" * 3) + SECRET, False),
        (zlib.compress(b"\x00\x07" * 3 + SECRET), False),
        (zlib.compress(b"\x00\x07" * 3)[:-4], False),
        (zlib.compress(b"\x00\x07" * 3) + b"\x00" * 200_000, False),
    ],
)
def test_png_is_bare_only_when_its_pixels_are_exactly_the_pixels(packed, is_bare):
    """Bytes hidden behind the packed pixels, or packed with them, make a PNG file be drawn again."""
    assert read_container(png(1, 3, packed)).is_bare is is_bare


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (33, 17)])
def test_png_pixels_are_counted_in_every_mode(mode, size):
    """The number of bytes the pixels take is known for every kind of pixel and odd sizes."""
    picture = gradient().resize(size).convert("L" if mode == "I;16" else mode).convert(mode)
    assert read_container(encoded(picture, "PNG")).is_bare


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 3), (8, 8), (9, 13)])
def test_png_pixels_are_counted_when_interlaced(size):
    """The seven passes of an interlaced picture are counted as the standard's formula for each pass says."""
    width, height = size
    rows = b""
    for column, row, across, down in [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
    ]:
        wide = len(range(column, width, across))
        rows += (b"\x00" + b"\x09" * wide) * (len(range(row, height, down)) if wide else 0)
    rows += (b"\x00" + b"\x09" * width) * len(range(1, height, 2))
    data = bytearray(png(width, height, zlib.compress(rows)))
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    found = read_container(bytes(data))
    assert found.is_bare
    assert (levels_of(found.picture, "L") == 9).all()


JPEG_EXTRAS = {
    "EXIF": segment(0xE1, exif(1, SECRET)),
    "the place it was taken": segment(0xE1, exif(1, SECRET, has_place=True)),
    "XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET),
    "IPTC": segment(0xED, b"Photoshop 3.0\x008BIM" + SECRET),
    "comment": segment(0xFE, SECRET),
    "thumbnail": segment(0xE0, b"JFXX\x00\x10" + SECRET),
    "colour profile": segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + profile(is_srgb=True)),
    "further images": segment(0xE2, b"MPF\x00" + SECRET),
    "application data": segment(0xEB, b"JP\x00" + SECRET),
}


@pytest.mark.parametrize("name", JPEG_EXTRAS)
def test_jpeg_segment_is_left_out_and_named(name):
    """Every segment of a JPEG file that draws nothing is left out without encoding again, and reported."""
    bare = sample("JPEG")
    found = read_container(with_segments(bare, JPEG_EXTRAS[name]))
    assert found.picture == bare
    assert name in found.extras


def test_jpeg_thumbnail_in_the_first_segment_is_cut_off():
    """The small picture a JFIF header may carry is left out, the header stays."""
    bare = sample("JPEG")
    assert bare[2:4] == b"\xff\xe0"
    thumbnail = segment(0xE0, bare[6:18] + b"\x02\x01" + SECRET[:6])
    found = read_container(bare[:2] + thumbnail + bare[20:])
    assert (found.picture, found.extras) == (bare, ("thumbnail",))


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 2}])
def test_jpeg_scans_of_every_kind_are_kept(options):
    """Progressive scans and restart markers stay as they are."""
    data = encoded(gradient(), "JPEG", **options)
    assert read_container(data).picture == data


def test_jpeg_profile_is_joined_in_order():
    """A colour profile that is spread over segments is put together by their numbers."""
    parts = [
        segment(0xE2, b"ICC_PROFILE\x00" + bytes([number, 2]) + text) for number, text in ((2, b"two"), (1, b"one"))
    ]
    assert read_container(with_segments(sample("JPEG"), *parts)).profile == b"onetwo"


GIF_EXTRAS = {
    "comment": b"\x21\xfe" + bytes([len(SECRET)]) + SECRET + b"\x00",
    "XMP": b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\x00",
    "further blocks": b"\x21\x01\x0c" + b"\x00" * 12 + bytes([len(SECRET)]) + SECRET + b"\x00",
}


@pytest.mark.parametrize("name", GIF_EXTRAS)
def test_gif_block_is_left_out_and_named(name):
    """Every block of a GIF file that draws nothing is left out of the picture, and reported."""
    bare = sample("GIF")
    screen = 13 + (3 << (bare[10] & 7) + 1)
    found = read_container(bare[:screen] + GIF_EXTRAS[name] + bare[screen:])
    assert (found.picture, found.extras) == (bare, (name,))


def test_gif_animation_keeps_its_first_frame():
    """The picture of an animated GIF is a GIF of the first frame, with its palette and transparency."""
    first, second = gradient().quantize(16), gradient().rotate(180).quantize(16)
    found = read_container(encoded(first, "GIF", save_all=True, append_images=[second, first, second], loop=0))
    assert found.frames == 4
    assert found.extras == ()
    assert read_container(found.picture).frames == 1
    assert (levels_of(found.picture, "RGB") == levels_of(encoded(first, "GIF"), "RGB")).all()


def test_gif_without_its_last_byte_is_read():
    """A GIF file that ends behind a whole image, without the mark of the end, is as good as one with it."""
    assert read_container(sample("GIF")[:-1]).picture == sample("GIF")


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_webp_chunks_are_left_out_and_named(lossless, mode):
    """What a WebP file holds beside the picture is left out, and the pixels stay exactly the same."""
    picture = gradient().convert(mode)
    if mode == "RGBA":
        picture.putalpha(gradient().getchannel("R"))
    bare = encoded(picture, "WEBP", lossless=lossless, exact=True)
    full = encoded(picture, "WEBP", lossless=lossless, exact=True, exif=exif(1, SECRET)[6:], xmp=SECRET)
    found = read_container(full)
    assert SECRET in full
    assert SECRET not in found.picture
    assert found.extras == ("EXIF", "XMP")
    assert found.is_lossy is not lossless
    assert (levels_of(found.picture, "RGBA") == levels_of(bare, "RGBA")).all()


def test_webp_unknown_chunk_is_left_out():
    """A chunk nobody knows does not leave."""
    bare = sample("WEBP")
    found = read_container(riff((b"VP8 ", bare[20:]), (b"PRVT", SECRET)))
    assert (found.picture, found.extras) == (bare, ("further chunks",))


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_bytes_behind_the_end_are_left_out(format_name):
    """A second file behind the image, as in a polyglot, does not leave."""
    bare = sample(format_name)
    found = read_container(bare + b"PK\x03\x04" + SECRET)
    assert (found.picture, found.extras) == (bare, ("bytes after the image",))


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_file_cut_anywhere_is_refused_or_whole(format_name):
    """A file cut at any byte is refused, and never mistaken for a smaller picture."""
    data = sample(format_name)
    for end in range(len(data) - 1):
        with pytest.raises(ImageError):
            read_container(data[:end])
