"""Settings: one checked value, changed for the process by `configure`, that never shows its key."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import subprocess
import sys
import threading
import traceback
from decimal import Decimal
from pathlib import Path

import pytest

from toprouter_nb import settings as module
from toprouter_nb.errors import SettingsError
from toprouter_nb.secret import Secret
from toprouter_nb.settings import Settings, configure, require_key

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
NAMES = (
    "base_url, api_key, model, connect_seconds, first_byte_seconds, idle_seconds, progress_seconds, max_retries, "
    "ledger_path, ledger_prompts, budget_usd, allow_unpriced, display, max_event_bytes, max_answer_bytes"
)


def _fail_with_locals(**changes):
    """Return every local and line of a traceback through our frames; the caller's own frame is not ours."""
    try:
        configure(**changes)
    except SettingsError as error:
        frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack[1:]
        return f"{error!r} {[frame.locals for frame in frames]}"


SINKS = {
    "repr": repr,
    "str": str,
    "format": lambda settings: f"{settings}",
    "vars": lambda settings: str(vars(settings)),
    "fields": lambda settings: str(dataclasses.asdict(settings)) + str(dataclasses.astuple(settings)),
    "pprint": pprint.pformat,
    "json": lambda settings: json.dumps(dataclasses.asdict(settings), default=str),
    "pickle": lambda settings: repr(pickle.dumps(settings)),
    "copies": lambda settings: repr(copy.copy(settings)) + repr(copy.deepcopy(settings)),
    "logs": lambda settings: logging.LogRecord(
        "x", logging.DEBUG, "x", 1, "%s %r", (settings, settings), None
    ).getMessage(),
    "failed change": lambda settings: _fail_with_locals(api_key=settings.api_key.reveal(), max_retries=-1),
    "unknown name": lambda settings: _fail_with_locals(api_key=settings.api_key.reveal(), colour="red"),
    "malformed key": lambda settings: _fail_with_locals(api_key=f"{settings.api_key.reveal()}\nx"),
    "key as bytes": lambda settings: _fail_with_locals(api_key=settings.api_key.reveal().encode()),
}


@pytest.mark.parametrize("show", SINKS.values(), ids=SINKS)
def test_the_key_is_shown_nowhere(show):
    """No way of showing, storing or logging settings, and no traceback with locals, has a piece of the key."""
    shown = show(Settings(api_key=KEY))
    assert not [KEY[start : start + 8] for start in range(len(KEY) - 7) if KEY[start : start + 8] in shown]


def test_defaults_are_the_documented_ones():
    """Settings made of nothing are those of the documentation."""
    assert dataclasses.asdict(Settings()) == {
        "base_url": "https://toprouter.cc",
        "api_key": Secret(),
        "model": None,
        "connect_seconds": 5.0,
        "first_byte_seconds": 60.0,
        "idle_seconds": 30.0,
        "progress_seconds": 120.0,
        "max_retries": 2,
        "ledger_path": None,
        "ledger_prompts": False,
        "budget_usd": None,
        "allow_unpriced": False,
        "display": "auto",
        "max_event_bytes": 67_108_864,
        "max_answer_bytes": 16_777_216,
        "key_source": "",
    }


def test_values_are_kept_in_one_form():
    """Texts become a Secret, a Path, a Decimal; equal settings are equal and hash alike."""
    settings = Settings("http://localhost:1/", f" {KEY}\n", ledger_path="a.sqlite", budget_usd=0.5, display=False)
    assert (settings.base_url, settings.api_key.reveal(), settings.key_source) == (
        "http://localhost:1",
        KEY,
        "argument",
    )
    assert (settings.ledger_path, settings.budget_usd) == (Path("a.sqlite"), Decimal("0.5"))
    same = dataclasses.replace(settings, budget_usd="0.5")
    assert (settings, hash(settings)) == (same, hash(same))
    assert settings != dataclasses.replace(settings, api_key="sk-other-key")


