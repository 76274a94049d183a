"""Runs a GGUF model with xllamacpp and gives its answer piece by piece.

Lives in the child process only. Knows nothing of HTTP: the engine is called directly, in the thread of the request.
"""

import dataclasses
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toprouter_nb.plain import render_plain, shorten

from .asking import Ask, Message
from .cores import engine_threads
from .line import Line
from .presets import disarm, insert_examples
from .refusal import Refusal
from .roster import CONTEXT_TOKENS, LocalModel
from .speaker import Piece, Receive

# Two answers at once, so that a long one does not hold up a short one; on one core more only make each slower.
SLOTS = 2
WAITING = 14
# A model of this size may never come to an end by itself.
REPLY_TOKENS = 512
# A request is given up, and the other slot gets its turn, between two batches: about a second of reading on one core.
BATCH_TOKENS = 128
# No tokenizer of the supported files puts more than 128 characters into a token, so a longer text cannot fit; it is
# refused without spending seconds on counting it.
MAX_TEXT_CHARACTERS = 2**21
CHARACTERS_PER_TOKEN = 128


def load_engine(path: Path, *, template: str | None) -> Any:
    """Load a GGUF file; takes a third of a second for 100 MB.

    Parameters
    ----------
    path
        The file.
    template
        A Jinja chat template; None for the one in the file.

    Returns
    -------
    Any
        The engine's own `Server` object, ready.

    Raises
    ------
    RuntimeError
        The engine cannot use the file; the reason is on standard error.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    # The engine divides its context among its slots.
    params.n_parallel, params.n_ctx = SLOTS, CONTEXT_TOKENS * SLOTS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = engine_threads()
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.n_predict, params.verbosity = REPLY_TOKENS, 1
    # As SmolLM2's makers use it; a request may say otherwise.
    params.sampling.temp, params.sampling.top_p = 0.2, 0.9
    # With the cache on, an answer depends on what was asked before it.
    params.cache_prompt = False
    if template is not None:
        params.chat_template = template
    _set_where_known(params, warmup=False, fit_params=False, ui=False, webui=False, prefill_assistant=False)
    _set_where_known(params, cache_ram_mib=0, cache_idle_slots=False, endpoint_slots=False, endpoint_props=False)
    with tempfile.TemporaryDirectory(prefix="toprouter-nb-") as folder:
        _close_door(params, Path(folder) / "engine.sock")
        return xllamacpp.Server(params)


def _set_where_known(params: Any, **values: object) -> None:
    # Names of settings come and go between releases of the engine; these only save time and memory.
    for name, value in values.items():
        if hasattr(params, name):
            setattr(params, name, value)


def _close_door(params: Any, socket_path: Path) -> None:
    """Keep the engine's own HTTP server from being reached: this process calls the engine directly.

    It cannot be switched off. On Linux it listens on a socket file that is deleted as soon as the engine is up;
    elsewhere on loopback, with a key nobody knows.
    """
    params.api_keys = [secrets.token_urlsafe(32)]
    _set_where_known(params, cors_origins="http://127.0.0.1", cors_credentials=False)
    # A socket's path may have 107 bytes on Linux.
    host = str(socket_path) if sys.platform == "linux" and len(os.fsencode(socket_path)) < 100 else "127.0.0.1"  # noqa: PLR2004
    if hasattr(params, "hostnames"):
        params.hostnames = [host]
    else:
        params.hostname = host


@dataclasses.dataclass(frozen=True, slots=True)
class EngineSpeaker:
    """Answers with a loaded engine.

    Attributes
    ----------
    model
        What it is called.
    engine
        What `load_engine` returned; several speakers may share one.
    line
        The callers of that engine.
    examples
        Messages put before every conversation.
    """

    model: LocalModel
    engine: Any = dataclasses.field(repr=False)
    line: Line = dataclasses.field(repr=False)
    examples: tuple[Message, ...] = ()

    def check(self, ask: Ask) -> None:
        """Refuse images, and texts that are certainly too long."""
        for index, message in enumerate(ask.messages):
            if message.images:
                text = f"{self.model.id} reads no images. Ask local/ocr for the text in an image."
                raise Refusal(400, text, param=f"messages[{index}].content", code="image_not_supported")
        characters = sum(len(message.text) for message in ask.messages)
        if characters > MAX_TEXT_CHARACTERS:
            raise _too_long(self.model, f"at least {characters // CHARACTERS_PER_TOKEN:,}")

    def speak(self, ask: Ask, receive: Receive) -> None:
        """Run the request on the engine until it is complete or no longer wanted."""
        failures: list[Exception] = []

        def take(chunk: Mapping[str, Any]) -> bool:
            # The engine swallows what is raised in here: keep it, stop the engine, raise it outside.
            try:
                return not receive(self._decode_piece(chunk))
            except Exception as error:  # noqa: BLE001 - raised again below
                failures.append(error)
                return True

        try:
            self.engine.handle_chat_completions(self._request(ask), take)
        except (RuntimeError, ValueError) as error:
            raise self._refusal({"message": str(error)}) from error
        if failures:
            raise failures[0]

    def _request(self, ask: Ask) -> dict[str, Any]:
        messages = insert_examples(ask.messages, self.examples)
        spoken = [{"role": message.role, "content": disarm(message.text)} for message in messages]
        # Always as a stream, so that every answer can be given up half-way.
        how = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        return {"messages": spoken, **ask.options, **how}

    def _decode_piece(self, chunk: Mapping[str, Any]) -> Piece:
        if "error" in chunk:
            raise self._refusal(chunk["error"])
        choice = (chunk.get("choices") or [{}])[0]
        delta = choice.get("delta") or {}
        progress = chunk.get("prompt_progress")
        return Piece(
            text=delta.get("content") or "",
            reasoning=delta.get("reasoning_content") or "",
            logprobs=choice.get("logprobs"),
            finish_reason=choice.get("finish_reason"),
            usage=chunk.get("usage"),
            note=f"read {progress['processed']} of {progress['total']} tokens" if progress else "",
        )

    def _refusal(self, error: Mapping[str, Any]) -> Refusal:
        if error.get("type") == "exceed_context_size_error":
            return _too_long(self.model, f"{error.get('n_prompt_tokens', 0):,}")
        reason = shorten(render_plain(str(error.get("message", ""))), 300)
        return Refusal(400, f"The engine cannot use this request: {reason}")


def _too_long(model: LocalModel, tokens: str) -> Refusal:
    message = (
        f"The messages take {tokens} tokens; {model.id} reads at most {model.context_tokens:,}, its reply included. "
        "Shorten the conversation."
    )
    return Refusal(400, message, param="messages", code="context_length_exceeded")
