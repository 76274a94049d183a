"""The turns of one conversation as a tree: the current path, and every branch that undo, retry and edit left.

Knows nothing of models, requests or display. Nothing is ever removed from it.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from .plain import render_plain, shorten
from .reply import Reply
from .turns import Turn
from .wire.request import encode_turn

_LINE_CHARACTERS = 60
# Short turns are joined to pieces of this size once, so that the next question of a long conversation touches a few
# dozen pieces and not thousands. Larger ones, images mostly, stand alone: they are not copied.
_PIECE_BYTES = 256 * 1024


@dataclasses.dataclass(eq=False, slots=True)
class Node:
    """One turn in its place in the tree.

    Attributes
    ----------
    turn
        The turn; None in the root only.
    parent
        What it follows; None in the root only.
    reply
        What is known of the answer, where the turn is one.
    children
        What followed it, the oldest first; more than one where the conversation branched.
    encoding
        The turn's wire JSON once it was made; None before.
    extra
        What a file said of it that nobody here knows, kept for the next save; None for nothing.
    depth
        How many turns stand before and at it; 0 for the root.
    has_images
        Whether there are images in it or in a turn before it.
    """

    turn: Turn | None = None
    parent: "Node | None" = None
    reply: Reply | None = None
    children: list["Node"] = dataclasses.field(default_factory=list)
    encoding: bytes | None = None
    extra: Mapping[str, Any] | None = None
    depth: int = dataclasses.field(init=False)
    has_images: bool = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        """Go on from the parent, which never changes."""
        self.depth = 0 if self.parent is None else self.parent.depth + 1
        before = self.parent is not None and self.parent.has_images
        self.has_images = before or (self.turn is not None and self.turn.has_images)

    def encoded(self) -> bytes:
        """Return the turn's wire JSON, made once and kept as `encoding`; b"" for a turn that is not sent."""
        if self.encoding is None and self.turn is not None:
            self.encoding = b"" if self.turn.is_silent else encode_turn(self.turn)
        return self.encoding or b""


