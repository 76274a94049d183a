"""The names people type are there, and importing the package costs nothing but itself."""

import json
import subprocess
import sys

import pytest

import toprouter_nb as tr

HEAVY = ("IPython", "PIL", "aiohttp", "anywidget", "httpx", "ipywidgets", "matplotlib", "numpy", "pandas", "pydantic")


def test_the_public_list_is_sorted_and_complete():
    """Each name of the list can be had, shows up for Tab, and `import *` brings exactly these."""
    assert list(tr.__all__) == sorted(set(tr.__all__))
    assert set(tr.__all__) <= set(dir(tr))
    brought = {}
    exec("from toprouter_nb import *", brought)
    assert set(brought) - {"__builtins__"} == set(tr.__all__)


@pytest.mark.parametrize("name", tr.__all__)
def test_every_public_name_is_documented(name):
    """`help` of a public name has something to say."""
    assert (getattr(tr, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_attribute_error():
    """A typing slip is answered as in any module."""
    with pytest.raises(AttributeError, match="module 'toprouter_nb' has no attribute 'Conversatoin'"):
        _ = tr.Conversatoin


def loaded_after(code):
    """Return which heavy packages a fresh interpreter has loaded after some code."""
    script = f"{code}\nimport sys, json; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    return json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)


def test_importing_loads_nothing_heavy():
    """`import toprouter_nb` leaves pandas, widgets and HTTP for when they are needed."""
    assert loaded_after("import toprouter_nb") == []


def test_making_a_conversation_loads_neither_tables_nor_widgets():
    """The first conversation waits for none of what it may never use."""
    code = "import toprouter_nb as tr; tr.Conversation('any/model', api_key='x', temperature=1, system='S')"
    assert not set(loaded_after(code)) & {"pandas", "ipywidgets", "IPython", "anywidget", "matplotlib", "numpy"}
