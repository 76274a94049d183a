"""Which extra libraries a local model needs, and what to say where one is missing.

Looks for them without importing any. Knows nothing of what they do.
"""

import importlib.util

from toprouter_nb.errors import LocalModelError

from .roster import OCR_ID

INSTALL = "pip install 'toprouter_nb[local]'"
INSTALL_OCR = "pip install 'toprouter_nb[ocr]'"
ELSEWHERE = (
    "Name a remote model and set TOPROUTER_API_KEY, or run a server made for this machine (llama-server, Ollama) and "
    "name it in TOPROUTER_BASE_URL."
)


def has_ocr() -> bool:
    """Say whether text recognition can be loaded.

    Examples
    --------
    >>> has_ocr() in (True, False)
    True
    """
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def require_library(model_id: str) -> None:
    """Make sure that what a model needs is installed.

    Raises
    ------
    LocalModelError
        It is not; the message is the line that installs it.
    """
    if model_id == OCR_ID:
        if not has_ocr():
            message = f"{model_id} needs RapidOCR. Install it with: {INSTALL_OCR}"
            raise LocalModelError(message)
    elif importlib.util.find_spec("xllamacpp") is None:
        message = (
            f"{model_id} needs the engine xllamacpp. Install it with: {INSTALL}. There are wheels for Linux (x86-64, "
            f"aarch64; not musl), macOS 13 and later, and Windows x64. Elsewhere: {ELSEWHERE}"
        )
        raise LocalModelError(message)
