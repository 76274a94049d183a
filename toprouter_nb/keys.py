"""Where a key comes from: the environment, the system's keyring, or a question to whoever sits there.

Knows nothing of settings or requests; a key leaves it only as a Secret.
"""

import getpass
import os
import sys

from .errors import SettingsError
from .secret import Secret

KEY_VARIABLE = "TOPROUTER_API_KEY"
# Where people put it: keyring set toprouter_nb ADDRESS.
KEYRING_SERVICE = "toprouter_nb"
TYPED_IN = "typed in"
KEYRING = "keyring"


def hide_key(key: str | Secret | None) -> Secret:
    """Return the key as a Secret at once, whatever it is, so that no traceback with locals can show it.

    Examples
    --------
    >>> hide_key("sk-123456789")
    Secret('[key hidden]')
    """
    return key if isinstance(key, Secret) else Secret("" if key is None else key)


def check_key(key: Secret) -> Secret:
    r"""Return the key without white space around it, fit to stand in a header.

    Raises
    ------
    SettingsError
        It is no text, or holds white space, a control character or a letter outside ASCII; the message names the
        position, never the text.

    Examples
    --------
    >>> check_key(Secret(" sk-123456789\n")).reveal()
    'sk-123456789'
    """
    problem = _problem_of(key)
    if problem:
        message = f"The API key {problem}. Copy it again, and set it with configure(api_key=...) or {KEY_VARIABLE}."
        raise SettingsError(message)
    # A key that was copied ends in a line break more often than not.
    return Secret(key.reveal().strip())


def find_key(base_url: str, *, ask: bool = True) -> tuple[Secret, str]:
    """Look for a key in the environment, in the keyring under the name of the address, then ask for it.

    Parameters
    ----------
    base_url
        The address the key is for; the keyring's user name.
    ask
        False never asks. True asks where somebody can answer: a terminal, or a notebook whose front end takes input.

    Returns
    -------
    tuple
        The key, and where it came from: "TOPROUTER_API_KEY", "keyring" or "typed in".

    Raises
    ------
    SettingsError
        There is no key, or the one found is malformed.
    """
    key = environment_key()
    if key:
        return check_key(key), KEY_VARIABLE
    key, trouble = _read_keyring(base_url)
    if key:
        return check_key(key), KEYRING
    if ask and _is_answerable():
        key = _ask(base_url)
        if key:
            return check_key(key), TYPED_IN
    message = (
        f"There is no API key for {base_url}. Set the environment variable {KEY_VARIABLE}, call "
        f'configure(api_key=...), or use model="local/smollm2-135m", which needs none.{trouble}'
    )
    raise SettingsError(message)


def environment_key() -> Secret:
    """Return the key of the environment, unchecked; the empty one where there is none."""
    return hide_key(os.getenv(KEY_VARIABLE, "").strip())


def _problem_of(key: Secret) -> str:
    """Say what is wrong with the key, "" when nothing is. Never raises, for the text is among its locals."""
    text: object = key.reveal()
    if not isinstance(text, str):
        return f"must be text, not {type(text).__name__}"
    for position, character in enumerate(text.strip(), start=1):
        if not "!" <= character <= "~":
            what = "white space" if character.isspace() else "a character that is not printable ASCII"
            return f"has {what} at position {position}, which no key has"
    return ""


def _read_keyring(base_url: str) -> tuple[Secret, str]:
    """Return the key kept for the address, and a sentence about a keyring that could not be read."""
    try:
        import keyring
    except ImportError:
        return Secret(), ""
    try:
        return hide_key((keyring.get_password(KEYRING_SERVICE, base_url) or "").strip()), ""
    except keyring.errors.NoKeyringError:
        return Secret(), ""
    except Exception as error:  # noqa: BLE001 - backends of other makers raise what they like, and a key may be typed
        return Secret(), f" The keyring could not be read ({type(error).__name__})."


def _is_answerable() -> bool:
    """Say whether a question would reach somebody: a notebook's front end, or else a terminal.

    In a kernel, `getpass` is the kernel's own only while a cell runs; elsewhere it would wait at the server's terminal.
    """
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython(), "kernel", None) if ipython else None
    if kernel is not None:
        # ipykernel puts its own `getpass` in place while it runs a cell, and no public name says whether a front end
        # takes input.
        is_forwarded = getattr(getpass.getpass, "__self__", None) is kernel
        return is_forwarded and getattr(kernel, "_allow_stdin", False) is True
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def _ask(base_url: str) -> Secret:
    try:
        return hide_key(getpass.getpass(f"API key for {base_url} (not shown, not stored): ").strip())
    except (EOFError, OSError, NotImplementedError):  # nobody there after all: the caller says what else can be done
        return Secret()
