"""Failures the server reports, as typed errors with the server's own words and the way on.

It knows nothing of connections, retries and history.

::

    answer    payload     an answer that is none; an error inside an answer
    verdict               status, code and cause -> class, kind, transient or not, advice
    words     headers     what a body says; what a head says
"""

from .answer import error_from_answer
from .headers import request_id
from .payload import error_from_payload

__all__ = ["error_from_answer", "error_from_payload", "request_id"]
