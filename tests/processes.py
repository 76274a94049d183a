"""Waiting for processes that are not this process's own children."""

import time

import psutil


def is_gone(pid):
    """Say whether a process has ended; one that nobody has collected yet has ended too."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pid, seconds=3.0):
    """Wait until a process has ended."""
    start = time.monotonic()
    while not is_gone(pid):
        assert time.monotonic() - start < seconds, "the process outlived its owner"
        time.sleep(0.02)
