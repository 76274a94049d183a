"""How many processor cores this process may use, and how many of them the engine gets.

Knows nothing of the engine.
"""

import os
from pathlib import Path

# More threads than this only wait for each other on models of this size.
MAX_THREADS = 8
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = _QUOTA) -> int:
    """Count the cores: those the process is bound to, at most what the container's quota gives.

    Parameters
    ----------
    quota
        The control group's `cpu.max`; a missing or unlimited one does not count.

    Examples
    --------
    >>> usable_cores() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        # "max 100000" where there is no quota, and int("max") is a ValueError.
        granted, period = quota.read_text().split()
        return max(1, min(cores, int(granted) // int(period)))
    except (OSError, ValueError):
        return cores


def engine_threads() -> int:
    """Give the engine all cores but one.

    With all of them its threads spin waiting for each other as soon as anything else runs: measured on two busy cores,
    3 to 15 tokens a second with two threads, 90 to 105 with one.

    Examples
    --------
    >>> 1 <= engine_threads() <= MAX_THREADS
    True
    """
    return min(MAX_THREADS, max(1, usable_cores() - 1))
