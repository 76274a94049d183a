"""How the public names are typed; read by the type checker, never run."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import pandas as pd
from matplotlib.axes import Axes

from toprouter_nb import (
    Comparison,
    Conversation,
    Delta,
    Experiment,
    Grid,
    Judge,
    Reply,
    Settings,
    Turn,
    Usage,
    check_notebook,
    compare,
    configure,
    image,
    ledger,
    models,
    open_run,
    plots,
    scorer,
    scorers,
    usage_table,
    user,
)
from toprouter_nb.experiment.estimate import Estimate
from toprouter_nb.experiment.finding import Finding as Verdict
from toprouter_nb.experiment.progress import State
from toprouter_nb.experiment.rating import Rating
from toprouter_nb.experiment.results import Results
from toprouter_nb.experiment.results_pairs import Pairs
from toprouter_nb.experiment.scorers.function import Scorer
from toprouter_nb.leaks import Leaks
from toprouter_nb.parts import ImagePart
from toprouter_nb.sampling import Samples
from toprouter_nb.tables import Table
from toprouter_nb.xray_card import XRay
from toprouter_nb.xray_lint import Finding

chat = Conversation("any/model", system="S", temperature=0.5, stop=["a"])
reply = chat.ask("Hi", max_tokens=5)
assert_type(reply, Reply)
assert_type(reply.text, str)
assert_type(reply.cost_usd, Decimal | None)
assert_type(reply.usage, Usage)
assert_type(reply.usage.prompt_tokens, int | None)
assert_type(chat.stream("Hi"), Iterator[str])
assert_type(chat.stream("Hi", events=True), Iterator[Delta])
assert_type(chat.stream_async("Hi"), AsyncIterator[str])
assert_type(compare("Hi", ["any/model"]), Comparison)
assert_type(chat.usage_table(), Table)
assert_type(usage_table("model", since="7d"), Table)
assert_type(ledger(["seconds"], model="any/model").save("ledger.csv"), Path)
assert_type(plots.cost_over_time(ledger()), Axes)
assert_type(chat.turns, tuple[Turn, ...])
assert_type(chat.last, Reply | None)
assert_type(chat.fork(), Conversation)
assert_type(Conversation.from_messages([]), Conversation)
assert_type(user("Hi"), Turn)
assert_type(image("https://example.com/image.jpg"), ImagePart)
assert_type(configure(), Settings)
assert_type(check_notebook("lesson.ipynb", clear=True), Leaks)
models("flash", images=True).head()
assert_type(chat.ask("Hi", data_model=int, repair=True), Reply)
assert_type(chat.stream_data("Hi", data_model=int), Iterator[Any])
assert_type(chat.sample("Hi", temperatures=[0, 1], n=2), Samples)
assert_type(chat.tree().to_frame(), Table)
assert_type(chat.xray("Hi"), XRay)
assert_type(chat.xray().findings, tuple[Finding, ...])


@scorer(version=2)
def is_short(row: Any) -> bool:
    """Check that a decorated function is a scorer."""
    return len(row.answer) < 80


assert_type(is_short, Scorer)
study = Experiment("sums", Grid(["2 + 2?"], models=["any/model"], repeats=2), scorers=[is_short, scorers.exact])
assert_type(study.estimate(), Estimate)
assert_type(study.with_models("other/model"), Experiment)
run = study.run(budget_usd=1, requests_per_minute={"any/model": 60})
assert_type(run, Results)
assert_type(open_run("runs/sums").rescore([scorers.exact]), Results)
assert_type(run.state, State)
assert_type(run.state.failure, str)
assert_type(run.df(["model", "is_short"]), pd.DataFrame)
assert_type(run.summary("is_short"), Verdict)
assert_type(run.compare("any/model", "other/model").df(), Table)
assert_type(run.judge(Judge("any/judge", "Which is clearer?")), Pairs)
assert_type(run.rate(), Rating)
assert_type(run.errors(), pd.DataFrame)
assert_type(run.score_errors(), pd.DataFrame)
assert_type(run.export("sums.parquet"), Path)


async def ask() -> None:
    """Check the async twin."""
    assert_type(await chat.ask_async("Hi"), Reply)
