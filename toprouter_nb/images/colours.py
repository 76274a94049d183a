"""Converts the colours of a picture: sixteen bits to eight, a colour profile to sRGB, odd modes to plain ones.

Knows nothing of files and sizes; every function returns the very same picture where nothing has to be done.
"""

import contextlib
import io

from PIL import Image, ImageChops, ImageCms

from ..errors import ImageError

_GREY = {"1", "L", "LA", "La"}
_WIDE_LEVELS = 65_536
# The colour space of a profile, and the mode a picture must have to use it.
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# A profile that moves no probe by more than this many levels is sRGB in all but name.
_SAME_LEVELS = 1


def reduce_to_eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits, so that black and white stay black and white.

    Parameters
    ----------
    picture
        Pillow keeps 16-bit grey in the modes "I;16..." or, read from a PNG file, "I"; it reduces 16-bit colour
        by itself while decoding.

    Raises
    ------
    ImageError
        The mode is "F", or "I" and the picture does not come from a PNG file: no value is white then.

    Examples
    --------
    >>> reduce_to_eight_bits(Image.new("I;16", (1, 1), 32_896)).getpixel((0, 0))
    128
    """
    # A PNG file in mode "I" has 16 bits; from elsewhere it may have 32, and nobody knows which value is white.
    if picture.mode == "F" or (picture.mode == "I" and picture.format != "PNG"):
        message = (
            f"The image has the mode {picture.mode}, in which no value is white by rule. Scale it to 0..255 and pass "
            "it as a uint8 array."
        )
        raise ImageError(message)
    if not picture.mode.startswith("I"):
        return picture
    wide, levels = picture.convert("I"), range(_WIDE_LEVELS)
    grey = wide.point([(level * 255 + _WIDE_LEVELS // 2) // (_WIDE_LEVELS - 1) for level in levels], "L")
    clear = picture.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(wide.point([0 if level == clear else 255 for level in levels], "L"))
    return grey


def convert_to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Convert the colours a profile describes to those of sRGB, which is what a model takes them for.

    A profile that is damaged, or meant for another kind of picture, is as good as none.

    Parameters
    ----------
    picture
        Of any mode; transparency stays as it is.
    profile
        ICC profile; b"" when there is none.

    Returns
    -------
    Image
        The same picture where no colour moves by more than one level. Never CMYK.

    Examples
    --------
    >>> convert_to_srgb(Image.new("CMYK", (1, 1)), b"").getpixel((0, 0))
    (255, 255, 255)
    """
    with contextlib.suppress(ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError):
        picture = _apply(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile))) if profile else picture
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def _apply(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    mode = _MODES.get(profile.profile.xcolor_space.strip(), "")
    if mode != (picture.mode if picture.mode == "CMYK" else _plain_mode(picture).removesuffix("A")):
        return picture
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode != "CMYK" and _is_same(transform, mode):
        return picture
    plain = picture if mode == "CMYK" else simplify_mode(picture)
    drawn = transform.apply(plain if plain.mode == mode else plain.convert(mode))
    drawn = drawn.convert("L") if mode == "L" else drawn
    if plain.mode.endswith("A"):
        drawn.putalpha(plain.getchannel("A"))
    return drawn


def _is_same(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Say whether a transform leaves 729 colours, or all greys, where they are."""
    # Nine of each colour are 729 together; a profile that bends none of these bends nothing one could see.
    levels = [*range(0, 256, 32), 255]
    colours = bytes(level for red in levels for green in levels for blue in levels for level in (red, green, blue))
    probes = (
        Image.frombytes("RGB", (729, 1), colours)
        if mode == "RGB"
        else Image.frombytes("L", (256, 1), bytes(range(256)))
    )
    moved = ImageChops.difference(transform.apply(probes), probes.convert("RGB")).tobytes()
    return max(moved) <= _SAME_LEVELS


def simplify_mode(picture: Image.Image) -> Image.Image:
    """Convert to grey or red, green and blue, with alpha where something may show through.

    Returns
    -------
    Image
        Of mode "L", "LA", "RGB" or "RGBA".

    Examples
    --------
    >>> simplify_mode(Image.new("1", (1, 1))).mode, simplify_mode(Image.new("CMYK", (1, 1))).mode
    ('L', 'RGB')
    """
    mode = _plain_mode(picture)
    return picture if picture.mode == mode else picture.convert(mode)


def _plain_mode(picture: Image.Image) -> str:
    return ("L" if picture.mode in _GREY else "RGB") + ("A" if picture.has_transparency_data else "")