def test_settings_are_frozen():
    """Settings never change; a change makes new ones."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().max_retries = 5


def test_copies_keep_the_key_and_pickles_do_not():
    """A deep copy works on in the process; what leaves it has no key."""
    settings = Settings(api_key=KEY)
    assert copy.deepcopy(settings) == copy.copy(settings) == settings
    assert pickle.loads(pickle.dumps(settings)).api_key == Secret()


@pytest.mark.parametrize(
    "changes",
    [
        *({"connect_seconds": 0}, {"first_byte_seconds": -1}, {"idle_seconds": True}, {"progress_seconds": "long"}),
        *({"max_retries": 2.0}, {"max_retries": 11}, {"ledger_path": ""}, {"ledger_path": True}, {"ledger_prompts": 1}),
        *({"budget_usd": -1}, {"budget_usd": "x"}),
        *({"display": "loud"}, {"display": 1}, {"max_event_bytes": 0}, {"max_answer_bytes": 2**31}, {"model": 5}),
        *({"base_url": ""}, {"base_url": "http://example.com"}, {"api_key": "a b"}, {"api_key": 5}),
    ],
)
def test_a_refused_change_changes_nothing(changes):
    """A value out of its range is a typed error, and what was configured stays."""
    before = configure(model="a/b", api_key=KEY)
    with pytest.raises(SettingsError) as caught:
        configure(**changes)
    assert next(iter(changes)).replace("api_key", "API key") in str(caught.value)
    assert configure() == before
    with pytest.raises(SettingsError):
        Settings(**changes)


def test_an_unknown_name_is_answered_with_the_names():
    """A misspelled setting is refused with the list of settings."""
    with pytest.raises(SettingsError) as caught:
        configure(colour="blue")
    assert str(caught.value) == f"configure() knows no setting 'colour'. The settings are: {NAMES}."


def test_a_misspelled_setting_is_answered_with_the_name_meant():
    """One letter wrong gets one name, not a list of all of them to search."""
    with pytest.raises(SettingsError) as caught:
        configure(api_kye="sk-x")
    assert str(caught.value) == "configure() knows no setting 'api_kye'. Did you mean api_key?"


def test_configure_adds_up_and_none_undoes():
    """Changes stay until they are changed again; None puts back the default."""
    assert configure(model="a/b", max_retries=0).model == "a/b"
    assert configure(max_retries=5) == Settings(model="a/b", max_retries=5)
    assert configure(model=None, max_retries=None) == configure() == Settings()


def test_the_environment_is_read_when_asked(monkeypatch):
    """Address and model of the environment count from the next call on, after what was given."""
    monkeypatch.setenv("TOPROUTER_BASE_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("TOPROUTER_MODEL", "a/b")
    assert (configure().base_url, configure().model) == ("http://127.0.0.1:9", "a/b")
    assert (Settings().base_url, Settings("https://a.test", model="c/d").model) == ("http://127.0.0.1:9", "c/d")
    assert configure(model="e/f").model == "e/f"
    monkeypatch.delenv("TOPROUTER_BASE_URL")
    assert configure().base_url == "https://toprouter.cc"
    monkeypatch.setenv("TOPROUTER_BASE_URL", "http://example.com")
    with pytest.raises(SettingsError) as caught:
        configure()
    assert caught.value.kind == "insecure_url"
    assert configure(base_url="https://example.com").base_url == "https://example.com"


def test_a_key_belongs_to_its_server(monkeypatch):
    """Another origin never gets a key given for this one; the same origin under another path does."""
    assert configure(api_key=KEY).api_key.reveal() == KEY
    assert configure(base_url="https://toprouter.cc/api/v1").api_key.reveal() == KEY
    for other in ("https://toprouter.cc.evil.test", "https://toprouter.cc:8443", "http://127.0.0.1:8000"):
        assert (configure(base_url=other).api_key, configure().key_source) == (Secret(), "")
        with pytest.raises(SettingsError):
            require_key(configure(), ask=False)
    assert configure(base_url=None).api_key.reveal() == KEY
    monkeypatch.setenv("TOPROUTER_BASE_URL", "https://elsewhere.test")
    assert configure().api_key == Secret()


def test_a_key_can_be_forgotten():
    """`api_key=None`, and an empty one, forget every key."""
    for nothing in (None, ""):
        configure(api_key=KEY)
        assert configure(api_key=nothing) == configure() == Settings()


def test_the_key_is_looked_up_in_order(monkeypatch):
    """The settings' own key comes first, then the configured one for that server, then the environment's."""
    own = Settings(api_key="sk-own-12345678")
    monkeypatch.setenv("TOPROUTER_API_KEY", "sk-env-12345678")
    found = require_key(Settings(), ask=False)
    assert (found.api_key.reveal(), found.key_source) == ("sk-env-12345678", "TOPROUTER_API_KEY")
    configure(api_key=KEY)
    found = require_key(Settings(), ask=False)
    assert (found.api_key.reveal(), found.key_source) == (KEY, "argument")
    assert require_key(own, ask=False) == own


def test_a_typed_key_is_asked_for_once(monkeypatch):
    """A key typed in is remembered for its server until keys are forgotten, and only there."""
    asked = []

    def find(base_url, *, ask):
        asked.append(base_url)
        return Secret("sk-typed-12345678"), "typed in"

    monkeypatch.setattr(module, "find_key", find)
    first, again = require_key(configure()), require_key(configure())
    assert (first, again.key_source, configure().api_key.reveal()) == (again, "typed in", "sk-typed-12345678")
    require_key(Settings("https://other.test"))
    configure(api_key=None)
    require_key(configure())
    assert asked == ["https://toprouter.cc", "https://other.test", "https://toprouter.cc"]


def test_many_threads_may_configure():
    """Threads that read see whole settings, never half a change."""
    seen = set()

    def change(number):
        for _ in range(50):
            settings = configure(model=f"m/{number}", max_retries=number)
            seen.add((settings.model, settings.max_retries))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {(f"m/{number}", number) for number in range(4)}


def test_the_module_is_light():
    """Settings load nothing of pydantic, HTTP, notebooks or the keyring."""
    heavy = {"pydantic", "httpx", "IPython", "keyring", "pandas"}
    code = f"import sys, toprouter_nb.settings; print(sorted({heavy} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
