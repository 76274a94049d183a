"""Panels in a real kernel: what each cell is given to show, and what ends when a cell shows another."""

import pytest
from kernels import Kernel

from toprouter_nb.testing import ScriptedGateway

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def kernel():
    """Start one kernel with a conversation for these tests."""
    with Kernel() as kernel, ScriptedGateway(["**Paris**"]) as gateway:
        kernel.run(
            f"import threading; import toprouter_nb as tr; tr.configure(base_url={gateway.base_url!r}, api_key='test');"
            "chat = tr.Conversation('any/model', display=False); chat.ask('Capital?')"
        )
        yield kernel


def bundles(messages):
    """Return what was shown, in order."""
    return [content["data"] for kind, content in messages if kind in ("display_data", "update_display_data")]


def told(kernel, expression):
    """Return what an expression is in the kernel."""
    return kernel.run(f"print({expression})")[0][1]["text"].strip()


def test_a_program_gets_a_static_copy(kernel):
    """Where nobody can press anything there is no widget, and nothing of it in the saved notebook."""
    (shown,) = bundles(kernel.run("chat.panel()"))
    assert set(shown) == {"text/html", "text/plain"}
    assert "<strong>Paris</strong>" in shown["text/html"]


def test_each_cell_has_a_view_and_a_copy(kernel):
    """The same panel in two cells is one widget, and a static copy stands in both."""
    views, copies = [], []
    for cell in ("one", "two"):
        shown = bundles(kernel.run("chat.panel()", cell))
        views += [bundle[VIEW]["model_id"] for bundle in shown if VIEW in bundle]
        copies += [bundle for bundle in shown if "<strong>Paris</strong>" in bundle.get("text/html", "")]
    assert len(views) == 2
    assert len(set(views)) == 1
    assert len(copies) == 2


def test_a_panel_that_no_cell_shows_is_closed(kernel):
    """A cell run again with another conversation ends the panel it showed, but for one that another cell shows."""
    make = "panels = globals().get('panels', []); p = tr.Conversation('any/model').panel(); panels.append(p); p"
    kernel.run(make, "again")
    kernel.run("p", "elsewhere")
    kernel.run(make, "again")
    kernel.run(make, "again")
    assert told(kernel, "[panel.is_closed for panel in panels]") == "[False, True, False]"
    threads = "[t.name for t in threading.enumerate() if t.name in ('toprouter_nb-panel', 'toprouter_nb-display')]"
    assert told(kernel, threads) == "[]"
