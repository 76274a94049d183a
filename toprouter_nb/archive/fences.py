"""Untrusted text inside Markdown: fences and code spans that nothing in it can end, words that are no Markdown.

Pure. What would act on a terminal is shown as an escape; everything else stands as it was said.
"""

import re

from ..plain import render_plain

_SHORTEST_FENCE = 3


def fence(text: str, language: str = "") -> str:
    r"""Return text as a fenced block.

    Examples
    --------
    >>> print(fence("```\nx\n```", "text"))
    ````text
    ```
    x
    ```
    ````
    """
    shown = render_plain(text)
    # CommonMark, 4.5: a fence is ended by one that is at least as long.
    mark = "`" * max(_SHORTEST_FENCE, _longest_run(shown) + 1)
    return f"{mark}{language}\n{shown}\n{mark}"


def code_span(text: str) -> str:
    """Return text as code within a line.

    Examples
    --------
    >>> code_span("a `b`")
    '`` a `b` ``'
    """
    shown = " ".join(render_plain(text).split()) or " "
    mark = "`" * (_longest_run(shown) + 1)
    # CommonMark, 6.1: one space on each side is not shown, and keeps a backtick from touching the mark.
    room = " " if "`" in shown else ""
    return f"{mark}{room}{shown}{room}{mark}"


def plain_line(text: str) -> str:
    r"""Return text as words within a line, which are no Markdown.

    Examples
    --------
    >>> print(plain_line("*a* <b>"))
    \*a\* \<b\>
    """
    # CommonMark, 2.4: any ASCII punctuation may be escaped, and then stands for itself.
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(render_plain(text).split()))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
