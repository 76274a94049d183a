"""Conversations to save, export and compare: one with all there is in it, and random ones."""

import random
from decimal import Decimal

from toprouter_nb import Conversation, Usage
from toprouter_nb.history import History, Node
from toprouter_nb.parts import ImagePart, TextPart
from toprouter_nb.reply import Reply
from toprouter_nb.turns import Turn

TEXTS = (
    "plain", "two\nlines\r\n", "", " ", "```\nfence\n```", "</script><script>alert(1)</script>", "\x1b[31m",
    "\ud800 half", "\u202ereversed", "\U0001d518nicode 🎉", "=1+1", "a" * 3_000,
    '"quoted" \\ back', "[key hidden]", "`" * 7,
)  # fmt: skip


def rows_of(chat):
    """Return every turn of every branch, with its reply and the place of what it follows, as values to compare."""
    nodes = [chat._history.root, *chat._history.nodes()]
    places = {id(node): place for place, node in enumerate(nodes)}
    return [(node.turn, reply_values(node.reply), places[id(node.parent)]) for node in nodes[1:]], places[
        id(chat._history.head)
    ]


def reply_values(reply):
    """Return what a reply says, without what is of its process only."""
    if reply is None:
        return None
    return {name: value for name, value in vars(reply).items() if name not in ("_still_shown", "arrivals", "data")}


def random_chat(seed):
    """Return a conversation with branches, images, partial turns and whatever replies can say."""
    rng = random.Random(seed)
    chat = Conversation(
        rng.choice([None, "any/model"]), system=rng.choice([None, "Be terse."]), display=False, temperature=rng.random()
    )
    chat.name = rng.choice([None, "tutor", "=name"])
    nodes = [Node()]
    for _ in range(rng.randrange(9)):
        parent = rng.choice(nodes)
        role = rng.choice(["user", "assistant"])
        parts = tuple(_random_part(rng) for _ in range(rng.randrange(1, 4)))
        turn = Turn(role, parts, is_partial=role == "assistant" and rng.random() < 0.2)
        reply = _random_reply(rng, turn) if role == "assistant" and rng.random() < 0.8 else None
        node = Node(turn, parent, reply)
        parent.children.append(node)
        nodes.append(node)
    ordered = [nodes[0], *History.of(nodes[0], nodes[0]).nodes()]
    return chat._with_history(History.of(nodes[0], rng.choice(ordered)))


def _random_part(rng):
    if rng.random() < 0.8:
        return TextPart(rng.choice(TEXTS))
    if rng.random() < 0.5:
        return ImagePart(url="https://example.com/a.png")
    return ImagePart(data=rng.randbytes(rng.randrange(1, 3)), media_type="image/png", width=rng.choice([None, 3]))


def _random_reply(rng, turn):
    def maybe(value):
        return rng.choice([None, value])

    return Reply(
        text=turn.text,
        turn=turn,
        usage=Usage(
            maybe(rng.randrange(2**53)),
            maybe(3),
            maybe(rng.randrange(9)),
            maybe(0),
            maybe(1),
            maybe(Decimal("1E-9")),
            maybe(7),
        ),
        cost_usd=maybe(Decimal("0.00042")),
        finish_reason=maybe(rng.choice(TEXTS)),
        requested_model="any/model",
        served_model=maybe("any/other"),
        id=maybe("x"),
        seconds=rng.random() * 100,
        first_token_seconds=maybe(rng.random()),
        is_partial=turn.is_partial,
        attempts=rng.randrange(4),
        reasoning=rng.choice(TEXTS),
        raw={"odd": [1, None, {"a": rng.choice(TEXTS)}], "n": 1e300},
    )
