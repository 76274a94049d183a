"""The words of an error body: JSON of any known shape, a web page, or plain text.

Knows nothing of statuses and of our error classes.
"""

import html
import json
import re
from typing import NamedTuple

from ..plain import render_plain, shorten
from ..secret import Secret
from ..wire.problem import Problem, read_problem

# A message is at most 2,000 characters with its advice; the server's words may have this many of them.
SHOWN_CHARACTERS = 1_200
_TITLE_CHARACTERS = 200
# Cut before it is cleaned, so that a body of megabytes costs nothing; twice what is shown, for what cleaning removes.
_READ_CHARACTERS = 4_000
_PAGE = re.compile(r"(?:<\?xml[^>]{0,200}>)?\s*(?:<!doctype html|<html|<head|<body|<!--)", re.IGNORECASE)
# Bounded repeats: a page may hold a thousand titles that never end.
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,500}?)</title|<h1[^>]{0,200}>(.{0,500}?)</h1", re.IGNORECASE | re.DOTALL)
_TITLE_WITHIN = 100_000
_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-z!?][^<>]*(?:>|$)", re.IGNORECASE)
# What pages are written in beside UTF-8; other names are no text encodings, or acting ones.
_CHARSET = re.compile(
    r"charset=[\"']?((?:iso-8859-|windows-12|gb|big5|shift_jis|euc-|koi8-|utf-16)[\w-]{0,12})", re.IGNORECASE | re.ASCII
)


class Said(NamedTuple):
    """What a body says.

    Attributes
    ----------
    problem
        The error; its words are not cleaned yet.
    is_page
        True for a web page; the words are its title then, or all of it where it has none.
    is_json
        True where it is JSON at all.
    """

    problem: Problem
    is_page: bool = False
    is_json: bool = False


def read_body(body: bytes, content_type: str) -> Said:
    """Read what an error body says.

    Parameters
    ----------
    body
        As received, perhaps cut.
    content_type
        The head's field; a help, not trusted.

    Examples
    --------
    >>> read_body(b"<html><head><title>Sign in</title></head></html>", "text/html").problem.words
    'Sign in'
    """
    text = _decode(body, content_type).strip("\ufeff \t\r\n\0")
    if text[:1] in ("{", "[", '"') or text == "null":
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return Said(Problem(text))
        problem = read_problem(value)
        # Of a shape nobody knows the whole is shown: a person finds in it what no rule does.
        return Said(problem if problem.words or not value else problem._replace(words=text), is_json=True)
    if _PAGE.match(text) or (text.startswith("<") and "html" in content_type.lower()):
        return Said(Problem(_title(text) or text), is_page=True)
    return Said(Problem(text), is_page="html" in content_type.lower())


def clean(words: str, key: Secret, limit: int = SHOWN_CHARACTERS) -> str:
    """Return a server's words fit for a message: one line, without tags, acting characters and the key.

    Examples
    --------
    >>> clean("<b>Bad</b>  key sk-abcdefghijklmnopqrst", Secret())
    'Bad key [key hidden]'
    """
    words = words[:_READ_CHARACTERS]
    for _ in range(2):
        # Twice: what stands as &lt;b&gt; is a tag after the first turn.
        words = _TAG.sub(" ", _HIDDEN.sub(" ", html.unescape(words)))
    return shorten(render_plain(key.mask(" ".join(words.split()))), limit)


def _title(page: str) -> str:
    found = _TITLE.search(page, 0, _TITLE_WITHIN)
    return (found[1] or found[2] or "")[:_TITLE_CHARACTERS] if found else ""


def _decode(body: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type)
    try:
        return body.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
