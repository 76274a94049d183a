"""Follows a run to its end: shows how far it is, and ends it gently when it is interrupted.

Knows nothing of how a run goes on or of how its state is drawn.
"""

import threading

from .progress import Progress
from .progress_view import DRAW_SECONDS, CellProgress, TextProgress, view_for
from .run_engine import Engine

# Calls under way are paid: they get this long to end after an interrupt.
_GRACE_SECONDS = 10.0


def follow(engine: Engine, progress: Progress, name: str, *, wait: bool = True, display: bool = True) -> None:
    """Show the progress of a run, and wait for its end where that is wanted.

    Parameters
    ----------
    engine, progress
        What runs, and what tells how far it is.
    name
        Shown beside it.
    wait
        False returns at once; the progress is drawn on in the background.
    display
        False shows nothing.

    Raises
    ------
    KeyboardInterrupt
        The run was interrupted: no new call was begun, those under way were waited for; a second interrupt breaks
        them off.
    ToprouterError
        What ended the run badly.
    """
    view = view_for(name) if display else None
    if not wait:
        if view is not None:
            work = (engine, progress, view)
            threading.Thread(target=_draw, args=work, name="toprouter_nb-progress", daemon=True).start()
        return
    try:
        _draw(engine, progress, view)
    except KeyboardInterrupt:
        _end_gently(engine)
        if view is not None:
            view.finish(progress.look(is_last=True))
        raise
    engine.wait()


def _draw(engine: Engine, progress: Progress, view: CellProgress | TextProgress | None) -> None:
    # In short waits: on some systems an interrupt does not end a long one.
    while not engine.wait_quietly(DRAW_SECONDS):
        if view is not None:
            view.draw(progress.look())
    if view is not None:
        view.finish(progress.look(is_last=True))


def _end_gently(engine: Engine) -> None:
    engine.stop("interrupted")
    try:
        if engine.wait_quietly(_GRACE_SECONDS):
            return
    except KeyboardInterrupt:  # somebody is in a hurry
        pass
    # Whoever interrupts twice, or waits too long, would rather pay for nothing than wait.
    engine.stop("interrupted", is_now=True)
    engine.wait_quietly(_GRACE_SECONDS)
