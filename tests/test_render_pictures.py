"""Only pictures are shown as pictures."""

import base64
import io
import struct

import pytest
from PIL import Image

from toprouter_nb.render.markdown import render_markdown
from toprouter_nb.render.pictures import PICTURE_BYTES, check_address, data_address, media_type


def encoded(name, **options):
    """Encode a small picture with Pillow."""
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("GIF", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_four_types_are_named_by_content(name, options):
    """PNG, JPEG, GIF and WebP are known by their bytes."""
    data = encoded(name, **options)
    assert media_type(data) == f"image/{name.lower()}"
    assert data_address(data) == f"data:image/{name.lower()};base64,{base64.b64encode(data).decode()}"


def test_an_animated_webp_is_one_too():
    """The extended WebP header is read."""
    data = encoded("WEBP", save_all=True, append_images=[Image.new("RGB", (30, 20), "blue")])
    assert media_type(data) == "image/webp"


@pytest.mark.parametrize("name", ["BMP", "TIFF", "PDF"])
def test_other_types_are_not_shown(name):
    """A type that is no web picture is not one of the four."""
    assert media_type(encoded(name)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00" * 50,
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
        b"RIFF\x00\x00\x00\x00WEBPnone" + bytes(40),
        b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 15_000, 15_000),
        b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 0, 5),
        b"GIF89a" + bytes([1, 0, 1, 0]) + bytes(PICTURE_BYTES),
    ],
)
def test_broken_huge_and_foreign_bytes_are_not_shown(data):
    """Cut headers, bombs, files above the bound and scripts in disguise are refused without decoding."""
    assert media_type(data) is None
    assert data_address(data) is None


def test_an_address_is_rewritten_with_its_true_type():
    """A GIF that calls itself a PNG is shown as the GIF it is."""
    data = encoded("GIF")
    address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    assert check_address(address) == data_address(data)
    assert f'<img class="tr-picture" alt="Image: dot" src="{data_address(data)}">' in render_markdown(
        f"![dot]({address})"
    )


@pytest.mark.parametrize(
    "address", ["data:image/png;base64,A", "data:image/png,abc", "data:text/html;base64,AAAA", "x"]
)
def test_other_addresses_are_no_pictures(address):
    """An address that holds no picture is refused."""
    assert check_address(address) is None


def test_a_false_picture_is_labelled():
    """In a text, what is no picture is named and not shown."""
    html = render_markdown("![logo](data:image/svg+xml;base64,PHN2Zy8+)")
    assert html == '<p dir="auto"><span class="tr-label">Image: logo (not a picture that can be shown)</span></p>\n'


def test_a_large_picture_passes_the_paragraph_bound():
    """A picture of 100 kB in a text is shown although its paragraph is longer than any prose."""
    noise = Image.effect_noise((400, 300), 80)
    buffer = io.BytesIO()
    noise.save(buffer, "PNG")
    assert len(buffer.getvalue()) > 80_000
    assert "<img" in render_markdown(f"![n]({data_address(buffer.getvalue())})")
