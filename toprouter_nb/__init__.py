"""Conversations with language models, made for notebooks.

This file holds names only. Each is imported when it is first used, so that `import toprouter_nb` reads no file but
its own, opens nothing, and loads none of pandas, ipywidgets, httpx or pydantic.
"""

from importlib import import_module

__version__ = "0.1.0"

# Importing the name from `typing` would be nearly all the time this import takes; type checkers know it as it is.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import errors as errors
    from . import plots as plots
    from . import testing as testing
    from .accounts import ledger as ledger
    from .accounts import usage_table as usage_table
    from .comparison import Comparison as Comparison
    from .comparison import compare as compare
    from .experiment import scorers as scorers
    from .experiment.dask_runner import DaskRunner as DaskRunner
    from .experiment.grid import Grid as Grid
    from .experiment.judge import Judge as Judge
    from .experiment.prompts import load_prompts as load_prompts
    from .experiment.ranking import rank as rank
    from .experiment.results import Results as Results
    from .experiment.results import open_run as open_run
    from .experiment.sample_size import power as power
    from .experiment.scorers.function import scorer as scorer
    from .experiment.study import Experiment as Experiment
    from .images import image as image
    from .leaks import check_notebook as check_notebook
    from .lessons import record as record
    from .lessons import replay as replay
    from .meter import track as track
    from .notebook import Conversation as Conversation
    from .parts import ImagePart as ImagePart
    from .parts import TextPart as TextPart
    from .reply import Reply as Reply
    from .settings import Settings as Settings
    from .settings import configure as configure
    from .shelf import models as models
    from .submissions import collect as collect
    from .turns import Turn as Turn
    from .turns import assistant as assistant
    from .turns import system as system
    from .turns import user as user
    from .usage import Usage as Usage
    from .wire.answer import Delta as Delta

_HOMES = {
    "Comparison": "comparison",
    "Conversation": "notebook",
    "DaskRunner": "experiment.dask_runner",
    "Delta": "wire.answer",
    "Experiment": "experiment.study",
    "Grid": "experiment.grid",
    "ImagePart": "parts",
    "Judge": "experiment.judge",
    "Reply": "reply",
    "Results": "experiment.results",
    "Settings": "settings",
    "TextPart": "parts",
    "Turn": "turns",
    "Usage": "usage",
    "assistant": "turns",
    "check_notebook": "leaks",
    "collect": "submissions",
    "compare": "comparison",
    "configure": "settings",
    "errors": "",
    "image": "images",
    "ledger": "accounts",
    "load_prompts": "experiment.prompts",
    "models": "shelf",
    "open_run": "experiment.results",
    "plots": "",
    "power": "experiment.sample_size",
    "rank": "experiment.ranking",
    "record": "lessons",
    "replay": "lessons",
    "scorer": "experiment.scorers.function",
    "scorers": "experiment",
    "system": "turns",
    "testing": "",
    "track": "meter",
    "usage_table": "accounts",
    "user": "turns",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605  # one list, so that names and homes cannot drift apart


def load_ipython_extension(shell: object) -> None:
    """Install `%%tr` and `%tr`: what `%load_ext toprouter_nb` calls."""
    import_module(".magics", __name__).load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Take them out again."""
    import_module(".magics", __name__).unload(shell)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    home = _HOMES[name]
    value = getattr(import_module(f".{home}", __name__), name) if home else import_module(f".{name}", __name__)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, for Tab."""
    return [*__all__, "__version__"]
