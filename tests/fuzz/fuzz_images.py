"""Coverage-guided search for image files that break the telling apart, the walks through formats, or `image()`.

Run by hand where atheris is installed: `PYTHONPATH=tests python tests/fuzz/fuzz_images.py -max_total_time=600 FOLDER`,
where FOLDER keeps what was found. Each input is a file; PNG chunks get their checksums mended, so that the search
gets behind them.
"""

import io
import struct
import sys
import time
import warnings
import zlib
from pathlib import Path

import atheris
from PIL import Image

with atheris.instrument_imports(include=["toprouter_nb"]):
    import image_samples

    from toprouter_nb.errors import ImageError
    from toprouter_nb.images import image
    from toprouter_nb.images.containers import read_container
    from toprouter_nb.images.containers.png import SIGNATURE

SECONDS = 5.0


def mended(data):
    """Return a PNG file with the checksums its chunks should have; any other file as it is."""
    if not data.startswith(SIGNATURE):
        return data
    parts, place = [SIGNATURE], len(SIGNATURE)
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4])
        if end + 4 > len(data):
            break
        parts += [data[place:end], struct.pack(">I", zlib.crc32(data[place + 4 : end]))]
        place = end + 4
    return b"".join([*parts, data[place:]])


def check_sent(part):
    """Check that what is sent opens as what it says it is, and holds nothing beside the picture."""
    with Image.open(io.BytesIO(part.data)) as picture:
        picture.load()
        assert (f"image/{picture.format.lower()}", *picture.size) == (part.media_type, part.width, part.height)
    assert read_container(part.data).extras == ()


def run(data):
    """Take one file apart, and make it an image part, as it is and shrunk."""
    data, start, refusal = mended(data), time.perf_counter(), ""
    try:
        read_container(data)
        check_sent(image(data))
        check_sent(image(data, max_side=8))
        image(data, keep_bytes=True)
    except ImageError as error:
        refusal = str(error)
    assert len(refusal) < 1_000
    assert time.perf_counter() - start < SECONDS


def write_samples(folder):
    """Write one small file of each kind into an empty corpus folder, to begin with."""
    picture = image_samples.gradient()
    profile, facts = image_samples.profile(), image_samples.exif(6, b"words", has_place=True)
    for name in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"):
        more = {"exif": facts[6:] if name == "TIFF" else facts, "icc_profile": profile, "lossless": True}
        more = {"GIF": {"comment": b"words"}, "BMP": {}}.get(name, more)
        frames = {"save_all": True, "append_images": [picture]} if name not in {"JPEG", "BMP"} else {}
        (folder / f"plain.{name}").write_bytes(image_samples.encoded(picture, name))
        (folder / f"with-facts.{name}").write_bytes(image_samples.encoded(picture, name, **more))
        (folder / f"with-frames.{name}").write_bytes(image_samples.encoded(picture, name, **frames))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for argument in sys.argv[1:]:
        if Path(argument).is_dir() and not any(Path(argument).iterdir()):
            write_samples(Path(argument))
    atheris.Setup(sys.argv, run)
    atheris.Fuzz()
