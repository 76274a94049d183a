"""`compare()`: asks several models the same, shows their answers side by side, and returns them.

Knows the order of things only; each step is in a module beside.
"""

from decimal import Decimal
from typing import Any

from ..budget import Budget
from ..display.calm import calm
from ..keys import hide_key
from ..notebook import Conversation
from ..params import is_local_id
from ..settings import Display, Settings, require_key
from ..stage import STAGE
from ..tracking import Tracker
from ..whole import check_whole
from .answers import Answer, Comparison
from .asking import Asker
from .questions import check_models, check_prompts
from .watching import Columns, watching_for

# Each is a thread; beyond it `Experiment` is the tool, whose lanes cost none.
MOST_AT_ONCE = 64


def compare(
    prompts: object,
    models: object,
    *,
    system: str | None = None,
    concurrency: int = 8,
    budget_usd: Decimal | float | None = None,
    settings: Settings | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
    display: Display = True,
    **params: Any,
) -> Comparison:
    """Ask several models the same questions, and see the answers grow side by side.

    Each answer has a conversation of its own, to go on from. What fails is a row like the others; only what is wrong
    with all of them is raised. Nothing is kept on disk: for experiments that go on after a restart see `Experiment`.

    Parameters
    ----------
    prompts
        A text, a list of texts, a Series, or a dict of name and text. A tuple is one question of several parts, as
        `ask` takes them.
    models
        A model id, or up to 100 of them.
    system
        How the models shall behave; None for no system turn.
    concurrency
        How many are asked at once, 1 to 64.
    budget_usd
        US dollars that all answers together may cost; None = no limit but those that are set already.
    settings, api_key, base_url, display, **params
        As in `Conversation`. Up to 10 prompts are shown as they grow, row by row; more with a progress bar.

    Returns
    -------
    Comparison
        Where it was stopped in a notebook, with what had arrived.

    Raises
    ------
    ParameterError, ImageError
        A prompt, a model id or an option cannot be used. Nothing was sent.
    SettingsError
        There is no key, or the address cannot be used. Nothing was sent.
    KeyboardInterrupt
        It was interrupted outside a notebook; `error.partial` is the Comparison so far. In a notebook only where
        nothing was asked yet, as when an earlier question of the same cell was stopped.

    Examples
    --------
    >>> from toprouter_nb import compare, testing
    >>> with testing.ScriptedGateway(["Paris.", "Paris!"]) as gateway:
    ...     given = {"base_url": gateway.base_url, "api_key": "test", "display": False}
    ...     answers = compare("Capital of France?", ["maker/one", "maker/two"], concurrency=1, **given)
    >>> answers
    Comparison(1 prompt, 2 models)
    >>> answers.answer(0, "maker/two").text
    'Paris!'
    """
    key, api_key = hide_key(api_key), None  # first: from here on no frame of ours holds the text
    checked = check_prompts(prompts)
    names = check_models(models)
    at_once = check_whole("concurrency", concurrency, 1, MOST_AT_ONCE)
    given: dict[str, Any] = {"settings": settings, "api_key": key, "base_url": base_url, "display": display}
    chats = [Conversation(name, system=system, **given, **params) for name in names]
    # Asked for once and before all: else each thread would ask, or each answer be the same error.
    if not STAGE.is_offline and any(not is_local_id(name) for name in names):
        require_key(chats[0].settings)
    answers = [
        Answer(prompt=prompt, model=name, conversation=chat.fork())
        for prompt in checked
        for name, chat in zip(names, chats, strict=True)
    ]
    comparison = Comparison(answers)
    watching = watching_for(chats[0].settings.display if display is True else display, len(checked))
    tracker = Tracker(None if budget_usd is None else Budget(budget_usd, name="this comparison"))
    tracker.activate()
    try:
        watching.carry(Asker(at_once), answers, len(names))
    except KeyboardInterrupt as error:
        is_before = all(answer.status == "not asked" for answer in answers)
        if not watching.keeps_stopped or is_before:
            error.partial = comparison  # type: ignore[attr-defined]
            calm(error)
            raise
    finally:
        tracker.deactivate()
    if isinstance(watching, Columns):
        comparison.mark_shown(watching.stands_above())
    return comparison
