"""Addresses of images: which are passed on, which are decoded, which are refused."""

import base64
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.errors import ImageError
from toprouter_nb.images.addresses import check_web_address, decode_data_address, is_data_address, is_web_address
from toprouter_nb.images.caps import CAPS


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/image.jpg",
        "http://localhost:8000/a.png?x=1&y=%20#top",
        "HTTPS://EXAMPLE.COM/IMAGE",
        "https://[::1]:443/a.png",
        "https://münchen.example/Größe.png",
        "https://example.com/" + "a" * (CAPS.address_characters - 20),
    ],
)
def test_good_address_is_passed_on_unchanged(address):
    """An address with a scheme and a host is the very text that is sent."""
    assert is_web_address(address)
    assert check_web_address(address) is address


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https:", "no host"),
        ("https://", "no host"),
        ("https:///etc/passwd", "no host"),
        ("https:/etc/passwd", "no host"),
        ("https:image.png", "no host"),
        ("http://./a.png", "no host"),
        ("http://user:hunter2@example.com/", "user name or a password"),
        ("https://example.com:99999/", "cannot be read"),
        ("https://example.com:abc/", "cannot be read"),
        ("https://example.com:0/", "bad port"),
        ("https://[::1/", "cannot be read"),
        ("https://example.com/a b.png", "space"),
        ("https://example.com/a.png\n", "space"),
        ("https://example.com/\u3000", "space"),
        ("https://example.com/\x00", "control"),
        ("https://example.com/\x1b[31m", "control"),
        ("https://example.com/\u202egnp.exe", "invisible"),
        ("https://example.com\\@evil.example/", "backslash"),
    ],
)
def test_bad_address_is_refused(address, fault):
    """An address that cannot be fetched as it stands is refused, and its text is not repeated."""
    with pytest.raises(ImageError, match=fault) as caught:
        check_web_address(address)
    assert "hunter2" not in str(caught.value)


def test_long_address_is_refused_with_both_lengths():
    """An address above the cap is refused as too large, with its length and the longest there may be."""
    address = "https://example.com/" + "a" * CAPS.address_characters
    with pytest.raises(
        ImageError, match=f"{len(address):,} characters, and at most {CAPS.address_characters:,}"
    ) as caught:
        check_web_address(address)
    assert caught.value.kind == "too_large"


@given(st.binary(max_size=300), st.sampled_from(["image/png", "", "text/html;charset=utf-8", "IMAGE/PNG"]))
def test_data_address_round_trip(data, media_type):
    """What is written as a data: address, with base64 or %-escapes, is read back exactly."""
    coded = base64.b64encode(data).decode()
    for text in (
        f"data:{media_type};base64,{coded}",
        f"DATA:{media_type};BASE64,{coded.rstrip('=')}",
        f"data:{media_type};base64,{coded[:10]}\r\n {coded[10:]}",
        f"data:{media_type},{quote_from_bytes(data)}",
    ):
        assert is_data_address(text)
        assert decode_data_address(text) == data


@pytest.mark.parametrize(
    "address", ["data:", "data:image/png;base64", "data:image/png;base64,a", "data:;base64,a*b=", "data:;base64,Grüße"]
)
def test_bad_data_address_is_refused(address):
    """A data: address without data, or with something else than base64, is refused."""
    with pytest.raises(ImageError, match="data: address"):
        decode_data_address(address)


def test_long_data_address_is_refused_before_decoding():
    """A data: address too long for any image is refused by its length."""
    with pytest.raises(ImageError, match="characters") as caught:
        decode_data_address("data:;base64," + "A" * (CAPS.file_bytes * 4 // 3 + 1_000))
    assert caught.value.kind == "too_large"
