"""The child process of the local models: `python -m toprouter_nb.local.child`.

Takes one JSON command a line on standard input and answers each with one line on standard output; ends when its
input ends, which is when its owner closes it or dies. Knows nothing of weights' origin or of notebooks.
"""

import contextlib
import faulthandler
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .engine import SLOTS, WAITING, EngineSpeaker, load_engine
from .front import Front
from .libraries import has_ocr
from .line import Line
from .ocr import OcrSpeaker
from .presets import PLAIN_CHATML, WORKED_EXAMPLES
from .roster import FEWSHOT_ID, OCR_ID, SMOLLM2_ID, find_model, own_model

if sys.platform != "win32":
    import resource

# Gone within 3 s of its owner is what is promised; a look costs nothing.
OWNER_LOOK_SECONDS = 0.5
# Room for all callers the door lets in, and the files of the engine; many systems begin with 256 or 1,024.
OPEN_FILES = 8_192


def main() -> None:
    """Serve until standard input ends."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands, answers = _take_channel()
    _allow_open_files()
    front: Front | None = None
    for line in commands:
        command = json.loads(line)
        if front is None:
            front, answer = _open(command)
        else:
            answer = _load(front, Path(command["load"]), command["model"])
        with contextlib.suppress(BrokenPipeError):
            answers.write(json.dumps(answer).encode() + b"\n")
    # Threads that still generate must not keep the process, and the engine has nothing to save.
    os._exit(0)


def _take_channel() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard output for answers alone: whatever a library prints goes to standard error, the log."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return sys.stdin.buffer, answers


def _allow_open_files() -> None:
    if sys.platform == "win32":
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _open(hello: Mapping[str, Any]) -> tuple[Front | None, dict[str, Any]]:
    threading.Thread(target=_leave_with, args=(hello["owner"],), name="toprouter-owner", daemon=True).start()
    try:
        front = Front(hello["token"], hello["port"])
    except OSError as error:
        return None, {"failed": f"port {hello['port']} cannot be used ({error.strerror})"}
    if has_ocr():
        front.add(OcrSpeaker(find_model(OCR_ID)))
    front.start()
    return front, {"ready": front.address}


def _leave_with(owner: int) -> None:
    """End when the owner is gone, even where some other process still holds the other end of standard input."""
    while sys.platform != "win32":
        if os.getppid() != owner:
            os._exit(0)
        time.sleep(OWNER_LOOK_SECONDS)


def _load(front: Front, path: Path, model_id: str) -> dict[str, Any]:
    if front.has(model_id):
        return {"loaded": model_id}
    is_smollm2 = model_id in (SMOLLM2_ID, FEWSHOT_ID)
    try:
        engine = load_engine(path, template=PLAIN_CHATML if is_smollm2 else None)
    except (RuntimeError, ImportError, OSError) as error:
        return {"failed": str(error)}
    line = Line(SLOTS, WAITING)
    if is_smollm2:
        front.add(EngineSpeaker(find_model(SMOLLM2_ID), engine, line))
        front.add(EngineSpeaker(find_model(FEWSHOT_ID), engine, line, WORKED_EXAMPLES))
    else:
        front.add(EngineSpeaker(own_model(path), engine, line))
    return {"loaded": model_id}


if __name__ == "__main__":
    main()
