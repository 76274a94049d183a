"""A check of a notebook finds every secret, shows none, clears what it found and touches nothing else."""

import base64
import hashlib
import json
import os
import stat
import threading
import urllib.parse
import uuid
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toprouter_nb as tr
from toprouter_nb import errors
from toprouter_nb.leaks import storage
from toprouter_nb.leaks.literals import read_literals, spans_in_text
from toprouter_nb.leaks.search import Search
from toprouter_nb.secret import MASK, Secret

ROOT = Path(__file__).parents[1]
IN_USE = "tr/Canary+0123456789=QvXz"
SHAPED = {
    "an API key": [
        "sk-or-v1-0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "sk-proj-ABCDEFGHIJKLMNOPqrst",
        "sk-ant-api03-x9Y8z7W6v5U4t3S2r1Q0",
        "gsk_q1W2e3R4t5Y6u7I8o9P0",
        "hf_AbCdEfGhIjKlMnOpQrStUv",
        "AIzaSyA1b2C3d4E5f6G7h8I9j0",
        "sk-7c26ae7e-1f2e-4abc-9def-0123456789ab",
    ],
    "a bearer token": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2lnbmF0dXJl", "0123456789abcdef0123"],
}
HARMLESS = [
    hashlib.sha256(b"x").hexdigest(),
    f"commit {hashlib.sha1(b'x').hexdigest()}",
    f"id={uuid.uuid5(uuid.NAMESPACE_DNS, 'x')}",
    base64.b64encode(hashlib.sha512(b"x").digest() * 20).decode(),
    "pip install x --hash=sha256:" + hashlib.sha256(b"y").hexdigest(),
    '<div class="sk-text-repr-fallback sk-estimator-doc-link sk-estimator-id-123">StandardScaler</div>',
    '<table id="T_a1b2c"><td id="T_a1b2c_row0_col0" class="data row0 col0">0.123456789012345</td></table>',
    "https://disk-0123456789abcdef0123.example.com/?page=0123456789abcdef0123",
    'tr.configure(api_key="sk-your-toprouter-key")  # api_key = settings.api_key_of_environment_2',
    'client = Client(api_key=os.environ["OPENAI_API_KEY"])',
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, api_key = 'xxxxxxxxxxxxxxxxxxxxxxxx1'",
    "A bearer token-based authentication scheme: `Authorization: Bearer YOUR_TOPROUTER_API_KEY`",
    "Authorization: Bearer [key hidden], api_key=[key hidden]",
    "task-sk-like, risk-2024-assessment-0123456789, pk-5, or-else-we-go-on-for-ever",
    "tokens=12345678901234567890, next_page_token: none, token_ids = [101, 2003, 102]",
    "<object at 0x7f0123456789abcd>, 2026-11-23T15:59:00.123456+00:00, 123456789012345678901234567890",
    '{"integrity": "sha512-q1W2e3R4t5Y6u7I8o9P0q1W2e3R4t5Y6u7I8o9P0"}',
]


@pytest.fixture(autouse=True)
def key_in_use():
    """Have a key with characters that are spelled differently in addresses and in HTML."""
    tr.configure(api_key=IN_USE)


def write(path, cells, *, indent=1, ensure_ascii=False, **metadata):
    """Write a notebook file and return its path."""
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document, indent=indent, ensure_ascii=ensure_ascii) + "\n", newline="")
    return path


def code(source="", *outputs, **fields):
    """Return a code cell."""
    blank = {"cell_type": "code", "id": "a1", "execution_count": 1, "metadata": {}}
    return {**blank, "source": source, "outputs": list(outputs), **fields}


def stream(text):
    """Return an output of printed text."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(**bundle):
    """Return an output of a media bundle, in which `text_html` stands for `text/html`."""
    data = {name.replace("_", "/"): value for name, value in bundle.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def error(line):
    """Return an output of an error, with IPython's colours."""
    return {"output_type": "error", "ename": "E", "evalue": line, "traceback": [f"\x1b[31m{line}\x1b[39m", "end"]}


def png_with(text):
    """Return base64 of bytes that hold a text, in lines as `encodebytes` writes them."""
    return base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(range(40)) + text.encode() + bytes(100)).decode()


