"""Looks at this machine: what is there, what is missing, and what to do about it.

Knows nothing of printing; changes nothing, downloads nothing, and asks the gateway for its list only.
"""

import dataclasses
import importlib.metadata
import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from . import __version__
from .cards import decode_listing
from .errors import LocalModelError, SettingsError, ToprouterError
from .keys import KEY_VARIABLE
from .listing import fetch_models
from .local import own_gguf
from .local.weights import SMOLLM2, cache_folder, find_weights
from .plain import render_plain
from .settings import Settings, configure, require_key

_PROXIES = ("https_proxy", "http_proxy", "all_proxy", "no_proxy")
_LOGIN = re.compile(r"(?<=//)[^/@]*@")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
# As long as a person waits for an answer on a whole machine.
_SHORT_SECONDS = 5.0


class Finding(NamedTuple):
    """One thing looked at.

    Attributes
    ----------
    name
        What it is.
    is_ok
        True: there. False: something is broken. None: not there, and not needed for all uses.
    text
        What was found, and what to do where it is missing.
    """

    name: str
    is_ok: bool | None
    text: str


def report(settings: Settings | None = None) -> list[Finding]:
    """Look at everything, in the order a person would: Python, key, gateway, local model, notebook.

    Takes up to some seconds where the gateway is slow. No finding holds more of the key than its last four characters.

    Parameters
    ----------
    settings
        None takes the configured ones.

    Examples
    --------
    >>> from toprouter_nb.testing import ScriptedGateway
    >>> with ScriptedGateway([]) as gateway:
    ...     findings = report(Settings(gateway.base_url, "sk-0123456789abcdefghijklmnop"))
    >>> findings[2].text
    'from argument, ends in ...mnop'
    """
    return [
        _python(),
        Finding("toprouter_nb", is_ok=True, text=__version__),
        *_key_and_gateway(settings),
        _proxies(),
        *_local_model(),
        *(_extra(*extra) for extra in _EXTRAS),
        *(_package(name) for name in _NOTEBOOK),
        _chromium(),
    ]


_EXTRAS = (
    ("text recognition", "rapidocr", "ocr", "local/ocr reads text in images"),
    ("keyring", "keyring", "keyring", "keeps the key in the system's keyring"),
    ("plots", "matplotlib", "plot", "draws figures"),
)
_NOTEBOOK = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget")


def _python() -> Finding:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", is_ok=True, text=text)


def _key_and_gateway(settings: Settings | None) -> Iterable[Finding]:
    """Look for the key, then ask the gateway with it; without a key an unreachable gateway is no fault."""
    try:
        settings = settings or configure()
    except SettingsError as error:
        yield Finding("settings", is_ok=False, text=str(error))
        return
    try:
        settings = require_key(settings, ask=False)
        end = settings.api_key.last_characters()
        yield Finding("key", is_ok=True, text=f"from {settings.key_source}" + (f", ends in ...{end}" if end else ""))
    except SettingsError as error:
        # A key that is there and malformed is a fault; none at all is a choice.
        yield Finding("key", is_ok=False if os.environ.get(KEY_VARIABLE) else None, text=str(error))
    yield _gateway(settings)


def _gateway(settings: Settings) -> Finding:
    began = time.monotonic()
    try:
        count = len(decode_listing(fetch_models(_in_a_hurry(settings))))
    except ToprouterError as error:
        return Finding("gateway", is_ok=False if settings.api_key else None, text=f"{settings.base_url}: {error}")
    seconds = time.monotonic() - began
    return Finding("gateway", is_ok=True, text=f"{settings.base_url} lists {count} models ({seconds:.1f} s)")


def _in_a_hurry(settings: Settings) -> Settings:
    limits = ("connect_seconds", "first_byte_seconds", "idle_seconds", "progress_seconds")
    short = {name: min(getattr(settings, name), _SHORT_SECONDS) for name in limits}
    return dataclasses.replace(settings, **short)


def _proxies() -> Finding:
    """Name the proxies of the environment, for they see where requests go; a password in them is hidden."""
    found = {name: os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES}
    shown = [f"{name}={_LOGIN.sub('[hidden]@', value)}" for name, value in found.items() if value]
    return Finding("proxies", is_ok=True, text=render_plain("; ".join(shown)) or "none in the environment")


def _local_model() -> Iterable[Finding]:
    engine = _version("xllamacpp")
    if engine is None:
        text = "not installed: pip install 'toprouter_nb[local]' gives a model that needs no key"
        yield Finding("local engine", is_ok=None, text=text)
        return
    if _has_avx2() is False:
        text = f"xllamacpp {engine}, but this processor has no AVX2, which it needs. Use a key, or another server"
        yield Finding("local engine", is_ok=False, text=text)
        return
    yield Finding("local engine", is_ok=True, text=f"xllamacpp {engine}")
    yield _weights()


def _weights() -> Finding:
    try:
        own = own_gguf()
        folder = cache_folder()
        found = find_weights(SMOLLM2, folder, own)
    except LocalModelError as error:
        return Finding("local weights", is_ok=False, text=str(error))
    if found is not None:
        size = found.stat().st_size / 1e6
        return Finding("local weights", is_ok=True, text=f"{found} ({size:.1f} MB, SHA-256 as expected)")
    kept = folder / SMOLLM2.file_name
    if kept.exists():
        return Finding("local weights", is_ok=None, text=f"{kept} is damaged; the first use fetches it again")
    size = SMOLLM2.wheel_bytes / 1e6
    return Finding(
        "local weights", is_ok=None, text=f"not fetched yet: the first use fetches {size:.0f} MB to {folder}"
    )


def _has_avx2(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool | None:
    """Say whether the processor has AVX2; None where that is not needed or cannot be seen."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return None
    try:
        text = cpuinfo.read_text()
    except OSError:
        return None
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    # Compiled wheels of the engine use it unasked, and die of an illegal instruction where it lacks.
    return "avx2" in flags.group(1).split() if flags else None


def _extra(name: str, package: str, extra: str, use: str) -> Finding:
    version = _version(package)
    missing = f"not installed: pip install 'toprouter_nb[{extra}]' {use}"
    return Finding(name, True if version else None, f"{package} {version}" if version else missing)


def _package(name: str) -> Finding:
    version = _version(name)
    return Finding(name, True if version else None, version or f"not installed: pip install {name}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _chromium(which: Callable[[str], str | None] = shutil.which) -> Finding:
    found = next(filter(None, map(which, _CHROMIUM)), None)
    return Finding("Chromium", True if found else None, found or "not found: only the browser tests need it")
