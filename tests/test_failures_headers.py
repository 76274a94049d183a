"""What is promised of the fields of a failed answer's head."""

import email.utils
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.failures.headers import request_id, retry_after_seconds, should_retry

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1e2"}, 100.0),
        ({"retry-after": "1e400"}, math.inf),
        ({"retry-after": "9" * 400}, math.inf),
        ({"retry-after": "inf"}, math.inf),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": email.utils.formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": email.utils.formatdate(NOW + 30)}, 30.0),
        ({"retry-after": email.utils.formatdate(NOW - 30, usegmt=True)}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "Fri, 99 Foo 0000 99:99:99 GMT"}, None),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1_000"}, None),
        ({"retry-after": "+-5"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "2, 3"}, None),
    ],
)
def test_every_form_of_the_wish_is_read(headers, seconds):
    """Seconds, parts of them, milliseconds, dates; nonsense is as if nothing was asked."""
    assert retry_after_seconds(headers, now=NOW) == seconds


def test_a_date_in_the_far_future_is_a_long_wait():
    """Not an error, and not nothing."""
    assert retry_after_seconds({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, now=NOW) > 10**11


@given(st.text(max_size=60), st.text(max_size=20))
def test_whatever_is_sent_the_wait_is_a_number_or_nothing(wish, milliseconds):
    """No field makes an exception or a negative wait."""
    seconds = retry_after_seconds({"retry-after": wish, "retry-after-ms": milliseconds}, now=NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("value", "wish"), [("true", True), ("False", False), (" TRUE ", True), ("", None), ("maybe", None)]
)
def test_the_server_may_say_whether_to_repeat(value, wish):
    """True and false are understood, anything else is nothing."""
    assert should_retry({"x-should-retry": value}) is wish
    assert should_retry({}) is None


def test_the_request_has_one_of_many_names():
    """The most telling field that is there, and None without any."""
    assert request_id({"cf-ray": "c", "x-generation-id": "g", "x-request-id": "r"}) == "r"
    assert request_id({"cf-ray": "c", "x-generation-id": "g", "x-request-id": ""}) == "g"
    assert request_id({"content-type": "text/html"}) is None
