"""Pictures of numpy arrays, and of what numpy makes an array of."""

import numpy as np
import pytest

from toprouter_nb.errors import ImageError
from toprouter_nb.images.arrays import draw_array

RAMP = np.arange(6 * 4).reshape(4, 6)


def drawn(array: object) -> np.ndarray:
    """Return the levels of the picture an array becomes."""
    return np.asarray(draw_array(array))


@pytest.mark.parametrize(
    ("shape", "mode"), [((4, 6), "L"), ((4, 6, 1), "L"), ((4, 6, 3), "RGB"), ((4, 6, 4), "RGBA"), ((1, 1), "L")]
)
def test_bytes_stay_as_they_are(shape, mode):
    """An array of uint8 is the picture, level by level."""
    array = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    picture = draw_array(array)
    assert (picture.mode, picture.size) == (mode, (shape[1], shape[0]))
    assert (np.asarray(picture).ravel() == array.ravel()).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
def test_floats_are_scaled_from_0_to_1(dtype):
    """0.0 is black, 1.0 is white, and what lies between is rounded."""
    array = np.array([[0, 0.25, 0.5, 1]], dtype=dtype)
    assert drawn(array).tolist() == [[0, 64, 128, 255]]


def test_floats_a_little_outside_are_cut():
    """What resampling leaves outside 0..1 is cut, not refused."""
    assert drawn(np.array([[-0.0005, 1.0005]])).tolist() == [[0, 255]]


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_sixteen_bits_are_scaled(dtype):
    """uint16 is scaled from 0..65535 in either byte order, so that 40,000 is not white."""
    array = np.array([[0, 128, 129, 40_000, 65_535]], dtype=dtype)
    assert drawn(array).tolist() == [[0, 0, 1, 156, 255]]


def test_truth_is_white():
    """False is black and True is white."""
    assert drawn(np.array([[False, True]])).tolist() == [[0, 255]]


@pytest.mark.parametrize("view", [RAMP.T, RAMP[::-1], RAMP[:, ::2], np.asfortranarray(RAMP)])
def test_views_are_drawn_as_they_look(view):
    """Turned, mirrored and thinned views are drawn as they are indexed."""
    assert drawn(view.astype(np.uint8)).tolist() == view.tolist()
    assert drawn(view.astype(np.uint8)[:, :]).tolist() == view.tolist()


class Tensor:
    """What another library's tensor looks like."""

    def __init__(self, array: np.ndarray, failure: str = "") -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.failure = failure

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        if self.failure:
            raise TypeError(self.failure)
        return self.array


def test_tensor_is_drawn_through_its_array():
    """What numpy can make an array of is drawn as that array."""
    assert drawn(Tensor(RAMP.astype(np.uint8))).tolist() == RAMP.tolist()


def test_tensor_that_cannot_be_an_array_says_why():
    """The reason another library gives reaches the reader."""
    with pytest.raises(ImageError, match="Tensor cannot be made a numpy array: it is on the GPU"):
        drawn(Tensor(RAMP, failure="it is on the GPU"))


def test_tensor_is_measured_before_it_is_copied():
    """The shape is checked before the array is asked for."""
    with pytest.raises(ImageError, match="40000x40000") as caught:
        drawn(Tensor(np.broadcast_to(np.uint8(0), (40_000, 40_000)), failure="asked for too early"))
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(3), r"shape \(3,\) and type float64"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.zeros((2, 3, 4, 3)), r"shape \(2, 3, 4, 3\)"),
        (np.zeros((3, 64, 64)), "channels first"),
        (np.zeros((4, 4), dtype=np.int64), r"shape \(4, 4\) and type int64 .*astype\(numpy.uint8\)"),
        (np.zeros((4, 4), dtype=np.int8), "int8"),
        (np.zeros((4, 4), dtype=np.uint32), "uint32"),
        (np.zeros((4, 4), dtype=complex), "complex128"),
        (np.zeros((4, 4), dtype=object), "object"),
        (np.zeros((4, 4), dtype="U3"), "<U3"),
        (np.zeros((4, 4), dtype="datetime64[s]"), "datetime64"),
        (np.zeros((4, 4), dtype=[("a", "u1")]), "no image"),
        (np.full((2, 2), 255.0), r"lie in 255..255"),
        (np.array([[0.5, np.nan]]), "NaN"),
        (np.array([[0.5, np.inf]]), "inf"),
        (np.array([[-1.0, 0.5]]), r"lie in -1..0.5"),
        (np.zeros((0, 5)), "no pixels"),
        (np.zeros((5, 0, 3), dtype=np.uint8), "no pixels"),
        (np.ma.masked_equal(np.zeros((2, 2), dtype=np.uint8), 0), "masked"),
    ],
)
def test_what_is_no_image_is_refused(array, words):
    """The message says what the array is, and what is allowed."""
    with pytest.raises(ImageError, match=words):
        drawn(array)
