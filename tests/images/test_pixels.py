"""The image that is sent: what is kept, what is drawn again, and what it looks like then."""

import io
import threading
import warnings
import zlib

import numpy as np
import pytest
from image_samples import HEIGHT, WIDTH, encoded, exif, gradient, levels_of, png, profile, riff, with_chunks
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images.containers import read_container
from toprouter_nb.images.pixels import encode_container, encode_pixels, keep_container
from toprouter_nb.parts import ImagePart


def sent(data: bytes, max_side: int | None = None) -> ImagePart:
    """Return what is sent of a file."""
    return encode_container(read_container(data), max_side)


TURNS = {
    1: lambda levels: levels,
    2: lambda levels: levels[:, ::-1],
    3: lambda levels: levels[::-1, ::-1],
    4: lambda levels: levels[::-1],
    5: lambda levels: levels.swapaxes(0, 1),
    6: lambda levels: levels[::-1].swapaxes(0, 1),
    7: lambda levels: levels[::-1, ::-1].swapaxes(0, 1),
    8: lambda levels: levels[:, ::-1].swapaxes(0, 1),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "PIL"])
def test_orientation_is_applied(format_name, orientation):
    """A photo is turned as its EXIF says, in every format, and no EXIF is left to turn it again."""
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}, "AVIF": {"quality": 100}}
    block = exif(orientation) if format_name == "JPEG" else exif(orientation)[6:]
    data = encoded(gradient(), format_name.replace("PIL", "PNG"), exif=block, **options.get(format_name, {}))
    with Image.open(io.BytesIO(data)) as picture:
        part = encode_pixels(picture) if format_name == "PIL" else sent(data)
    expected = TURNS[orientation](np.asarray(gradient()).astype(int))
    found = levels_of(part.data, "RGB")
    assert (part.width, part.height) == (expected.shape[1], expected.shape[0])
    assert np.abs(found - expected).max() < (16 if format_name in {"JPEG", "AVIF"} else 2)
    assert ("turned upright" in part.note) is (orientation != 1 and format_name != "TIFF")
    assert sent(part.data) == part


def test_photo_without_changes_is_not_encoded_again():
    """A JPEG file loses its EXIF without losing quality once more."""
    bare = encoded(gradient(), "JPEG")
    part = sent(encoded(gradient(), "JPEG", exif=exif(1, b"a text"), comment=b"a comment"))
    assert part.data == bare
    assert part.note == "EXIF, comment left out"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("format_name", ["TIFF", "BMP", "PIL"])
def test_lossless_sources_stay_exact(format_name, mode):
    """A picture of any mode that is converted to PNG has the same levels and the same alpha."""
    picture = gradient().convert("L").convert(mode) if mode in {"1", "LA"} else gradient().convert(mode)
    if format_name == "BMP" and mode in {"LA", "RGBA"}:
        picture = picture.convert(mode[:-1])
    part = encode_pixels(picture) if format_name == "PIL" else sent(encoded(picture, format_name))
    assert part.media_type == "image/png"
    assert (levels_of(part.data, "RGBA") == np.asarray(picture.convert("RGBA"))).all()


def test_palette_with_alpha_stays_clear():
    """A palette whose colours are clear to different degrees keeps them, as a file and shrunk."""
    picture = gradient().quantize(8)
    data = encoded(picture, "PNG", transparency=bytes([0, 50, 100, 150, 200, 255, 255, 255]))
    expected = levels_of(data, "RGBA")
    assert (levels_of(sent(data).data, "RGBA") == expected).all()
    with Image.open(io.BytesIO(data)) as opened:
        assert (levels_of(encode_pixels(opened).data, "RGBA") == expected).all()
    assert levels_of(sent(data, 12).data, "RGBA")[..., 3].min() < 100


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_not_white(format_name):
    """A 16-bit file is reduced to 8 bits within a level, and the note says so."""
    levels = np.linspace(0, 65_535, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
    part = sent(encoded(Image.fromarray(levels), format_name))
    assert "16 bits reduced to 8" in part.note
    assert np.abs(levels_of(part.data, "L") - levels / 257).max() <= 1


def test_sixteen_bit_colour_is_reduced():
    """A 16-bit colour file is reduced within a level too."""
    levels = np.arange(2 * 3 * 3).reshape(2, 3, 3) * 3_855
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in levels)
    part = sent(png(3, 2, zlib.compress(rows), depth=16, colour=2))
    assert part.note == "16 bits reduced to 8"
    assert np.abs(levels_of(part.data, "RGB") - levels / 257).max() <= 1
    assert read_container(part.data).bits == 8


