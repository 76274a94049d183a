"""An event stream parsed as one whole text: the second opinion on the machine that is fed blocks."""

import re

from toprouter_nb.sse import Event

_LINE_END = re.compile("\r\n|\r|\n")
_FIELD = re.compile("([^:]*)(?::[ ]?(.*))?", re.DOTALL)


def parse_whole(stream):
    """Parse the whole text at once, as the standard's grammar reads; return events, retry and pending payload."""
    *lines, rest = _LINE_END.split(stream.decode("utf-8-sig", "replace"))
    events, retry, data, kind, name = [], None, [], "", ""
    for line in lines:
        if not line:
            if data:
                events.append(Event(kind or "message", "\n".join(data), name))
            data, kind = [], ""
        field, value = _FIELD.fullmatch(line).groups("")
        data += [value] if field == "data" else []
        kind = value if field == "event" else kind
        name = value if field == "id" and "\0" not in value else name
        retry = int(value) if field == "retry" and re.fullmatch("[0-9]{1,4000}", value) else retry
    field, value = _FIELD.fullmatch(rest).groups("")
    data += [value] if field == "data" else []
    return events, retry, "\n".join(data) if data else None
