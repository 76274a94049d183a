"""The catalogue: fetched once, kept on disk with its date, there without a network."""

import datetime as dt
import json
import multiprocessing

import pytest

from toprouter_nb import catalogue as module
from toprouter_nb.catalogue import Catalogue, _known, cache_file, ensure_list, known_cards, known_list
from toprouter_nb.errors import ConnectFailedError
from toprouter_nb.local import MODELS

GATEWAY = "https://gateway.example"
BODY = json.dumps({"data": [{"id": "a/one"}, {"id": "b/two", "input_modalities": ["image"]}, {"no": "id"}]}).encode()
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp()
LOCAL_IDS = [model.id for model in MODELS]


class Source:
    """Stands for the gateway: counts the requests, and fails when told to."""

    def __init__(self, body=BODY):
        self.body = body
        self.count = 0

    def __call__(self):
        self.count += 1
        if isinstance(self.body, Exception):
            raise self.body
        return self.body


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Keep lists in a folder of the test's own, with no other model file."""
    monkeypatch.delenv("TOPROUTER_LOCAL_GGUF", raising=False)
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_KNOWN", module._KnownLists())
    return tmp_path / "cache"


def catalogue(source, now=NOON, **options):
    """Make a catalogue of the test's gateway whose clock stands still."""
    return Catalogue(source, base_url=GATEWAY, clock=lambda: now, **options)


def ids(cards):
    """Return the cards' ids."""
    return [card.id for card in cards]


def test_local_models_come_first_then_the_gateways():
    """The list is this machine's models and the gateway's, with its date and the rows that were no use."""
    listed = catalogue(Source())
    assert ids(listed.cards()) == [*LOCAL_IDS, "a/one", "b/two"]
    assert listed.fetched_at == dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    assert (listed.note, listed.skipped) == ("", 1)


def test_the_gateway_is_asked_once():
    """A second look, and a second process within a day, use what was fetched."""
    source = Source()
    first = catalogue(source)
    first.cards()
    first.cards()
    second = catalogue(source, NOON + 86_399)
    assert ids(second.cards()) == ids(first.cards())
    assert second.fetched_at == first.fetched_at
    assert second.skipped == 1
    assert source.count == 1


def test_refresh_and_age_ask_again():
    """`refresh` asks at once; a file of more than a day, or from the future, is asked for again."""
    source = Source()
    listed = catalogue(source)
    listed.cards()
    listed.cards(refresh=True)
    catalogue(source, NOON + 86_401).cards()
    catalogue(source, NOON - 3_600).cards()
    assert source.count == 4


def test_an_old_list_serves_without_a_network():
    """Where the gateway cannot be reached the last list is used, and the note says its date and why."""
    catalogue(Source()).cards()
    offline = catalogue(Source(ConnectFailedError("No connection.")), NOON + 10 * 86_400)
    assert ids(offline.cards()) == [*LOCAL_IDS, "a/one", "b/two"]
    assert offline.note == "The list is of 2026-03-01. A newer one could not be had: No connection."
    assert offline.fetched_at.date() == dt.date(2026, 3, 1)


def test_without_any_list_the_local_models_remain():
    """With no network and no file this machine's models are listed, and the note says what is missing."""
    offline = catalogue(Source(ConnectFailedError("No connection.")))
    assert ids(offline.cards()) == LOCAL_IDS
    assert offline.note == (
        "Only the models of this machine are listed. The gateway's list could not be had: No connection."
    )
    assert offline.fetched_at is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": 3}', b'"text"', b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_list_is_treated_like_no_network(body):
    """A page, half a JSON or another shape neither fails nor replaces the list on disk."""
    catalogue(Source()).cards()
    listed = catalogue(Source(body))
    assert ids(listed.cards(refresh=True)) == [*LOCAL_IDS, "a/one", "b/two"]
    assert "What the gateway sent is no list of models." in listed.note


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": 2, "fetched_seconds": 1, "rows": []}', '{"format": 1, "rows": []}',
     '{"format": 1, "fetched_seconds": NaN, "rows": []}', '{"format": 1, "fetched_seconds": 1, "rows": 3}'],
)  # fmt: skip
def test_a_damaged_file_is_as_good_as_none(text, folder):
    """A file that is broken, or of another version, is fetched anew and replaced."""
    folder.mkdir()
    cache_file(GATEWAY).write_text(text)
    source = Source()
    assert ids(catalogue(source).cards())[-1] == "b/two"
    assert source.count == 1
    assert ids(known_cards(GATEWAY))[-1] == "b/two"


def test_the_file_holds_the_rows_and_its_date_only():
    """The file is JSON with a date and the gateway's rows; its name gives no address away."""
    catalogue(Source()).cards()
    file = cache_file(GATEWAY)
    assert json.loads(file.read_text()) == {"format": 1, "fetched_seconds": NOON, "rows": json.loads(BODY)["data"]}
    assert "gateway" not in file.name
    assert cache_file(GATEWAY + "/") == file
    assert cache_file("https://other.example") != file


