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
    ],
)
def test_every_known_shape_is_read(value, problem):
    """Words, code, type, reasons and request id, wherever a server puts them."""
    assert read_problem(value) == problem


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


def test_depth_is_bounded():
    """A body that goes down for ever ends somewhere."""
    value = "deep"
    for _ in range(200):
        value = {"error": [value]}
    assert read_problem(value) == Problem()
