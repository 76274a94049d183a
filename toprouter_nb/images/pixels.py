"""Makes the image that is sent: decodes, turns upright, converts, shrinks and encodes, with Pillow.

Knows nothing of where an image comes from: it takes a taken-apart file or a Pillow image.
"""

import contextlib
import io
import threading
import warnings
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from ..errors import ImageError
from ..parts import ImagePart
from ..plain import shorten
from .caps import CAPS, check_pixels, check_sent
from .colours import convert_to_srgb, reduce_to_eight_bits, simplify_mode
from .containers import MEDIA_TYPES, Container

# Warning filters belong to the process: two threads that change them at once would leave them changed for ever.
_ONE_AT_A_TIME = threading.Lock()
_ORIENTATION_TAG = 0x112
_WIDE_BITS = 16
_WIDE_NOTE = "16 bits reduced to 8"
# What undoes each orientation that EXIF knows (CIPA DC-008); 1 is upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Nearly without loss first; the second only where the first is too large to send.
_QUALITIES = (92, 80)


def encode_container(found: Container, max_side: int | None = None) -> ImagePart:
    """Make the image that is sent from a taken-apart file.

    The picture is decoded in any case, so that a damaged one is found here. Where nothing has to be changed, its
    bytes stay as they are, without what is not drawn.

    Parameters
    ----------
    found
        From `read_container`.
    max_side
        Longest side in pixels; None leaves it at `CAPS.side_pixels`.

    Raises
    ------
    ImageError
        The picture cannot be decoded, or is too large (kind `too_large`).

    Examples
    --------
    >>> import io
    >>> from toprouter_nb.images.containers import read_container
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (80, 60)).save(file, "BMP")
    >>> part = encode_container(read_container(file.getvalue()), max_side=40)
    >>> part.media_type, part.note
    ('image/png', 'converted from BMP; shrunk from 80x60 to 40x30')
    """
    with _pillow():
        decoded = _decode(found)
        orientation = _orientation(decoded) if found.format == "AVIF" else found.orientation
        drawn, changes = _prepare(decoded, orientation, found.profile or decoded.info.get("icc_profile"), max_side)
        # Pillow reduces 16-bit colour while it decodes, so that no step of ours has seen it.
        if found.bits == _WIDE_BITS and _WIDE_NOTE not in changes:
            changes.append(_WIDE_NOTE)
        notes = [_origin_note(found), *changes, f"{', '.join(found.extras)} left out" if found.extras else ""]
        if changes or not found.is_bare or len(found.picture) > CAPS.sent_bytes:
            return _encode(drawn, notes, is_lossy=found.is_lossy)
        return ImagePart(
            data=found.picture,
            media_type=found.media_type,
            width=decoded.width,
            height=decoded.height,
            note=_join(notes),
        )


def keep_container(data: bytes, found: Container) -> ImagePart:
    """Make an image part of the file as it is, after the same checks.

    Parameters
    ----------
    data
        The file.
    found
        What `read_container` made of it.

    Raises
    ------
    ImageError
        It is of a format that cannot be sent, cannot be decoded, or is too large (kind `too_large`).

    Examples
    --------
    >>> import io
    >>> from toprouter_nb.images.containers import read_container
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (80, 60)).save(file, "PNG")
    >>> keep_container(file.getvalue(), read_container(file.getvalue())).note
    'sent as it is'
    """
    if not found.media_type:
        message = f"A {found.format} image cannot be sent as it is. Leave keep_bytes out to have it converted."
        raise ImageError(message)
    with _pillow():
        decoded = _decode(found)
    check_sent(len(data), *decoded.size)
    note = f"sent as it is, with {', '.join(found.extras)}" if found.extras else "sent as it is"
    return ImagePart(data=data, media_type=found.media_type, width=decoded.width, height=decoded.height, note=note)


def encode_pixels(picture: Image.Image, max_side: int | None = None) -> ImagePart:
    """Make the image that is sent from a Pillow image, which stays as it is.

    Parameters
    ----------
    picture
        Of any mode but "F", and "I" only where it was read from a PNG file. What was read from a JPEG file is
        encoded as JPEG, everything else as PNG.
    max_side
        Longest side in pixels; None leaves it at `CAPS.side_pixels`.

    Raises
    ------
    ImageError
        The image has no pixels or too many, its file is damaged or closed, or its mode cannot be converted.

    Examples
    --------
    >>> part = encode_pixels(Image.new("CMYK", (80, 60)))
    >>> part.media_type, part.width, part.height, part.note
    ('image/png', 80, 60, 'colours converted to sRGB')
    """
    check_pixels(*picture.size)
    with _pillow():
        frame = f"frame {picture.tell() + 1} of an animation" if getattr(picture, "is_animated", False) else ""
        picture.load()
        drawn, notes = _prepare(picture, _orientation(picture), picture.info.get("icc_profile"), max_side)
        return _encode(drawn, [frame, *notes], is_lossy=picture.format in {"JPEG", "MPO"})


