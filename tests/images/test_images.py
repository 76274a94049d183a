"""`image()`: every source a person may have, and every text that is none."""

import base64
import io
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from image_samples import (
    HEIGHT,
    WIDTH,
    encoded,
    exif,
    gradient,
    levels_of,
    png,
)
from matplotlib.figure import Figure
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images import image
from toprouter_nb.parts import ImagePart

PNG = encoded(gradient(), "PNG")
PNG_ADDRESS = "data:image/png;base64," + base64.b64encode(PNG).decode()


def refused(source: object, **options: object) -> ImageError:
    """Return the error that `image` raises."""
    with pytest.raises(ImageError) as caught:
        image(source, **options)
    return caught.value


@pytest.mark.parametrize(
    "source",
    [
        PNG,
        bytearray(PNG),
        memoryview(PNG),
        memoryview(PNG + PNG)[: len(PNG)],
        memoryview(bytes(byte for byte in PNG for _ in "ab"))[::2],
        PNG_ADDRESS,
        gradient(),
        np.asarray(gradient()),
    ],
)
def test_sources_of_one_picture_are_one_part(source):
    """The same pixels as bytes, address, picture and array are sent as the same pixels."""
    part = image(source)
    assert (part.media_type, part.width, part.height, part.note) == ("image/png", WIDTH, HEIGHT, "")
    assert (levels_of(part.data, "RGB") == np.asarray(gradient())).all()


@pytest.mark.parametrize("name", ["image.png", "image.jpg", "image.svg", "no suffix", "Größe\n.txt"])
def test_path_is_known_by_its_content(tmp_path, name):
    """A file is what it holds, whatever it is called."""
    (tmp_path / name).write_bytes(PNG)
    assert image(tmp_path / name) == image(PNG)


def test_changing_the_bytes_later_does_not_change_the_part():
    """A part is a value: what was passed may change."""
    source = bytearray(PNG)
    part = image(source)
    source[:] = bytes(len(source))
    assert part.data == PNG


def test_address_is_passed_on():
    """An address becomes a part as it is."""
    assert image("https://example.com/image.jpg") == ImagePart(url="https://example.com/image.jpg")


def test_figure_and_its_parts_are_drawn():
    """A figure and its axes give the same image, with nothing of matplotlib's texts."""
    figure = Figure(figsize=(2, 1), dpi=50)
    axes = figure.subplots()
    assert image(figure) == image(axes)
    assert (image(figure).width, image(figure).height, image(figure).note) == (100, 50, "")
    assert b"atplotlib" not in image(figure).data


def test_figure_of_a_high_resolution_says_what_was_done():
    """What was lowered and what was shrunk stand in one note."""
    assert image(Figure(figsize=(1, 0.01), dpi=9_000), max_side=100).note == (
        "drawn at 8,000 instead of 9,000 dots an inch; shrunk from 8000x80 to 100x1"
    )


def test_part_is_returned_or_shrunk():
    """An image part is the same part again, or a smaller one whose note tells of both steps."""
    part = image(encoded(gradient(), "PNG", exif=exif(1)[6:]))
    assert image(part) is part
    assert image(part, max_side=WIDTH) is part
    smaller = image(part, max_side=12)
    assert (smaller.width, smaller.height) == (12, 8)
    assert smaller.note == "EXIF left out; shrunk from 24x16 to 12x8"


@pytest.mark.parametrize("source", ["https://example.com/a.png", ImagePart(url="https://example.com/a.png")])
def test_address_cannot_be_shrunk(source):
    """What is never fetched cannot be made smaller."""
    assert "never fetched" in str(refused(source, max_side=100))


@pytest.mark.parametrize("max_side", [0, -1, 1.5, "100", True, False, float("nan"), (100, 100), object()])
def test_bad_side_is_refused(max_side):
    """A side is a whole number of at least one, and truth is no number."""
    assert "at least 1" in str(refused(PNG, max_side=max_side))


def test_numbers_of_numpy_are_numbers():
    """A whole number of another library is one."""
    assert image(PNG, max_side=np.int64(12)).width == 12


