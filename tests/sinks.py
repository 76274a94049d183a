"""Where a key could come to light after a call: reprs, copies, files, tables, logs, memory; `error_sinks` has the rest.

Each sink takes the `Ended` of a call and yields what a person, a file or a debugger would see, as text or bytes.
"""

import copy
import dataclasses
import html
import inspect
import io
import json
import logging
import pickle
import pprint
import pydoc
from multiprocessing.reduction import ForkingPickler

import rich.console
import rich.pretty
from ended import reachable
from error_sinks import ERROR_SINKS

from toprouter_nb.doctor import report
from toprouter_nb.render.cards import render_reply
from toprouter_nb.tables import usage_frame


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


def memory_of_values(ended):
    """Yield each text and all bytes that can be reached from what the caller holds."""
    yield from reachable(ended.values())


SINKS = (
    *(reprs, texts, old_formatting, prettily_printed, richly_printed, attributes, members, as_dicts, as_json, pickles),
    *(reductions, copies, help_pages, tables, bundles, messages, doctors, recorded_requests, logs, warnings_shown),
    *(memory_of_values, *ERROR_SINKS),
)
