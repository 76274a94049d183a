"""What was asked, as a value that two machines can compare: the model, the messages and the options.

Pure. Whether a stream was asked for is no part of it, for the answer says the same; an image is its hash.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Hide = Callable[[str], str]

_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,")
# Whether it is streamed decides how an answer comes, not what it says.
_FORM = ("stream", "stream_options")


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question with all that decides its answer.

    Attributes
    ----------
    model
        The model id.
    messages
        The wire's messages, with the hash of each image in the place of its bytes.
    options
        All other fields of the request but those about streaming.
    """

    model: str
    messages: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same for equal questions, and for no others."""
        return _spell([self.model, self.messages, self.options])

    @property
    def loose_key(self) -> str:
        """The same also where only the images differ, as a plot does that another machine drew."""
        return re.sub(r'"sha256": "[0-9a-f]{64}"', '"sha256": ""', self.key)

    @property
    def text(self) -> str:
        """What the last message says."""
        return text_of(self.messages[-1]) if self.messages else ""


def asked_of(request: object, hide: Hide) -> Asked:
    """Return what a request asks.

    Parameters
    ----------
    request
        The parsed JSON of its body, or what `request_of` made of that.
    hide
        Returns a text with every key in it hidden.

    Examples
    --------
    >>> asked_of({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}, str).text
    'Hi'
    """
    whole = _compact(request, hide)
    fields = whole if isinstance(whole, dict) else {}
    messages = fields.pop("messages", [])
    kept = tuple(message for message in messages if isinstance(message, dict)) if isinstance(messages, list) else ()
    model = str(fields.pop("model", ""))
    return Asked(model, kept, {name: value for name, value in fields.items() if name not in _FORM})


def request_of(asked: Asked) -> dict[str, Any]:
    """Return a question as it stands in a lesson; `asked_of` is the way back."""
    return {"model": asked.model, "messages": list(asked.messages), **asked.options}


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, with a mark for each image."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n\n".join(_text_of_part(part) for part in parts if isinstance(part, Mapping))


def _text_of_part(part: Mapping[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else "[image]"


def _compact(value: object, hide: Hide) -> Any:
    """Return JSON data with keys hidden and the bytes of images as their hash."""
    if isinstance(value, str):
        found = _DATA_URL.match(value)
        return hide(value) if found is None else _hash(found.group(1), value)
    if isinstance(value, dict):
        return {hide(name): _compact(entry, hide) for name, entry in value.items()}
    return [_compact(entry, hide) for entry in value] if isinstance(value, list) else value


def _hash(media_type: str, url: str) -> dict[str, Any]:
    return {"media_type": media_type, "sha256": hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()}


def _spell(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=dict)
