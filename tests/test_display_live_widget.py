"""The widget in a real kernel: few bytes each, nothing left of finished replies, and what a view is sent."""

import json

import pytest
from kernels import Kernel
from live_store import Store
from long_reply import long_reply

from toprouter_nb.render.markdown import render_markdown

# What each of many finished replies may cost in messages of its widget, script and style included.
WIDGET_BYTES = 24_000
FINISHED = """
from toprouter_nb.display import LiveView, live_view
import ipywidgets, time
live_view.OPEN_SECONDS = live_view.GRACE_SECONDS = 0.0
for number in range(5):
    view = LiveView(shell=get_ipython(), mode="live")
    view.start()
    view.add(0, "One")
    while view._widget is None:
        time.sleep(0.01)
    view.end(0, "done")
    view.close()
time.sleep(0.3)
print(len(ipywidgets.Widget.get_manager_state()["state"]))
"""
STREAM = """
import sys; sys.path.insert(0, {tests!r})
from long_reply import long_reply
view = LiveView([str(place) for place in range(6)], shell=get_ipython(), mode="live")
view.start()
begin = time.monotonic()
for number, delta in enumerate(long_reply()):
    time.sleep(max(begin + number / 1_000 - time.monotonic(), 0))
    for place in range(6): view.add(place, delta)
for place in range(6): view.end(place, "done")
print(view.settle())
"""


@pytest.fixture(scope="module")
def kernel():
    """Give one kernel for all tests of this file."""
    with Kernel() as started:
        yield started


def of_widgets(messages):
    """Return the messages of widgets."""
    return [(kind, content) for kind, content in messages if kind.startswith("comm_")]


def test_finished_replies_leave_nothing(kernel):
    """Each of many finished replies costs a few bytes in messages, and none of them is part of the saved state."""
    kernel.send(FINISHED)
    messages = list(kernel.receive_all())
    sizes = [len(json.dumps(content)) for _, content in of_widgets(messages)]
    assert sum(sizes) / 5 < WIDGET_BYTES
    assert "".join(content["text"] for kind, content in messages if kind == "stream").strip() == "0"


def test_six_columns_at_a_thousand_a_second(kernel, request):
    """24,000 deltas arrive whole in a real kernel's messages, in far fewer messages and bytes than deltas."""
    kernel.send(STREAM.format(tests=str(request.path.parent)))
    messages = list(kernel.receive_all())
    opened = next(content for kind, content in of_widgets(messages) if "snapshot" in content["data"].get("state", {}))
    store = Store(opened["data"]["state"]["snapshot"])
    sent = [content for _, content in of_widgets(messages) if content["data"].get("method") == "custom"]
    for content in sent:
        store.hear(content["data"]["content"])
    whole = render_markdown("".join(long_reply()))
    assert store.gaps == 0
    assert [column["p"] + column["t"] == whole for column in store.columns] == [True] * 6
    assert len(sent) < 200
    assert sum(len(json.dumps(content)) for content in sent) < 1_000_000
