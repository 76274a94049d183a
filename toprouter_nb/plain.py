"""Makes untrusted text safe to show as plain text: what would act on a screen is shown as an escape.

It changes what is *shown*, never what is kept, and knows nothing of HTML, turns or errors.
"""

import functools
import re

# C0 without TAB and LF, DEL, C1; line and paragraph separators; bidirectional marks and overrides; zero-width, blank
# and other characters that Unicode lets a font leave out; tags, in which text can hide; lone surrogates.
_ACTING = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u061c\u200e\u200f"
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff\ud800-\udfff"
)
# Three more act only out of their place. Joiners (U+200C, U+200D) belong between two characters of a script or
# emoji, or after an Indic virama; variation selectors stand singly after what has variants, ideographic ones after an
# ideograph. Elsewhere, and in rows, they make look-alikes or carry hidden text.
_SCRIPT = r"[^\x00-\u02ff\u200c\u200d]"
_VIRAMA = r"[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]"
_VARIED = r"[#*0-9\xa9\xae\u0300-\u180a\u1810-\u200b\u200e-\ufdff\ufe10-\U000e00ff]"
_IDEOGRAPH = r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_OUT_OF_PLACE = (
    rf"[{_ACTING}]"
    rf"|(?<!{_SCRIPT})[\u200c\u200d]|(?<!{_VIRAMA})[\u200c\u200d](?!{_SCRIPT})"
    rf"|(?<!{_VARIED})[\u180b-\u180d\u180f\ufe00-\ufe0f]|(?<!{_IDEOGRAPH})[\U000e0100-\U000e01ef]"
)
_OUT_OF_PLACE_ASCII = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # the same for ASCII, several times as fast


@functools.cache
def _out_of_place() -> re.Pattern[str]:
    """Compile the pattern for the first text beyond ASCII: it takes a quarter of the time of an import."""
    return re.compile(_OUT_OF_PLACE)


def _escape(match: re.Match[str]) -> str:
    code = f"{ord(match.group()):x}"
    letter, digits = next(form for form in (("x", 2), ("u", 4), ("U", 8)) if len(code) <= form[1])
    return f"\\{letter}{code:0>{digits}}"


def render_plain(text: str) -> str:
    r"""Show every character that could act on a screen as a visible escape.

    TAB and LF stay. Control bytes, bidirectional overrides, zero-width and tag characters and lone surrogates
    become `\x1b`, `\u202e` and so on, so the result is one screen-safe string that always encodes as UTF-8.
    Joiners and variation selectors stay where a script or an emoji needs them. Look-alike letters stay.

    Parameters
    ----------
    text
        Any text; from a model, a server or a file.

    Returns
    -------
    str
        The same object when there is nothing to escape.

    References
    ----------
    CVE-2021-42574 (bidirectional overrides); ECMA-48 (control functions); Unicode, Default_Ignorable_Code_Point.

    Examples
    --------
    >>> render_plain("red \x1b[31malert")
    'red \\x1b[31malert'
    """
    return (_OUT_OF_PLACE_ASCII if text.isascii() else _out_of_place()).sub(_escape, text)


def shorten(text: str, limit: int) -> str:
    """Cut `text` to at most `limit` characters, ending in an ellipsis where something was cut.

    Examples
    --------
    >>> shorten("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"
