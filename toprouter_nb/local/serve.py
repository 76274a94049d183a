"""The logic of `toprouter-nb serve`: the local models for any other client, until Ctrl-C.

Knows nothing of the command line.
"""

import sys
from pathlib import Path
from typing import TextIO

from toprouter_nb.errors import LocalModelError

from .owner import Owner
from .roster import SMOLLM2_ID, own_model
from .weights import own_gguf


def serve(port: int | None = None, *, gguf: str | Path | None = None, out: TextIO | None = None) -> None:
    """Start the server, print its address and its key, and wait until Ctrl-C.

    Parameters
    ----------
    port
        Where to listen on 127.0.0.1; None for a free port.
    gguf
        A GGUF file of the user's own to serve instead of the embedded model; None for `TOPROUTER_LOCAL_GGUF`.
    out
        Where address and key are written; None for standard output.

    Raises
    ------
    LocalModelError
        It does not start, or it ended by itself.
    """
    own = own_gguf(gguf)
    model_id = own_model(own).id if own else SMOLLM2_ID
    owner = Owner(port=port or 0)
    try:
        base_url, key = owner.address(model_id, gguf=own)
        _introduce(out or sys.stdout, base_url, key, model_id)
        code = owner.wait()
    except KeyboardInterrupt:
        return
    finally:
        owner.stop()
    message = f"The local model server ended with code {code}. Start it again with: toprouter-nb serve"
    raise LocalModelError(message)


def _introduce(out: TextIO, base_url: str, key: str, model_id: str) -> None:
    lines = (
        f"address  {base_url}",
        f"key      {key}",
        f"model    {model_id}",
        "Any OpenAI-compatible client can use it. Ctrl-C ends it.",
    )
    out.write("\n".join(lines) + "\n")
    out.flush()