PLACES = {
    "source": (lambda key: {"cells": [code(["import os\n", f"connect('{key}')\n"])]}, 1, "source"),
    "stream": (lambda key: {"cells": [code(), code("", stream([f"key: {key}\n", "done"]))]}, 2, "output 1 (text)"),
    "error": (lambda key: {"cells": [code("", error(f"401: {key}"))]}, 1, "output 1 (evalue)"),
    "html": (
        lambda key: {"cells": [code("", stream("x"), shown(text_html=f"<b>{key}</b>"))]},
        1,
        "output 2 (text/html)",
    ),
    "attachment": (
        lambda key: {"cells": [{"cell_type": "markdown", "attachments": {"n.txt": {"text/plain": key}}, "source": ""}]},
        1,
        "attachment n.txt",
    ),
    "metadata": (lambda key: {"cells": [code(metadata={"tags": ["a", key]})]}, 1, "metadata"),
    "notebook metadata": (lambda key: {"cells": [], "title": f"of {key}"}, None, "metadata"),
    "widget state": (
        lambda key: {
            "cells": [],
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"0": {"state": {"value": key}}}}},
        },
        None,
        "widget state",
    ),
    "json output": (
        lambda key: {"cells": [code("", shown(application_json={"a": [1, {"b": key}]}))]},
        1,
        "output 1 (application/json)",
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("key", [IN_USE, SHAPED["an API key"][0]])
def test_planted_keys_are_found_wherever_a_notebook_keeps_text(tmp_path, place, key):
    """Cell and place are named, the key is not shown, clearing takes it out, and then nothing is found."""
    make, cell, where = PLACES[place]
    path = write(tmp_path / "n.ipynb", **make(key))
    found = tr.check_notebook(path)
    assert (found[0].cell, found[0].where, found.is_cleared) == (cell, where, False)
    assert key not in repr(found)
    assert MASK in found[0].excerpt
    assert key in path.read_text()
    cleared = tr.check_notebook(path, clear=True)
    assert (cleared.found, cleared.is_cleared) == (found.found, True)
    assert key not in path.read_text()
    assert not tr.check_notebook(path, clear=True)


@pytest.mark.parametrize(
    ("spell", "what"),
    [
        (urllib.parse.quote_plus, "the key in use, URL-quoted"),
        (lambda key: base64.b64encode(b"user:" + key.encode()).decode(), "the key in use, as base64"),
        (lambda key: base64.urlsafe_b64encode(b"u:" + key.encode()).decode(), "the key in use, as base64"),
        (lambda key: key.encode().hex(), "the key in use, as hexadecimal digits"),
        (lambda key: key[::-1], "the key in use, backwards"),
        (lambda key: key[5:18], "the key in use"),
        (lambda key: f"{key[:9]}\x1b[1m{key[9:]}", "the key in use"),
        (lambda key: f"<i>{key[:6]}</i><span style='color: red'>{key[6:]}</span>", "the key in use"),
    ],
)
def test_the_key_in_use_is_found_in_other_spellings(tmp_path, spell, what):
    """Quoted, encoded, backwards, a piece of it, coloured in the middle: it is found and taken out, markup stays."""
    path = write(tmp_path / "n.ipynb", [code("", stream(f"got {spell(IN_USE)} here"))])
    (leak,) = tr.check_notebook(path, clear=True)
    assert leak.what == what
    text = json.loads(path.read_text())["cells"][0]["outputs"][0]["text"]
    assert MASK in text
    assert not [start for start in range(len(IN_USE) - 5) if IN_USE[start : start + 6] in text]
    assert (text.count("<"), text.count("\x1b")) == (spell(IN_USE).count("<"), spell(IN_USE).count("\x1b"))


@pytest.mark.parametrize(("what", "word"), [(what, word) for what, words in SHAPED.items() for word in words])
@pytest.mark.parametrize("around", ["key={}", "'{}'", "a\\n{}\\n", "<td>{}</td>", "?k%3D{}&x", "({})."])
def test_known_shapes_are_found(what, word, around):
    """Keys of makers and bearer tokens are found in prose, in code, in markup and in escapes, and nothing else is."""
    text = around.format(f"Bearer {word}" if what == "a bearer token" else word)
    (found,) = Search([]).find(text)
    assert found.what == what
    assert [text[start:end] for start, end in found.runs] == [word]


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "{}"',
        'os.environ["SOME_API_KEY"] = "{}"',
        "export ACCESS_TOKEN={}",
        '{{"client_secret": "{}"}}',
        "authorization: Basic {}",
        'headers=[("x-api-key", "{}")]',
        "&quot;secret_key&quot;: &quot;{}&quot;",
        "http://localhost:8888/lab?token={}",
    ],
)
def test_values_named_as_secrets_are_found(line):
    """A random value is a secret where its name says so."""
    value = "d41d8cd98f00b204e9800998ecf8427e"
    text = line.format(value)
    (found,) = Search([]).find(text)
    assert found.what.startswith("the value of ")
    assert [text[start:end] for start, end in found.runs] == [value]
    assert not Search([]).find(value)


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_outputs_are_no_secrets(text):
    """Hashes, ids, class names, placeholders and prose are let pass, and a mask is no secret."""
    assert not Search([Secret(IN_USE)]).find(text)