class History:
    """The tree and the place in it where the conversation stands.

    Life: `add` turns after the current one; `move_to` any node to go on from there.
    """

    def __init__(self) -> None:
        self.root = Node()
        self.head = self.root
        self._walked: list[Node] = []  # the path asked for last: the next one mostly differs in its end only
        self._joined: list[tuple[Node, bytes]] = []  # likewise its turns' JSON, and the turn each piece ends with

    @classmethod
    def of(cls, root: Node, head: Node) -> Self:
        """Make a history of a tree that hangs together already, standing at one of its nodes."""
        history = cls()
        history.root, history.head = root, head
        return history

    def add(
        self, turns: Iterable[tuple[Turn, Reply | None]], *, after: Node | None = None, encoding: bytes | None = None
    ) -> None:
        """Put turns one after the other behind a node (the current one unless named), and go to the last.

        The chain is built first and hung in with one step, so that an interrupt never leaves half of it. `encoding`
        is the wire JSON of the first of them, where it was made already.
        """
        parent = self.head if after is None else after
        first: Node | None = None
        last = parent
        for turn, reply in turns:
            node = Node(turn, last, reply)
            if first is None:
                first = node
                node.encoding = encoding
            else:
                last.children.append(node)
            last = node
        if first is not None:
            parent.children.append(first)
            self.head = last

    def move_to(self, node: Node) -> None:
        """Stand at a node; the path to it is the conversation from now on."""
        self.head = node

    def path(self, to: Node | None = None) -> list[Node]:
        """Return the nodes from the first turn to a node (the current one unless named)."""
        # A conversation of n turns is walked once for each question: without the path kept, that is n times n steps.
        walked, nodes = self._walked, []
        node = self.head if to is None else to
        while node.parent is not None and (node.depth > len(walked) or walked[node.depth - 1] is not node):
            nodes.append(node)
            node = node.parent
        self._walked = path = walked[: node.depth] + nodes[::-1]
        return path[:]

    def pieces(self, to: Node | None = None) -> list[bytes]:
        """Return the wire JSON of what is sent of the path to a node; a piece may be several turns, with commas."""
        path, joined = self.path(to), self._joined
        while joined and path[joined[-1][0].depth - 1 : joined[-1][0].depth] != [joined[-1][0]]:
            joined.pop()  # of another branch, or beyond the node
        pending: list[bytes] = []
        before, size = self.root, 0
        for node in path[joined[-1][0].depth if joined else 0 :]:
            encoding = node.encoded()
            if pending and size + len(encoding) > _PIECE_BYTES:
                joined.append((before, b",".join(pending)))
                pending, size = [], 0
            if encoding:
                pending.append(encoding)
                size += len(encoding)
            before = node
        return [piece for _, piece in joined] + pending

    def nodes(self) -> Iterator[Node]:
        """Yield every node of every branch, parents before their children."""
        waiting = self.root.children[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children[::-1]

    def copy(self, nodes: Sequence[Node]) -> "History":
        """Return a new history of one path; turns, replies and their encoded JSON are shared, branches are not."""
        other = History()
        other.add((node.turn, node.reply) for node in nodes if node.turn is not None)
        for copied, node in zip(other.path(), nodes, strict=True):
            copied.encoding = node.encoding
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the tree as rows, each with the place of its parent: pickle recurses, and a tree may be deep."""
        nodes = [self.root, *self.nodes()]
        places = {id(node): place for place, node in enumerate(nodes)}
        rows = [(node.turn, node.reply, places[id(node.parent)]) for node in nodes[1:]]
        return {"rows": rows, "head": places[id(self.head)]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Hang the rows of a pickle together again."""
        nodes = [Node()]
        for turn, reply, place in state["rows"]:
            node = Node(turn, nodes[place], reply)
            nodes[place].children.append(node)
            nodes.append(node)
        self.root, self.head = nodes[0], nodes[state["head"]]
        self._walked, self._joined = [], []


@dataclasses.dataclass(frozen=True, eq=False)
class Branch:
    """A node of `Conversation.tree()`: a turn, what came of it, and whether the conversation goes through it.

    Attributes
    ----------
    turn
        The turn; None in the root, which stands for the beginning.
    reply
        The reply, where the turn is an answer; else None.
    is_current
        True on the path the conversation stands on.
    children
        The branches after it, the oldest first.
    """

    turn: Turn | None
    reply: Reply | None
    is_current: bool
    children: tuple["Branch", ...]

    def __repr__(self) -> str:
        """Draw the tree, one turn a line; the current path is marked with a star."""
        return "\n".join(_draw(self)) or "(nothing asked yet)"


def branch_of(history: History) -> Branch:
    """Return the whole tree of a history as values.

    Children are built before their parents, without recursion: a conversation may be thousands of turns deep.
    """
    current = {id(node) for node in history.path()} | {id(history.root)}
    built: dict[int, Branch] = {}
    for node in [*reversed(list(history.nodes())), history.root]:
        children = tuple(built.pop(id(child)) for child in node.children)
        built[id(node)] = Branch(node.turn, node.reply, id(node) in current, children)
    return built[id(history.root)]


def _draw(root: Branch) -> Iterator[str]:
    """Yield one line a turn; only where it branches does the drawing go further in."""
    waiting = [(child, 0) for child in reversed(root.children)]
    while waiting:
        branch, depth = waiting.pop()
        yield f"{'*' if branch.is_current else ' '} {'  ' * depth}{_line(branch)}"
        deeper = depth + (len(branch.children) > 1)
        waiting += [(child, deeper) for child in reversed(branch.children)]


def _line(branch: Branch) -> str:
    if branch.turn is None:
        return ""
    said = shorten(render_plain(branch.turn.text).replace("\n", " "), _LINE_CHARACTERS)
    images = f" [{len(branch.turn.images)} image(s)]" if branch.turn.images else ""
    cut = " (cut short)" if branch.turn.is_partial else ""
    return f"{branch.turn.role}: {said}{images}{cut}"
