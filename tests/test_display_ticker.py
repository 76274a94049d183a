"""The background drawing is prompt, calm, and over when it is stopped."""

import itertools
import threading
import time

from toprouter_nb.display.ticker import Ticker


def test_news_is_drawn_even_if_nothing_follows():
    """One ring is enough."""
    drawn = threading.Event()
    ticker = Ticker(lambda: drawn.set() or 0.0)
    ticker.start()
    ticker.ring()
    assert drawn.wait(5)
    assert ticker.stop() is None


def test_many_rings_are_few_drawings():
    """However often it rings, the drawing is left alone as long as it asked."""
    times = []
    ticker = Ticker(lambda: times.append(time.monotonic()) or 0.05)
    ticker.start()
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        ticker.ring()
    ticker.stop()
    assert 2 <= len(times) <= 11
    assert all(later - earlier >= 0.045 for earlier, later in itertools.pairwise(times))


def test_after_the_stop_nothing_is_drawn():
    """Stopping does not wait for the pause to end, and rings after it are not heard."""
    times = []
    ticker = Ticker(lambda: times.append(1) or 60.0)
    ticker.start()
    ticker.ring()
    while not times:
        time.sleep(0.01)
    begin = time.monotonic()
    ticker.stop()
    ticker.ring()
    assert time.monotonic() - begin < 5
    assert len(times) == 1


def test_a_failed_drawing_is_handed_on():
    """What goes wrong in the background is returned by the stop, and drawing ends."""
    began = threading.Event()
    ticker = Ticker(lambda: began.set() or 1 / 0)
    ticker.start()
    ticker.ring()
    assert began.wait(5)
    assert isinstance(ticker.stop(), ZeroDivisionError)


def test_a_stop_without_a_start_is_harmless():
    """A ticker that never ran can be stopped."""
    assert Ticker(lambda: 0.0).stop() is None


def test_a_start_that_was_interrupted_can_be_stopped(monkeypatch):
    """Where an interrupt hit before the thread ran, stopping is no error."""
    ticker = Ticker(lambda: 0.0)
    monkeypatch.setattr(threading.Thread, "start", lambda _self: None)
    ticker.start()
    assert ticker.stop() is None
