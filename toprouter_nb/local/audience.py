"""Whether a person is watching the output, and so whether a progress bar helps or litters.

Knows nothing of what would be shown.
"""

import sys


def is_person_watching() -> bool:
    """Say whether standard error is a terminal, or a notebook that a person runs.

    A notebook that is run by a tool (nbconvert, nbval, papermill) tells its kernel that nobody can be asked for input.

    Examples
    --------
    >>> is_person_watching() in (True, False)
    True
    """
    if sys.stderr is None:
        return False
    if sys.stderr.isatty():
        return True
    shells = sys.modules.get("IPython.core.getipython")
    shell = shells.get_ipython() if shells else None
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", False))
