"""What secrets look like: keys as makers spell them, bearer tokens, and values that their names call secret.

Knows nothing of the keys in use. What makes a word a secret is that it looks random; names, prose and, where nothing
calls them a secret, hashes are let pass.
"""

import re
from collections.abc import Iterator

# OpenAI and those who took over its prefix, Stripe, Perplexity, NVIDIA, GitLab, Slack, Groq, Hugging Face, Replicate,
# Google, AWS, GitHub.
_BEGINNINGS = (
    *("sk-", "pk-", "rk-", "tr-", "or-", "xai-", "pplx-", "nvapi-", "glpat-", "xoxa-", "xoxb-", "xoxp-", "xoxs-"),
    *("sk_live_", "sk_test_", "rk_live_", "rk_test_", "gsk_", "hf_", "r8_", "AIza", "AKIA"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
)
# A key may follow an escape or a quoted character, "\n" or "%3D", as well as anything that is no part of a word.
_KEY = re.compile(
    r"(?:(?<![\w-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
    rf"(?:{'|'.join(_BEGINNINGS)})(?P<secret>[A-Za-z0-9_-]{{16,}})"
)
_QUOTES = r"""(?:["'\\]|&quot;|&#x?[0-9a-fA-F]{1,4};){0,3}"""
_BEARER = re.compile(rf"(?i)bearer[ \t:=]{{1,4}}{_QUOTES}(?P<secret>[\w.~+/=-]{{16,}})", re.ASCII)
# One pattern for each last word of a name: a pattern that begins with a letter is several times as fast.
_NAMED = [
    re.compile(
        rf"(?i){word}(?P<between>{_QUOTES}\]?\s{{0,3}}(?:=>|[=:,])\s{{0,3}}[rbf]?{_QUOTES}"
        r"(?:(?:basic|token|key)\s)?)(?P<secret>[\w.~+/=-]{20,})",
        re.ASCII,
    )
    for word in ("key", "token", "secret", "authorization")
]
_NAME = re.compile(
    r"(?i)(?:api[_-]?key|(?:api|access|auth)[_-]?token|(?:secret|access|secret[_-]access)[_-]?key"
    r"|client[_-]?secret|authorization|(?<=[?&])token)\Z"
)
# The longest name that counts, secret_access_key, has 17.
_NAME_CHARACTERS = 20
_WORD_BREAK = re.compile(r"[^A-Za-z0-9]+")
# A run of so many letters and digits without a break is no word; ten with a digit among them neither.
_LONG, _LONG_WITH_DIGIT, _DISTINCT = 16, 10, 6

Span = tuple[int, int]


def find_shapes(text: str) -> Iterator[tuple[str, Span]]:
    """Yield what looks like a secret, in no order: what it is, and where it begins and ends.

    Examples
    --------
    >>> list(find_shapes("Authorization: Bearer 0123456789abcdef"))
    [('a bearer token', (22, 38))]
    >>> list(find_shapes('<div class="sk-text-repr-fallback">'))
    []
    """
    for match in _key_words(text):
        if is_random(match["secret"], longest_word=_LONG - 1):
            yield "an API key", match.span()
    for match in _BEARER.finditer(text):
        if is_random(match["secret"]):
            yield "a bearer token", match.span("secret")
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            start, end = match.start(), match.start("between")
            name = _NAME.search(text, max(start - _NAME_CHARACTERS, 0), end)
            if name is not None and is_random(match["secret"]):
                yield f"the value of {name[0]}", match.span("secret")


def is_random(word: str, *, longest_word: int = 1000) -> bool:
    """Say whether a word looks like chance made it, not a person.

    Parameters
    ----------
    word
        Letters and digits, perhaps with breaks between them.
    longest_word
        What is longer without a break is random even without a digit in it.

    Examples
    --------
    >>> is_random("d41d8cd98f00b204e9800998ecf8427e"), is_random("settings.api_key_of_2024"), is_random("x" * 30 + "1")
    (True, False, False)
    """
    if len(set(word)) < _DISTINCT:
        return False
    return any(
        len(run) > longest_word or (len(run) >= _LONG_WITH_DIGIT and any(map(str.isdigit, run)))
        for run in _WORD_BREAK.split(word)
    )


def _key_words(text: str) -> Iterator[re.Match[str]]:
    """Yield the words that begin as keys do; searching for beginnings is ten times as fast as the pattern alone."""
    for beginning in _BEGINNINGS:
        at = text.find(beginning)
        while at >= 0:
            match = _KEY.match(text, at)
            if match is not None:
                yield match
            at = text.find(beginning, at + 1)
