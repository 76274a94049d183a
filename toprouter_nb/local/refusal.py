"""A request that is not served: the HTTP status and the body that says why.

Knows nothing of sockets; raised wherever a request is looked at, sent by the front.
"""

import json

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    500: "server_error",
}


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """Carries an error answer from where it is found to where it is sent.

    Parameters
    ----------
    status
        The HTTP status, 400 to 500.
    message
        One or two sentences for people.
    param
        The request field at fault, as `messages[0].role`; None when no single one is.
    code
        A word for programs, as `model_not_found`.
    headers
        Further headers of the answer, as `Retry-After`.

    Examples
    --------
    >>> Refusal(404, "There is no such model.", param="model", code="model_not_found").status
    404
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.headers = headers

    def to_payload(self) -> dict[str, object]:
        """Return the error object of the Chat Completions format.

        Examples
        --------
        >>> Refusal(400, "No.").to_payload()
        {'error': {'message': 'No.', 'type': 'invalid_request_error', 'param': None, 'code': None}}
        """
        kind = TYPES.get(self.status, "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def to_body(self) -> bytes:
        """Return the payload as JSON."""
        return json.dumps(self.to_payload(), ensure_ascii=False).encode("utf-8", "replace")
