"""Stand-in of the lead; replace."""
from ..errors import *
def error_from_answer(status, headers, body, *, base_url, key, body_sent):
    if status==200 or status==204: return UnexpectedResponseError(f"{status}: {key.mask(body[:200].decode('utf-8','replace'))}")
    cls={401:AuthenticationError,402:InsufficientCreditsError,404:NotFoundError,429:RateLimitError}.get(status, ServerError if status>=500 else BadRequestError)
    return cls(f"{status}: {body[:200]}", status=status, is_transient=status in (408,409,429,500,502,503,504))
def error_from_payload(payload, *, key, in_stream):
    m=payload if isinstance(payload,str) else payload.get("message","")
    code=None if isinstance(payload,str) else payload.get("code")
    return StreamInterruptedError(key.mask(m), code=code, is_transient=code in (408,409,429,500,502,503,504,'rate_limit_exceeded') or (isinstance(payload,dict) and payload.get('type')=='server_error'))
