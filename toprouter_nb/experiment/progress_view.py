"""Shows how far a run is: a calm block in a notebook's cell, a bar on a terminal.

Knows nothing of how a run goes on; it is told its state and draws it, twice a second at most.
"""

import sys
import uuid
from typing import TYPE_CHECKING, Any

from ..display.choice import has_kernel, running_shell
from ..plain import render_plain, shorten
from ..render.cards import render_alert, render_facts, render_note, render_root
from ..render.fragment import Html, escape
from .estimate import spell_seconds
from .progress import State

if TYPE_CHECKING:
    from collections.abc import Callable

# Calm to the eye; a front end that draws the cell anew is busy for some of that time.
DRAW_SECONDS = 0.5
_ENDINGS = {
    "done": "is done",
    "stopped": "is stopped; run it again to go on",
    "interrupted": "is interrupted; run it again to go on",
    "budget": "has used its budget; give a larger budget_usd and run it again to go on",
    "dead": "has ended, without the models that do not answer",
    "disk": "has filled the disk; make room and run it again to go on",
    "error": "was ended by an error",
}
_BAR = (
    '<div role="progressbar" aria-valuemin="0" aria-valuemax="{planned}" aria-valuenow="{done}" aria-label="{label}" '
    'style="height:6px;border-radius:3px;overflow:hidden;margin:.45em 0;'
    'background:color-mix(in srgb,currentColor 16%,transparent)">'
    '<div style="height:100%;width:{share:.2f}%;background:var(--jp-brand-color1,#2f81d6)"></div></div>'
)


def render_state(name: str, state: State) -> Html:
    """Return the block of a run's state.

    Examples
    --------
    >>> state = State(planned=4, done=2, errors=0, spent_usd=None, projected_usd=None, eta_seconds=2.0, per_second=1.0,
    ...     refused=0, phase="running", dead={})
    >>> "2 of 4" in render_state("arith", state)
    True
    """
    share = 100 * state.done / max(state.planned, 1)
    title = f"<div><strong>{escape(name)}</strong> {escape(_said(state))}</div>"
    bar = _BAR.format(planned=state.planned, done=state.done, share=share, label=escape(f"Progress of {name}"))
    dead = "".join(
        render_alert(f"{model} is no longer asked: {shorten(reason, 300)}") for model, reason in state.dead.items()
    )
    failure = render_alert(tell_failure(state)) if state.failure else ""
    return render_root(title, bar, render_facts(facts_of(state)), dead, failure, _hint(state))


def facts_of(state: State) -> list[str]:
    """Return what is worth saying of a state, as short texts."""
    facts = [f"{state.done:,} of {state.planned:,}"]
    if state.phase == "running" and state.eta_seconds is not None:
        facts.append(f"{spell_seconds(state.eta_seconds)} left")
    if state.phase == "running" and state.per_second > 0:
        facts.append(f"{state.per_second:,.1f} a second")
    if state.spent_usd is not None:
        facts.append(_spell_money(state))
    facts.append(f"{state.errors:,} error{'' if state.errors == 1 else 's'}")
    if state.refused:
        facts.append(f"{state.refused:,} refused (429)")
    return facts


def tell_failure(state: State) -> str:
    """Return the sentences on a run whose every call failed: why, and how to go on; "" where some did not.

    Examples
    --------
    >>> state = State(planned=4, done=0, errors=4, spent_usd=None, projected_usd=None, eta_seconds=None, per_second=0.0,
    ...     refused=0, phase="done", dead={}, failure="No connection.")
    >>> tell_failure(state)
    'Every call failed, the first with: No connection. Mend that and run it again: failed cells are asked again.'
    """
    if not state.failure:
        return ""
    said = shorten(render_plain(state.failure), 300).rstrip(".")
    return f"Every call failed, the first with: {said}. Mend that and run it again: failed cells are asked again."


def _spell_money(state: State) -> str:
    spent = f"${state.spent_usd:,.4f} spent"
    is_open = state.phase in ("running", "paused") and state.projected_usd
    return f"{spent}, ${state.projected_usd:,.4f} at the end" if is_open else spent


def _said(state: State) -> str:
    if state.failure and state.phase == "done":
        return "has ended without an answer"
    if state.phase in ("running", "stopping", "paused"):
        return {"running": "is running", "stopping": "is ending the calls under way", "paused": "is paused"}[
            state.phase
        ]
    return _ENDINGS.get(state.phase, "")


def _hint(state: State) -> str:
    if state.errors and not state.failure and state.phase in _ENDINGS:
        return render_note("Cells that ended in an error are asked again when the run is run again. See .errors().")
    return ""


class CellProgress:
    """The state in the running cell, drawn again in its place.

    Life: `draw` any number of times; `finish` with the last state, which stays.

    Parameters
    ----------
    shell
        The IPython shell of the kernel.
    name
        Of the run.
    """

    def __init__(self, shell: Any, name: str) -> None:
        self._publish: Callable[..., None] = shell.display_pub.publish
        self._name = name
        self._id = uuid.uuid4().hex
        self._is_open = False

    def draw(self, state: State) -> None:
        """Draw a state."""
        bundle = {"text/html": render_state(self._name, state), "text/plain": _line(self._name, state)}
        self._publish(bundle, transient={"display_id": self._id}, update=self._is_open)
        self._is_open = True

    finish = draw


class TextProgress:
    """The state as a bar on standard error."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bar: Any = None

    def draw(self, state: State) -> None:
        """Draw a state."""
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(
                desc=render_plain(self._name), total=state.planned, initial=state.done, unit="row", file=sys.stderr
            )
        self._bar.set_postfix_str(", ".join(facts_of(state)[1:]), refresh=False)
        self._bar.update(state.done - self._bar.n)

    def finish(self, state: State) -> None:
        """Draw the last state and end the line; say below it what made every call fail."""
        self.draw(state)
        self._bar.close()
        if state.failure:
            self._bar.write(tell_failure(state), file=sys.stderr)


def _line(name: str, state: State) -> str:
    ending = f"{_said(state)}. {tell_failure(state)}" if state.failure else _said(state)
    return render_plain(f"{name}: {', '.join(facts_of(state))}. {ending}".strip())


def view_for(name: str) -> CellProgress | TextProgress | None:
    """Return what shows the progress of a run here; None where nobody looks."""
    shell = running_shell()
    if shell is not None and has_kernel(shell):
        return CellProgress(shell, name)
    return TextProgress(name) if sys.stderr.isatty() else None
