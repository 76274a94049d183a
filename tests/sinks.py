"""The places where a key could come to light after a call: reprs, copies, files, tables, logs, tracebacks, memory.

Each sink takes the `Ended` of a call and yields what a person, a file or a debugger would see, as text or bytes.
"""

import asyncio
import copy
import dataclasses
import gc
import html
import inspect
import io
import json
import logging
import pickle
import pprint
import pydoc
import traceback
import types
from multiprocessing.reduction import ForkingPickler

import rich.console
import rich.pretty
import rich.traceback
from IPython.core.ultratb import FormattedTB, ListTB

from toprouter_nb.doctor import report
from toprouter_nb.render.cards import render_reply
from toprouter_nb.tables import usage_frame

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


# --- values


def reprs(ended):
    """Yield reprs."""
    yield from map(repr, ended.values())


def texts(ended):
    """Yield `str`, and `format` through an f-string."""
    for value in ended.values():
        yield f"{value!s} {value}"


def old_formatting(ended):
    """Yield what %-formatting gives, as in logging calls."""
    for value in ended.values():
        yield "%s %r" % (value, value)  # noqa: UP031  # this very way


def prettily_printed(ended):
    """Yield pprint's form."""
    yield pprint.pformat(ended.values())


def richly_printed(ended):
    """Yield rich's form, which looks into objects."""
    console = rich.console.Console(file=io.StringIO(), width=200)
    for value in ended.values():
        console.print(rich.pretty.Pretty(value, expand_all=True))
    yield console.file.getvalue()


def attributes(ended):
    """Yield `vars`, one level deep, as people print it."""
    for value in ended.values():
        yield repr(getattr(value, "__dict__", None))


def members(ended):
    """Yield what `inspect` finds in an object, properties included."""
    for value in (ended.chat, ended.settings, ended.settings.api_key, ended.reply, ended.error):
        yield repr([member for name, member in inspect.getmembers(value) if not name.startswith("__")])


