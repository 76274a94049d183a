"""The type of a string that is already safe HTML, and the one way to make it from plain text.

Knows nothing of Markdown; a function that asks for `Html` cannot be handed text by mistake (mypy says so).
"""

import html
from typing import NewType

from toprouter_nb.plain import render_plain

Html = NewType("Html", str)


def escape(text: object) -> Html:
    """Return `text` as HTML that shows exactly that text, with acting characters visible.

    Examples
    --------
    >>> escape("a < b")
    'a &lt; b'
    """
    return Html(html.escape(render_plain(str(text))))
