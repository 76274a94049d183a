"""What the reader of error JSON is promised: the words of every known shape, and no exception from any other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.wire.problem import Problem, read_problem


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"error": {"message": "no", "code": "bad", "type": "Invalid"}}, Problem("no", "bad", "invalid")),
        ({"error": {"message": "no", "code": 400, "param": "model"}}, Problem("no", 400)),
        ({"error": "no"}, Problem("no")),
        ("no", Problem("no")),
        (
            [{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}],
            Problem("no", 400, "invalid_argument"),
        ),
        ({"object": "error", "message": "no", "code": 400}, Problem("no", 400)),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "no"}},
            Problem("no", None, "overloaded_error"),
        ),
        ({"error": {"message": "no"}, "request_id": "r"}, Problem("no", request_id="r")),
        ({"detail": "no"}, Problem("no")),
        (
            {"detail": [{"loc": ["body", 0], "msg": "a", "type": "missing"}, {"loc": [], "msg": "second"}]},
            Problem("body.0: a; second", None, "missing"),
        ),
        ({"title": "Bad", "detail": "no", "status": 400, "type": "about:blank"}, Problem("no", None, "about:blank")),
        ({"status": 404, "error": "Not Found", "message": "No route"}, Problem("Not Found: No route")),
        ({"errors": [{"code": 9109, "message": "no"}]}, Problem("no", 9109)),
        ({"__type": "ThrottlingException", "Message": "no"}, Problem("no", None, "throttlingexception")),
        ({"error_code": 18, "error_msg": "limit"}, Problem("limit", 18)),
        ({"error": {"message": "a", "metadata": {"raw": "b"}}}, Problem("a: b")),
        ({"error": {"message": "a", "metadata": {"raw": '{"error":{"message":"b"}}'}}}, Problem("a: b")),
        ({"error": {"message": "a: b", "metadata": {"raw": "b"}}}, Problem("a: b")),
        ({"error": {"message": "a", "metadata": {"raw": "{broken"}}}, Problem("a: {broken")),
        ({"error": {"message": "a", "metadata": {"reasons": ["x", 2, None]}}}, Problem("a", reasons=("x", "2"))),
        ({"error": {"message": {"text": "deep", "message": "no"}}}, Problem("no")),
        ({"error": {"code": True, "message": ""}}, Problem()),
        ({"ok": 1}, Problem()),
        (None, Problem()),
        (3, Problem()),
        ({"error": {"message": "a", "metadata": {"raw": ' [{"message": "b"}]'}}}, Problem("a: b")),
        ({"error": {"message": "a", "metadata": {"raw": "429"}}}, Problem("a: 429")),
        ({"error": {"message": "a", "metadata": {"raw": "b", "provider_name": "P"}}}, Problem("a: P: b")),
        ({"error": {"message": "a of P", "metadata": {"raw": "b", "provider_name": "P"}}}, Problem("a of P: b")),
        ({"error": {"message": "a", "metadata": {"provider_name": "P"}}}, Problem("a")),
        ({"error": {"message": "a", "metadata": {"raw": "b", "provider_name": 5}}}, Problem("a: b")),
        ({"error": {"code": 1}, "message": "no"}, Problem("no", 1)),
        ({"code": "", "error_code": 5, "type": "", "__type": "X"}, Problem("", 5, "x")),
        ({"code": 1, "error": {"code": 2, "type": "inner"}, "type": "outer"}, Problem("", 2, "inner")),
        ({"error": {"request_id": "r"}}, Problem(request_id="r")),
        ({"errors": [{"trace_id": "r"}, {"trace_id": "s"}, {"msg": "no"}]}, Problem("no", request_id="r")),
        ({"RequestId": "r"}, Problem(request_id="r")),
        ({"errors": ["a", "b", "c", "d"]}, Problem("a; b; c")),
        ({"loc": list("abcdefgh"), "msg": "no"}, Problem("a.b.c.d.e.f: no")),
    ],
)
def test_every_known_shape_is_read(value, problem):
    """Words, code, type, reasons and request id, wherever a server puts them."""
    assert read_problem(value) == problem


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (
            [
                "message",
                "msg",
                "error_description",
                "error_message",
                "error_msg",
                "detail",
                "details",
                "description",
                "title",
                "reason",
            ],
            "words",
        ),
        (["type", "__type", "error_type", "status"], "type"),
        (["code", "error_code"], "code"),
        (["request_id", "requestid", "trace_id"], "request_id"),
    ],
)
def test_names_are_trusted_in_their_order(names, field):
    """Where a body has several names for one fact, the first of the list counts; each of them does alone."""
    for place in range(len(names)):
        body = {name: f"from {name}" for name in reversed(names[place:])}
        assert getattr(read_problem(body), field) == f"from {names[place]}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "message", "detail", "code", "type", "metadata", "raw", "reasons", "loc"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_other_json_is_read_without_an_exception(value):
    """Whatever is nested in whatever, the fields have their types."""
    problem = read_problem(json.loads(json.dumps(value)))
    assert isinstance(problem.words, str)
    assert isinstance(problem.type, str)
    assert isinstance(problem.code, str | int | None)
    assert all(isinstance(reason, str) for reason in problem.reasons)
    assert isinstance(problem.request_id, str | None)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: [value],
        lambda value: {"error": value},
        lambda value: {"detail": value},
        lambda value: {"metadata": {"raw": value}},
    ],
)
def test_depth_is_bounded(wrap):
    """Six levels are read, however they are nested; a body that goes down for ever ends there."""
    value, words = "deep", []
    for _ in range(200):
        value = wrap(value)
        words.append(read_problem(value).words)
    assert words == ["deep"] * 6 + [""] * 194
