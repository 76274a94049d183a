"""A bar tells how far many questions are, where people look and nowhere else."""

import pytest
from kernels import Kernel

from toprouter_nb.progress import Progress, text_bar


def test_outside_a_notebook_it_stands_on_standard_error(capsys):
    """What a program prints can be piped; the bar is not in it."""
    with text_bar(2, "row") as bar:
        bar.update(2)
    told = capsys.readouterr()
    assert (told.out, "2/2" in told.err) == ("", True)


def test_in_a_notebook_it_is_no_warning():
    """There standard error looks like something went wrong, so the bar is ordinary output."""
    with Kernel() as kernel:
        code = "from toprouter_nb.progress import text_bar\nwith text_bar(2, 'row') as bar: bar.update(2)"
        streams = [content for kind, content in kernel.run(code) if kind == "stream"]
    assert {stream["name"] for stream in streams} == {"stdout"}
    assert "2/2" in "".join(stream["text"] for stream in streams)


@pytest.mark.parametrize("is_shown", [True, False])
def test_it_is_shown_where_it_is_wanted(capsys, is_shown):
    """Who asked for no display sees no bar."""
    with Progress(is_shown=is_shown).over(1, "sample"):
        pass
    assert ("sample" in capsys.readouterr().err) is is_shown