def test_nothing_but_the_file_is_left_on_disk(folder):
    """Writing goes through a draft that is gone afterwards."""
    catalogue(Source()).cards()
    assert [path.name for path in folder.iterdir()] == [cache_file(GATEWAY).name]


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(folder):
    """Where the cache is no folder the list still comes, and is fetched again next time."""
    folder.write_text("a file in the way")
    source = Source()
    for _ in range(2):
        assert ids(catalogue(source).cards())[-1] == "b/two"
    assert source.count == 2


def _write_often(number):
    rows = [{"id": f"{number}/{row}"} for row in range(200)]
    for _ in range(20):
        catalogue(Source(json.dumps({"data": rows}).encode())).cards(refresh=True)


def test_processes_never_read_half_a_file():
    """While several processes replace the list, every reader sees one of theirs, whole."""
    _write_often(0)
    writers = [multiprocessing.get_context("spawn").Process(target=_write_often, args=(n,)) for n in (1, 2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        makers = {card.id.partition("/")[0] for card in known_cards(GATEWAY)[len(MODELS) :]}
        assert len(makers) == 1
    assert [writer.exitcode for writer in writers] == [0, 0]


def test_known_cards_never_ask_the_network():
    """What is known is this machine's models, and the list on disk however old."""
    assert ids(known_cards(GATEWAY)) == LOCAL_IDS
    catalogue(Source(), now=1.0).cards()
    assert ids(known_cards(GATEWAY)) == [*LOCAL_IDS, "a/one", "b/two"]


def test_a_model_is_found_by_its_id():
    """`find` looks through the whole list, and says where there is no such model."""
    listed = catalogue(Source(), local_models=())
    assert listed.find("a/one").id == "a/one"
    assert listed.find("a/none") is None


def test_the_folder_can_be_chosen(folder):
    """`TOPROUTER_CACHE_DIR` names the folder the list is kept in."""
    assert cache_file(GATEWAY).parent == folder


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost:11434/v1", "http://[::1]:80"])
def test_the_list_of_a_server_on_this_machine_is_not_kept(address, folder):
    """At the same port another server may answer tomorrow: its list is always fetched, and never written."""
    source = Source()
    for _ in range(2):
        assert ids(Catalogue(source, base_url=address).cards())[-1] == "b/two"
    assert source.count == 2
    assert not folder.exists()


def test_the_list_of_a_server_on_this_machine_is_known_to_the_process_that_fetched_it():
    """What such a server listed is known afterwards, like any other list; of another port nothing is."""
    Catalogue(Source(), base_url="http://127.0.0.1:9").cards()
    assert ids(known_cards("http://127.0.0.1:9/")) == [*LOCAL_IDS, "a/one", "b/two"]
    assert ids(known_cards("http://127.0.0.1:7")) == LOCAL_IDS


def test_a_model_file_of_ones_own_is_listed(tmp_path, monkeypatch):
    """A GGUF file named in `TOPROUTER_LOCAL_GGUF` is one of this machine's models, as long as it is there."""
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.setenv("TOPROUTER_LOCAL_GGUF", str(file))
    assert ids(known_cards(GATEWAY)) == [*LOCAL_IDS, "local/mine"]
    file.unlink()
    assert ids(known_cards(GATEWAY)) == LOCAL_IDS


def test_a_known_list_is_read_once_and_again_when_it_changes(monkeypatch):
    """Looking a price up is cheap: the file is parsed only where it is another one than before."""
    parsed = []
    monkeypatch.setattr(module, "_known", lambda *kept: parsed.append(kept[0]) or _known(*kept))
    assert known_list(GATEWAY) is None
    catalogue(Source()).cards()
    assert [sorted(known_list(GATEWAY).cards) for _ in range(3)] == [["a/one", "b/two"]] * 3
    catalogue(Source(b'{"data": [{"id": "new"}]}'), now=NOON + 90_000).cards()
    assert (list(known_list(GATEWAY).cards), known_list(GATEWAY).fetched_seconds) == (["new"], NOON + 90_000)
    assert parsed == [NOON, NOON + 90_000]


def test_a_list_is_ensured_by_asking_once():
    """A missing list is fetched, a fresh one is not, and a gateway that fails is left alone for a while."""
    good, bad = Source(), Source(ConnectFailedError("no network"))
    for _ in range(3):
        assert ensure_list("https://bad.example", bad) is None
        assert list(ensure_list(GATEWAY, good).cards) == ["a/one", "b/two"]
    assert (good.count, bad.count) == (1, 1)


def test_an_old_list_is_better_than_none():
    """Where a list is older than a day and cannot be had anew, the old one counts."""
    catalogue(Source()).cards()
    bad = Source(ConnectFailedError("no network"))
    assert list(ensure_list(GATEWAY, bad).cards) == ["a/one", "b/two"]
    assert bad.count == 1
