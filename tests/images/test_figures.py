"""Figures drawn without a display, and without pyplot."""

import io
import subprocess
import sys

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from toprouter_nb.errors import ImageError
from toprouter_nb.images.caps import CAPS
from toprouter_nb.images.figures import draw_figure, find_figure


def size_of(data: bytes) -> tuple[int, int]:
    """Return the width and height of an image file."""
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


def test_figure_is_drawn_in_its_own_resolution():
    """Inches times dots an inch is the size in pixels."""
    data, note = draw_figure(Figure(figsize=(4, 3), dpi=50))
    assert (size_of(data), note) == ((200, 150), "")


@pytest.mark.parametrize(("dpi", "size"), [(72.5, (145, 72)), (1, (2, 1)), (33, (66, 33))])
def test_odd_resolutions(dpi, size):
    """A resolution need not be round."""
    figure = Figure(figsize=(2, 1))
    figure.dpi = dpi
    assert size_of(draw_figure(figure)[0]) == pytest.approx(size, abs=1)


def test_resolution_is_lowered_to_what_can_be_sent():
    """A figure that would be larger than any image sent is drawn smaller from the start, and the note says so."""
    data, note = draw_figure(Figure(figsize=(8, 2), dpi=20_000))
    assert size_of(data) == (CAPS.side_pixels, CAPS.side_pixels // 4)
    assert note == "drawn at 1,000 instead of 20,000 dots an inch"


def test_resolution_for_saving_is_respected():
    """What the user set for saved figures holds here too."""
    with rc_context({"savefig.dpi": 30}):
        assert size_of(draw_figure(Figure(figsize=(4, 3), dpi=50))[0]) == (120, 90)


def test_parts_lead_to_their_figure():
    """An axes, a line and a subfigure stand for the whole figure."""
    figure = Figure()
    half, other = figure.subfigures(1, 2)
    axes = other.subplots()
    (line,) = axes.plot([1, 2])
    assert all(find_figure(part) is figure for part in (figure, half, axes, line))


class Grid:
    """What a grid of seaborn looks like."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(2, 1), dpi=50)

    def savefig(self, *given: object, **options: object) -> None:
        self.figure.savefig(*given, **options)


def test_what_saves_itself_like_a_figure_is_one():
    """An object of another library that has `savefig` is drawn."""
    grid = Grid()
    assert find_figure(grid) is grid
    assert size_of(draw_figure(grid)[0]) == (100, 50)


@pytest.mark.parametrize("thing", [None, "figure", 3, io, Figure])
def test_what_has_no_figure(thing):
    """A module, a class or a value is no figure."""
    assert find_figure(thing) is None


def test_part_without_a_figure():
    """A line that was taken off its figure leads nowhere."""
    figure = Figure()
    (line,) = figure.subplots().plot([1, 2])
    line.remove()
    assert find_figure(line) is None


class Broken(Figure):
    """A figure with something on it that cannot be drawn."""

    def draw(self, renderer: object) -> None:
        message = "no such font"
        raise LookupError(message)


@pytest.mark.parametrize(
    ("figure", "words"), [(Broken(), "LookupError: no such font"), (Figure(dpi=0.001), "cannot be drawn")]
)
def test_figure_that_cannot_be_drawn(figure, words):
    """Whatever goes wrong while drawing is one typed error that says what it was."""
    with pytest.raises(ImageError, match=words):
        draw_figure(figure)


def test_no_display_and_no_pyplot(tmp_path):
    """A figure is drawn where there is no screen, and pyplot is not loaded by it."""
    code = (
        "import sys; from matplotlib.figure import Figure; from toprouter_nb.images import image;"
        "print(image(Figure()), 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )
    assert done.stdout.strip().endswith("False")
    assert "image/png, 640x480" in done.stdout
