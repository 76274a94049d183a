"""The HTTP server of the local models: who is let in, which route, which model, and the answer.

Knows nothing of how a model runs (`speaker`) or how bytes come in (`door`, `caller`). Writes no log: a request leaves
no trace but its answer.
"""

import contextlib
import socket
import threading
from urllib.parse import unquote

from .answers import DONE, Spelling, encode_answer, encode_head, encode_model, encode_models, encode_refusal
from .asking import Ask, decode_ask
from .caller import MAX_BODY_BYTES, Caller
from .door import Door
from .guard import OPEN_PATH, Guard
from .head import Head, decode_head
from .line import Gone
from .refusal import Refusal
from .roster import explain_unknown
from .speaker import Piece, Speaker

CHAT_PATH = "/chat/completions"
MODELS_PATH = "/models"
# More than the lines of all models hold together: whether there is a place is for them to say.
MAX_THREADS = 48


class Front:
    """The server: answers `POST /chat/completions` and `GET /models`, each also under `/v1`, and `GET /health`.

    Life: made (listens), `add` models at any time, `start`, `close`.

    Parameters
    ----------
    token
        The key callers must send.
    port
        0 for a free one.

    Raises
    ------
    OSError
        The port is taken.
    """

    def __init__(self, token: str, port: int = 0) -> None:
        self._door = Door(port)
        self._guard = Guard(self._door.port, token)
        self._speakers: dict[str, Speaker] = {}
        self._threads = threading.BoundedSemaphore(MAX_THREADS)

    @property
    def address(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self._door.port}"

    def add(self, speaker: Speaker) -> None:
        """Let a model answer from now on."""
        # A new mapping each time: other threads may be reading the old one.
        self._speakers = {**self._speakers, speaker.model.id: speaker}

    def has(self, model_id: str) -> bool:
        """Say whether this model answers."""
        return model_id in self._speakers

    def start(self) -> None:
        """Begin to answer."""
        self._door.start(self._receive)

    def close(self) -> None:
        """Stop listening; requests under way end by themselves."""
        self._door.close()

    def _receive(self, sock: socket.socket, block: bytes, rest: bytes) -> bytes | None:
        """Look at a request head: answer at once, or keep the socket for a thread."""
        with_body = not block.startswith(b"HEAD ")
        try:
            head = decode_head(block)
            self._guard.check(head)
            answer = self._answer_at_once(head)
            if answer is not None:
                return answer
            # Only now the body is awaited: a caller without a key can send nothing that is read.
            self._check_chat(head)
            self._begin(sock, head, rest)
        except Exception as error:  # noqa: BLE001 - the loop behind the door must go on, see _explain
            return encode_refusal(_explain(error), with_body=with_body)
        return None

    def _begin(self, sock: socket.socket, head: Head, rest: bytes) -> None:
        if not self._threads.acquire(blocking=False):
            message = f"{MAX_THREADS} requests are already under way. Send it again later."
            raise Refusal(429, message, code="rate_limit_exceeded", headers=(("Retry-After", "3"),))
        thread = threading.Thread(target=self._serve, args=(sock, head, rest), name="toprouter-chat", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._threads.release()
            raise

    def _answer_at_once(self, head: Head) -> bytes | None:
        """Answer what needs no body; None for a chat request."""
        if head.path == CHAT_PATH:
            _check_method(head, "POST")
            return None
        if head.path == OPEN_PATH:
            _check_method(head, "GET")
            return encode_answer({"status": "ok"})
        if head.path == MODELS_PATH:
            _check_method(head, "GET")
            return encode_models([speaker.model for speaker in self._speakers.values()])
        if head.path.startswith(f"{MODELS_PATH}/"):
            _check_method(head, "GET")
            return encode_model(self._find(unquote(head.path.removeprefix(f"{MODELS_PATH}/"))).model)
        message = f"There is nothing here. The routes are POST {CHAT_PATH}, GET {MODELS_PATH} and GET {OPEN_PATH}."
        raise Refusal(404, message)

    def _check_chat(self, head: Head) -> None:
        content_type = head.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            # Other types can be sent by any web page without asking first.
            raise Refusal(400, "Send the body as JSON, with the header Content-Type: application/json.")
        if head.length is None:
            raise Refusal(411, "Send the request with a Content-Length.")
        if head.length > MAX_BODY_BYTES:
            message = f"The body has {head.length:,} bytes; at most {MAX_BODY_BYTES:,} are read."
            raise Refusal(413, message, code="request_too_large")

    def _find(self, model_id: str) -> Speaker:
        speaker = self._speakers.get(model_id)
        if speaker is None:
            raise Refusal(404, explain_unknown(model_id, self._speakers), param="model", code="model_not_found")
        return speaker

    def _serve(self, sock: socket.socket, head: Head, rest: bytes) -> None:
        caller = Caller(sock, rest)
        try:
            with contextlib.suppress(Gone):
                try:
                    self._converse(caller, head)
                except Exception as error:  # noqa: BLE001 - the last resort of a server, see _explain
                    if not isinstance(error, Gone):
                        caller.write(encode_refusal(_explain(error)))
        finally:
            self._threads.release()
            self._door.release(sock)

    def _converse(self, caller: Caller, head: Head) -> None:
        expects = head.headers.get("expect", "").lower() == "100-continue"
        ask = decode_ask(caller.read_body(head.length or 0, expects_continue=expects))
        speaker = self._find(ask.model)
        speaker.check(ask)
        with speaker.line.place(caller.is_there):
            _Conversing(caller, ask).run(speaker)


class _Conversing:
    """Sends the pieces of one answer: as they come, or all together at the end."""

    def __init__(self, caller: Caller, ask: Ask) -> None:
        self._caller = caller
        self._ask = ask
        self._spelling = Spelling(ask.model, wants_usage=ask.wants_usage)
        self._pieces: list[Piece] = []
        self._has_begun = False

    def run(self, speaker: Speaker) -> None:
        try:
            speaker.speak(self._ask, self._stream if self._ask.is_stream else self._collect)
        except Gone:
            raise
        except Exception as error:
            if not self._has_begun:
                raise
            self._caller.write(self._spelling.encode_failure(_explain(error)))
            return
        if self._ask.is_stream:
            self._caller.write(DONE)
        else:
            self._caller.write(self._spelling.encode_reply(self._pieces))

    def _collect(self, piece: Piece) -> bool:
        self._pieces.append(piece)
        return self._still_wanted()

    def _stream(self, piece: Piece) -> bool:
        block = b""
        if not self._has_begun:
            # Not before the first piece: until then the engine can still refuse, and a status can say so.
            block = encode_head(200, "text/event-stream; charset=utf-8", length=None) + self._spelling.encode_start()
            self._has_begun = True
        block += self._spelling.encode_chunk(piece)
        if block:
            self._caller.write(block)
        return self._still_wanted()

    def _still_wanted(self) -> bool:
        if not self._caller.is_there():
            raise Gone
        return True


def _explain(error: Exception) -> Refusal:
    """Turn the unforeseen into a 500 that gives nothing away: the caller gets an answer, nobody a traceback."""
    return error if isinstance(error, Refusal) else Refusal(500, "The local server failed on this request.")


def _check_method(head: Head, method: str) -> None:
    if head.method != method:
        message = f"{head.path} takes only {method}."
        raise Refusal(405, message, headers=(("Allow", method),))
