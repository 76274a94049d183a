"""Where a key could come to light after an error: its message, tracebacks of every kind, what debuggers see of frames.

Each sink takes the `Ended` of a call and yields what a person, a file or a debugger would see, as text or bytes.
"""

import asyncio
import html
import inspect
import logging
import traceback

import rich.traceback
from ended import reachable
from IPython.core.ultratb import FormattedTB, ListTB


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
    """Yield what rich's traceback shows of messages and local variables; the code beside them is slow to colour."""
    for error in ended.errors():
        kind = (type(error), error, error.__traceback__)
        trace = rich.traceback.Traceback.extract(*kind, show_locals=True, locals_max_string=None)
        for stack in trace.stacks:
            yield repr(stack)
            yield from (str(shown) for frame in stack.frames for shown in (frame.locals or {}).values())


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
    loop.close()
    yield from said


def memory_of_frames(ended):
    """Yield each text and all bytes that can be reached from the local variables of the tracebacks' frames."""
    for frame in ended.frames():
        yield from reachable(dict(frame.f_locals))


def memory_of_errors(ended):
    """Yield each text and all bytes that can be reached from the errors."""
    for error in ended.errors():
        yield from reachable([error.args, vars(error)])


ERROR_SINKS = (
    *(error_messages, error_attributes, plain_tracebacks, tracebacks_with_locals, ipython_context, ipython_verbose),
    *(ipython_list, rich_with_locals, web_page_of_locals, logged_errors, task_reports),
    *(memory_of_frames, memory_of_errors),
)
