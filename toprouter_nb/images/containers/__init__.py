"""The formats an image file may have: what a file is, what it holds, and the picture alone.

Knows bytes only: nothing is decoded here, and no library is needed.
"""

from .container import MEDIA_TYPES, Container
from .read import read_container

__all__ = ["MEDIA_TYPES", "Container", "read_container"]
