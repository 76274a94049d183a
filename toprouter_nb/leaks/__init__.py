"""Secrets in notebooks: where a key stands in a file that people share, and how it gets out of there.

It knows nothing of conversations and of kernels; it reads the file as text and runs nothing.

::

    notebook               reads, clears and writes a notebook    check_notebook
    findings               what was found, as values              Leak, Leaks
    search     shapes      where secrets stand in a text; what looks like one
    views                  what a person sees of marked-up text
    places     literals    what a place in a notebook means; the strings of a JSON text
    storage                the file
"""

from .findings import Leak, Leaks
from .notebook import check_notebook

__all__ = ["Leak", "Leaks", "check_notebook"]
