"""Tables as pictures: on given axes or new ones, on light paper and dark, whatever the table holds."""

import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.tables import LEDGER_COLUMNS, summarise, table_of, usage_frame

NAMES = tr.plots.__all__
EVIL = "vendor/$\\frac{x$ \x1b[31m" + "long" * 20


@pytest.fixture(autouse=True)
def _own_figures():
    """Draw into memory, and leave no figure behind."""
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def calls(count, **changes):
    """Make a ledger of calls half an hour apart, by two models."""
    names = [column.name for column in LEDGER_COLUMNS]
    cells = [
        {"started_at": 1.8e9 + 1_800 * place, "requested_model": f"m/{place % 2}", "prompt_tokens": 100,
         "completion_tokens": 50, "cost_usd": "0.25", "seconds": 2.0 + place, "first_token_seconds": 1.0,
         "tokens_per_second": 50.0} | changes
        for place in range(count)
    ]  # fmt: skip
    return table_of(LEDGER_COLUMNS, [tuple(cell.get(name) for name in names) for cell in cells])


TABLES = {
    "nothing": usage_frame([]),
    "one call": calls(1),
    "one of many": calls(9).iloc[3:4],
    "many": calls(300),
    "nothing known": calls(3, **dict.fromkeys(("prompt_tokens", "completion_tokens", "cost_usd", "seconds",
                                               "first_token_seconds", "tokens_per_second"))),
    "a clock that went wrong": pd.concat([calls(2), calls(2, started_at=None)], ignore_index=True),
    "free": calls(3, cost_usd="0", seconds=0.0),
    "names of a server": calls(2, requested_model=EVIL),
    "no names": calls(2, requested_model=None),
    "no times": calls(5).drop(columns="started_at"),
    "thirty models": pd.concat([calls(1, requested_model=f"m/{place}") for place in range(30)], ignore_index=True),
    "years": pd.concat([calls(1, started_at=1e8 * place) for place in range(1, 20)], ignore_index=True),
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_table_holds_there_is_a_picture(name, table):
    """Nothing fails or warns, the axes given are those returned, and the table is not changed."""
    frame, before = TABLES[table], TABLES[table].copy()
    _, ax = plt.subplots(layout="constrained")
    assert getattr(tr.plots, name)(frame, ax=ax) is ax
    ax.figure.canvas.draw()
    assert ax.get_title("left")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", NAMES)
def test_no_setting_is_changed_and_dark_paper_has_light_ink(name):
    """The style is said to the axes alone; its text is told apart from the paper, whichever that is."""
    brightness = {}
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            before = dict(mpl.rcParams)
            ax = getattr(tr.plots, name)(calls(3))
            assert dict(mpl.rcParams) == before
        paper, ink = (np.mean(mpl.colors.to_rgb(color)) for color in (ax.get_facecolor(), ax._left_title.get_color()))
        brightness[style] = paper - ink
    assert brightness["default"] > 0.7
    assert brightness["dark_background"] < -0.7


def test_a_new_figure_is_made_where_none_is_given():
    """Each call makes its own."""
    first, second = (tr.plots.cost_over_time(calls(2)) for _ in range(2))
    assert first.figure is not second.figure


def test_tokens_are_stacked_by_time():
    """Bars hold what was used in their span; the label says how long that is."""
    ax = tr.plots.tokens_over_time(calls(4))
    assert [bar.get_height() for bar in ax.patches] == [100] * 4 + [50] * 4
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (UTC)", "tokens in 5 minutes")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["prompt", "answer"]
    assert tr.plots.tokens_over_time(summarise(calls(300), "day")).get_ylabel() == "tokens a day"
    assert tr.plots.tokens_over_time(TABLES["no times"]).get_xlabel() == "call"


def test_the_cost_grows_to_its_sum_and_tells_what_is_missing():
    """The last point is the sum of what is known; calls without a price are counted."""
    frame = pd.concat([calls(4), calls(2, cost_usd=None)], ignore_index=True)
    ax = tr.plots.cost_over_time(frame)
    assert ax.get_title("left") == "Cost: $1.00"
    assert ax.get_title("right") == "without 2 of 6 calls, whose cost is not known"
    assert ax.lines[0].get_ydata().tolist() == [0.25, 0.5, 0.75, 1.0]


def test_models_stand_by_their_cost():
    """The dearest is first, an unknown cost is said and is no zero, and beyond twelve the rest is one bar."""
    frame = pd.concat([calls(3), calls(2, requested_model="x", cost_usd=None)], ignore_index=True)
    ax = tr.plots.cost_by_model(frame)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["m/0", "m/1", "x"]
    assert [text.get_text() for text in ax.texts] == ["$0.50", "$0.25", "cost not known"]
    many = tr.plots.cost_by_model(TABLES["thirty models"])
    assert [label.get_text() for label in many.get_yticklabels()][-1] == "19 others"
    assert sum(bar.get_width() for bar in many.patches) == 30 * 0.25


def test_times_have_a_row_each_model_with_its_median():
    """The quickest is first; of many models those asked most often are shown, which is told."""
    ax = tr.plots.latency_distribution(calls(5))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["m/0", "m/1"]
    assert [text.get_text() for text in ax.texts] == ["4", "4"]
    assert ax.get_xlabel().startswith("seconds")
    assert tr.plots.latency_distribution(TABLES["thirty models"]).get_title("right") == "12 of 30 models"
    assert tr.plots.tokens_per_second(calls(1)).get_xlabel().startswith("tokens a second")


def test_names_of_a_server_are_text():
    """Neither formulas nor control characters act, and a long name leaves room for the picture."""
    (label,) = tr.plots.cost_by_model(TABLES["names of a server"]).get_yticklabels()
    assert not label.get_parse_math()
    assert label.get_text().startswith("vendor/$\\frac…")
    assert len(label.get_text()) == 36


@pytest.mark.parametrize(
    ("frame", "words"),
    [([1, 2], "not list"), (calls(1)[["seconds"]], "needs a column 'requested_model'")],
)
def test_what_is_no_table_of_calls_is_refused(frame, words):
    """The message says what is missing, before anything is drawn."""
    with pytest.raises(ParameterError, match=words):
        tr.plots.cost_by_model(frame)
    assert plt.get_fignums() == []


def test_without_matplotlib_the_extra_is_named():
    """Importing works; drawing says what to install."""
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import toprouter_nb as tr\n"
        "from toprouter_nb.tables import usage_frame\n"
        "try: tr.plots.cost_over_time(usage_frame([]))\n"
        "except tr.errors.ParameterError as error: print(error)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "Plots need matplotlib: pip install 'toprouter_nb[plot]'."


def test_a_few_far_calls_do_not_hide_the_others():
    """Where one call took a thousand times as long, the axis goes in steps of ten; its numbers are written out."""
    usual = [1.0, 1.5, 2.0, 2.5, 3.0] * 4
    near = tr.plots.latency_distribution(pd.DataFrame({"requested_model": "a/b", "seconds": usual}))
    far = tr.plots.latency_distribution(pd.DataFrame({"requested_model": "a/b", "seconds": [*usual, 5000.0, 0.0]}))
    assert (near.get_xscale(), far.get_xscale()) == ("linear", "log")
    assert far.get_xlim() == pytest.approx((0.8, 5300))
    assert far.xaxis.get_major_formatter()(1000, None) == "1,000"


def test_long_names_are_told_apart_by_their_ends():
    """Of a name that is too long the middle is left out, for models of one maker differ at the end."""
    names = [f"maker/{'a-very-' * 9}long-model-{size}b" for size in (7, 70)]
    labels = tr.plots.cost_by_model(pd.DataFrame({"requested_model": names, "cost_usd": [1.0, 2.0]})).get_yticklabels()
    assert [label.get_text() for label in labels] == [
        "maker/a-very-…-a-very-long-model-70b",
        "maker/a-very-…y-a-very-long-model-7b",
    ]