def test_our_own_notebooks_and_pages_hold_no_secret():
    """What we ship passes its own check."""
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks
    assert [tr.check_notebook(path).found for path in notebooks] == [()] * len(notebooks)
    assert not [page for page in ROOT.glob("*.md") if Search([]).find(page.read_text())]


def test_pictures_and_plots_are_no_secrets(tmp_path):
    """Base64 of random bytes, however long, is let pass."""
    data = base64.b64encode(b"".join(hashlib.sha512(bytes([n % 256, n // 256])).digest() for n in range(20_000)))
    page = f'<img src="data:image/png;base64,{data.decode()}">'
    bundle = {"image_png": data.decode(), "text_html": page, "application_vnd.plotly.v1+json": {"bdata": data.decode()}}
    assert not tr.check_notebook(write(tmp_path / "n.ipynb", [code("", shown(**bundle))]))


@pytest.mark.parametrize("key", [IN_USE, SHAPED["an API key"][0]])
@pytest.mark.parametrize("padding", range(4))
def test_keys_inside_encoded_pictures_become_asterisks(tmp_path, key, padding):
    """A picture that carries a key in its bytes is found; cleared, it is as long as before and still base64."""
    encoded = png_with("=" * padding + key)
    path = write(tmp_path / "n.ipynb", [code("", shown(image_png=encoded.splitlines(keepends=True)))])
    (leak,) = tr.check_notebook(path, clear=True)
    assert (leak.where, leak.excerpt) == ("output 1 (image/png)", "[key hidden] in encoded data")
    lines = json.loads(path.read_text())["cells"][0]["outputs"][0]["data"]["image/png"]
    assert [len(line) for line in lines] == [len(line) for line in encoded.splitlines(keepends=True)]
    before, after = base64.decodebytes(encoded.encode()), base64.decodebytes("".join(lines).encode())
    assert after == before.replace(key.encode(), b"*" * len(key))


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/png", "application/vnd.x+json", "image/svg+xml"])
def test_plain_text_is_searched_whatever_it_is_called(tmp_path, kind):
    """A key that stands in an attachment as it is, is found by its shape, whatever type the attachment claims."""
    cell = {"cell_type": "markdown", "attachments": {"a": {kind: SHAPED["an API key"][0]}}, "source": ""}
    assert len(tr.check_notebook(write(tmp_path / "n.ipynb", [cell]))) == 1


def test_buffers_of_widgets_and_plain_text_called_data_are_searched(tmp_path):
    """Base64 buffers are decoded, and what is no base64 is read as it stands."""
    state = {"0": {"buffers": [{"encoding": "base64", "path": ["x"], "data": png_with(IN_USE)}]}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    path = write(tmp_path / "n.ipynb", [code("", shown(image_png=f"no base64: {IN_USE}"))], widgets=widgets)
    assert [leak.where for leak in tr.check_notebook(path, clear=True)] == ["output 1 (image/png)", "widget state"]
    assert not tr.check_notebook(path)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("indent", "ensure_ascii"), [(None, True), (1, False), (4, True)])
def test_clearing_changes_nothing_else(tmp_path, indent, ensure_ascii, newline):
    """Spaces, the order of keys, escapes and line ends stay: the file differs in the secrets only, byte for byte."""
    key = SHAPED["an API key"][0]
    cells = [code([f"# é \\ \t \U0001f600 {key}\n", "x"], stream(f'"{key}" {IN_USE}\n'), error(f"/{key}"))]
    path = write(tmp_path / "n.ipynb", cells, indent=indent, ensure_ascii=ensure_ascii, note="a\u2028b")
    path.write_bytes(path.read_bytes().replace(b"\n", newline.encode()))
    before = path.read_bytes()
    cleared = tr.check_notebook(path, clear=True)
    assert path.read_bytes() == before.replace(key.encode(), MASK.encode()).replace(IN_USE.encode(), MASK.encode())
    assert len(cleared) == before.count(key.encode()) + before.count(IN_USE.encode())
    nbformat.validate(nbformat.read(path, as_version=4))


def test_escapes_of_json_hide_nothing(tmp_path):
    """A key spelled with JSON escapes is found, and cleared with them."""
    key = SHAPED["an API key"][0]
    escaped = "".join(f"\\u{ord(character):04x}" for character in key)
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"source": "a\\n' + escaped + '\\ud83d\\ude00\\/"}], "metadata": {}}')
    assert len(tr.check_notebook(path, clear=True)) == 1
    assert path.read_text() == '{"cells": [{"source": "a\\n[key hidden]\\ud83d\\ude00\\/"}], "metadata": {}}'


def test_a_key_cut_into_lines_is_found(tmp_path):
    """Lines of one text are read as one, whoever cut them; the other lines keep their places."""
    path = write(tmp_path / "n.ipynb", [code(["a ", IN_USE[:9], IN_USE[9:] + " b\n", "c"])])
    assert [leak.where for leak in tr.check_notebook(path, clear=True)] == ["source"]
    assert json.loads(path.read_text())["cells"][0]["source"] == ["a ", MASK, " b\n", "c"]


def test_names_are_searched_too(tmp_path):
    """A key that is the name of something is found, and is not shown as its place."""
    cell = {"cell_type": "markdown", "source": "", "attachments": {f"{IN_USE}.txt": {"text/plain": IN_USE}}}
    path = write(tmp_path / "n.ipynb", [cell])
    found = tr.check_notebook(path, clear=True)
    assert [leak.where for leak in found] == ["attachments", f"attachment {MASK}.txt"]
    assert IN_USE not in path.read_text() + repr(found)


def test_notebooks_of_format_3_are_checked_too(tmp_path):
    """Their cells stand in worksheets."""
    cells = [{"input": [f"'{IN_USE}'"], "outputs": [{"png": png_with(IN_USE)}, {"html": IN_USE}]}]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}))
    assert [leak.where for leak in tr.check_notebook(path)] == ["input", "output 1 (png)", "output 2 (html)"]