@contextlib.contextmanager
def _pillow() -> Iterator[None]:
    """Hold back Pillow's warnings, and map whatever it raises."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ImageError:
            raise
        except (Image.DecompressionBombError, MemoryError) as error:
            message = "The image has more pixels than can be decoded. Make it smaller first."
            raise ImageError(message, kind="too_large") from error
        except Exception as error:
            # Decoders raise what they like: OSError, SyntaxError, struct.error, KeyError and more.
            reason = shorten(f"{type(error).__name__}: {error}", 200)
            message = f"The image is damaged or cut off, and cannot be decoded ({reason}). Pass a whole one."
            raise ImageError(message) from error


def _decode(found: Container) -> Image.Image:
    """Decode the first frame; the size is checked once more, as the decoder sees it."""
    try:
        picture = Image.open(io.BytesIO(found.picture), formats=(found.format,))
    except (KeyError, UnidentifiedImageError) as error:
        if found.format != "AVIF":
            raise
        message = "The image is an AVIF file that this Pillow cannot read. Update pillow, or convert it to PNG or JPEG."
        raise ImageError(message) from error
    check_pixels(*picture.size)
    picture.load()
    return picture


def _orientation(picture: Image.Image) -> object:
    return picture.getexif().get(_ORIENTATION_TAG)


def _origin_note(found: Container) -> str:
    converted = "" if found.media_type else f"converted from {found.format}"
    frame = "first page only" if found.format == "TIFF" else "first frame of an animation"
    return _join([converted, frame if found.frames > 1 else ""])


def _prepare(
    picture: Image.Image, orientation: object, profile: object, max_side: int | None
) -> tuple[Image.Image, list[str]]:
    """Return the picture as it should be seen, and what that took; no notes where nothing changed."""
    grey = reduce_to_eight_bits(picture)
    upright = _turn_upright(grey, orientation)
    coloured = convert_to_srgb(upright, profile if isinstance(profile, bytes) else b"")
    smaller = _shrink(coloured, max_side)
    steps = (
        (picture, grey, _WIDE_NOTE),
        (grey, upright, "turned upright"),
        (upright, coloured, "colours converted to sRGB"),
        (coloured, smaller, f"shrunk from {coloured.width}x{coloured.height} to {smaller.width}x{smaller.height}"),
    )
    return smaller, [note for before, after, note in steps if after is not before]


def _turn_upright(picture: Image.Image, orientation: object) -> Image.Image:
    if not isinstance(orientation, int) or orientation not in _UPRIGHT:
        return picture
    return picture.transpose(_UPRIGHT[orientation])


def _shrink(picture: Image.Image, max_side: int | None) -> Image.Image:
    longest, side = max(picture.size), min(max_side or CAPS.side_pixels, CAPS.side_pixels)
    if longest <= side:
        return picture
    width, height = (max(1, round(length * side / longest)) for length in picture.size)
    return simplify_mode(picture).resize((width, height), Image.Resampling.LANCZOS)


def _encode(picture: Image.Image, notes: list[str], *, is_lossy: bool) -> ImagePart:
    """Encode as PNG, or as JPEG where the picture was lossy before or is too large, and nothing shows through."""
    plain = simplify_mode(picture).copy()
    # The encoders copy comments and profiles out of `info`.
    plain.info = {}
    # A photo as PNG is five times as large, and no truer than the JPEG it was.
    ways = [] if is_lossy and plain.mode in {"L", "RGB"} else [("PNG", 0)]
    ways += [("JPEG", quality) for quality in _QUALITIES if plain.mode in {"L", "RGB"}]
    for name, quality in ways:
        file = io.BytesIO()
        # `subsampling` 0 keeps all colour: at half of it the edges of coloured text and plots blur.
        plain.save(file, name, **({"quality": quality, "subsampling": 0} if quality else {}))
        if file.tell() <= CAPS.sent_bytes:
            break
    check_sent(file.tell(), *plain.size)
    if (name, quality) != ways[0]:
        notes.append(f"encoded as {name} of quality {quality} to be small enough")
    return ImagePart(
        data=file.getvalue(), media_type=MEDIA_TYPES[name], width=plain.width, height=plain.height, note=_join(notes)
    )


def _join(notes: list[str]) -> str:
    return "; ".join(note for note in notes if note)
