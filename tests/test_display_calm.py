"""An interrupt or an error of ours is shown in a few lines; a bug is shown whole."""

import asyncio

import pytest

from toprouter_nb.display.calm import calm
from toprouter_nb.errors import RateLimitError


def raised_by(function):
    """Return the error a function raises, with its traceback."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - any error is looked at
        function()
    return caught.value


@pytest.mark.parametrize("kind", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupt_names_the_line_and_says_what_is_kept(kind):
    """The line of the reader's own code, and that nothing is lost."""

    def work():
        raise kind

    error = raised_by(work)
    calm(error)
    assert error._render_traceback_()[-2:] == [
        f"line {work.__code__.co_firstlineno + 1}: raise kind",
        f"{kind.__name__}: Stopped. What had arrived is kept in the conversation.",
    ]


def test_an_error_of_ours_ends_with_its_message():
    """The message is the last line, as people look for it."""
    error = RateLimitError("Too many requests. Wait a minute.")
    calm(error)
    assert error._render_traceback_() == ["RateLimitError: Too many requests. Wait a minute."]


def test_a_bug_keeps_its_whole_traceback():
    """What nobody foresaw is not shortened."""
    error = ZeroDivisionError()
    calm(error)
    assert not hasattr(error, "_render_traceback_")
