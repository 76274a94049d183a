"""An error inside an answer, streamed or whole, to the error to raise.

Knows nothing of HTTP statuses and heads: the answer was a success until then.
"""

from ..errors import ServerError, StreamInterruptedError, ToprouterError
from ..secret import Secret
from ..wire.problem import read_problem
from .verdict import Verdict, judge, status_of
from .words import clean

_CODE_CHARACTERS = 100
_UNKNOWN = Verdict(ServerError, "server")


def error_from_payload(payload: object, *, key: Secret, in_stream: bool) -> ToprouterError:
    """Say what went wrong, from the error an answer carries. Returned, not raised.

    Parameters
    ----------
    payload
        The value of the `error` key: an object, a text, or whatever a server puts there.
    key
        Hidden wherever the server repeats it.
    in_stream
        Whether it came as a part of a stream, after which the answer ends.

    Returns
    -------
    ToprouterError
        In a stream a `StreamInterruptedError`; otherwise the `GatewayError` its code or type stands for.

    Examples
    --------
    >>> error_from_payload({"message": "No credits", "code": 402}, key=Secret(), in_stream=False).kind
    'insufficient_credits'
    >>> str(error_from_payload("upstream exploded", key=Secret(), in_stream=True))
    'The server broke off the stream with an error: upstream exploded.'
    """
    problem = read_problem(payload)
    status = status_of(problem)
    verdict = _UNKNOWN if status is None else judge(status, problem)
    words = clean(problem.words or str(payload), key).rstrip(".") or "it does not say which"
    flagged = clean(", ".join(problem.reasons), key, _CODE_CHARACTERS)
    code = clean(problem.code, key, _CODE_CHARACTERS) if isinstance(problem.code, str) else problem.code
    name = f" (code {code})" if code is not None else ""
    start = "The server broke off the stream with" if in_stream else "The server answered with"
    reasons = f" Reasons: {flagged}." if flagged else ""
    advice = f" {verdict.advice}" if verdict.advice else ""
    named = problem.request_id
    # One class whatever the cause, for the partial reply is what a caller needs to know of; the cause is in `code`.
    error = StreamInterruptedError if in_stream else verdict.error
    return error(
        f"{start} an error: {words}{name}.{reasons}{advice}",
        kind="stream_error" if in_stream else verdict.kind,
        status=None if in_stream else status,
        code=code,
        request_id=None if named is None else clean(named, key, _CODE_CHARACTERS),
        is_transient=verdict.is_transient,
    )
