"""Where an address leads, and whether a link's text tells another story.

Pure text work: knows nothing of HTML or Markdown, and opens nothing.
"""

import re
import unicodedata
from urllib.parse import urlsplit

# What is not here cannot act: javascript:, data: and file: most of all.
_SAFE = re.compile(r"(?:https?://[^\s/?#]|mailto:)", re.IGNORECASE)
# Full stops that are drawn like ".": ideographic, half-width, one dot leader, small.
_DOTS = re.compile("[\u3002\uff61\u2024\ufe52\uff0e]")
_ADDRESS = re.compile(
    r"(?:https?|ftp|mailto):|www\.|\w@\w|(?<![\w-])[\w-]+\.[^\W\d_]{2,}|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}",
    re.IGNORECASE,
)
_ONE_ADDRESS = re.compile(r"(?:https?://)?[^\s@]+")
_TRAILING = ".,;:!?'\"*_~"


def is_safe(address: str) -> bool:
    """Say whether a link may lead there: http, https or mailto, and nothing else.

    Examples
    --------
    >>> is_safe("https://example.com"), is_safe("javascript:alert(1)")
    (True, False)
    """
    return _SAFE.match(address) is not None


def host(address: str) -> str:
    """Return what the browser will talk to: the host with its port, or the mail address; "" when there is none.

    Examples
    --------
    >>> host("https://bank.example@evil.test:8080/x")
    'evil.test:8080'
    """
    if address[:7].lower() == "mailto:":
        return address[7:].partition("?")[0]
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def misleads(text: str, address: str) -> bool:
    """Say whether `text` reads like an address other than the one it leads to.

    Examples
    --------
    >>> misleads("bank.example", "https://evil.test/"), misleads("the docs", "https://docs.example/")
    (True, False)
    """
    # As an eye reads it: full-width letters and other forms are the plain ones.
    shown = _DOTS.sub(".", unicodedata.normalize("NFKC", text)).strip().lower()
    if not _ADDRESS.search(shown):
        return False
    true = host(address)
    # https://bank.example@evil.test leads to evil.test.
    if "@" in address.partition("://")[2].partition("/")[0] or not true:
        return True
    if shown.removeprefix("mailto:") == true.lower():
        return False
    return not _ONE_ADDRESS.fullmatch(shown) or host(shown if "://" in shown else f"https://{shown}") != true


def trim(address: str) -> str:
    """Cut what belongs to the sentence, not to a bare address: final punctuation and an unopened bracket.

    Examples
    --------
    >>> trim("https://example.com/a_(b)).")
    'https://example.com/a_(b)'
    """
    while address and (address[-1] in _TRAILING or _closes_more(address)):
        address = address[:-1]
    return address


def _closes_more(address: str) -> bool:
    """Say whether the last character closes a bracket that the address does not open."""
    opener = {")": "(", "]": "["}.get(address[-1])
    return opener is not None and address.count(opener) < address.count(address[-1])
