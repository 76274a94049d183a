"""What a setting may be, and what is said when it may not."""

from decimal import Decimal
from pathlib import Path

import pytest

from toprouter_nb.errors import SettingsError
from toprouter_nb.limits import (
    check_base_url,
    check_choice,
    check_count,
    check_name,
    check_path,
    check_seconds,
    check_usd,
    is_loopback,
)

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://toprouter.cc", "https://toprouter.cc"),
        (" https://toprouter.cc/ \n", "https://toprouter.cc"),
        ("https://example.com:8443/api/v1//", "https://example.com:8443/api/v1"),
        ("HTTPS://Example.com", "HTTPS://Example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.8.9.1:1/v1", "http://127.8.9.1:1/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_a_base_url_loses_its_last_slash_only(given, kept):
    """An address of a server is kept as written, without white space and slashes at its end."""
    assert check_base_url(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        *(
            "toprouter.cc",
            "ftp://toprouter.cc",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "//toprouter.cc",
            "",
        ),
        *("https://a b.com", "https://a.com\\@b.com", "https://a.com:port", "https://a.com:70000", "https://a.com:0"),
        *(
            "https://a.com/\x1b[31m",
            "https://a.com/\nb",
            "https://[::1",
            "javascript:alert(1)",
            None,
            5,
            b"https://a.b",
        ),
    ],
)
def test_what_is_no_address_is_refused(given):
    """Anything but an `http(s)` address with a host is refused, and shown without control bytes."""
    with pytest.raises(SettingsError) as caught:
        check_base_url(given)
    assert str(caught.value).startswith("base_url must be an address such as https://toprouter.cc, not ")
    assert "\x1b" not in str(caught.value)
    assert caught.value.kind == "bad_request"


@pytest.mark.parametrize(
    "given",
    [
        *("https://user@a.com", f"https://user:{KEY}@a.com", f"https://a.com/?key={KEY}", "https://a.com/#part"),
        *("https://a.com?", f"http://{KEY}@localhost"),
    ],
)
def test_an_address_carries_no_secrets(given):
    """User names, passwords, queries and fragments are refused without being shown."""
    with pytest.raises(SettingsError) as caught:
        check_base_url(given)
    assert str(caught.value) == (
        "base_url must not hold a user name, a password, a query or a fragment. Give the key with api_key."
    )


@pytest.mark.parametrize("given", [KEY, f"https//x:{KEY}@a.com", f"https://a.com:{KEY}"])
def test_a_key_in_the_place_of_an_address_is_not_shown(given):
    """A key passed where the address belongs does not get into the message."""
    with pytest.raises(SettingsError) as caught:
        check_base_url(given)
    assert KEY[9:] not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        *("toprouter.cc", "10.0.0.1", "192.168.1.5", "0.0.0.0", "127.0.0.1.evil.test", "localhost.evil.test", "[::2]"),
        *("foo.localhost", "localhost.", "127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]", "128.0.0.1"),
    ],
)
def test_http_is_for_this_machine_only(host):
    """Plain http to anything that is not surely this machine is refused before a byte is sent."""
    with pytest.raises(SettingsError) as caught:
        check_base_url(f"http://{host}")
    assert caught.value.kind == "insecure_url"
    assert str(caught.value) == (
        f"base_url 'http://{host}' would send the key unencrypted. Use https://; "
        "http:// is for this machine only (localhost, 127.0.0.1, [::1])."
    )


def test_loopback_needs_no_look_up():
    """Only `localhost` and the loopback addresses count as this machine."""
    assert [is_loopback(host) for host in ("localhost", "LOCALHOST", "127.0.0.1", "::1", "a.test", "")] == [
        *(True, True, True, True),
        *(False, False),
    ]


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (
            lambda: check_seconds("idle_seconds", 0),
            "idle_seconds must be above 0 and at most 86,400 seconds, not 0.",
        ),
        (
            lambda: check_seconds("idle_seconds", float("nan")),
            "idle_seconds must be above 0 and at most 86,400 seconds, not nan.",
        ),
        (
            lambda: check_seconds("idle_seconds", "5"),
            "idle_seconds must be above 0 and at most 86,400 seconds, not '5'.",
        ),
        (
            lambda: check_count("max_retries", 11, 0, 10, "attempts"),
            "max_retries must be a whole number of attempts from 0 to 10, not 11.",
        ),
        (
            lambda: check_count("max_retries", True, 0, 10, "attempts"),  # noqa: FBT003 - True is no count
            "max_retries must be a whole number of attempts from 0 to 10, not True.",
        ),
        (
            lambda: check_usd("budget_usd", -1),
            "budget_usd must be US dollars, 0 or more, or None for no limit, not -1.",
        ),
        (
            lambda: check_usd("budget_usd", "a lot"),
            "budget_usd must be US dollars, 0 or more, or None for no limit, not 'a lot'.",
        ),
        (
            lambda: check_usd("budget_usd", float("inf")),
            "budget_usd must be US dollars, 0 or more, or None for no limit, not inf.",
        ),
        (lambda: check_path("ledger_path", ""), "ledger_path must be the path of a file, not ''."),
        (lambda: check_path("ledger_path", 5), "ledger_path must be the path of a file, not 5."),
        (
            lambda: check_name("model", "\n"),
            "model must be a text such as 'google/gemini-3.5-flash', not '\\n'.",
        ),
        (
            lambda: check_choice("display", 1, ("auto", True)),
            "display must be one of 'auto', True, not 1.",
        ),
    ],
)
def test_messages_say_what_is_allowed(check, message):
    """Each refusal names the setting, its range with the unit, and what was given."""
    with pytest.raises(SettingsError) as caught:
        check()
    assert (str(caught.value), caught.value.kind) == (message, "bad_request")


def test_values_come_in_one_form():
    """Numbers, amounts, paths and names are brought to one type each."""
    assert (check_seconds("s", 5), type(check_seconds("s", 5))) == (5.0, float)
    assert check_usd("b", "0.10") == check_usd("b", 0.1) == check_usd("b", Decimal("0.1")) == Decimal("0.1")
    assert check_usd("b", None) is None
    assert check_path("p", "~/ledger.sqlite") == Path.home() / "ledger.sqlite"
    assert check_path("p", Path("a/b")) == Path("a/b")
    assert check_name("model", " a/b ") == "a/b"


def test_a_path_can_be_the_name_of_a_file():
    """What no file can be called is refused at once, and not when the first call is written."""
    for name in ("a\ud800b", "a\0b", " "):
        with pytest.raises(SettingsError, match="must be the path of a file"):
            check_path("ledger_path", name)
    assert str(check_path("ledger_path", "a\udc80b")) == "a\udc80b"
