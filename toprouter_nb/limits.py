"""What each setting may be: addresses, numbers, paths and names, checked and brought to one form.

Knows nothing of keys, nor of what the values are for.
"""

import functools
import ipaddress
import os
import urllib.parse
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Literal

from .amounts import read_usd
from .errors import SettingsError
from .plain import shorten
from .secret import Secret

# A day. Who gives more has mistaken the unit, and asyncio's and the system's clocks have bounds of their own.
LONGEST_SECONDS = 86_400
_MOST_USD = 10**30
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def check_base_url(text: object) -> str:
    """Return the address of a server without white space and slashes at its end.

    Raises
    ------
    SettingsError
        It is no `http(s)` address, carries a name, password, query or fragment, or is `http` to another machine
        (`kind` is then "insecure_url").

    Examples
    --------
    >>> check_base_url("https://toprouter.cc/")
    'https://toprouter.cc'
    """
    if not isinstance(text, str):
        raise _no_address(text)
    return _check_address(text)


# Each conversation has settings of its own, mostly of one address. What is refused, perhaps a password, is not kept.
@functools.lru_cache(maxsize=64)
def _check_address(text: str) -> str:
    address = text.strip().rstrip("/")
    url = _split(address)
    if url is None:
        raise _no_address(text)
    if "@" in url.netloc or "?" in address or "#" in address:
        message = "base_url must not hold a user name, a password, a query or a fragment. Give the key with api_key."
        raise SettingsError(message, kind="bad_request")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        message = (
            f"base_url {shorten(address, 100)!r} would send the key unencrypted. Use https://; "
            "http:// is for this machine only (localhost, 127.0.0.1, [::1])."
        )
        raise SettingsError(message, kind="insecure_url")
    return address


def _no_address(given: object) -> SettingsError:
    # What stands before an @ may be a password.
    shown = "what was given" if "@" in str(given) else Secret().mask(shorten(repr(given), 100))
    message = f"base_url must be an address such as https://toprouter.cc, not {shown}."
    return SettingsError(message, kind="bad_request")


@functools.lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Say whether a host name or address is surely this machine; no name but `localhost` is looked up or trusted.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("127.0.0.1.example.com")
    (True, False)
    """
    # RFC 6761, 6.3 keeps this name for loopback; any other one is what a name server says it is.
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _LOOPBACK)


def check_seconds(name: str, value: object) -> float:
    """Return a time limit as a float.

    Raises
    ------
    SettingsError
        It is no number above 0, or longer than a day.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_SECONDS:
        return float(value)
    message = f"{name} must be above 0 and at most {LONGEST_SECONDS:,} seconds, not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def check_count(name: str, value: object, least: int, most: int, unit: str) -> int:
    """Return a whole number within its range.

    Raises
    ------
    SettingsError
        It is no int, or out of range.
    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    message = f"{name} must be a whole number of {unit} from {least:,} to {most:,}, not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def check_usd(name: str, value: object) -> Decimal | None:
    """Return an amount of US dollars as a Decimal; None stays None.

    Raises
    ------
    SettingsError
        It is no finite number, or below 0.

    Examples
    --------
    >>> check_usd("budget_usd", 0.1)
    Decimal('0.1')
    """
    if value is None:
        return None
    amount = read_usd(value, _MOST_USD)
    if amount is not None:
        return amount
    message = f"{name} must be US dollars, 0 or more, or None for no limit, not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def check_path(name: str, value: object) -> Path | None:
    """Return a path with `~` resolved; None stays None. The disk is not looked at.

    Raises
    ------
    SettingsError
        It is no path, or an empty one.
    """
    if value is None:
        return None
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else ""
    if isinstance(text, str) and text.strip() and "\0" not in text and _is_encodable(text):
        return Path(text).expanduser()
    message = f"{name} must be the path of a file, not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def check_ledger_path(value: object) -> Path | Literal[":memory:", False] | None:
    """Return where the ledger is: a path, ":memory:" for this process only, False for nowhere, None for its place.

    Raises
    ------
    SettingsError
        It is none of these.

    Examples
    --------
    >>> check_ledger_path(False), check_ledger_path(":memory:")
    (False, ':memory:')
    """
    if value is False or value == ":memory:":
        return value
    if value is True:
        message = "ledger_path must be the path of a file, ':memory:', or False for no ledger, not True."
        raise SettingsError(message, kind="bad_request")
    return check_path("ledger_path", value)


def check_flag(name: str, value: object) -> bool:
    """Return True or False; 1 is not True.

    Raises
    ------
    SettingsError
        It is neither.
    """
    if isinstance(value, bool):
        return value
    message = f"{name} must be True or False, not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def check_name(name: str, value: object) -> str | None:
    """Return a name without white space around it; None stays None.

    Raises
    ------
    SettingsError
        It is no text, or empty, or holds a control character.
    """
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    if text and text.isprintable():
        return text
    message = f"{name} must be a text such as 'google/gemini-3.5-flash', not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def check_choice(name: str, value: object, choices: Collection[str | bool]) -> None:
    """Refuse what is not one of the choices; 1 is not True.

    Raises
    ------
    SettingsError
        It is none of them.
    """
    if isinstance(value, str | bool) and value in choices:
        return
    shown = ", ".join(repr(choice) for choice in choices)
    message = f"{name} must be one of {shown}, not {shorten(repr(value), 60)}."
    raise SettingsError(message, kind="bad_request")


def _split(address: str) -> urllib.parse.SplitResult | None:
    """Return the parts of an `http(s)` address with a host; None when it is none."""
    try:
        url = urllib.parse.urlsplit(address)
        is_whole = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return None
    # Characters that no URL holds as they are (RFC 3986, 2): clients disagree on what they make of them.
    is_clean = address.isprintable() and not any(character in ' \\"<>^`{|}' for character in address)
    return url if is_whole and is_clean else None


def _is_encodable(text: str) -> bool:
    """Say whether a file can bear this name: halves of characters have no bytes."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True