def test_keys_of_this_process_are_those_given_and_those_of_the_environment(tmp_path, monkeypatch):
    """Keys for several servers, and the one of the environment, are known; without any, shapes are found still."""
    monkeypatch.setenv("TOPROUTER_API_KEY", "Environment.Canary.1")
    tr.configure(base_url="http://127.0.0.1:9", api_key="Other.Canary.2")
    path = write(tmp_path / "n.ipynb", [code(f"{IN_USE} Environment.Canary.1 Other.Canary.2")])
    assert len(tr.check_notebook(path)) == 3
    tr.configure(base_url="http://127.0.0.1:10")
    assert len(tr.check_notebook(path)) == 3
    tr.configure(base_url=None, api_key=None)
    monkeypatch.delenv("TOPROUTER_API_KEY")
    assert len(tr.check_notebook(path)) == 0


def test_the_list_reads_well(tmp_path):
    """A tuple's manners, one line for each leak, twenty at most, and words for an empty one."""
    path = write(tmp_path / "n.ipynb", [code(f"a = {number} # {IN_USE}") for number in range(23)])
    found = tr.check_notebook(path)
    lines = repr(found).splitlines()
    assert lines[:2] == ["23 secrets found", "  cell 1, source: the key in use in 'a = 0 # [key hidden]'"]
    assert (len(lines), lines[-1]) == (22, "  ... and 3 more")
    assert (len(found[:2]), found[-1] in found, bool(found)) == (2, True, True)
    assert repr(tr.check_notebook(write(tmp_path / "e.ipynb", []))) == "no secrets found"
    with pytest.raises(AttributeError):
        found.is_cleared = True


def test_excerpts_show_no_neighbour(tmp_path):
    """A second secret beside the first is hidden in the excerpt of either."""
    path = write(tmp_path / "n.ipynb", [code(f"{IN_USE} {SHAPED['an API key'][0]}\x1b[2J")])
    assert [leak.excerpt for leak in tr.check_notebook(path)] == [f"{MASK} {MASK}", f"{MASK} {MASK}\\x1b[2J"]


# --- files


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no notebook, for it is no JSON"),
        (b"\xff\xfe", "is no notebook, for it is no JSON"),
        (b"# a script", "is no notebook, for it is no JSON"),
        (b"[" * 100_000, "is no notebook, for it is no JSON"),
        (b"[]", "is no notebook, for it has no list of cells"),
        (b'{"cells": 1}', "is no notebook, for it has no list of cells"),
        (b'{"key": "value"}', "is no notebook, for it has no list of cells"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path, content, words):
    """The error is typed, names the file and says what to name instead."""
    path = tmp_path / "n.ipynb"
    path.write_bytes(content)
    with pytest.raises(errors.ParameterError, match=rf"n\.ipynb' {words}.*Name an \.ipynb file\.") as caught:
        tr.check_notebook(path)
    assert caught.value.__context__ is None


