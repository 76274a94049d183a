"""A saved conversation is checked before anything is made of it, whoever wrote it."""

import copy
import json
import random
import socket
import subprocess
from pathlib import Path

import pytest

import toprouter_nb as tr
from toprouter_nb.archive.decode import decode_document
from toprouter_nb.errors import StorageError

GOLDEN = (Path(__file__).parents[1] / "data" / "conversation_v1.json").read_bytes()
ODD = (None, True, -1, 0, 1.5, 1e999, 2**70, "", "x" * 500, [], {}, [[]], {"a": {}}, "1e999999999", "\ud800", "NaN")


def golden():
    """Return the golden file as plain data."""
    return json.loads(GOLDEN)


def refused(whole):
    """Return what is said of a file that is refused."""
    with pytest.raises(StorageError) as told:
        decode_document(json.dumps(whole).encode(), "'f'")
    return str(told.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: w.update(version=2), "'f' is of version 2, and this release reads version 1. Update toprouter_nb"),
        (lambda w: w.update(format="x"), "'f' is no conversation saved with chat.save(...)."),
        (lambda w: w["turns"][0].update(after=1), "turn 1 follows turn 1, which is not before it"),
        (lambda w: w.update(position=9), "it stands on turn 9 and has 8"),
        (lambda w: w["turns"][0].update(role="tool"), "turns.0.role: Input should be 'system', 'user' or 'assistant'"),
        (lambda w: w["turns"][0].update(parts=[]), "A user turn needs at least one part"),
        (lambda w: w["turns"][0].update(parts=[{"type": "text"}]), "a text part has no text"),
        (lambda w: w["turns"][6]["parts"][1].update(sha256="0"), "an image is named whose bytes are not there"),
        (lambda w: w["turns"][6]["parts"][1].update(media_type="image/svg+xml"), "of a type that cannot be sent"),
        (lambda w: w["images"].update({"0" * 64: "AAAA"}), "the bytes of an image are not those it had"),
        (lambda w: w["turns"][0].update(reply=w["turns"][1]["reply"]), "a user turn has a reply"),
        (lambda w: w["turns"][1]["reply"].update(cost_usd="-1"), "an amount is a text such as '0.0012'"),
        (lambda w: w["turns"][1]["reply"].update(cost_usd="1e999999999"), "an amount is a text"),
        (lambda w: w["turns"][1]["reply"].update(seconds=float("nan")), "turns.1.reply.seconds"),
        (lambda w: w.update(params={"temprature": 1}), "There is no parameter temprature: did you mean temperature?"),
        (lambda w: w.update(model="a b"), "A model id is a text without spaces"),
        (lambda w: w.update(id="../../x"), "id: String should match pattern"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(change, told):
    """The message says where the damage is, and what would be right."""
    whole = golden()
    change(whole)
    assert told in refused(whole)


@pytest.mark.parametrize("content", [b"", b"{", GOLDEN[:-40], b"\xff\xfe", b"[" * 100_000, b"null", b"1", b"9" * 5_000])
def test_what_is_no_json_object_is_refused(content):
    """A part of a file, another encoding and depth beyond reason are one kind of error."""
    with pytest.raises(StorageError):
        decode_document(content, "'f'")


def places(value, path=()):
    """Yield the path of every value in JSON data."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from places(child, (*path, name))


def mutated(rng):
    """Return the golden file with one to three values replaced, removed or doubled, or with its bytes damaged."""
    if rng.random() < 0.3:
        damaged = bytearray(GOLDEN)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(damaged))
            damaged[place : place + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        return bytes(damaged)
    whole = golden()
    for _ in range(rng.randrange(1, 4)):
        path = rng.choice([path for path in places(whole) if path])
        parent = whole
        for step in path[:-1]:
            parent = parent[step]
        if rng.random() < 0.2:
            del parent[path[-1]]
        elif rng.random() < 0.2 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
        else:
            parent[path[-1]] = rng.choice(ODD)
    return json.dumps(whole).encode()


def load_or_refuse(content):
    """Load a file as far as it can be, and use what came of it; True where it was refused."""
    try:
        document = decode_document(content, "'f'")
        chat = tr.Conversation._from_document(document, {"display": False})
    except tr.errors.ToprouterError:
        return True
    repr((chat, chat.tree(), chat.turns, chat.usage, chat.cost_usd, chat.messages))
    chat._repr_mimebundle_()
    return False


@pytest.fixture
def sealed(monkeypatch):
    """Let nothing open a connection or start a program."""

    def refuse(*_arguments, **_options):
        pytest.fail("a file made the program reach out")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


def test_damaged_files_end_in_our_errors_only(sealed):
    """Whatever 300 mutations do to a file, it loads or is refused with an error of ours, and nothing is opened."""
    rng = random.Random(7)
    refusals = sum(load_or_refuse(mutated(rng)) for _ in range(300))
    assert 100 < refusals < 300


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_damaged_files(sealed):
    """The same, for 10,000 mutations."""
    rng = random.Random(8)
    for _ in range(10_000):
        load_or_refuse(mutated(rng))
