"""What a failure is: its class, its kind, whether it may pass, and what to do about it.

Knows nothing of bodies, heads and wording; only statuses, codes and the words that give a cause away.
"""

import re
from typing import NamedTuple

from ..errors import (
    AuthenticationError,
    BadRequestError,
    GatewayError,
    InsufficientCreditsError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from ..wire.problem import Problem

# The statuses after which the same request may well succeed: as the field's clients have it (408, 409, 429, 5xx), and
# Cloudflare's 520 to 524 (its origin is away) and Anthropic's 529 (overloaded). 501 and 505 say that it never will.
TRANSIENT = frozenset((408, 409, 429, 500, 502, 503, 504, *range(520, 525), 529))

# An error inside an answer has no status. These are the names that OpenAI, Anthropic, Google (of gRPC), AWS and vLLM
# give to what would have been one.
_STATUS_OF_NAME = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "billing_error": 402,
    "insufficient_credits": 402,
    "permission_denied": 403,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found": 404,
    "not_found_error": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "throttlingexception": 429,
    "api_error": 500,
    "internal": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "server_error": 500,
    "unavailable": 503,
    "service_unavailable": 503,
    "engine_overloaded": 503,
    "deadline_exceeded": 504,
    "timeout": 504,
    "overloaded": 529,
    "overloaded_error": 529,
    "bad_request": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
    "context_length_exceeded": 400,
    "exceed_context_size_error": 400,
    "invalid_argument": 400,
    "invalid_request_error": 400,
}
_CONTEXT_NAMES = ("context_length_exceeded", "exceed_context_size_error")
# Gateways pass on the words of the maker behind them; most makers have no code for this, so words are all there is.
_CONTEXT_WORDS = re.compile(
    r"context[ _-](?:length|window|size|limit)|(?:prompt|input|request) is too long|too many (?:input )?tokens"
    r"|input token count|reduce the length of|maximum (?:number of tokens|input length)|prompt contains \d+ tokens",
    re.IGNORECASE,
)
_MODERATION_NAMES = ("content_filter", "content_policy_violation", "moderation", "moderation_blocked")
_MODERATION_WORDS = re.compile(
    r"\bflagged\b|moderation|content (?:policy|filter|management)|safety system", re.IGNORECASE
)
_QUOTA_NAMES = ("insufficient_quota", "quota_exceeded", "billing_hard_limit_reached", "insufficient_credits")
_QUOTA_WORDS = re.compile(
    r"exceeded your current quota|insufficient (?:balance|credit|fund|quota)|plan and billing|out of credit",
    re.IGNORECASE,
)

_SHORTEN = "Shorten the conversation, or choose a model with a larger context."
_SET_KEY = "Set a valid key with the environment variable TOPROUTER_API_KEY or with configure(api_key=...)."
_PAY = "Add credit to the account, or use another key."
_REWORD = "Change the input, or choose another model."
_SMALLER = "Send fewer or smaller images, or a shorter conversation."
_LATER = "Ask again later, or choose another model."


class Verdict(NamedTuple):
    """What a failure is.

    Attributes
    ----------
    error
        The class to raise.
    kind
        One of `errors.KINDS`.
    is_transient
        Whether the same request may well succeed.
    advice
        What to do, one sentence; "" where there is nothing to say.
    """

    error: type[GatewayError]
    kind: str
    is_transient: bool = False
    advice: str = ""


_BY_STATUS = {
    401: Verdict(AuthenticationError, "auth", advice=_SET_KEY),
    402: Verdict(InsufficientCreditsError, "insufficient_credits", advice=_PAY),
    403: Verdict(PermissionDeniedError, "auth", advice="The key may not do this: use another key, or another model."),
    404: Verdict(NotFoundError, "not_found", advice="Check the model id, and base_url."),
    408: Verdict(BadRequestError, "timeout", advice=_LATER),
    410: Verdict(NotFoundError, "not_found", advice="Check the model id: models() lists those there are."),
    413: Verdict(BadRequestError, "too_large", advice=_SMALLER),
    429: Verdict(RateLimitError, "rate_limit", advice="Ask more slowly, or choose another model."),
}


def judge(status: int, problem: Problem) -> Verdict:
    """Judge an error status, and what the server says with it.

    Parameters
    ----------
    status
        400 to 599: the HTTP status, or the status an error inside an answer stands for.
    problem
        What the server says.

    Examples
    --------
    >>> judge(400, Problem("This model's maximum context length is 8192 tokens")).kind
    'context_length'
    >>> judge(503, Problem()).is_transient, judge(501, Problem()).is_transient
    (True, False)
    """
    names = {str(problem.code).lower(), problem.type}
    special = _special(status, names, problem)
    if special is not None:
        return special
    if status in _BY_STATUS:
        found = _BY_STATUS[status]
    elif status < 500:  # noqa: PLR2004  # where the client's errors end and the server's begin
        found = Verdict(BadRequestError, "bad_request")
    else:
        found = Verdict(ServerError, "server", advice=_LATER)
    return found._replace(is_transient=status in TRANSIENT)


def status_of(problem: Problem) -> int | None:
    """Return the status an error inside an answer stands for, by its code or type; None where neither tells.

    Examples
    --------
    >>> status_of(Problem(code=502)), status_of(Problem(type="overloaded_error")), status_of(Problem("strange"))
    (502, 529, None)
    """
    code = problem.code
    number = int(code) if isinstance(code, str) and re.fullmatch(r"\d{3}", code, re.ASCII) else code
    if isinstance(number, int) and 400 <= number <= 599:  # noqa: PLR2004  # the range of error statuses
        return number
    return _STATUS_OF_NAME.get(str(code).lower()) or _STATUS_OF_NAME.get(problem.type)


def _special(status: int, names: set[str], problem: Problem) -> Verdict | None:
    """Judge by the cause where that says more than the status."""
    # OpenAI says 429 for an account that is used up, too: waiting would not help.
    if status == 429 and (names & {*_QUOTA_NAMES} or _QUOTA_WORDS.search(problem.words)):  # noqa: PLR2004
        return Verdict(InsufficientCreditsError, "insufficient_credits", advice=_PAY)
    is_about_input = status in (400, 403, 413, 422)
    if is_about_input and (problem.reasons or names & {*_MODERATION_NAMES} or _MODERATION_WORDS.search(problem.words)):
        error = PermissionDeniedError if status == 403 else BadRequestError  # noqa: PLR2004
        return Verdict(error, "moderation", advice=_REWORD)
    is_about_size = status in (400, 413, 422)
    if names & {*_CONTEXT_NAMES} or (status != 413 and is_about_size and _CONTEXT_WORDS.search(problem.words)):  # noqa: PLR2004
        return Verdict(BadRequestError, "context_length", advice=_SHORTEN)
    return None