def test_what_is_no_file_is_refused(tmp_path):
    """Missing files, folders, pipes, loops of links and things that are no path: a typed error at once."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "missing.ipynb", tmp_path, tmp_path / "pipe", tmp_path / "loop", 3, None, "a\0b"):
        with pytest.raises(errors.ParameterError, match=r"cannot be (found|read)"):
            tr.check_notebook(path)


def test_huge_files_are_refused(tmp_path, monkeypatch):
    """The bound is checked while reading, and the message names it."""
    monkeypatch.setattr(storage, "_MOST_BYTES", 2**20)
    path = tmp_path / "n.ipynb"
    path.write_bytes(b" " * (2**20 + 1))
    with pytest.raises(errors.ParameterError, match="larger than 1 MiB, the limit") as caught:
        tr.check_notebook(path)
    assert caught.value.kind == "too_large"


def test_clearing_keeps_links_and_modes_and_leaves_no_draft(tmp_path):
    """A link still leads to its target, which keeps its mode; the folder holds what it held."""
    target = write(tmp_path / "target.ipynb", [code(IN_USE)])
    target.chmod(0o640)
    (tmp_path / "link.ipynb").symlink_to(target)
    assert tr.check_notebook(tmp_path / "link.ipynb", clear=True)
    assert (tmp_path / "link.ipynb").is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert IN_USE not in target.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.ipynb", "target.ipynb"]


def test_a_file_without_secrets_is_not_written(tmp_path):
    """Clearing nothing changes nothing, not even the file's date."""
    path = write(tmp_path / "n.ipynb", [code("x")])
    before = path.stat()
    assert tr.check_notebook(path, clear=True).is_cleared is False
    assert path.stat() == before


def test_a_file_that_changes_meanwhile_is_left_alone(tmp_path):
    """What an editor saved in between is not overwritten, and no draft stays."""
    path = write(tmp_path / "n.ipynb", [code(IN_USE)])
    file = storage.NotebookFile(path)
    text = file.read()
    path.write_text("saved by an editor")
    with pytest.raises(errors.ParameterError, match="was changed by another program meanwhile"):
        file.replace(text)
    assert path.read_text() == "saved by an editor"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_a_typed_error(tmp_path, monkeypatch):
    """The file stays as it was and no draft is left, also where the disk is full."""

    def fail(_handle):
        raise OSError(28, "No space left on device")

    path = write(tmp_path / "n.ipynb", [code(IN_USE)])
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(errors.ParameterError, match=r"cannot be written \(No space left on device\)"):
        tr.check_notebook(path, clear=True)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_readers_meanwhile_see_the_old_or_the_new_file(tmp_path):
    """A file being cleared can be read at any moment."""
    path = write(tmp_path / "n.ipynb", [code(IN_USE)])
    before, seen, is_over = path.read_bytes(), set(), threading.Event()

    def read():
        while not is_over.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        path.write_bytes(before) if not path.exists() else None
        tr.check_notebook(path, clear=True)
    is_over.set()
    reader.join()
    assert seen <= {before, path.read_bytes()}


# --- strings of a JSON text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=20,
)


def strings_of(value, place=()):
    """Return the strings of a value with their places, by another way."""
    if isinstance(value, str):
        return [(place, value)]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in strings_of(item, (*place, index))]
    if isinstance(value, dict):
        return [f for name, item in value.items() for f in [(place, name), *strings_of(item, (*place, name))]]
    return []


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_every_string_is_read_with_its_place(value, indent, ensure_ascii):
    """Strings and names of any document come in order, each with the place an independent walk gives."""
    text = json.dumps(value, indent=indent, ensure_ascii=ensure_ascii)
    assert [(literal.path, literal.value) for literal in read_literals(text)] == strings_of(value)


@given(st.text(min_size=1, max_size=20), st.booleans(), st.data())
def test_characters_are_found_in_their_escapes(value, ensure_ascii, data):
    """The stretch of JSON text of any run of characters says exactly these characters."""
    text = json.dumps(value, ensure_ascii=ensure_ascii)
    (literal,) = read_literals(text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(value)), min_size=2, max_size=6)))
    runs = list(zip(cuts[::2], cuts[1::2], strict=False))
    spans = list(spans_in_text(text, literal, runs))
    assert [json.loads(f'"{text[start:end]}"') for start, end in spans] == [value[start:end] for start, end in runs]
