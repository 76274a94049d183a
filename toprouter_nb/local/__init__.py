"""Models that run on this machine, behind a real HTTP server in a child process.

Knows nothing of conversations: it gives an address and a key, like any other gateway.
"""

from .household import address, stop
from .roster import MODELS, LocalModel, find_model, own_model
from .weights import own_gguf

__all__ = ["MODELS", "LocalModel", "address", "find_model", "own_gguf", "own_model", "stop"]
