"""The body of a chat request, checked field by field and turned into a value.

Pure: bytes in, an `Ask` out, or a refusal that names the field. Knows nothing of models or sockets.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from toprouter_nb.plain import render_plain, shorten

from .options import decode_options
from .refusal import Refusal

ROLES = ("system", "user", "assistant")
# Far beyond any context here; what it bounds is the time that checking takes.
MAX_MESSAGES = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation: who, the text parts joined by line breaks, the addresses of the images."""

    role: str
    text: str
    images: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Ask:
    """One checked chat request.

    Attributes
    ----------
    model
        The id asked for; not checked against anything yet.
    messages
        At least one.
    options
        The sampling options that were given, as the engine takes them.
    is_stream
        True for server-sent events.
    wants_usage
        True where a stream shall end with the token counts.
    """

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any]
    is_stream: bool = False
    wants_usage: bool = False


def decode_ask(body: bytes) -> Ask:
    """Read and check the body of a chat request.

    Parameters
    ----------
    body
        JSON in UTF-8.

    Raises
    ------
    Refusal
        400: no JSON object, or a field is missing, of the wrong type or out of range; `param` names it.

    References
    ----------
    Chat Completions reference, sections "Request Format" and "Parameters".

    Examples
    --------
    >>> ask = decode_ask(b'{"model": "local/ocr", "messages": [{"role": "user", "content": "Hi"}]}')
    >>> ask.messages
    (Message(role='user', text='Hi', images=()),)
    """
    given = _decode_json(body)
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise Refusal(400, "Name the model to ask, as in 'model': 'local/smollm2-135m'.", param="model")
    is_stream = given.get("stream")
    if not isinstance(is_stream, bool | None):
        raise Refusal(400, "stream must be true or false.", param="stream")
    return Ask(model, _decode_messages(given), decode_options(given), bool(is_stream), _wants_usage(given))


def _decode_json(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = shorten(render_plain(str(error)), 120)
        raise Refusal(400, f"The body is not JSON in UTF-8: {reason}.") from error
    if not isinstance(given, dict):
        raise Refusal(400, "The body must be a JSON object with 'model' and 'messages'.")
    return given


def _refuse_constant(name: str) -> None:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _wants_usage(given: Mapping[str, Any]) -> bool:
    options = given.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict) or not isinstance(options.get("include_usage"), bool | None):
        message = "stream_options must be an object like {'include_usage': true}."
        raise Refusal(400, message, param="stream_options")
    return bool(options.get("include_usage"))


def _decode_messages(given: Mapping[str, Any]) -> tuple[Message, ...]:
    messages = given.get("messages")
    if not isinstance(messages, list) or not messages:
        message = "messages must be a list of at least one {'role': …, 'content': …}."
        raise Refusal(400, message, param="messages")
    if len(messages) > MAX_MESSAGES:
        raise Refusal(400, f"messages may hold at most {MAX_MESSAGES:,} messages.", param="messages")
    return tuple(_decode_message(message, f"messages[{index}]") for index, message in enumerate(messages))


def _decode_message(message: object, where: str) -> Message:
    if not isinstance(message, dict):
        raise Refusal(400, f"{where} must be an object with 'role' and 'content'.", param=where)
    role = message.get("role")
    if role not in ROLES:
        shown = shorten(render_plain(repr(role)), 60)
        text = f"{where}.role must be 'system', 'user' or 'assistant', not {shown}."
        raise Refusal(400, text, param=f"{where}.role")
    content = message.get("content")
    if isinstance(content, str):
        return Message(role, _check_text(content, f"{where}.content"))
    if content is None and role == "assistant":
        return Message(role, "")
    if not isinstance(content, list) or not content:
        text = f"{where}.content must be a text or a list of at least one part."
        raise Refusal(400, text, param=f"{where}.content")
    return _join_parts(role, content, f"{where}.content")


def _join_parts(role: str, parts: list[object], where: str) -> Message:
    texts: list[str] = []
    images: list[str] = []
    for index, part in enumerate(parts):
        here = f"{where}[{index}]"
        match part:
            case {"type": "text", "text": str(text)}:
                texts.append(_check_text(text, here))
            case {"type": "image_url", "image_url": {"url": str(url)}}:
                images.append(url)
            case _:
                message = f"{here} must be a text part {{'type': 'text', 'text': …}} or an image_url part."
                raise Refusal(400, message, param=here)
    return Message(role, "\n".join(texts), tuple(images))


def _check_text(text: str, where: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refusal(400, f"{where} holds half a character (a lone surrogate).", param=where) from error
    return text
