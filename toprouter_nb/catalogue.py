"""The list of models: from the gateway, kept on disk with its date, so that it is also there without a network.

Knows nothing of tables and of how the list is fetched: it is handed a function that fetches it.
"""

import contextlib
import dataclasses
import datetime as dt
import functools
import hashlib
import json
import os
import pathlib
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .cards import LocalModel, ModelCard, decode_cards, decode_listing, local_card
from .errors import LocalModelError, ToprouterError
from .limits import is_loopback
from .local import MODELS, own_gguf, own_model
from .local.weights import cache_folder
from .lookup import find_card

_DAY_SECONDS = 86_400
# After the list was asked for in vain because of a budget, so that not every call asks again.
_PAUSE_SECONDS = 60.0
_FORMAT = 1
_LAST_DATE_SECONDS = 2**33  # the year 2242: of much later ones no date can be made
# Files of ours are a few hundred kilobytes; what is far beyond was not written by us.
_MAX_FILE_BYTES = 64 * 2**20
# Of servers on this machine, by address: on disk they would outlive the port they are of.
_LISTS_HERE: dict[str, tuple[float, list[Any]]] = {}


class Catalogue:
    """The models of one gateway and of this machine.

    Life: `cards`, any number of times; the network is asked at most once, unless `refresh` says otherwise. After it
    `note`, `fetched_at` and `skipped` say how good the list is.

    Parameters
    ----------
    fetch
        Returns the body of `GET /models`, or raises a `ToprouterError`.
    base_url
        The gateway's address: each has its own file. The list of a server on this machine is not kept: it is a moment
        away, and tomorrow another server may answer at its port.
    local_models
        What comes first in the list; None takes the models of this machine.
    fresh_seconds
        How old the file may be before the gateway is asked again.
    clock
        Seconds since the epoch; replaced in tests.

    Attributes
    ----------
    fetched_at
        When the gateway's part of the list was fetched; None while there is none.
    note
        One sentence for people where the list is old or misses the gateway's models; "" where all is well.
    skipped
        Rows of the gateway's list that could not be used.

    Examples
    --------
    >>> catalogue = Catalogue(lambda: b'{"data": [{"id": "any/model"}]}', base_url="http://127.0.0.1:8000")
    >>> catalogue.find("any/model").name
    'any/model'
    """

    def __init__(
        self,
        fetch: Callable[[], bytes],
        *,
        base_url: str,
        local_models: Iterable[LocalModel] | None = None,
        fresh_seconds: float = _DAY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.fetched_at: dt.datetime | None = None
        self.note = ""
        self.skipped = 0
        self._fetch = fetch
        self._base_url = base_url.rstrip("/")
        self._file = cache_file(base_url)
        self._local = _local_cards() if local_models is None else tuple(map(local_card, local_models))
        self._remote: tuple[ModelCard, ...] | None = None
        self._fresh_seconds = fresh_seconds
        self._clock = clock

    def cards(self, *, refresh: bool = False) -> tuple[ModelCard, ...]:
        """Return all cards, those of this machine first; never fails.

        Parameters
        ----------
        refresh
            True asks the gateway even where a fresh list is at hand.
        """
        if self._remote is None or refresh:
            self._remote = self._find_remote(refresh=refresh)
        return self._local + self._remote

    def find(self, model_id: str) -> ModelCard | None:
        """Return the card of a model; None where it is not in the list."""
        return find_card(model_id, self.cards())

    def _find_remote(self, *, refresh: bool) -> tuple[ModelCard, ...]:
        kept = _load(self._file)
        now = self._clock()
        if kept is not None and not refresh and 0 <= now - kept[0] < self._fresh_seconds:
            return self._take(*kept)
        try:
            rows = decode_listing(self._fetch())
        except ToprouterError as error:
            return self._do_without(kept, error)
        _save(self._file, now, rows)
        if self._file is None:
            _LISTS_HERE[self._base_url] = now, rows
        return self._take(now, rows)

    def _take(self, fetched_seconds: float, rows: list[Any], note: str = "") -> tuple[ModelCard, ...]:
        cards, self.skipped = decode_cards(rows)
        self.fetched_at = dt.datetime.fromtimestamp(fetched_seconds, dt.UTC)
        self.note = note
        return cards

    def _do_without(self, kept: tuple[float, list[Any]] | None, error: ToprouterError) -> tuple[ModelCard, ...]:
        if kept is None:
            self.note = f"Only the models of this machine are listed. The gateway's list could not be had: {error}"
            return ()
        date = dt.datetime.fromtimestamp(kept[0], dt.UTC).date()
        return self._take(*kept, note=f"The list is of {date}. A newer one could not be had: {error}")


@dataclasses.dataclass(frozen=True, eq=False)
class KnownList:
    """A gateway's list as it is known in this moment.

    Attributes
    ----------
    cards
        By id.
    fetched_seconds
        When it was fetched, in seconds since the epoch.
    """

    cards: Mapping[str, ModelCard]
    fetched_seconds: float


def known_cards(base_url: str) -> tuple[ModelCard, ...]:
    """Return what is known without asking the network: this machine's models, and the list kept, however old."""
    known = _KNOWN.find(base_url)
    return _local_cards() + (tuple(known.cards.values()) if known else ())


def known_list(base_url: str) -> KnownList | None:
    """Return a gateway's list as it is kept, however old, without asking the network; None where none is kept.

    Cheap enough for every call: the file is read again only when it has changed.
    """
    return _KNOWN.find(base_url)


def ensure_list(base_url: str, fetch: Callable[[], bytes]) -> KnownList | None:
    """Return a gateway's list, fetched where none is kept or the one that is kept is older than a day.

    Asks the network at most once a minute, and waits for it, also inside an event loop; where the list cannot be had,
    the old one, or None, is returned.
    """
    if _is_fresh(_KNOWN.find(base_url)):
        return _KNOWN.find(base_url)
    with _KNOWN.asking:  # who comes meanwhile waits, and finds it
        if not _is_fresh(_KNOWN.find(base_url)) and _KNOWN.may_ask(base_url):
            Catalogue(fetch, base_url=base_url, local_models=()).cards()
    return _KNOWN.find(base_url)


def _is_fresh(known: KnownList | None) -> bool:
    return known is not None and 0 <= time.time() - known.fetched_seconds < _DAY_SECONDS


class _KnownLists:
    """The lists this process has read, by address, each with what tells whether it is still the one that is kept."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[object, KnownList | None]] = {}
        self._asked: dict[str, float] = {}
        self.asking = threading.Lock()

    def may_ask(self, base_url: str) -> bool:
        now = time.monotonic()
        if now - self._asked.get(base_url, -_PAUSE_SECONDS) < _PAUSE_SECONDS:
            return False
        self._asked[base_url] = now
        return True

    def find(self, base_url: str) -> KnownList | None:
        base_url = base_url.rstrip("/")
        file = cache_file(base_url)
        stamp = _LISTS_HERE.get(base_url) if file is None else _stamp(file)
        read = self._read.get(base_url)
        if read is None or read[0] != stamp:
            kept = _LISTS_HERE.get(base_url) if file is None else _load(file)
            self._read[base_url] = read = stamp, kept and _known(*kept)
        return read[1]


_KNOWN = _KnownLists()


def _known(fetched_seconds: float, rows: list[Any]) -> KnownList:
    return KnownList({card.id: card for card in decode_cards(rows)[0]}, fetched_seconds)


def _stamp(file: pathlib.Path) -> tuple[object, ...] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return file, found.st_mtime_ns, found.st_size, found.st_ino


def cache_file(base_url: str) -> pathlib.Path | None:
    """Return the place of a gateway's list; None for a server on this machine, whose list is kept by the process.

    The name is a hash: an address may hold what is nobody's business.
    """
    if _is_here(base_url):
        return None
    digest = hashlib.sha256(base_url.rstrip("/").encode()).hexdigest()[:16]
    return cache_folder() / f"models-{digest}.json"


@functools.lru_cache(maxsize=64)
def _is_here(base_url: str) -> bool:
    """Say whether a server is on this machine; kept, for the price of every call is looked up."""
    return is_loopback(urllib.parse.urlsplit(base_url).hostname or "")


def _local_cards() -> tuple[ModelCard, ...]:
    """Make the cards of this machine's models, a GGUF file of the user's own included."""
    own = None
    with contextlib.suppress(LocalModelError):  # a file that is missing is told when it is asked
        own = own_gguf()
    return tuple(map(local_card, (*MODELS, own_model(own)) if own else MODELS))


def _load(file: pathlib.Path | None) -> tuple[float, list[Any]] | None:
    """Read a kept list and its date; None where there is none, or none that can be used."""
    if file is None:
        return None
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            return None
        kept = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(kept, Mapping) or kept.get("format") != _FORMAT or not isinstance(kept.get("rows"), list):
        return None
    fetched = kept.get("fetched_seconds")
    if not isinstance(fetched, int | float) or not 0 <= fetched < _LAST_DATE_SECONDS:
        return None
    return float(fetched), kept["rows"]


def _save(file: pathlib.Path | None, fetched_seconds: float, rows: list[Any]) -> None:
    """Write a list in one step, so that another process reads the old one or the new one, never half of it.

    A disk that cannot be written is no reason to fail: the next process asks the gateway again.
    """
    if file is None:
        return
    text = json.dumps({"format": _FORMAT, "fetched_seconds": fetched_seconds, "rows": rows})
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        draft = pathlib.Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
