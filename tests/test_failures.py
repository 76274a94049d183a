"""What the errors of answers that are none are promised: the right class, and words that help."""

import json

import pytest
from callers import KEY, SECRET
from hypothesis import given, settings
from hypothesis import strategies as st

from toprouter_nb import errors
from toprouter_nb.failures import error_from_answer, error_from_payload
from toprouter_nb.wire.request import RequestBody

URL = "https://toprouter.cc"


def error_of(status, body=b"", **headers):
    """Make the error of an answer; a body that is no bytes is sent as JSON."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = RequestBody([b'{"messages":["', b"x" * 1_000_000, b'","', b"y" * 5_000_000, b'"]}'])
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from_answer(status, fields, body, base_url=URL, key=SECRET, body_sent=sent)


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b"<html><title>Sign in</title></html>")])
def test_a_key_in_the_address_is_hidden_where_the_address_is_named(status, body):
    """Some gateways want the key in the path of their address."""
    error = error_from_answer(status, {}, body, base_url=f"{URL}/{KEY}/v1", key=SECRET)
    assert f"{URL}/[key hidden]" in str(error)
    assert KEY not in str(error)


def said(words, **more):
    """Write the usual error object."""
    return {"error": {"message": words, **more}}


@pytest.mark.parametrize(
    ("status", "error", "kind", "is_transient"),
    [
        (400, errors.BadRequestError, "bad_request", False),
        (401, errors.AuthenticationError, "auth", False),
        (402, errors.InsufficientCreditsError, "insufficient_credits", False),
        (403, errors.PermissionDeniedError, "auth", False),
        (404, errors.NotFoundError, "not_found", False),
        (405, errors.BadRequestError, "bad_request", False),
        (407, errors.ConnectFailedError, "connection", False),
        (408, errors.BadRequestError, "timeout", True),
        (409, errors.BadRequestError, "bad_request", True),
        (410, errors.NotFoundError, "not_found", False),
        (413, errors.BadRequestError, "too_large", False),
        (422, errors.BadRequestError, "bad_request", False),
        (429, errors.RateLimitError, "rate_limit", True),
        (499, errors.BadRequestError, "bad_request", False),
        (500, errors.ServerError, "server", True),
        (501, errors.ServerError, "server", False),
        (502, errors.ServerError, "server", True),
        (503, errors.ServerError, "server", True),
        (504, errors.ServerError, "server", True),
        (505, errors.ServerError, "server", False),
        *((status, errors.ServerError, "server", True) for status in range(520, 525)),
        (525, errors.ServerError, "server", False),
        (529, errors.ServerError, "server", True),
        (599, errors.ServerError, "server", False),
        (200, errors.UnexpectedResponseError, "unexpected_response", True),
        (204, errors.UnexpectedResponseError, "unexpected_response", False),
        (301, errors.UnexpectedResponseError, "redirect", False),
        (304, errors.UnexpectedResponseError, "unexpected_response", False),
        (600, errors.UnexpectedResponseError, "unexpected_response", False),
    ],
)
def test_each_status_has_its_class(status, error, kind, is_transient):
    """Class, kind and whether it may pass follow from the status alone where nothing else is said."""
    made = error_of(status)
    assert (type(made), made.kind, made.is_transient, made.status) == (error, kind, is_transient, status)
    assert str(status) in str(made)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, said("no", code="context_length_exceeded"), "context_length"),
        (400, said("prompt is too long: 200001 tokens > 199999 maximum"), "context_length"),
        (400, said("The input token count (1200000) exceeds the maximum number of tokens allowed"), "context_length"),
        (
            400,
            said("the request exceeds the available context size", type="exceed_context_size_error"),
            "context_length",
        ),
        (422, said("Prompt contains 40000 tokens, too large for model with 32768 maximum"), "context_length"),
        (413, said("Request too large"), "too_large"),
        (429, said("Request too large for model: context window of tokens per minute"), "rate_limit"),
        (403, said("no", metadata={"reasons": ["violence"]}), "moderation"),
        (403, said("Your input was flagged"), "moderation"),
        (400, said("no", code="content_filter"), "moderation"),
        (400, said("rejected by the safety system"), "moderation"),
        (429, said("You exceeded your current quota", code="insufficient_quota"), "insufficient_credits"),
        (429, said("Insufficient balance"), "insufficient_credits"),
        (429, said("Rate limit exceeded: 20 requests per minute"), "rate_limit"),
        (500, said("context length bug in the engine"), "server"),
    ],
)
def test_the_cause_may_say_more_than_the_status(status, body, kind):
    """Too long, flagged or out of credit are kinds of their own, and none of them passes by waiting."""
    made = error_of(status, body)
    assert made.kind == kind
    assert made.is_transient == (kind in ("rate_limit", "server"))


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (401, said("No auth"), {}, ["401 (Unauthorized): No auth.", "TOPROUTER_API_KEY", "configure(api_key=...)"]),
        (402, said("No credits"), {}, ["No credits.", "Add credit"]),
        (403, said("Flagged", metadata={"reasons": ["violence", "hate"]}), {}, ["Reasons: violence, hate."]),
        (404, said("no such model"), {}, ["no such model.", "Check the model id"]),
        (404, b"<html><title>Not here</title></html>", {}, ["a web page, Not here.", f"base_url, which is {URL}."]),
        (404, b"", {}, [f"Check base_url, which is {URL}."]),
        (405, b"", {}, ["405 (Method Not Allowed).", "Check base_url"]),
        (413, b"", {}, ["The request was 6.0 MB, of which message 2 is 5.0 MB.", "smaller images"]),
        (429, said("slow"), {"retry_after": "121"}, ["slow.", "It asks to wait 121 s."]),
        (429, said("slow"), {"retry_after": "1e400"}, ["It asks to wait longer than a day."]),
        (200, b"<html><title>Sign in</title></html>", {}, ["a web page that says 'Sign in'", "sign in", "base_url"]),
        (200, b"", {}, ["200 with an empty body"]),
        (200, b"null", {}, ["JSON that is no Chat Completions answer: null."]),
        (200, b"It works!", {}, ["text that is no Chat Completions answer: It works!"]),
        (308, b"", {"location": "/v2"}, ["a redirect to /v2. No redirect is followed"]),
        (302, b"", {"location": "https://u:p@a.example/x?t=1"}, ["to https://a.example/x. No"]),
        (302, b"", {}, ["to an address it does not name."]),
        (407, b"", {}, ["A proxy", "HTTPS_PROXY"]),
    ],
)
def test_messages_say_what_happened_and_what_to_do(status, body, headers, words):
    """The server's own words first, then the way on."""
    message = str(error_of(status, body, **headers))
    for word in words:
        assert word in message


