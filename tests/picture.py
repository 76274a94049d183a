"""Pictures with text in them, drawn for tests of text recognition."""

import base64
import io

from PIL import Image, ImageDraw, ImageFont


def draw(lines, *, mode="RGB", background="white", ink="black"):
    """Draw lines of text."""
    image = Image.new(mode, (520, 30 + 60 * len(lines)), background)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=36)
    for number, line in enumerate(lines):
        pen.text((20, 15 + 60 * number), line, font=font, fill=ink)
    return image


def data_address(image, form="PNG", **options):
    """Return an image as a data address."""
    block = io.BytesIO()
    image.save(block, form, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(block.getvalue()).decode()}"
