"""Small experiments against a gateway of this machine, for tests of whole runs."""

import contextlib
import hashlib
import threading
import time
from collections import Counter

from toprouter_nb import Experiment, Grid, Settings, scorer, testing

MODELS = ("a/small", "b/large")
PRICES = {"prompt": "0.000001", "completion": "0.000002"}


def listed(models=MODELS, *, pricing=PRICES):
    """Return the rows of a gateway's list."""
    return [{"id": model, "pricing": pricing} if pricing else {"id": model} for model in models]


def grid_of(prompts=10, *, models=MODELS, repeats=2, params=({"max_tokens": 20},), seed=1):
    """Return a grid of sums."""
    texts = [
        {"id": f"p{place}", "prompt": f"What is {place} + 2?", "reference": str(place + 2)} for place in range(prompts)
    ]
    return Grid(texts, models=list(models), params=list(params), repeats=repeats, seed=seed)


def cell_of(request):
    """Return what a request asks for: one text for each cell of a seeded grid."""
    asked = request.json
    return f"{asked['model']} {asked['messages'][-1]['content']} {asked.get('seed')} {asked.get('temperature')}"


def answer_to(request):
    """Answer a cell with a text of its own, always the same."""
    return hashlib.sha256(cell_of(request).encode()).hexdigest()[:12]


class Gateway:
    """A scripted gateway that counts how often each cell was asked, and the most calls at once."""

    def __init__(self, reply=answer_to, *, models=None, seconds=0.0):
        self.asked = Counter()
        self.times = []
        self._reply = reply
        self._seconds = seconds
        self._lock = threading.Lock()
        self._gateway = testing.ScriptedGateway(self._answer, models=listed() if models is None else models)

    def _answer(self, request):
        with self._lock:
            self.asked[cell_of(request)] += 1
            self.times.append(time.monotonic())
        reply = self._reply(request) if callable(self._reply) else self._reply
        if self._seconds and isinstance(reply, str):
            return testing.Script(reply, first_delay_seconds=self._seconds)
        return reply

    @property
    def calls(self):
        """How many calls came."""
        return sum(self.asked.values())

    def __enter__(self):
        self._gateway.start()
        self.base_url = self._gateway.base_url
        return self

    def __exit__(self, *_):
        self._gateway.close()


def settings_for(gateway, **changes):
    """Return settings that write to no ledger."""
    return Settings(gateway.base_url, "sk-canary-0123456789abcdef", ledger_path=False, **changes)


def study_at(gateway, folder, grid=None, *, name="sums", **changes):
    """Return an experiment at a gateway."""
    scorers = changes.pop("scorers", ())
    own = {key: changes.pop(key) for key in ("stream", "prices", "scorer_seconds", "durability") if key in changes}
    settings = settings_for(gateway, **changes)
    return Experiment(name, grid_of() if grid is None else grid, scorers=scorers, dir=folder, settings=settings, **own)


def table_of(run):
    """Return what must not depend on how a run was made: one line a cell, without times."""
    columns = [
        "model",
        "prompt_id",
        "repeat",
        "seed",
        "status",
        "answer",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
    ]
    frame = run.df()[columns].astype({"model": str, "status": str})
    return frame.sort_values(columns[:4]).reset_index(drop=True)


@contextlib.contextmanager
def running(study, **options):
    """Run in the background, and stop at the end."""
    run = study.run(wait=False, display=False, **options)
    try:
        yield run
    finally:
        run.stop(now=True)


def wait_for(condition, seconds=10.0):
    """Wait until something is true."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not come true in time"
        time.sleep(0.01)


@scorer(version=1)
def exact(row):
    """Say whether the answer is the reference."""
    return float(row.answer == row.reference)
