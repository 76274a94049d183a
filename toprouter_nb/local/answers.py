"""Spells an answer on the wire: HTTP heads, the plain reply, the chunks of a stream.

Pure: values in, bytes out. Knows nothing of sockets or models.
"""

import http
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any

from .refusal import Refusal
from .roster import LocalModel
from .speaker import Piece

DONE = b"data: [DONE]\n\n"
# Nothing here is a page, so nothing may be loaded, framed, sniffed, embedded or kept; no cross-origin header is ever
# sent, so no page of another origin can read an answer.
SAFETY: tuple[tuple[str, str], ...] = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


def encode_head(
    status: int, content_type: str, *, length: int | None, headers: Sequence[tuple[str, str]] = ()
) -> bytes:
    r"""Spell the status line and the headers. Without a length the body ends with the connection.

    Examples
    --------
    >>> encode_head(200, "application/json", length=2).split(b"\r\n")[0]
    b'HTTP/1.1 200 OK'
    """
    fields = [("Date", formatdate(usegmt=True)), ("Content-Type", content_type), *SAFETY, *headers]
    fields.append(("X-Request-Id", f"req-{secrets.token_hex(8)}"))
    if length is not None:
        fields.append(("Content-Length", str(length)))
    lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def encode_answer(payload: Mapping[str, Any], *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Spell a complete answer with a JSON body."""
    body = _encode_json(payload)
    return encode_head(status, "application/json", length=len(body), headers=headers) + body


def encode_refusal(refusal: Refusal, *, with_body: bool = True) -> bytes:
    """Spell an error answer; to a HEAD request without its body."""
    body = refusal.to_body()
    head = encode_head(refusal.status, "application/json", length=len(body), headers=refusal.headers)
    return head + body if with_body else head


def encode_models(models: Sequence[LocalModel]) -> bytes:
    """Spell the list of models."""
    return encode_answer({"object": "list", "data": [_describe(model) for model in models]})


def encode_model(model: LocalModel) -> bytes:
    """Spell one model."""
    return encode_answer(_describe(model))


def _describe(model: LocalModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": 0,
        "owned_by": "toprouter_nb",
        "name": model.name,
        "description": model.note,
        "context_length": model.context_tokens,
        "architecture": {"input_modalities": ["text", "image"] if model.takes_images else ["text"]},
        "pricing": {"prompt": "0", "completion": "0"},
    }


class Spelling:
    r"""Spells the pieces of one answer; all its chunks share an id, a time and the model's id.

    Parameters
    ----------
    model_id
        The model as it was asked for.
    wants_usage
        True where the last chunk shall carry the token counts.

    Examples
    --------
    >>> Spelling("local/ocr").encode_chunk(Piece(note="reading"))
    b': reading\n\n'
    """

    def __init__(self, model_id: str, *, wants_usage: bool = False) -> None:
        self._wants_usage = wants_usage
        self._stem = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": model_id}

    def encode_start(self) -> bytes:
        """Spell the first chunk, which names the role."""
        return self._encode({"role": "assistant", "content": ""}, None, None)

    def encode_chunk(self, piece: Piece) -> bytes:
        """Spell one piece as server-sent events; b"" where there is nothing to say."""
        blocks = [f": {piece.note}\n\n".encode()] if piece.note else []
        if piece.text or piece.reasoning:
            delta = {"content": piece.text} if piece.text else {}
            thought = {"reasoning_content": piece.reasoning} if piece.reasoning else {}
            blocks.append(self._encode(delta | thought, None, piece.logprobs))
        if piece.finish_reason:
            blocks.append(self._encode({}, piece.finish_reason, None))
        if piece.usage and self._wants_usage:
            chunk = self._stem | {"object": "chat.completion.chunk", "choices": [], "usage": piece.usage}
            blocks.append(b"data: " + _encode_json(chunk) + b"\n\n")
        return b"".join(blocks)

    def encode_failure(self, refusal: Refusal) -> bytes:
        """Spell an error that came up in the middle of a stream."""
        return b"data: " + refusal.to_body() + b"\n\n"

    def encode_reply(self, pieces: Sequence[Piece]) -> bytes:
        """Spell all pieces together as one plain answer."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(piece.text for piece in pieces)}
        reasoning = "".join(piece.reasoning for piece in pieces)
        if reasoning:
            message["reasoning_content"] = reasoning
        reason = next((piece.finish_reason for piece in pieces if piece.finish_reason), None)
        choice = {"index": 0, "message": message, "logprobs": _join_logprobs(pieces), "finish_reason": reason}
        usage = next((piece.usage for piece in pieces if piece.usage), None)
        return encode_answer(self._stem | {"object": "chat.completion", "choices": [choice], "usage": usage})

    def _encode(self, delta: Mapping[str, Any], reason: str | None, logprobs: Mapping[str, Any] | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        return b"data: " + _encode_json(self._stem | {"object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"


def _join_logprobs(pieces: Sequence[Piece]) -> dict[str, Any] | None:
    parts = [piece.logprobs for piece in pieces if piece.logprobs]
    return {"content": [entry for part in parts for entry in part.get("content") or ()]} if parts else None


def _encode_json(payload: Mapping[str, Any]) -> bytes:
    # A model may give half a character where its token cuts one.
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