def test_cmyk_becomes_rgb():
    """A printer's JPEG becomes one that a screen shows."""
    part = sent(encoded(gradient().convert("CMYK"), "JPEG", quality=100))
    assert part.note == "colours converted to sRGB"
    with Image.open(io.BytesIO(part.data)) as picture:
        assert picture.mode == "RGB"
    assert np.abs(levels_of(part.data, "RGB") - np.asarray(gradient())).mean() < 8


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_profile_is_converted_and_left_out(format_name):
    """Colours of another profile are converted, and the profile does not leave."""
    data = encoded(gradient(), format_name, icc_profile=profile(1.0, text=b"PLANTED-MARKER"), quality=95)
    part = sent(data)
    assert "colours converted to sRGB" in part.note
    assert b"PLANTED" not in part.data
    assert levels_of(part.data, "RGB").mean() > levels_of(data, "RGB").mean() + 20


def test_profile_of_srgb_costs_nothing():
    """A JPEG with the usual profile is not encoded again."""
    part = sent(encoded(gradient(), "JPEG", icc_profile=profile(is_srgb=True)))
    assert part.data == encoded(gradient(), "JPEG")


@pytest.mark.parametrize("format_name", ["PNG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_animation_is_sent_as_its_first_frame(format_name):
    """Of an animation or of several pages the first is sent, and the note says so."""
    frames = [gradient(), gradient().rotate(180), gradient().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    options = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100}}.get(format_name, {})
    data = encoded(frames[0], format_name, save_all=True, append_images=frames[1:], **options)
    part = sent(data)
    assert ("first page only" if format_name == "TIFF" else "first frame of an animation") in part.note
    assert np.abs(levels_of(part.data, "RGB") - levels_of(data, "RGB")).max() < 8
    with Image.open(io.BytesIO(part.data)) as picture:
        assert getattr(picture, "n_frames", 1) == 1


def test_frame_of_an_open_animation_is_named():
    """Of an opened animation the current frame is sent, and the note says which."""
    data = encoded(gradient(), "GIF", save_all=True, append_images=[gradient().rotate(180)])
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(1)
        part = encode_pixels(picture)
        assert picture.tell() == 1
        expected = np.asarray(picture.convert("RGB"))
    assert part.note == "frame 2 of an animation"
    assert (levels_of(part.data, "RGB") == expected).all()


def test_kept_file_stays_byte_for_byte():
    """A file that is to be kept is the part's data, and the note lists what goes with it."""
    data = encoded(gradient(), "JPEG", exif=exif(6, b"a text", has_place=True), comment=b"a comment")
    part = keep_container(data, read_container(data))
    assert part.data == data
    assert part.note == "sent as it is, with the place it was taken, EXIF, comment"


def test_kept_file_that_is_bare_says_so():
    """A file with nothing but a picture is kept without a list."""
    data = encoded(gradient(), "PNG")
    assert keep_container(data, read_container(data)).note == "sent as it is"


def test_format_no_model_takes_cannot_be_kept():
    """A TIFF file is not sent as it is."""
    data = encoded(gradient(), "TIFF")
    with pytest.raises(ImageError, match="TIFF image cannot be sent as it is"):
        keep_container(data, read_container(data))


def without_tables(data: bytes) -> bytes:
    """Return a JPEG file without the tables its pixels were rounded by."""
    return data[: data.index(b"\xff\xdb")] + data[data.index(b"\xff\xc0") :]


AVIF = encoded(gradient(), "AVIF")
SPOILT = {
    "PNG": png(1, 1, zlib.compress(b"\x09\x00")),
    "JPEG": without_tables(encoded(gradient(), "JPEG")),
    "GIF": b"GIF89a\x04\x00\x04\x00\x00\x00\x00\x2c" + b"\x00" * 4 + b"\x04\x00\x04\x00\x00\x0d\x01\xff\x00\x3b",
    "WEBP": riff((b"VP8L", b"\x2f\x03\xc0\x00\x00" + b"\xff" * 20)),
    "AVIF": AVIF[: AVIF.index(b"mdat") + 4].ljust(len(AVIF), b"\xff"),
    "TIFF": encoded(gradient(), "TIFF")[:-500],
    "BMP": encoded(gradient(), "BMP")[:-500],
}


@pytest.mark.parametrize("format_name", SPOILT)
def test_pixels_are_decoded_in_any_case(format_name):
    """A file whose parts fit together but whose pixels do not is refused, also when it is to be kept."""
    found = read_container(SPOILT[format_name])
    assert found.format == format_name
    with pytest.raises(ImageError, match="damaged or cut off"):
        encode_container(found)
    with pytest.raises(ImageError):
        keep_container(SPOILT[format_name], found)


def test_pillow_without_avif_is_said_to_be_so(monkeypatch):
    """Where Pillow was made without AVIF, the message says what to do."""
    Image.init()
    monkeypatch.delitem(Image.OPEN, "AVIF")
    with pytest.raises(ImageError, match=r"this Pillow cannot read. Update pillow"):
        sent(AVIF)


def test_picture_given_stays_as_it_is():
    """An image that was passed is neither changed nor emptied of its texts."""
    picture = gradient()
    picture.info["comment"] = b"mine"
    before = picture.tobytes()
    part = encode_pixels(picture, 8)
    assert (picture.size, picture.tobytes(), picture.info) == ((WIDTH, HEIGHT), before, {"comment": b"mine"})
    assert b"mine" not in part.data


def test_open_photo_stays_a_photo():
    """A picture that was read from a JPEG file is encoded as JPEG, one that was worked on as PNG."""
    with Image.open(io.BytesIO(encoded(gradient(), "JPEG", comment=b"PLANTED-MARKER"))) as picture:
        assert encode_pixels(picture).media_type == "image/jpeg"
        assert b"PLANTED" not in encode_pixels(picture).data
        assert encode_pixels(picture.resize((8, 8))).media_type == "image/png"


def test_closed_picture_is_a_typed_error():
    """A picture whose file was closed before it was decoded says what is wrong."""
    picture = Image.open(io.BytesIO(encoded(gradient(), "PNG")))
    picture.close()
    with pytest.raises(ImageError):
        encode_pixels(picture)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_picture_without_pixels(size):
    """A picture without pixels is refused."""
    with pytest.raises(ImageError, match="no pixels"):
        encode_pixels(Image.new("RGB", size))


def test_warnings_of_pillow_do_not_leak():
    """Pillow's warnings about a picture stay inside, and the caller's own filters are as they were."""
    clear = gradient().quantize(4)
    clear.info["transparency"] = b"\x00\x80\xff\xff"
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        inside = list(warnings.filters)
        encode_pixels(clear)
        sent(with_chunks(encoded(clear, "PNG")), 8)
        assert warnings.filters == inside
    assert heard == []
    assert warnings.filters == filters


def test_threads_leave_the_filters_as_they_were():
    """Many images made at once give the same image, and change no warning filter for good."""
    filters = list(warnings.filters)
    data, made = encoded(gradient(), "JPEG", exif=exif(6)), []
    threads = [threading.Thread(target=lambda: made.append(sent(data, 10))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [made[0]] * 16
    assert warnings.filters == filters
