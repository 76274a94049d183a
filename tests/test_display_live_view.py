"""A live view: one numbered message for all columns, the whole for whoever missed one, updates without widgets."""

import sys
import time
import types

import pytest
from live_store import Shell, Store, Widget, feeding
from long_reply import long_reply

from toprouter_nb.display import live_view
from toprouter_nb.display.live_view import LiveView
from toprouter_nb.render.markdown import render_markdown


@pytest.fixture
def widget(monkeypatch):
    """Let views open the stand-in for the widget."""
    monkeypatch.setitem(sys.modules, "toprouter_nb.display.live_widget", types.SimpleNamespace(LiveWidget=Widget))
    monkeypatch.setattr(Widget, "made", None)
    monkeypatch.setattr(live_view, "GRACE_SECONDS", 0.1)
    return Widget


def wait_for(what, seconds=5.0):
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
    return value


def opened(widget, columns=("",), **options):
    """Return a started view whose widget is open."""
    view = LiveView(columns, shell=options.pop("shell", Shell()), **options)
    view.start()
    wait_for(lambda: widget.made)
    return view


def test_six_columns_arrive_whole_in_few_messages(widget):
    """Six columns of 1,000 deltas, 1,000 a second each: no gap, no text lost, and one message a look for all."""
    deltas = long_reply(1_000)
    view = opened(widget, [f"model {number}" for number in range(6)])
    begin = time.monotonic()
    with feeding(deltas, lambda piece: [view.add(place, piece) for place in range(6)], per_second=1_000):
        pass
    for place in range(6):
        view.end(place, "done", ["any/model"])
    assert view.settle() is None
    store = widget.made.store
    assert store.gaps == 0
    assert len(widget.made.messages) <= (time.monotonic() - begin) / live_view.DRAW_SECONDS + 3
    for column in store.columns:
        assert column["p"] + column["t"] == render_markdown("".join(deltas))
        assert column["s"] == "done"
    view.close()
    wait_for(lambda: widget.made.is_closed)


def test_whoever_missed_a_message_is_given_the_whole(widget):
    """A view that says another number than the last one sent gets a snapshot; one that is up to date gets nothing."""
    view = opened(widget)
    view.add(0, "**One**")
    wait_for(lambda: "One" in widget.made.store.columns[0]["t"])
    late = Store({"n": 0, "b": False, "c": [{"p": "", "t": "", "r": "", "f": "", "s": ""}]})
    widget.made.say({"t": "resync", "n": 0})
    wait_for(lambda: [message for message in widget.made.messages if message["t"] == "snap"])
    late.hear(next(message for message in widget.made.messages if message["t"] == "snap"))
    assert late.columns[0]["t"] == widget.made.store.columns[0]["t"]
    view.stop()
    widget.made.say({"t": "resync", "n": widget.made.store.seen})
    assert view._answers == []


@pytest.mark.parametrize(("place", "heard"), [(1, 1), (None, None), (7, None), ("x", None)])
def test_stop_is_told_and_acknowledged(widget, place, heard):
    """A pressed button calls `on_stop` with its column, or None for all, and the view hears that it was taken."""
    stopped = []
    view = opened(widget, ["a", "b"], on_stop=stopped.append)
    widget.made.say({"t": "stop", "i": place, "n": 0})
    assert stopped == [heard]
    wait_for(lambda: {"t": "ack"} in widget.made.messages)
    view.close()


@pytest.mark.parametrize("message", [None, "stop", {}, {"t": 1}, {"t": "stop"}, {"t": "resync", "n": "x"}])
def test_odd_messages_do_no_harm(widget, message):
    """Whatever a page sends, the view goes on."""
    view = opened(widget)
    widget.made.say(message)
    view.add(0, "On.")
    wait_for(lambda: "On." in widget.made.store.columns[0]["t"])
    view.close()


def test_messages_say_whether_the_cell_waits(widget):
    """The page learns with each message whether interrupting the kernel would stop this reply."""
    waits = [True]
    view = opened(widget, is_blocking=lambda: waits[0])
    view.add(0, "One")
    wait_for(lambda: widget.made.messages)
    waits[0] = False
    view.add(0, "two")
    wait_for(lambda: not widget.made.messages[-1]["b"])
    assert widget.made.messages[0]["b"]
    view.close()


def test_a_cell_without_a_person_is_static(widget):
    """Where no front end names the cell, as in nbclient and nbval, no widget is opened and HTML grows by updates."""
    shell = Shell(cell_id=None)
    view = LiveView(shell=shell)
    view.start()
    view.add(0, "**One**")
    wait_for(lambda: any("<strong>One</strong>" in data.get("text/html", "") for data, _ in shell.published))
    view.close()
    assert widget.made is None
    assert shell.published[-1] == ({"text/plain": ""}, True)


