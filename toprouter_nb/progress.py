"""How far many questions are, as a bar that is told of each that ended; and silence where nobody looks.

Knows nothing of questions but how many they are, and what they cost.
"""

import contextlib
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from .amounts import total_usd
from .display.choice import has_kernel, running_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tqdm import tqdm

    from .parallel import Outcome


class Progress:
    """A progress bar in text, which reads the same in a notebook, in a terminal and after reopening.

    Parameters
    ----------
    is_shown
        False shows nothing.
    """

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown

    @contextlib.contextmanager
    def over(self, count: int, unit: str) -> "Iterator[Callable[[Outcome], None]]":
        """Show a bar for `count` questions; what it gives is told of each that ended."""
        tokens, cost, failed = 0, Decimal(0), 0

        with text_bar(count, unit, is_shown=self._is_shown) as bar:

            def step(outcome: "Outcome") -> None:
                nonlocal tokens, cost, failed
                failed += outcome.error is not None
                if outcome.reply is not None:
                    # A running figure in a bar; what is not known is told by the table afterwards.
                    tokens += outcome.reply.usage.total_tokens or 0
                    cost = total_usd(filter(None, (cost, outcome.reply.cost_usd)))
                facts = (
                    [f"{tokens:,} tokens"] + ([f"${cost:.4f}"] if cost else []) + ([f"{failed} failed"] * bool(failed))
                )
                bar.set_postfix_str(", ".join(facts), refresh=False)
                bar.update()

            yield step


def text_bar(count: int, unit: str, *, is_shown: bool = True) -> "tqdm[NoReturn]":
    """Return a progress bar in text.

    A notebook shows what stands on standard error like a warning, so there it stands on standard output; elsewhere
    that may be piped to something else.
    """
    from tqdm import tqdm

    shell = running_shell()
    file = sys.stdout if shell is not None and has_kernel(shell) else sys.stderr
    return tqdm(total=count, unit=unit, disable=not is_shown, dynamic_ncols=True, file=file)
