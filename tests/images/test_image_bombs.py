"""Small files that unpack to much, and files damaged at random: little memory, and typed errors only."""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_samples import chunk, encoded, exif, gradient, png, profile, riff, segment, with_chunks
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images import image
from toprouter_nb.images.caps import CAPS
from toprouter_nb.images.containers import read_container
from toprouter_nb.parts import IMAGE_TYPES

MOST_GROWTH_BYTES = 100 * 2**20


def packed_zeros() -> bytes:
    """Return 200 MB of zeros, packed without ever holding them."""
    packer = zlib.compressobj()
    return b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()


def greedy_directory() -> bytes:
    """Return a TIFF directory whose 20,000 values each claim the same megabyte."""
    entries = b"".join(struct.pack("<HHII", 40_000 + number, 7, 2**20, 8) for number in range(20_000))
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 20_000) + entries + bytes(2**20)


def avif_with(block: bytes) -> bytes:
    """Return an AVIF file with an EXIF block as it is, which Pillow would read before it writes it."""
    data = encoded(gradient(), "AVIF", exif=exif(1, b"-" * len(block))[6:])
    start = data.index(b"-----") - 60
    start += data[start:].index(b"II*\x00")
    return data[:start] + block + data[start + len(block) :]


def bombs() -> dict[str, tuple[bytes, str]]:
    """Return each bomb with what becomes of it: "sent", or the kind of the error."""
    good, zeros = encoded(gradient(), "PNG"), packed_zeros()
    frame = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    packer = zlib.compressobj()
    rows = b"".join(packer.compress(bytes(1_876)) for _ in range(15_000)) + packer.flush()
    canvas = b"\x02" + bytes(3) + b"\xff\x3f\x00\xff\x3f\x00"
    return {
        "png": (png(15_000, 15_000, rows, depth=1), "too_large"),
        "png size": (png(2**31 - 1, 2**31 - 1, b""), "too_large"),
        "png profile": (with_chunks(good, chunk(b"iCCP", b"x\x00\x00" + zeros)), "sent"),
        "png text": (with_chunks(good, chunk(b"zTXt", b"x\x00\x00" + zeros)), "sent"),
        "png pixels": (png(8, 8, zeros), "sent"),
        "png chunks": (with_chunks(good, chunk(b"prVt", b"") * 100_000), "too_large"),
        "gif": (b"GIF89a" + b"\xff" * 4 + bytes(3) + frame + b"\x3b", "too_large"),
        "gif frame": (b"GIF89a" + b"\x01\x00" * 2 + bytes(3) + frame[:5] + b"\xff" * 4 + frame[9:] + b";", "too_large"),
        "gif frames": (b"GIF89a" + b"\x01\x00" * 2 + bytes(3) + frame * 300_000 + b"\x3b", "too_large"),
        "webp": (riff((b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(9))), "too_large"),
        "webp animation": (riff((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", bytes(24))), "too_large"),
        "jpeg": (
            b"\xff\xd8" + segment(0xC0, b"\x08\xff\xff\xff\xff\x01\x01\x11\x00") + segment(0xDA, b"") + b"\xff\xd9",
            "too_large",
        ),
        "tiff": (encoded(Image.new("1", (20_000, 20_000)), "TIFF", compression="group4"), "too_large"),
        "tiff values": (greedy_directory(), "bad_request"),
        "bmp": (b"BM" + bytes(12) + struct.pack("<IiiHH", 40, 60_000, 60_000, 1, 24) + bytes(24), "too_large"),
        "avif values": (avif_with(greedy_directory()), "sent"),
        "png exif values": (with_chunks(good, chunk(b"eXIf", greedy_directory())), "sent"),
    }


WATCH = """
import json, resource, sys
from pathlib import Path
from toprouter_nb.errors import ImageError
from toprouter_nb.images import image

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

image(Path("good.png"), max_side=4)
seen = {}
for path in sorted(Path().glob("*.bomb")):
    before = peak()
    try:
        outcome = "sent" if len(image(path).data) < 100_000 else "large"
    except ImageError as error:
        outcome = error.kind
    seen[path.stem] = [outcome, peak() - before]
print(json.dumps(seen))
"""


def test_bombs_are_refused_in_little_memory(tmp_path):
    """Files that unpack to gigabytes are refused, or sent without what unpacks, in less than 100 MiB."""
    expected = bombs()
    for name, (data, _) in expected.items():
        (tmp_path / f"{name}.bomb").write_bytes(data)
    (tmp_path / "good.png").write_bytes(encoded(gradient(), "PNG", icc_profile=profile(1.0)))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCH],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    seen = json.loads(done.stdout)
    assert {name: outcome for name, (outcome, _) in seen.items()} == {
        name: kind for name, (_, kind) in expected.items()
    }
    assert sum(growth for _, growth in seen.values()) < MOST_GROWTH_BYTES


def valid_files() -> list[bytes]:
    """Return one small file of every kind there is a walk for, with everything such a file may hold."""
    frames = [gradient(), gradient().rotate(180)]
    rich = {"exif": exif(6, b"text", has_place=True)[6:], "icc_profile": profile(1.8)}
    grey = gradient().convert("L")
    clear = gradient().convert("RGBA")
    clear.putalpha(grey)
    return [
        encoded(frames[0], "PNG", **rich),
        encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        encoded(frames[0].quantize(8), "PNG", transparency=bytes(range(8))),
        encoded(Image.frombytes("I;16", (8, 8), bytes(128)), "PNG", transparency=3),
        encoded(frames[0], "JPEG", comment=b"text", **{**rich, "exif": exif(3, has_place=True)}),
        encoded(frames[0].convert("CMYK"), "JPEG"),
        encoded(grey, "JPEG", progressive=True),
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], comment=b"text"),
        encoded(frames[0], "WEBP", xmp=b"text", **rich),
        encoded(clear, "WEBP", quality=50),
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        encoded(frames[0], "TIFF", **rich),
        encoded(grey, "TIFF", compression="tiff_lzw", save_all=True, append_images=frames[1:]),
        encoded(frames[0], "BMP"),
        encoded(clear, "AVIF", **rich),
    ]


