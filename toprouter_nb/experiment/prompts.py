"""`load_prompts()`: whatever holds prompts becomes one frame, checked, with ids.

Knows which sources there are; what a column means is for `prompt_layout`; files and generators have their own modules.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten
from ..turns import Turn
from ..whole import check_whole
from .demo_prompts import make_demo
from .prompt import Prompt, read_turns
from .prompt_files import read_prompt_file
from .prompt_layout import COLUMNS, Layout, is_missing

_DEMO = "demo/"
# Enough to see a difference of 14 points 8 times in 10 (`power(prompts=100)`).
_DEMO_ROWS = 100
_SOURCES = "a DataFrame, the path of a .csv, .jsonl or .parquet file, a list, or 'demo/NAME'"


def load_prompts(
    source: object,
    *,
    template: str | None = None,
    system: str | None = None,
    images: str | Sequence[str] = (),
    id: str | None = None,
    reference: str | None = None,
    cluster: str | None = None,
    n: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Bring prompts and their reference answers into one frame.

    Parameters
    ----------
    source
        A DataFrame; the path of a .csv, .jsonl or .parquet file; a list of texts, of dicts with one key a column, or
        of conversations (lists of turns or message dicts that end with the user's); or "demo/NAME", prompts with
        references made by chance: arithmetic, dates, json, letters, sorting, units.
    template
        The prompt with `{column}` in it; `{{` and `}}` are braces. None takes the column `prompt`, which may also
        hold conversations.
    system
        A system message put in front of each prompt that has none; with `{column}` in it like a template.
    images
        Columns of images that go behind the text: anything `image()` takes, a list of such, or nothing. In a file, a
        text that is no address is the path of an image in the file's folder.
    id, reference, cluster
        Columns to take these from; None takes the column of that name where there is one. Without ids each prompt is
        named by what it says; without clusters each prompt stands for itself.
    n
        How many: a sample decided by `seed`, in the order of the source. None takes all, or 100 of a demo.
    seed
        A whole number.

    Returns
    -------
    DataFrame
        These columns, then the source's others.

        name | dtype | unit | null means
        --- | --- | --- | ---
        id | object | - | never; a text
        prompt | object | - | never; a text, or a tuple of `Turn` where one text is not all
        reference | object | - | no right answer is known
        cluster | object | - | never; the id where prompts stand for themselves

    Raises
    ------
    ParameterError
        The source is none of these, is empty, lacks a column, has an empty prompt, or an id twice. Or it is a Parquet
        file, and pyarrow is not installed.
    ImageError
        An image cannot be read; the message names the prompt.

    Examples
    --------
    >>> prompts = load_prompts([{"word": "tree", "german": "Baum"}, {"word": "sea", "german": "Meer"}],
    ...                        template="Translate to German: {word}", reference="german")
    >>> prompts["prompt"].tolist(), prompts["reference"].tolist()
    (['Translate to German: tree', 'Translate to German: sea'], ['Baum', 'Meer'])
    >>> load_prompts("demo/arithmetic", n=200, seed=7).shape
    (200, 4)
    """
    chance = check_whole("seed", seed, 0, 2**32 - 1)
    count = None if n is None else check_whole("n", n, 1)
    table, folder = _table(source, count, chance)
    if count is not None and count < len(table):
        # Back in the source's order: a sample must not shuffle what the user sorted.
        table = table.sample(count, random_state=chance).sort_index().reset_index(drop=True)
    layout = Layout(list(table.columns), {"id": id, "reference": reference, "cluster": cluster})
    return layout.lay_out(table, template=template, system=system, images=images, folder=folder)


def read_prompts(source: object) -> tuple[Prompt, ...]:
    """Return prompts as values, from a frame of `load_prompts` or anything it takes.

    Raises
    ------
    ParameterError
        As `load_prompts`.

    Examples
    --------
    >>> [prompt.text for prompt in read_prompts(["Name a prime.", "Name a tree."])]
    ['Name a prime.', 'Name a tree.']
    """
    if isinstance(source, tuple) and source and all(isinstance(prompt, Prompt) for prompt in source):
        return source
    frame = load_prompts(source)
    columns = [frame[name].tolist() for name in COLUMNS]
    return tuple(
        Prompt(name, read_turns(said, place=f"Prompt {name}"), reference, cluster)
        for name, said, reference, cluster in zip(*columns, strict=True)
    )


def _table(source: object, count: int | None, seed: int) -> tuple[pd.DataFrame, Path | None]:
    """Return a frame with text columns and an index from 0, and the folder of its file."""
    if isinstance(source, str) and source.startswith(_DEMO) and not Path(source).suffix:
        demo = make_demo(source.removeprefix(_DEMO), _DEMO_ROWS if count is None else count, seed)
        return pd.DataFrame(demo, dtype=object), None
    if isinstance(source, str | Path):
        path = Path(source)
        return read_prompt_file(path), path.parent
    return _checked(_frame(source)), None


def _frame(source: object) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    if not isinstance(source, Sequence) or isinstance(source, bytes | bytearray):
        message = f"Prompts come from {_SOURCES}; not from {type(source).__name__}."
        raise ParameterError(message)
    # The likeliest slip: read as records, each message would become a prompt of its own.
    if any(isinstance(entry, Mapping) and "role" in entry for entry in source):
        message = "A list of messages is one prompt. Put it into a list of prompts: [[{'role': ..., 'content': ...}]]."
        raise ParameterError(message)
    records = [entry if isinstance(entry, Mapping) else {"prompt": _said(entry)} for entry in source]
    names = list(dict.fromkeys(name for record in records for name in record))
    return pd.DataFrame({name: [record.get(name) for record in records] for name in names}, dtype=object)


def _said(entry: object) -> object:
    return (entry,) if isinstance(entry, Turn) else entry


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        message = "There are no prompts: the table is empty. Give at least one."
        raise ParameterError(message)
    names = list(frame.columns)
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        shown = shorten(render_plain(repr(names)), 100)
        message = f"The columns of prompts have texts as names, each once, not {shown}."
        raise ParameterError(message)
    columns = {name: [None if is_missing(value) else value for value in frame[name].tolist()] for name in names}
    return pd.DataFrame(columns, dtype=object)
