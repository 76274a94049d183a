"""Colours: sixteen bits, profiles, and the modes pictures come in."""

import io

import numpy as np
import pytest
from image_samples import encoded, gradient, profile
from PIL import Image, ImageCms

from toprouter_nb.errors import ImageError
from toprouter_nb.images.colours import convert_to_srgb, reduce_to_eight_bits, simplify_mode


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bit_grey_is_scaled(mode):
    """Every 16-bit level becomes the nearest 8-bit one: 40,000 is 156, not white."""
    levels = np.arange(65_536).reshape(256, 256)
    wide = Image.frombytes(mode, (256, 256), levels.astype("<u2" if mode == "I;16" else ">u2").tobytes())
    expected = np.rint(levels / 257)
    assert np.abs(np.asarray(reduce_to_eight_bits(wide)) - expected).max() == 0


def test_sixteen_bit_grey_keeps_its_clear_level():
    """The one level a 16-bit PNG file declares clear is clear, and its neighbour is not."""
    wide = Image.fromarray(np.array([[1_000, 1_001]], dtype=np.uint16))
    with Image.open(io.BytesIO(encoded(wide, "PNG", transparency=1_000))) as picture:
        grey = reduce_to_eight_bits(picture)
    assert grey.mode == "LA"
    assert [grey.getpixel((column, 0))[1] for column in (0, 1)] == [0, 255]


@pytest.mark.parametrize("mode", ["F", "I"])
def test_modes_without_a_white_are_refused(mode):
    """Whole and real numbers without a range are not guessed at."""
    with pytest.raises(ImageError, match=f"mode {mode}"):
        reduce_to_eight_bits(Image.new(mode, (2, 2)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_eight_bits_stay(mode):
    """What has 8 bits is returned as it is."""
    picture = gradient().convert("L").convert(mode) if mode in {"LA", "1"} else gradient().convert(mode)
    assert reduce_to_eight_bits(picture) is picture


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK"])
def test_no_profile_changes_nothing_but_cmyk(mode):
    """Without a profile only CMYK is converted, as nobody can show it."""
    picture = gradient().convert(mode)
    assert (convert_to_srgb(picture, b"") is picture) is (mode != "CMYK")
    assert convert_to_srgb(picture, b"").mode == ("RGB" if mode == "CMYK" else mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_profile_of_srgb_changes_nothing(mode):
    """A profile that says sRGB leaves the very same picture."""
    picture = gradient().convert(mode)
    assert convert_to_srgb(picture, profile(is_srgb=True)) is picture


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_profile_is_applied(gamma):
    """A picture with another gamma is converted: expected values from the curves of both, worked out by hand."""
    picture = gradient()
    linear = (np.asarray(picture) / 255.0) ** gamma
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    converted = convert_to_srgb(picture, profile(gamma))
    assert np.abs(np.asarray(converted) - expected).max() < 2


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparency_survives_a_profile(mode):
    """What is clear stays as clear as it was."""
    picture = gradient().convert("RGBA")
    picture.putalpha(gradient().getchannel("R"))
    alpha = picture.getchannel("A")
    if mode == "P":
        picture = picture.quantize(256)
        alpha = picture.convert("RGBA").getchannel("A")
    converted = convert_to_srgb(picture, profile(1.0))
    assert converted.mode == "RGBA"
    assert converted.getchannel("A").tobytes() == alpha.tobytes()


@pytest.mark.parametrize(
    ("mode", "damaged"),
    [
        ("RGB", b"no profile"),
        ("RGB", profile(1.0)[:200]),
        ("L", profile(1.0)),
        ("CMYK", profile(1.0)),
        ("RGB", b"\x00" * 500),
    ],
)
def test_profile_that_cannot_be_used_is_as_good_as_none(mode, damaged):
    """A damaged profile, or one for another kind of picture, changes nothing and fails nothing."""
    picture = gradient().convert(mode)
    assert convert_to_srgb(picture, damaged).tobytes() == convert_to_srgb(picture, b"").tobytes()


def test_lab_profile_is_not_applied_to_colours():
    """A profile of a colour space pictures do not have is left alone."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = gradient()
    assert convert_to_srgb(picture, lab) is picture


@pytest.mark.parametrize(
    ("mode", "simple"),
    [
        ("1", "L"),
        ("L", "L"),
        ("LA", "LA"),
        ("La", "LA"),
        ("P", "RGB"),
        ("PA", "RGBA"),
        ("RGB", "RGB"),
        ("RGBA", "RGBA"),
        ("RGBa", "RGBA"),
        ("RGBX", "RGB"),
        ("CMYK", "RGB"),
        ("YCbCr", "RGB"),
        ("HSV", "RGB"),
        ("LAB", "RGB"),
    ],
)
def test_every_mode_becomes_a_plain_one(mode, simple):
    """Grey stays grey, colour becomes red, green and blue, and alpha stays where there is one."""
    assert simplify_mode(Image.new(mode, (3, 2))).mode == simple


def test_clear_colours_become_alpha():
    """A colour declared clear becomes an alpha channel, in grey, colour and palette."""
    grey, colour, palette = Image.new("L", (1, 1), 7), Image.new("RGB", (1, 1), (1, 2, 3)), Image.new("P", (1, 1), 0)
    grey.info["transparency"], colour.info["transparency"], palette.info["transparency"] = 7, (1, 2, 3), 0
    simple = [simplify_mode(picture) for picture in (grey, colour, palette)]
    assert [picture.mode for picture in simple] == ["LA", "RGBA", "RGBA"]
    assert [picture.getchannel("A").getpixel((0, 0)) for picture in simple] == [0, 0, 0]
