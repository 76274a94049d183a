"""The branches of a conversation as people look at them: a figure, and a table with a row for each turn.

Knows nothing of how branches come about; nothing here changes a conversation.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from .history import Branch
from .tables.columns import Column

if TYPE_CHECKING:
    from .tables import Table

BRANCH_COLUMNS = (
    Column("node", "Int64", "-", "never"),
    Column("parent", "Int64", "-", "the beginning"),
    Column("depth", "Int64", "turns", "never"),
    Column("role", "string", "-", "never"),
    Column("text", "string", "-", "never"),
    Column("images", "Int64", "images", "never"),
    Column("is_current", "boolean", "-", "never"),
    Column("is_partial", "boolean", "-", "never"),
    Column("model", "string", "-", "no answer, or not known"),
    Column("total_tokens", "Int64", "tokens", "no answer, or not reported"),
    Column("cost_usd", "Float64", "US dollars", "no answer, or not known"),
    Column("seconds", "Float64", "seconds", "no answer, or not known"),
)


class Step(NamedTuple):
    """One turn of a tree.

    Attributes
    ----------
    node, parent
        Numbers from 1; parent is None for a first turn.
    depth
        Turns before it on its path.
    guides
        For each time its path branched before it, whether another branch from there comes later.
    is_branch
        True where it has siblings, so that a branch begins with it.
    branch
        The turn itself.
    """

    node: int
    parent: int | None
    depth: int
    guides: tuple[bool, ...]
    is_branch: bool
    branch: Branch


class Tree(Branch):
    """What `Conversation.tree` returns: the beginning of a conversation, and every branch after it.

    In a notebook it draws itself; its fields are those of `history.Branch`.

    Examples
    --------
    >>> from toprouter_nb import Conversation
    >>> chat = Conversation.from_messages([{"role": "user", "content": "Hi"}], base_url="http://127.0.0.1:9")
    >>> chat.tree()
    * user: Hi
    """

    @classmethod
    def of(cls, root: Branch) -> Self:
        """Return the tree below a root."""
        return cls(root.turn, root.reply, root.is_current, root.children)

    def steps(self) -> Iterator[Step]:
        """Yield every turn, parents first, branch after branch."""
        # A stack of our own instead of recursion: a conversation of a thousand turns is a thousand levels deep.
        waiting = [Step(0, None, 0, (), is_branch=False, branch=child) for child in reversed(self.children)]
        number = 0
        while waiting:
            number += 1
            step = waiting.pop()._replace(node=number)
            yield step
            waiting += _below(step)

    def to_frame(self) -> "Table":
        """Return a row for each turn of every branch, parents before their children.

        Returns
        -------
        Table
            name | dtype | unit | null means
            --- | --- | --- | ---
            node | Int64 | - | never
            parent | Int64 | - | the beginning
            depth | Int64 | turns | never
            role | string | - | never
            text | string | - | never
            images | Int64 | images | never
            is_current | boolean | - | never
            is_partial | boolean | - | never
            model | string | - | no answer, or not known
            total_tokens | Int64 | tokens | no answer, or not reported
            cost_usd | Float64 | US dollars | no answer, or not known
            seconds | Float64 | seconds | no answer, or not known

        Examples
        --------
        >>> Tree(None, None, True, ()).to_frame().shape
        (0, 12)
        """
        from .tables import table_of

        return table_of(BRANCH_COLUMNS, map(_row, self.steps()))

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .render.branches import render_branches

        return {"text/plain": repr(self), "text/html": render_branches([_drawn(step) for step in self.steps()])}


def _below(step: Step) -> Iterator[Step]:
    """Yield what follows a turn, the last branch first, as a stack wants them."""
    children = step.branch.children
    for place, child in enumerate(reversed(children)):
        guides = (*step.guides, place > 0) if len(children) > 1 else step.guides
        yield Step(0, step.node, step.depth + 1, guides, len(children) > 1, child)


def _row(step: Step) -> tuple[Any, ...]:
    turn, reply = step.branch.turn, step.branch.reply
    assert turn is not None, "only the root has no turn"
    return (
        step.node,
        step.parent,
        step.depth,
        turn.role,
        turn.text,
        len(turn.images),
        step.branch.is_current,
        turn.is_partial,
        (reply.served_model or reply.requested_model) if reply else None,
        reply.usage.total_tokens if reply else None,
        reply.cost_usd if reply else None,
        reply.seconds if reply else None,
    )


def _drawn(step: Step) -> dict[str, Any]:
    turn, reply = step.branch.turn, step.branch.reply
    assert turn is not None, "only the root has no turn"
    tokens = reply.usage.total_tokens if reply else None
    facts = [(reply.served_model or reply.requested_model) if reply else "", f"{tokens:,} tokens" if tokens else ""]
    facts += ["with images" if turn.images else "", "cut short" if turn.is_partial else ""]
    return {
        "role": turn.role,
        "text": turn.text,
        "facts": [fact for fact in facts if fact],
        "is_current": step.branch.is_current,
        "guides": step.guides,
        "is_branch": step.is_branch,
        "is_first": step.parent is None,
        "is_end": not step.branch.children,
    }
