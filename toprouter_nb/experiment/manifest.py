"""Where a run's numbers come from: versions, code, prices with their date, the address; never a key.

Knows nothing of rows. Everything in it is for a reader in a year who wants to know what was done.
"""

import datetime as dt
import hashlib
import inspect
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from .grid import Grid

_PACKAGES = ("httpx", "pandas", "numpy", "scipy", "pyarrow", "distributed")
# A repository on a sleeping drive must not hold up a run for the sake of a note.
_GIT_SECONDS = 3.0


def describe_grid(grid: Grid) -> dict[str, Any]:
    """Return what was asked: models, options, repeats, seed, and the hash of everything with the prompts."""
    return {
        "grid": {
            "fingerprint": grid.fingerprint,
            "prompts": len(grid.prompts),
            "models": list(grid.models),
            "params": [dict(options) for options in grid.params],
            "repeats": grid.repeats,
            "seed": grid.seed,
            "cells": len(grid),
        }
    }


def describe_scorers(scorers: Sequence[Any]) -> dict[str, Any]:
    """Return name, version and the hash of the source of each scorer."""
    return {
        "scorers": [
            {"name": scorer.name, "version": str(scorer.version), "source": source_hash(scorer)} for scorer in scorers
        ]
    }


def describe_place() -> dict[str, Any]:
    """Return the versions of everything, and the commit of the folder the kernel runs in."""
    versions = {name: _version(name) for name in _PACKAGES}
    return {
        "toprouter_nb": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": {name: version for name, version in versions.items() if version},
        "git": _git(Path.cwd()),
        "noted_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


def source_hash(scorer: Any) -> str | None:
    """Return a hash of a scorer's source; None where there is none to read."""
    function = getattr(scorer, "__wrapped__", scorer)
    try:
        source = inspect.getsource(function if inspect.isroutine(function) else type(function))
    except (OSError, TypeError):
        return None
    # To see that a scorer changed while its version did not; 64 bits are plenty where nobody forges.
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path) -> dict[str, Any] | None:
    """Return commit and whether there are changes; None outside of a repository."""
    commit = _ask_git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    return {"commit": commit, "is_dirty": bool(_ask_git(folder, "status", "--porcelain", "--untracked-files=no"))}


def _ask_git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # fixed words
            ["git", "-C", str(folder), *words],  # noqa: S607  # the user's own git
            capture_output=True,
            check=False,
            text=True,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
