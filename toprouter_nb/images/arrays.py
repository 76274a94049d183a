"""Makes a picture of a numpy array.

Knows which shapes and types are an image without a doubt, and nothing of files.
"""

from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ImageError
from .caps import check_pixels

_ALLOWED = (
    "Allowed are (height, width), or (height, width, channels) with 1, 3 or 4 channels, of uint8, bool, uint16 "
    "(0..65535) or floats (0..1)."
)
_CHANNELS = {1, 3, 4}
# Resampling leaves floats a little outside 0..1.
_TOLERANCE = 1e-3


def draw_array(source: object) -> Image.Image:
    """Make a picture of an array.

    Parameters
    ----------
    source
        A numpy array, or what `numpy.asarray` makes one of. `(height, width)`, or `(height, width, channels)` with
        1 channel (grey), 3 (red, green, blue) or 4 (and alpha). uint8 is taken as it is, uint16 is scaled from
        0..65535, floats from 0..1, False and True are black and white.

    Raises
    ------
    ImageError
        It cannot be made an array, or its shape, type or values are none of these; or there are too many pixels
        (kind `too_large`).

    Examples
    --------
    >>> draw_array(np.zeros((2, 3, 3), dtype=np.uint8)).size
    (3, 2)
    """
    shape = getattr(source, "shape", None)
    if isinstance(shape, tuple):
        # Before it is copied: an array of another library may be far larger than what is taken.
        _check_shape(shape, getattr(source, "dtype", None))
    array = _array(source)
    if np.ma.is_masked(source):
        message = "The array has masked values, which no image can show. Fill them first, with array.filled(0)."
        raise ImageError(message)
    _check_shape(array.shape, array.dtype)
    flat = array[:, :, 0] if array.shape[2:] == (1,) else array
    return Image.fromarray(np.ascontiguousarray(_levels(flat)))


def _array(source: object) -> NDArray[Any]:
    try:
        return np.asarray(source)
    except Exception as error:
        # What another library's conversion raises is its own affair.
        message = f"The {type(source).__name__} cannot be made a numpy array: {error}. Pass numpy.asarray(...) of it."
        raise ImageError(message) from error


def _check_shape(shape: tuple[Any, ...], dtype: object) -> None:
    is_image = len(shape) == 2 or (len(shape) == 3 and shape[2] in _CHANNELS)  # noqa: PLR2004  the axes of an image
    if not is_image:
        hint = ""
        if len(shape) == 3 and shape[0] in _CHANNELS:  # noqa: PLR2004  the axes of an image
            hint = " This one looks like channels first: numpy.moveaxis(array, 0, -1)."
        message = f"An array of shape {tuple(shape)} and type {dtype} is no image. {_ALLOWED}{hint}"
        raise ImageError(message)
    check_pixels(int(shape[1]), int(shape[0]))


def _levels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale values to 0..255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:  # noqa: PLR2004  uint16, in either byte order
        # 65,535 is 255 times 257; half of that is added, so that it rounds.
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if array.dtype.kind == "f":
        _check_range(array.min(), array.max())
        return np.rint(np.clip(array.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    message = f"An array of shape {array.shape} and type {array.dtype} is no image. {_ALLOWED}"
    if array.dtype.kind in "iu":
        message += " Where its values lie in 0..255, use array.astype(numpy.uint8)."
    raise ImageError(message)


def _check_range(low: SupportsFloat, high: SupportsFloat) -> None:
    if float(low) >= -_TOLERANCE and float(high) <= 1 + _TOLERANCE:
        return
    what = "hold NaN" if float(low) != float(low) else f"lie in {float(low):.6g}..{float(high):.6g}"
    message = f"The floats of an image lie in 0..1, and these {what}. Scale them, or convert them to uint8 0..255."
    raise ImageError(message)
