"""Which files are taken for which format, and what is made sure of before a decoder sees them."""

import io
import struct

import pytest
from image_samples import chunk, encoded, exif, gradient, with_chunks
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images.containers import read_container
from toprouter_nb.images.containers.exif import read_directory


def test_tiff_that_claims_more_than_it_has_is_refused():
    """A TIFF directory whose values are longer than the file is refused before a decoder copies them."""
    entries = b"".join(struct.pack("<HHII", 40_000 + number, 7, 60, 8) for number in range(10))
    size = struct.pack("<HHIHHHHIHH", 0x100, 3, 1, 4, 0, 0x101, 3, 1, 4, 0)
    with pytest.raises(ImageError, match="directory"):
        read_container(b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 12) + size + entries + b"\x00" * 4)


def test_avif_hides_its_exif_from_the_decoder():
    """The EXIF block of an AVIF file cannot be found any more, while everything stays where it is."""
    data = encoded(gradient(), "AVIF", exif=exif(1, b"PLANTED-MARKER")[6:])
    found = read_container(data)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(found.picture)) as after:
        assert ("exif" in before.info, "exif" in after.info) == (True, False)
    assert len(found.picture) == len(data)


REFUSED = {
    "an SVG": [b'<?xml version="1.0"?><svg/>', b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg'/>", b"<!-- -->"],
    "a web page": [b"<!DOCTYPE html><html>", b"\n<html><body>404"],
    "a PostScript drawing": [b"%!PS-Adobe-3.0 EPSF-3.0", b"\xc5\xd0\xd3\xc6\x00"],
    "a PDF document": [b"%PDF-1.7\n"],
    "a HEIC photo": [b"\x00\x00\x00\x18ftypheic", b"\x00\x00\x00\x18ftypmif1"],
    "a JPEG XL image": [b"\x00\x00\x00\x0cJXL \r\n\x87\n", b"\xff\x0a\x00"],
    "a JPEG 2000 image": [b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"],
    "an icon file": [b"\x00\x00\x01\x00\x01\x00"],
    "a Photoshop file": [b"8BPS\x00\x01"],
    "an archive": [b"PK\x03\x04", b"\x1f\x8b\x08"],
    "a text": [b"Hello", "Grüße".encode(), b"BM is how some texts begin"],
    "of a format that is not read": [b"\x00\x01\x02\x03" * 10, b"RIFF\x04\x00\x00\x00WAVE"],
    "empty": [b""],
}


@pytest.mark.parametrize(("what", "data"), [(what, data) for what, files in REFUSED.items() for data in files])
def test_other_files_are_named(what, data):
    """What is no image to be sent is refused by its name, with what to do instead."""
    with pytest.raises(ImageError, match=what) as caught:
        read_container(data)
    assert caught.value.kind == "bad_request"
    assert str(caught.value).count(". ") == 1
    assert str(caught.value).endswith(".")


def test_pieces_are_counted():
    """A file made of very many pieces is refused before the walk gets long."""
    with pytest.raises(ImageError, match="pieces") as caught:
        read_container(with_chunks(encoded(gradient(), "PNG"), chunk(b"prVt", b"") * 50_001))
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize("data", [b"", b"Exif\x00\x00", b"II*\x00", b"II*\x00\xff\xff\xff\xff", exif()[:20]])
def test_exif_that_is_cut_says_nothing(data):
    """A damaged EXIF block is as good as none."""
    assert read_directory(data) is None


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_exif_orientation_out_of_range_is_upright(orientation):
    """An orientation that does not exist turns nothing."""
    directory = read_directory(exif(orientation))
    assert directory is not None
    assert directory.orientation == 1
