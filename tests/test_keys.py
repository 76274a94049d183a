"""Where a key is found: environment, keyring, and a question where somebody can answer it."""

import os
import pty
import sys
import textwrap
import traceback

import keyring
import pytest
from jupyter_client.manager import start_new_kernel
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from toprouter_nb.errors import SettingsError
from toprouter_nb.keys import check_key, find_key, hide_key
from toprouter_nb.secret import Secret
from toprouter_nb.settings import configure, known_keys

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
ADDRESS = "https://toprouter.cc"
NO_KEY = (
    "There is no API key for https://toprouter.cc. Set the environment variable TOPROUTER_API_KEY, call "
    'configure(api_key=...), or use model="local/smollm2-135m", which needs none.'
)
QUESTION = f"API key for {ADDRESS} (not shown, not stored): "
ASKING = """
    from toprouter_nb.keys import find_key
    from toprouter_nb.errors import SettingsError
    try:
        key, source = find_key("https://toprouter.cc")
        print(key.reveal() == "sk-typed-in-123", source, key)
    except SettingsError as error:
        print(error)
"""


class _Shelf(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, kept):
        super().__init__()
        self.kept = kept

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password


class _LockedKeyring(_Shelf):
    def get_password(self, service, username):
        message = f"Cannot open {KEY}"
        raise KeyringLocked(message)


class _BrokenKeyring(_Shelf):
    def get_password(self, service, username):
        raise ConnectionRefusedError


@pytest.fixture(autouse=True)
def chosen_keyring():
    """Use no keyring unless a test sets one, and put the machine's own back."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


def test_the_environment_comes_first(monkeypatch):
    """A key in the environment wins over the keyring; white space around it is dropped."""
    keyring.set_keyring(_Shelf({("toprouter_nb", ADDRESS): "other"}))
    monkeypatch.setenv("TOPROUTER_API_KEY", f" {KEY}\n")
    assert find_key(ADDRESS, ask=False) == (Secret(KEY), "TOPROUTER_API_KEY")


def test_the_keyring_comes_next(monkeypatch):
    """Without one in the environment, or with an empty one, the keyring's key for this very address is used."""
    monkeypatch.setenv("TOPROUTER_API_KEY", "  ")
    keyring.set_keyring(_Shelf({("toprouter_nb", ADDRESS): KEY}))
    assert find_key(ADDRESS, ask=False) == (Secret(KEY), "keyring")
    with pytest.raises(SettingsError):
        find_key("https://example.com", ask=False)


def test_without_a_key_the_message_tells_three_ways():
    """Where nothing is found and nobody can answer, the message names the three ways to go on."""
    with pytest.raises(SettingsError) as caught:
        find_key(ADDRESS)
    assert (str(caught.value), caught.value.kind) == (NO_KEY, "auth")


def test_a_key_is_hidden_without_opening_the_keyring(monkeypatch):
    """What hides keys in a view asks no keyring, which may ask a person; it knows what the keyring gave before."""
    monkeypatch.delenv("TOPROUTER_API_KEY", raising=False)
    keyring.set_keyring(_Shelf({}))
    asked = []
    monkeypatch.setattr(_Shelf, "get_password", lambda self, *of: asked.append(of) or KEY)
    configure(base_url=ADDRESS)
    assert (known_keys(), asked) == ((), [])
    assert known_keys(search=True) == (Secret(KEY),)
    assert (known_keys(), len(asked)) == ((Secret(KEY),), 1)


@pytest.mark.parametrize(
    ("backend", "name"), [(_LockedKeyring, "KeyringLocked"), (_BrokenKeyring, "ConnectionRefusedError")]
)
def test_a_keyring_that_fails_breaks_nothing(backend, name, monkeypatch):
    """A locked or broken keyring is only mentioned, by the name of its error; other places still count."""
    keyring.set_keyring(backend({}))
    with pytest.raises(SettingsError) as caught:
        find_key(ADDRESS, ask=False)
    assert str(caught.value) == f"{NO_KEY} The keyring could not be read ({name})."
    monkeypatch.setenv("TOPROUTER_API_KEY", KEY)
    assert find_key(ADDRESS, ask=False)[0] == Secret(KEY)


def test_without_the_keyring_package_the_rest_works(monkeypatch):
    """The keyring package is an extra; its absence is no error of its own."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError) as caught:
        find_key(ADDRESS, ask=False)
    assert str(caught.value) == NO_KEY


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("sk-1234\n5678", "has white space at position 8, which no key has"),
        ("sk-1234 5678", "has white space at position 8, which no key has"),
        ("  sk-12\x0034", "has a character that is not printable ASCII at position 6, which no key has"),
        ("“sk-1234", "has a character that is not printable ASCII at position 1, which no key has"),
        ("sk-1234\u200b", "has a character that is not printable ASCII at position 8, which no key has"),
        (b"sk-12345678", "must be text, not bytes"),
        (12345678, "must be text, not int"),
    ],
)
def test_a_malformed_key_is_refused_by_position(key, problem):
    """A key that cannot stand in a header is refused; neither the message nor a traceback with locals shows it."""
    secret = hide_key(key)
    with pytest.raises(SettingsError) as caught:
        check_key(secret)
    assert caught.value.kind == "auth"
    assert str(caught.value) == (
        f"The API key {problem}. Copy it again, and set it with configure(api_key=...) or TOPROUTER_API_KEY."
    )
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[-1].locals
    assert "1234" not in str(shown)


def test_a_key_loses_the_white_space_around_it():
    """A copied key often brings a newline; that is no error."""
    assert check_key(hide_key(f"\t{KEY}\r\n")).reveal() == KEY
    assert check_key(hide_key(None)).reveal() == ""


@pytest.mark.parametrize(
    ("typed", "seen"), [("sk-typed-in-123\n", "True typed in Secret('[key hidden]')"), ("\n", NO_KEY)]
)
def test_a_terminal_is_asked(typed, seen):
    """In a terminal the question is asked without echo, and an empty answer ends with the usual message."""
    script = "import keyring, keyring.backends.fail as f; keyring.set_keyring(f.Keyring())\n" + textwrap.dedent(ASKING)
    shown = _run_in_terminal([sys.executable, "-c", script], typed)
    assert shown.replace("\r\n", "\n") == f"{QUESTION}\n{seen}\n"


@pytest.mark.parametrize(("answers", "seen"), [(True, "True typed in Secret('[key hidden]')"), (False, NO_KEY)])
def test_a_notebook_is_asked_where_it_takes_input(answers, seen):
    """A kernel asks through its front end where that takes input; elsewhere it does not wait for anybody."""
    manager, client = start_new_kernel(env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    questions, texts = [], []

    def answer(message):
        questions.append(message["content"])
        client.input("sk-typed-in-123")

    def keep(message):
        texts.append(message["content"].get("text", ""))

    try:
        code = textwrap.dedent(ASKING)
        client.execute_interactive(code, allow_stdin=answers, stdin_hook=answer, output_hook=keep, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert questions == ([{"prompt": QUESTION, "password": True}] if answers else [])
    assert "".join(texts) == f"{seen}\n"


def _run_in_terminal(command, typed):
    """Run a command in a terminal of its own, type when the question is there, and return what is seen."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    seen = b""
    while QUESTION.encode() not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, typed.encode())
    try:
        while block := os.read(terminal, 1024):
            seen += block
    except OSError:  # how Linux tells the end of a terminal
        os.waitpid(child, 0)
    os.close(terminal)
    return seen.decode()
