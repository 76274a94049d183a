"""A notebook to begin with: a first conversation, a table of what it used, and how to keep it.

Knows nothing of conversations; it is text. It runs on the machine's own model where there is no key.
"""

import json
import os
from pathlib import Path
from typing import Any

from .errors import ParameterError, StorageError
from .plain import render_plain, shorten

_OPENING = """# {title}

A conversation with a language model. Run the cells from the top, one by one.

With a key in `TOPROUTER_API_KEY` the gateway answers; without one a small model on this machine does, which is good \
for trying things and often wrong."""

_BACK = """## Go back

Nothing asked is lost: `undo`, `retry` and `edit` leave branches, and `tree` shows them."""

_MORE = """## More

- Pictures: `chat.ask("What is this?", fig)` takes figures, images, arrays, tables and files.
- Other models: `tr.models()` lists them, `chat.ask(..., model="...")` asks one.
- Keep it: `chat.save("chat.json")`, and `chat.export("chat.html")` to show it.
- Before sharing the notebook: `tr.check_notebook("{file}")` finds keys in it."""

_CELLS = (
    ("markdown", _OPENING),
    ("code", 'import toprouter_nb as tr\n\nchat = tr.Conversation(system="You are a patient tutor. Be brief.")'),
    ("markdown", "## Ask\n\nThe reply streams into the cell, and stays when the notebook is opened again."),
    ("code", 'chat.ask("What is a p-value, in two sentences?")'),
    ("code", 'chat.ask("Give an example with a coin.", temperature=0.7)'),
    ("markdown", _BACK),
    ("code", "chat.retry()"),
    ("code", "chat.tree()"),
    ("markdown", "## What it used"),
    ("code", "chat.usage_table()"),
    ("markdown", _MORE),
)


def write_starter(name: str) -> Path:
    """Write the starter notebook, and return its path; never over a file that is there.

    Parameters
    ----------
    name
        The file, with or without `.ipynb`; its folder must exist.

    Raises
    ------
    ParameterError
        The name is empty, or a file of that name is there.
    StorageError
        It cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_starter(f"{folder}/first").name
    'first.ipynb'
    """
    path = Path(name).expanduser()
    if not path.name or "\0" in name or not path.stem.strip():
        message = f"A notebook needs a name, such as 'first', not {shorten(repr(name), 60)}."
        raise ParameterError(message)
    if path.suffix != ".ipynb":
        path = path.with_name(f"{path.name}.ipynb")
    shown = repr(shorten(render_plain(str(path)), 200))
    content = json.dumps(_notebook(path), ensure_ascii=True, indent=1) + "\n"
    try:
        # O_EXCL: to look first and write then could hit a file that came in between.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except FileExistsError:
        message = f"{shown} is there already, and is left as it is. Choose another name."
    except OSError as error:
        message = f"{shown} cannot be written ({error.strerror or type(error).__name__})."
        raise StorageError(message) from None
    else:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
        return path
    raise ParameterError(message)


def _notebook(path: Path) -> dict[str, Any]:
    title = " ".join(render_plain(path.stem).replace("_", " ").split())
    cells = [_cell(place, kind, source, title, path.name) for place, (kind, source) in enumerate(_CELLS)]
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def _cell(place: int, kind: str, source: str, title: str, file: str) -> dict[str, Any]:
    told = source.replace("{title}", title).replace("{file}", file.replace("`", "'"))
    cell: dict[str, Any] = {"cell_type": kind, "id": f"starter-{place}", "metadata": {}, "source": told}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