def test_the_head_names_request_and_repetition():
    """The request id is kept, from head or body; the server's word on repeating wins over its status."""
    assert error_of(500, x_request_id="req_1", cf_ray="r").request_id == "req_1"
    assert error_of(500, {"request_id": "req_2", "message": "x"}).request_id == "req_2"
    assert error_of(500, x_should_retry="false").is_transient is False
    assert error_of(400, x_should_retry="true").is_transient is True
    assert error_of(402, retry_after="3").is_transient is True
    assert error_of(402, retry_after="soon").is_transient is False


def test_the_code_is_kept_as_it_was_sent():
    """A number stays a number, a name a name; nothing is None."""
    assert error_of(400, said("x", code=1301)).code == 1301
    assert error_of(400, said("x", code="invalid_model")).code == "invalid_model"
    assert error_of(400, said("x")).code is None


@pytest.mark.parametrize(
    ("payload", "kind", "is_transient"),
    [
        ({"message": "bad image", "code": 400}, "bad_request", False),
        ({"message": "No credits", "code": 402}, "insufficient_credits", False),
        ({"message": "busy", "code": "429"}, "rate_limit", True),
        ({"message": "busy", "type": "overloaded_error"}, "server", True),
        ({"message": "bad key", "code": "invalid_api_key"}, "auth", False),
        ({"message": "strange", "code": 1301}, "server", False),
        ("upstream exploded", "server", False),
        (["x"], "server", False),
        (True, "server", False),
    ],
)
def test_an_error_inside_a_whole_answer_is_judged_by_its_code(payload, kind, is_transient):
    """As if the code had been the status."""
    made = error_from_payload(payload, key=SECRET, in_stream=False)
    assert (made.kind, made.is_transient) == (kind, is_transient)
    assert isinstance(made, errors.GatewayError)


@pytest.mark.parametrize(
    ("payload", "code", "is_transient"),
    [
        ({"message": "died", "code": 500}, 500, True),
        ({"message": "busy", "code": 429}, 429, True),
        ({"message": "busy", "code": "rate_limit_exceeded"}, "rate_limit_exceeded", True),
        ({"message": "busy", "type": "server_error"}, None, True),
        ({"message": "busy", "type": "overloaded"}, None, True),
        ({"message": "no quota", "code": 429, "type": "insufficient_quota"}, 429, False),
        ({"message": "bad", "code": 400}, 400, False),
        ("upstream exploded", None, False),
    ],
)
def test_an_error_in_a_stream_interrupts_it(payload, code, is_transient):
    """Message and code are kept; whether it may pass decides what happens before the first delta."""
    made = error_from_payload(payload, key=SECRET, in_stream=True)
    assert isinstance(made, errors.StreamInterruptedError)
    assert (made.kind, made.code, made.is_transient, made.status) == ("stream_error", code, is_transient, None)
    assert (payload if isinstance(payload, str) else payload["message"]) in str(made)


hostile = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(lambda text: json.dumps(said(text + KEY + text, metadata={"raw": text})).encode()),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["error", "errors", "message", "detail", "code", "type", "metadata", "raw"]), inner
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
    st.text(max_size=100).map(lambda text: f"<html><title>{text}{KEY}</title><script>{KEY}".encode(errors="replace")),
)


def check_hostile(status, body, header):
    """Make an error of anything, and search it."""
    made = error_of(status, body, retry_after=header, x_request_id=header, location=header + KEY, content_type=header)
    message = str(made)
    assert isinstance(made, errors.ToprouterError)
    assert made.kind in errors.KINDS
    assert len(message) <= 2000
    assert KEY not in message + repr(vars(made))
    assert not {"<html", "<script", "<title"} & set(message.lower().split(">"))
    assert not any(ord(mark) < 0x20 or 0x7F <= ord(mark) < 0xA0 for mark in message)


@given(st.integers(200, 600), hostile, st.text(max_size=40))
def test_whatever_a_server_sends_the_error_is_typed_short_and_clean(status, body, header):
    """No body or field makes anything else than one of our errors, and none brings the key or a page into it."""
    check_hostile(status, body, header)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(st.integers(200, 600), hostile, st.text(max_size=40))
def test_ten_thousand_hostile_answers(status, body, header):
    """The same, ten thousand times."""
    check_hostile(status, body, header)