def test_static_on_demand(widget):
    """With mode "static" no widget is opened, though there is a person."""
    view = LiveView(shell=Shell(), mode="static")
    view.start()
    view.add(0, "One")
    time.sleep(0.3)
    view.close()
    assert widget.made is None


def test_live_on_demand(widget):
    """With mode "live" a widget is opened, though nobody named the cell."""
    opened(widget, shell=Shell(cell_id=None), mode="live").close()


def test_a_front_end_without_widgets_gets_updates(widget, monkeypatch):
    """Where a kernel that could hear of it hears of no view, the widget gives way to plain updates."""
    monkeypatch.setattr(live_view, "HELLO_SECONDS", 0.2)
    monkeypatch.setattr(live_view, "leave_cell", lambda _shell: True)
    shell = Shell()
    view = opened(widget, shell=shell)
    view.add(0, "**One**")
    wait_for(lambda: any("<strong>One</strong>" in data.get("text/html", "") for data, _ in shell.published))
    assert widget.made.is_closed
    view.close()


def test_a_view_that_said_hello_stays(widget, monkeypatch):
    """Once any view was heard of, the widget stays, and its messages say so, for a page repeats what was not heard."""
    monkeypatch.setattr(live_view, "HELLO_SECONDS", 0.1)
    monkeypatch.setattr(live_view, "leave_cell", lambda _shell: True)
    view = opened(widget)
    view.add(0, "One ")
    wait_for(lambda: widget.made.messages)
    assert not widget.made.messages[-1]["h"]
    widget.made.say({"t": "hello", "n": 0})
    time.sleep(0.3)
    assert not widget.made.is_closed
    view.add(0, "two")
    wait_for(lambda: widget.made.messages[-1]["h"])
    view.close()


def test_a_widget_that_fails_is_no_error(monkeypatch):
    """Where widgets are not installed, or too old, the reply is shown by plain updates."""
    monkeypatch.setitem(sys.modules, "toprouter_nb.display.live_widget", None)
    shell = Shell()
    view = LiveView(shell=shell)
    view.start()
    view.add(0, "**One**")
    wait_for(lambda: any("<strong>One</strong>" in data.get("text/html", "") for data, _ in shell.published))
    assert view.stop() is None


def test_what_is_there_at_once_opens_nothing(widget):
    """A reply that ends within a tenth of a second costs no widget."""
    view = LiveView(shell=Shell())
    view.start()
    view.add(0, "One")
    view.close()
    assert widget.made is None


def test_what_is_there_at_once_is_shown_all_the_same(widget):
    """A view that stays shows it as plain HTML."""
    shell = Shell()
    view = LiveView(["a", "b"], shell=shell)
    view.start()
    view.add(0, "**One**")
    view.settle()
    assert "<strong>One</strong>" in shell.published[-1][0]["text/html"]
    assert widget.made is None


def test_a_page_loaded_in_mid_stream_keeps_the_view(widget):
    """Such a page gets no new outputs, so the view stays there with the end of the reply."""
    view = opened(widget)
    view.add(0, "One ")
    wait_for(lambda: widget.made.store.seen)
    widget.made.say({"t": "hello", "n": widget.made.store.seen})
    view.add(0, "two.")
    view.end(0, "done", ["any/model"])
    view.close()
    time.sleep(0.2)
    assert not widget.made.is_closed
    assert "One two." in widget.made.store.columns[0]["t"]
    assert widget.made.store.columns[0]["s"] == "done"


def test_a_page_that_had_to_wait_for_the_end_gets_the_whole(widget):
    """One that is heard of only after the end, within the grace, finds the widget with all that came."""
    shell = Shell()
    view = opened(widget, shell=shell)
    view.add(0, "One.")
    view.end(0, "done")
    view.close()
    assert shell.published[-1] == ({"text/plain": ""}, True)
    snapshot = widget.made.snapshot()
    widget.made.say({"t": "hello", "n": snapshot["n"]})
    time.sleep(0.2)
    assert not widget.made.is_closed
    assert snapshot["c"][0]["s"] == "done"


def test_a_model_name_is_text(widget):
    """Titles with HTML in them are shown, not used."""
    view = LiveView(["<img src=x>", "b"], shell=Shell(), mode="static")
    assert "<img" not in view.html()
    assert "&lt;img src=x&gt;" in view.html()


def test_forty_columns(widget):
    """Forty columns are one message too."""
    view = opened(widget, [str(number) for number in range(40)])
    for place in range(40):
        view.add(place, f"Column {place}")
    wait_for(lambda: all(f"Column {place}" in column["t"] for place, column in enumerate(widget.made.store.columns)))
    assert len(widget.made.messages) < 8
    view.close()