def test_path_is_named_in_the_message(tmp_path):
    """Whatever is wrong with a file, the message begins with its path, and keeps its kind."""
    (tmp_path / "large.png").write_bytes(png(60_000, 60_000, b""))
    (tmp_path / "text.png").write_text("Hello")
    assert str(refused(tmp_path / "missing.png")).startswith(repr(str(tmp_path / "missing.png")))
    assert "text.png' cannot be used. The image is a text" in str(refused(tmp_path / "text.png"))
    assert refused(tmp_path / "large.png").kind == "too_large"
    assert "\x1b" not in str(refused(Path("a\x1b[31m.png")))


def test_kept_file_warns_of_what_leaves():
    """`keep_bytes` sends the file as it is, and says in a warning what goes with the picture."""
    data = encoded(gradient(), "JPEG", exif=exif(6, has_place=True), comment=b"mine")
    with pytest.warns(UserWarning, match="sent with the place it was taken, EXIF, comment") as heard:
        part = image(data, keep_bytes=True)
    assert part.data == data
    assert heard[0].filename == __file__


def test_kept_file_that_is_bare_does_not_warn():
    """A file that holds nothing but its picture is kept without a word."""
    assert image(PNG, keep_bytes=True).data == PNG
    assert image(PNG_ADDRESS, keep_bytes=True).data == PNG


@pytest.mark.parametrize("source", [gradient(), np.asarray(gradient()), "https://example.com/a.png", image(PNG)])
def test_keeping_what_is_no_file_changes_nothing(source):
    """A picture, an array, an address and a part have no bytes to keep."""
    assert image(source, keep_bytes=True) == image(source)


def test_keeping_and_shrinking_exclude_each_other():
    """A file is either sent as it is or made smaller."""
    assert "pass one of them" in str(refused(PNG, keep_bytes=True, max_side=10))


class Pathlike:
    """A path of another library."""

    def __init__(self, path: object) -> None:
        self.path = path

    def __fspath__(self) -> object:
        return self.path


def test_path_of_another_library(tmp_path):
    """What says that it is a path is one, and one that gives no path is refused."""
    (tmp_path / "a.png").write_bytes(PNG)
    assert image(Pathlike(str(tmp_path / "a.png"))) == image(PNG)
    assert image(Pathlike(bytes(tmp_path / "a.png"))) == image(PNG)
    assert "not Pathlike" in str(refused(Pathlike(3)))


class Drawn:
    """What draws itself when asked, as plotly's figures do."""

    def to_image(self):
        """Return the bytes of a picture."""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "not NoneType"),
        (3, "not int"),
        ({}, "not dict"),
        ([PNG], "not list"),
        (object(), "not object"),
        (Image.Image, "not type"),
        (types, "not a module"),
        (io.BytesIO(PNG), r"file.read\(\)"),
        (Drawn(), r"to_image\(format='png'\)"),
        (pd.DataFrame({"a": [1]}), r"ask\(\) directly"),
        (pd.Series([1.0]), r"to_frame\(\)"),
        (np.float64(1.0), r"shape \(\)"),
        (np.array([[Figure(), Figure()]], dtype=object), "object"),
        (memoryview(b""), "empty"),
        (b"", "empty"),
        ("", "never opened as a file"),
        ("image.png", "never opened as a file"),
    ],
)
def test_what_is_no_image_is_refused(source, words):
    """What is no image is refused with what is one."""
    assert re.search(words, str(refused(source)))


def test_text_that_names_a_file_gets_the_way_to_open_it(tmp_path, monkeypatch):
    """A text that happens to name a file is told how to open it."""
    monkeypatch.chdir(tmp_path)
    Path("cat.png").write_bytes(PNG)
    assert "tr.image(Path('cat.png'))" in str(refused("cat.png"))


def test_nothing_heavy_is_loaded_for_an_address():
    """Pillow, numpy and pandas wait for the first picture, and the module itself does not load them."""
    code = (
        "import sys; from toprouter_nb.images import image; image('https://example.com/a.png');"
        "print([name for name in ('PIL', 'numpy', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