VALID = valid_files()


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """Draw a valid file with a few bytes changed, cut, put in or moved."""
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.one_of(st.integers(0, min(len(data), 120)), st.integers(0, len(data))))
        length = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["change", "cut out", "put in", "cut off", "largest", "repeat"]))
        if kind == "change":
            data[start : start + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "cut out":
            del data[start : start + length]
        elif kind == "put in":
            data[start:start] = draw(st.binary(max_size=12))
        elif kind == "cut off":
            del data[max(start, 8) :]
        elif kind == "largest":
            data[start : start + 4] = draw(st.sampled_from([b"\xff" * 4, b"\x00" * 4, b"\x7f" + b"\xff" * 3]))
        else:
            data[start:start] = data[start : start + 40]
    return bytes(data)


def check_typed(data: bytes) -> None:
    """Check that `data` becomes a bare, small, readable image, or an ImageError."""
    try:
        part = image(data, max_side=16)
    except ImageError:
        return
    found = read_container(part.data)
    assert part.media_type in IMAGE_TYPES
    assert (found.media_type, found.extras, found.orientation) == (part.media_type, (), 1)
    assert max(part.width, part.height) <= 16
    assert len(part.data) <= CAPS.sent_bytes
    with Image.open(io.BytesIO(part.data)) as picture:
        assert picture.size == (part.width, part.height)
        picture.load()


@settings(max_examples=300, deadline=None)
@given(damaged_files())
def test_damaged_files_give_typed_errors(data):
    """A file damaged at random is sent as a bare readable image, or refused with an ImageError; nothing else."""
    check_typed(data)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(damaged_files())
def test_ten_thousand_damaged_files_give_typed_errors(data):
    """The same for ten thousand files."""
    check_typed(data)


@given(st.binary(max_size=400))
def test_any_bytes_give_typed_errors(data):
    """Bytes that are no image at all are refused with an ImageError."""
    check_typed(data)
