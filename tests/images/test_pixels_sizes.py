"""The size of the image that is sent: shrunk where asked for or needed, refused where nothing helps."""

import io

import numpy as np
import pytest
from image_samples import encoded, gradient, levels_of
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images.caps import CAPS
from toprouter_nb.images.containers import read_container
from toprouter_nb.images.pixels import encode_container, encode_pixels, keep_container
from toprouter_nb.parts import ImagePart


def sent(data: bytes, max_side: int | None = None) -> ImagePart:
    """Return what is sent of a file."""
    return encode_container(read_container(data), max_side)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture that no encoder makes small."""
    channels = len(mode) if mode != "L" else 1
    levels = np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(levels[:, :, 0] if mode == "L" else levels)


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((400, 300), 200, (200, 150)),
        ((300, 400), 200, (150, 200)),
        ((400, 300), 400, None),
        ((400, 300), 1_000, None),
        ((400, 300), 1, (1, 1)),
        ((1_000, 2), 100, (100, 1)),
        ((33, 17), 32, (32, 16)),
    ],
)
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_shrinking_keeps_the_ratio_and_never_enlarges(size, max_side, expected, mode):
    """The longest side becomes what was asked for, both sizes are noted, and a smaller image stays as it is."""
    picture = gradient().resize(size).convert(mode)
    part = sent(encoded(picture, "PNG"), max_side)
    assert (part.width, part.height) == (expected or size)
    assert part.note == ("" if expected is None else "shrunk from {}x{} to {}x{}".format(*size, *expected))
    with Image.open(io.BytesIO(part.data)) as smaller:
        assert smaller.size == (part.width, part.height)


def test_shrinking_a_photo_keeps_it_a_photo():
    """A shrunk JPEG is a JPEG of high quality, and looks like the original shrunk."""
    picture = gradient().resize((400, 300))
    part = sent(encoded(picture, "JPEG", quality=98, subsampling=0), 100)
    assert part.media_type == "image/jpeg"
    assert np.abs(levels_of(part.data, "RGB") - np.asarray(picture.resize((100, 75)))).max() < 12


def test_clear_pixels_do_not_bleed_when_shrunk():
    """The colour of what is fully clear does not mix into what is seen."""
    levels = np.zeros((64, 64, 4), dtype=np.uint8)
    levels[:, :32] = (255, 0, 0, 255)
    levels[:, 32:] = (0, 255, 0, 0)
    found = levels_of(encode_pixels(Image.fromarray(levels), 16).data, "RGBA")
    assert found[found[..., 3] > 20][:, 1].max() < 20


def test_longest_side_is_shrunk_to_what_can_be_sent():
    """An image at the longest side stays, one pixel more is shrunk, and both sizes are in the note."""
    at_limit = sent(encoded(Image.new("1", (CAPS.side_pixels, 3)), "PNG"))
    above = sent(encoded(Image.new("1", (CAPS.side_pixels + 1, 3)), "PNG"))
    assert (at_limit.width, at_limit.note) == (CAPS.side_pixels, "")
    assert (above.width, above.note) == (CAPS.side_pixels, "shrunk from 8001x3 to 8000x3")


def test_kept_file_is_not_shrunk_but_refused():
    """A file that is to be kept is refused above the longest side, with both sizes."""
    data = encoded(Image.new("1", (CAPS.side_pixels + 1, 3)), "PNG")
    with pytest.raises(ImageError, match="8001x3, and at most 8,000 pixels") as caught:
        keep_container(data, read_container(data))
    assert caught.value.kind == "too_large"


def test_encoded_image_too_large_to_send_becomes_a_photo():
    """What is too large as PNG is sent as JPEG when nothing shows through, and the note says so."""
    part = encode_pixels(noise(2_900, 2_900))
    assert part.media_type == "image/jpeg"
    assert len(part.data) <= CAPS.sent_bytes
    assert part.note == "encoded as JPEG of quality 92 to be small enough"


def test_encoded_image_too_large_to_send_is_refused():
    """What is too large in every way is refused with both sizes, and a side that is small enough is advised."""
    with pytest.raises(ImageError, match=f"bytes, and at most {CAPS.sent_bytes:,}") as caught:
        encode_pixels(noise(2_400, 2_400, "RGBA"))
    assert caught.value.kind == "too_large"
    assert 2_200 < int(str(caught.value).rpartition("max_side=")[2].rstrip(".")) < 2_400
