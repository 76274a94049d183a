"""Whatever holds a picture becomes an image part: checked by its content, stripped of what is private, within caps.

Knows nothing of requests or display. ``source`` decides where each kind of source goes::

    source                                 what was handed in -> an image part
    addresses  files  arrays  figures      where the bytes come from
    pixels     colours                     drawing again what cannot be sent as it is
    containers                             the formats, byte by byte, before anything is decoded
    caps                                   every limit, in one table
"""

from .source import image

__all__ = ["image"]
