"""One output can be replaced by its id, and what stays is published behind it."""

from live_store import Shell

from toprouter_nb.display.output import Output


def test_an_output_is_opened_replaced_and_emptied():
    """Opened empty, replaced by id, emptied at the end; the other output is a new one, without an id."""
    shell = Shell()
    output = Output(shell)
    output.open()
    output.replace({"text/html": "<p>1</p>"})
    output.add_after({"text/html": "<p>2</p>"})
    output.blank()
    assert shell.published == [
        ({"text/plain": ""}, False),
        ({"text/html": "<p>1</p>"}, True),
        ({"text/html": "<p>2</p>"}, False),
        ({"text/plain": ""}, True),
    ]
