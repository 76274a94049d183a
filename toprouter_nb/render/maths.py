r"""Formulas as MathML, which browsers draw without a script; where that fails, the source is shown as code.

Knows nothing of where a formula begins and ends in a text: `maths_rules` finds it.
"""

import functools
import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from math_core import LatexToMathML

FORMULA_CHARACTERS = 2_000
# Formulas nest five deep at most; browsers lay out very deep MathML by recursion.
FORMULA_DEPTH = 30
# \newcommand and its kin let ten lines grow into a billion.
_DEFINES = re.compile(r"\\(?:re|provide)?newcommand|\\(?:def|gdef|edef|let|DeclareMathOperator)\b|\\providecommand")
# Numbered environments are drawn without numbers: a number would start again at 1 in every formula.
_NUMBERED = re.compile(r"\\(begin|end)\{(?:(align|flalign|split)|equation|gather|multline)\*?\}")
# A tag is drawn beside its formula, where LaTeX would set it at the margin.
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_IGNORED = re.compile(r"\\(?:nonumber|notag|label\{[^{}]*\}|limits\b)")
_INVISIBLE = re.compile(r'<mo((?: lspace="[\d.a-z]+")?)[^>]*>(?:&ApplyFunction;|[\u2061-\u2064])</mo>')
_STYLE = re.compile(r' style="([^"]*)"')
# Lengths of 10 em and more, or of three digits: a formula could cover what is around it.
_HUGE = re.compile(r'="-?[1-9]\d[\d.]*(?:em|rem|pt|px|ex|cm)|="-?\d{3}')
_STYLED = (
    ("text-align: right", "tr-right"),
    ("text-align: left", "tr-left"),
    ("padding-left:1em", "tr-gap"),
    ("border-right", "tr-edge-right"),
    ("border-top", "tr-edge-top"),
)
CLASSES = frozenset(name for _, name in _STYLED)


@functools.lru_cache(maxsize=256)
def render_formula(source: str, *, is_block: bool) -> str:
    r"""Return a formula as one MathML element, or its source as code where it cannot be drawn.

    Parameters
    ----------
    source
        LaTeX without its delimiters.
    is_block
        True for a formula on lines of its own.

    Examples
    --------
    >>> render_formula("x^2", is_block=False)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    >>> render_formula(r"\oops", is_block=False)
    '<code class="tr-source">\\oops</code>'
    """
    drawn = _convert(source, is_block=is_block) if _is_bounded(source) else None
    if drawn is not None:
        return drawn
    shown = html.escape(source.strip(), quote=False)
    return (
        f'<pre><code class="tr-source">{shown}</code></pre>' if is_block else f'<code class="tr-source">{shown}</code>'
    )


def _is_bounded(source: str) -> bool:
    if not source.strip() or len(source) > FORMULA_CHARACTERS or _DEFINES.search(source):
        return False
    depth = deepest = 0
    for mark in re.findall(r"\\(?:left|right|begin|end)\b|(?<!\\)[{}]", source):
        depth += 1 if mark in ("{", "\\left", "\\begin") else -1
        deepest = max(deepest, depth)
    return deepest <= FORMULA_DEPTH


def _convert(source: str, *, is_block: bool) -> str | None:
    from math_core import LatexError  # noqa: PLC0415 - a lazy edge: most texts hold no formula

    plain = _NUMBERED.sub(_unnumbered, source)
    plain = _IGNORED.sub("", _TAG.sub(r"\\qquad\\text{(\1)}", plain))
    try:
        drawn = _converter().convert_with_local_state(plain, displaystyle=is_block)
    except LatexError:
        return None
    drawn = _STYLE.sub(_class_for, _INVISIBLE.sub(_thin_space, drawn))
    return None if _HUGE.search(drawn) else drawn


@functools.cache
def _converter() -> "LatexToMathML":
    from math_core import LatexToMathML  # noqa: PLC0415 - a lazy edge: most texts hold no formula

    macros = {"substack": r"\begin{matrix}#1\end{matrix}"}
    return LatexToMathML(macros=macros, fancy_error=False, allow_unreliable_rendering=True)


def _unnumbered(match: re.Match[str]) -> str:
    return f"\\{match[1]}{{{'aligned' if match[2] else 'gathered'}}}"


def _thin_space(match: re.Match[str]) -> str:
    """Replace an invisible operator, which would be shown as an escape, by the space it stands for."""
    return '<mspace width="0.1667em"></mspace>' if match[1] and "0.1667" in match[1] else ""


def _class_for(match: re.Match[str]) -> str:
    names = " ".join(name for part, name in _STYLED if part in match[1])
    return f' class="{names}"' if names else ""
