"""Secrets in notebooks: where a key stands in a file that people share, and how it gets out of there.

It knows nothing of conversations and of kernels; it reads the file as text and runs nothing.

::

    notebook              reads, clears and writes the file     check_notebook
    findings              what was found, as values             Leak, Leaks
    search                a text -> where secrets stand in it
    literals   views      the strings of a JSON text; what a person sees of marked-up text
"""

from .findings import Leak, Leaks
from .notebook import check_notebook

__all__ = ["Leak", "Leaks", "check_notebook"]
