"""Answers an image question with the text found in the image, by RapidOCR.

Lives in the child process only; the library and its models are loaded with the first question. Knows nothing of HTTP;
an image comes as a data address, nothing is ever fetched.
"""

import base64
import binascii
import io
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from .asking import Ask
from .cores import engine_threads
from .line import Line
from .refusal import Refusal
from .roster import LocalModel
from .speaker import Piece, Receive

# A page at 600 dots an inch has 35 million; unpacked these take 200 MB.
MAX_PIXELS = 50_000_000
MAX_IMAGES = 16
# Text of a whole page is still found at this size, and time grows with the area.
LONGEST_SIDE_PIXELS = 1_600
WAITING = 8
NOTHING_FOUND = "No text was found in the image."
_DATA_ADDRESS = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.IGNORECASE)


class OcrSpeaker:
    """Reads images, one request at a time.

    Parameters
    ----------
    model
        What it is called.
    """

    def __init__(self, model: LocalModel) -> None:
        self.model = model
        self.line = Line(1, WAITING)
        self._loading = threading.Lock()
        self._read: Callable[[Any], Any] | None = None

    def check(self, ask: Ask) -> None:
        """Refuse a conversation without an image, and images that cannot be read."""
        images = _asked_images(ask)
        if not images:
            message = f"{self.model.id} reads the text in an image: send an image part (image_url with a data address)."
            raise Refusal(400, message, param="messages")
        if len(images) > MAX_IMAGES:
            raise Refusal(400, f"{self.model.id} reads at most {MAX_IMAGES} images at a time.", param="messages")
        for address in images:
            if not _DATA_ADDRESS.match(address):
                message = (
                    f"{self.model.id} fetches nothing: send the image itself, as a 'data:image/png;base64,…' address."
                )
                raise Refusal(400, message, param="messages")

    def speak(self, ask: Ask, receive: Receive) -> None:
        """Give the text of the images line by line."""
        images = [_open_image(address) for address in _asked_images(ask)]
        if not receive(Piece(note="reading the image")):
            return
        for number, image in enumerate(images, start=1):
            name = f"image {number}" if len(images) > 1 else "the image"
            for text in _phrase(name, self._find_lines(image), is_first=number == 1):
                if not receive(Piece(text=text)):
                    return
        receive(Piece(finish_reason="stop"))

    def _find_lines(self, image: Any) -> list[str]:
        import numpy as np

        with self._loading:
            if self._read is None:
                self._read = _load_reader()
        # The library works on blue, green, red, as OpenCV does.
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        return [str(line) for line in self._read(pixels).txts or ()]


def _load_reader() -> Callable[[Any], Any]:
    from rapidocr import RapidOCR

    threads = engine_threads()
    reader: Callable[[Any], Any] = RapidOCR(
        params={
            "Global.log_level": "critical",
            # Small images as they are: enlarging them first, as the library does, finds no more and takes ten times as
            # long. Large ones are shrunk.
            "Det.limit_type": "max",
            "Det.limit_side_len": LONGEST_SIDE_PIXELS,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    return reader


def _asked_images(ask: Ask) -> tuple[str, ...]:
    """Return the images of the latest message that has any, so that a question may follow its image."""
    return next((message.images for message in reversed(ask.messages) if message.images), ())


def _open_image(address: str) -> Any:
    """Decode a data address to upright RGB pixels, transparent places white."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    encoded = address.partition(",")[2]
    try:
        image = Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)))
        if image.width * image.height > MAX_PIXELS:
            raise Refusal(400, f"An image may have at most {MAX_PIXELS:,} pixels.", param="messages")
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    except binascii.Error as error:
        raise Refusal(400, "The data address of an image is not valid base64.", param="messages") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise Refusal(400, "An image is in no format that can be read here.", param="messages") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise Refusal(400, "An image is damaged and cannot be read.", param="messages") from error
    page = Image.new("RGB", upright.size, "white")
    page.paste(upright, mask=upright.getchannel("A"))
    return page


def _phrase(name: str, lines: list[str], *, is_first: bool) -> Iterator[str]:
    r"""Say plainly what this is: text that was found, not what a model sees.

    Examples
    --------
    >>> "".join(_phrase("the image", ["EXIT", "Push bar"], is_first=True))
    'Text found in the image:\nEXIT\nPush bar'
    """
    gap = "" if is_first else "\n\n"
    if not lines:
        yield gap + NOTHING_FOUND.replace("the image", name)
        return
    yield f"{gap}Text found in {name}:"
    for line in lines:
        yield f"\n{line}"
