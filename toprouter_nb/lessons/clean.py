"""Takes the key out of the blocks of an answer before they are recorded.

Pure. A key may stand in one block, over several, or spelled over the deltas of several events.
"""

import bisect
import itertools
import json
from collections import defaultdict
from typing import Any

from ..secret import Secret

Blocks = tuple[tuple[float, bytes], ...]


def clean_blocks(blocks: Blocks, key: Secret) -> Blocks | None:
    r"""Return the blocks with the key, and words that look like keys, hidden; None where that cannot be done.

    Examples
    --------
    >>> clean_blocks(((0.5, b"data: canary-1234"), (0.6, b"56789\n")), Secret("canary-123456789"))
    ((0.6, b'data: [key hidden]\n'),)
    """
    body = b"".join(block for _, block in blocks)
    # Bytes that are no UTF-8 go through unchanged: what is recorded is what came.
    text = body.decode("utf-8", "surrogateescape")
    masked = key.mask(text)
    if key and _is_spelled(masked, key):
        return None
    return blocks if masked == text else _recut(blocks, text, masked)


def _recut(blocks: Blocks, text: str, masked: str) -> Blocks:
    """Cut a masked body again: each line comes when its end came. No key holds the end of a line, so none is lost."""
    arrived = list(itertools.accumulate(len(block) for _, block in blocks))
    cut: dict[float, bytes] = {}
    end = 0
    for before, after in zip(text.splitlines(keepends=True), masked.splitlines(keepends=True), strict=True):
        end += len(_bytes(before))
        seconds = blocks[bisect.bisect_left(arrived, end)][0]
        cut[seconds] = cut.get(seconds, b"") + _bytes(after)
    return tuple(cut.items())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_spelled(text: str, key: Secret) -> bool:
    """Say whether the key comes out when the events of a stream are put together, or its escapes are read."""
    runs: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
    for line in text.split("\n"):
        payload = line.removeprefix("data:").strip()
        if payload[:1] in ("{", "["):
            _collect(_parse(payload), (), runs)
    find = key.finder()
    return any(next(find("".join(run)), None) is not None for run in runs.values())


def _parse(payload: str) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _collect(value: Any, path: tuple[Any, ...], runs: defaultdict[tuple[Any, ...], list[str]]) -> None:
    if isinstance(value, str):
        runs[path].append(value)
    elif isinstance(value, dict):
        for name, entry in value.items():
            _collect(entry, (*path, name), runs)
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            _collect(entry, (*path, place), runs)