def as_dicts(ended):
    """Yield dataclasses as dicts."""
    for value in ended.values():
        if dataclasses.is_dataclass(value):
            yield repr({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    yield repr(dataclasses.asdict(ended.settings))


def as_json(ended):
    """Yield JSON with `default=str` and `default=vars`, as people write it to be done with it."""
    for value in ended.values():
        yield json.dumps(value, default=str)
        yield json.dumps(getattr(value, "__dict__", None), default=repr, skipkeys=True)


def pickles(ended):
    """Yield pickles in every protocol, and multiprocessing's."""
    for value in (ended.chat, ended.settings, ended.reply, ended.error, ended.deltas, ended.settings.api_key):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            yield pickle.dumps(value, protocol)
        yield bytes(ForkingPickler.dumps(value))


def reductions(ended):
    """Yield what the copy protocol gives."""
    for value in (ended.chat, ended.settings, ended.reply, ended.settings.api_key):
        yield repr(value.__reduce_ex__(4))


def copies(ended):
    """Yield copies, shallow and deep, and what is in them."""
    for value in (ended.chat, ended.settings, ended.reply, ended.deltas):
        for made in (copy.copy(value), copy.deepcopy(value)):
            yield repr(made) + repr(getattr(made, "__dict__", None))


def help_pages(ended):
    """Yield what `help(value)` says."""
    yield pydoc.plain(pydoc.render_doc(ended.chat))
    yield pydoc.plain(pydoc.render_doc(ended.settings))


# --- what is shown and stored


def tables(ended):
    """Yield the usage table in the ways it is shown and stored."""
    frame = usage_frame([*ended.chat.replies, *(error for error in [ended.error] if hasattr(error, "attempts"))])
    yield from (repr(frame), frame.to_html(), frame.to_csv(), frame.to_json(), ended.chat.usage_table().to_string())
    yield pickle.dumps(frame)


def bundles(ended):
    """Yield what a notebook shows."""
    for value in ended.values():
        bundle = getattr(value, "_repr_mimebundle_", dict)()
        yield from bundle.values()
        yield from map(html.unescape, bundle.values())
    if ended.reply is not None:
        yield render_reply(**ended.reply.facts())


def messages(ended):
    """Yield the wire's messages, and the raw answer."""
    yield json.dumps(ended.chat.messages)
    yield json.dumps(ended.reply.raw if ended.reply is not None else None, default=str)


def doctors(ended):
    """Yield what the doctor says of these settings, but for the last four characters that it shows."""
    end = ended.settings.api_key.last_characters()
    for finding in report(ended.settings):
        yield repr(finding).replace(f"ends in ...{end}", "")


def recorded_requests(ended):
    """Yield what the scripted gateway recorded."""
    for request in ended.requests:
        yield repr((request.headers, request.path))
        yield request.body


def logs(ended):
    """Yield log records, formatted, and their arguments."""
    formatter = logging.Formatter("%(name)s %(message)s %(exc_text)s")
    for record in ended.logged:
        yield formatter.format(record)
        yield repr(vars(record))


def warnings_shown(ended):
    """Yield warnings."""
    yield from (str(warning.message) + str(warning.source) for warning in ended.warned)


# --- errors


def error_messages(ended):
    """Yield messages and arguments of an error, of its causes and contexts."""
    for error in ended.errors():
        yield f"{error} {error.args!r} {getattr(error, '__notes__', '')}"


def error_attributes(ended):
    """Yield what hangs on an error."""
    for error in ended.errors():
        yield repr(vars(error))
        yield repr([getattr(error, name, None) for name in ("doc", "object", "request", "response", "filename")])


def plain_tracebacks(ended):
    """Yield the interpreter's own traceback."""
    for error in ended.errors():
        yield "".join(traceback.format_exception(error))


def tracebacks_with_locals(ended):
    """Yield tracebacks that list local variables."""
    for error in ended.errors():
        yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format(chain=True))


def _ipython(ended, mode):
    for error in ended.errors():
        formatter = FormattedTB(mode=mode, theme_name="nocolor", tb_offset=0)
        yield formatter.text(type(error), error, error.__traceback__)


def ipython_context(ended):
    """Yield IPython's usual traceback."""
    return _ipython(ended, "Context")


def ipython_verbose(ended):
    """Yield IPython's traceback with the values of variables."""
    return _ipython(ended, "Verbose")


def ipython_list(ended):
    """Yield IPython's short form."""
    for error in ended.errors():
        yield "\n".join(ListTB(theme_name="nocolor").structured_traceback(type(error), error, error.__traceback__))


def rich_with_locals(ended):
    """Yield rich's traceback with local variables."""
    for error in ended.errors():
        console = rich.console.Console(file=io.StringIO(), width=200)
        kind = (type(error), error, error.__traceback__)
        console.print(rich.traceback.Traceback.from_exception(*kind, show_locals=True, locals_max_string=None))
        yield console.file.getvalue()


def web_page_of_locals(ended):
    """Yield what a web server's debug page shows: source lines and every local variable of every frame."""
    for frame in ended.frames():
        yield repr({name: repr(value) for name, value in frame.f_locals.items()})
        yield html.escape(str(inspect.getargvalues(frame)))


def logged_errors(ended):
    """Yield what a logger writes of an error."""
    for error in ended.errors():
        yield logging.Formatter().formatException((type(error), error, error.__traceback__))


def task_reports(ended):
    """Yield what asyncio says of a task or a future that holds the error."""
    if ended.error is None or isinstance(ended.error, KeyboardInterrupt | asyncio.CancelledError):
        return
    loop, said = asyncio.new_event_loop(), []
    loop.set_exception_handler(lambda _, context: said.append(repr(context)))
    loop.set_debug(True)
    future = loop.create_future()
    future.set_exception(ended.error)
    yield repr(future)
    del future
    gc.collect()
    loop.close()
    yield from said


# --- memory


def memory_of_frames(ended):
    """Yield each text and all bytes that can be reached from the local variables of the tracebacks' frames."""
    for frame in ended.frames():
        yield from reachable(dict(frame.f_locals))


def memory_of_errors(ended):
    """Yield each text and all bytes that can be reached from the errors."""
    for error in ended.errors():
        yield from reachable([error.args, vars(error)])


def memory_of_values(ended):
    """Yield each text and all bytes that can be reached from what the caller holds."""
    yield from reachable(ended.values())


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


SINKS = (
    *(reprs, texts, old_formatting, prettily_printed, richly_printed, attributes, members, as_dicts, as_json, pickles),
    *(reductions, copies, help_pages, tables, bundles, messages, doctors, recorded_requests, logs, warnings_shown),
    *(error_messages, error_attributes, plain_tracebacks, tracebacks_with_locals, ipython_context, ipython_verbose),
    *(ipython_list, rich_with_locals, web_page_of_locals, logged_errors, task_reports),
    *(memory_of_frames, memory_of_errors, memory_of_values),
)
