"""What is there when a call has ended, and all that can be reached from it in memory."""

import asyncio
import dataclasses
import gc
import logging
import traceback
import types

# What the walk through memory does not enter: code, which holds no data of a call, and whatever runs the tests.
_NOT_ENTERED = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.CodeType,
    types.FrameType,
    logging.Handler,
    asyncio.AbstractEventLoop,
)


@dataclasses.dataclass
class Ended:
    """What is there when a call has ended, in whatever way.

    Attributes
    ----------
    chat, settings, error, reply, deltas
        What the caller holds; the reply may be partial or None, the error None.
    warned, logged, requests
        Warnings and log records of the call, and what the scripted gateway recorded of its requests.
    """

    chat: object
    settings: object
    error: BaseException | None
    reply: object
    deltas: list
    warned: list
    logged: list
    requests: tuple

    def values(self):
        """Return all that the caller holds."""
        chat, turnstile = self.chat, self.chat._turnstile
        inner = [turnstile, turnstile._asking, turnstile._client, chat._history, chat.tree(), *chat.turns]
        held = [chat, self.settings, chat._settings_now(), *inner, self.error, self.reply, *self.deltas]
        return [value for value in [*held, *self.requests] if value is not None]

    def errors(self):
        """Return the error and all that hangs on it."""
        waiting, found = [self.error], []
        while waiting:
            error = waiting.pop()
            if error is not None and not any(error is known for known in found):
                found.append(error)
                waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
        return found

    def frames(self):
        """Return the frames of all tracebacks."""
        return [frame for error in self.errors() for frame, _ in traceback.walk_tb(error.__traceback__)]


def reachable(start):
    """Yield texts and bytes among all objects that can be reached, also in slots and in containers made in C."""
    seen, waiting = set(), [start]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, _NOT_ENTERED):
            continue
        seen.add(id(value))
        if isinstance(value, str | bytes | bytearray | memoryview):
            yield value
        else:
            waiting += gc.get_referents(value)
