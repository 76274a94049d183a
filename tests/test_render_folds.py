"""JSON that folds, and the drawing of arrivals: bounded and harmless, whatever they are given."""

import re
import time

from toprouter_nb.render.arrivals import describe_arrivals, render_arrivals
from toprouter_nb.render.folds import MOST_VALUES, render_json


def nested(depth):
    """Return lists in lists."""
    value = []
    for _ in range(depth):
        value = [value, "x" * 100]
    return value


def test_objects_and_lists_open_and_close():
    """Long ones fold, with their size in the summary; short ones stand on a line; the first levels are open."""
    html = render_json({"a": list(range(9)), "b": {"c": None}}, open_depth=1)
    assert re.findall(r"<details( open)?>", html) == [" open", ""]
    assert "9 entries" in html
    assert '{ <span class="tr-b">&quot;c&quot;</span>: <span class="tr-k">null</span> }' in html


def test_an_image_is_shortened_and_its_size_told():
    """Base64 is cut after its beginning, and the bytes behind it are said."""
    html = render_json({"url": "data:image/png;base64," + "A" * 40_000})
    assert "(an image of about 30,000 bytes)" in html
    assert len(html) < 500


def test_endless_json_stays_small_and_quick():
    """Depth, number of values and length of texts and names are bounded, and what is left out is said."""
    start = time.process_time()
    deep = render_json(nested(900))
    wide = render_json(["x" * 100] * 200_000)
    long = render_json({"k" * 10**6: "v" * 10**6, "n": 10**4_000})
    assert time.process_time() - start < 2
    assert "too deep to show" in deep
    assert f"{200_000 - MOST_VALUES + 1:,} more are not shown" in wide
    assert max(map(len, (deep, wide, long))) < 300_000


def test_names_and_texts_cannot_act():
    """Markup and control bytes, in keys and in values, are text."""
    html = render_json({"<script>\x1b": "</span><img src=x onerror=1>\u202e"})
    assert "<script" not in html
    assert "<img" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_the_curve_ends_at_the_top_and_the_ticks_are_bounded():
    """The last point is the whole text, a hundred thousand chunks make no larger drawing than some hundred."""
    html = render_arrivals([(place / 1000, 5) for place in range(1, 100_001)])
    assert len(html) < 80_000
    path = re.search(r'<path class="tr-curve" d="([^"]*)"', html)[1]
    assert path.startswith("M0 64")
    assert path.endswith("H560.0V6.0")


def test_a_silence_is_found():
    """The longest wait between two texts is said; chunks without text are no texts."""
    words = describe_arrivals([(0.1, 0), (0.5, 3), (2.0, 3), (2.1, 0)])
    assert words == (
        "4 chunks, 6 characters; the first text after 0.50 s, the longest silence after it 1.50 s, the end at 2.10 s"
    )


def test_an_answer_without_text_or_time_can_be_drawn():
    """Zero seconds and zero characters divide nothing by nothing."""
    assert "1 chunks, 0 characters" in render_arrivals([(0.0, 0)])
