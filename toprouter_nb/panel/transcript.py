"""The turns of a conversation as the panel's view shows them: the last of them, and earlier ones when asked for.

Knows how a turn is drawn, and nothing of messages.
"""

import contextlib
from typing import Any

from ..conversation import Conversation
from ..errors import ParameterError
from ..render.cards import render_facts, render_turn
from ..render.facts import facts_below
from ..reply import Reply
from ..turns import Turn

# What a person has before their eyes; more comes when they scroll up to it.
WINDOW_TURNS = 30


class Transcript:
    """What a view has of a conversation's turns.

    Life: `changes` whenever the conversation may have moved on, `whole` for a view that has nothing.

    Parameters
    ----------
    chat
        The conversation.
    """

    def __init__(self, chat: Conversation) -> None:
        self._chat = chat
        self._first = 0
        self._count = 0
        # What each entry shows, held so that no other turn can be taken for it.
        self._drawn: dict[tuple[int, int, int, int], tuple[Turn, dict[str, Any]]] = {}
        self._shown: list[dict[str, Any]] = []
        self.show_last()

    def show_last(self) -> None:
        """Begin anew, with the last turns only."""
        self._first = max(0, len(self._chat.turns) - WINDOW_TURNS)
        self._shown = self._entries(self._first)

    def whole(self) -> dict[str, Any]:
        """Return what is shown: `first`, the place of the first entry among the turns, and the `turns`."""
        return {"first": self._first, "turns": self._shown}

    def reach_back(self) -> dict[str, Any]:
        """Show as many earlier turns as fit a window, and return all."""
        self._first = max(0, self._first - WINDOW_TURNS)
        self._shown = self._entries(self._first)
        return {"from": 0, **self.whole()}

    def changes(self) -> dict[str, Any]:
        """Return what is new: `from`, the place in the shown list where it differs, and the `turns` from there on.

        {} where nothing is.
        """
        before = self._shown
        if self._first >= len(self._chat.turns):
            self.show_last()
            return {"from": 0, **self.whole()} if before != self._shown else {}
        self._shown = self._entries(self._first)
        if before == self._shown:
            return {}
        place = 0
        while place < min(len(before), len(self._shown)) and before[place] == self._shown[place]:
            place += 1
        return {"from": place, "first": self._first, "turns": self._shown[place:]}

    def _entries(self, first: int) -> list[dict[str, Any]]:
        # A cell may go back at this very moment, so that the two differ in length; it is looked at again then.
        both = list(zip(self._chat.turns, self._chat.path_replies, strict=False))
        drawn = {}
        for index, (turn, reply) in enumerate(both[first:], first):
            at, of = self._branch(index, turn)
            key = index, id(turn), at, of
            drawn[key] = self._drawn.get(key) or (turn, self._entry(index, turn, (at, of), reply))
        self._drawn = drawn
        return [entry for _, entry in drawn.values()]

    def _branch(self, index: int, turn: Turn) -> tuple[int, int]:
        if turn.role != "system":
            with contextlib.suppress(ParameterError):  # no such turn any more, see above
                return self._chat.siblings(index)
        return 0, 1

    def _entry(self, index: int, turn: Turn, branch: tuple[int, int], reply: Reply | None) -> dict[str, Any]:
        reasoning = reply.reasoning if reply is not None else ""
        html: str = render_turn(turn.role, turn.parts, is_partial=turn.is_partial, reasoning=reasoning)
        if reply is not None:
            html += render_facts(facts_below(reply.facts()))
        self._count += 1
        return {
            # Another for each drawing of a turn: a view keeps what it has under a key, and never compares.
            "key": self._count,
            "i": index,
            "role": turn.role,
            "html": html,
            "text": turn.text,
            "at": branch[0],
            "of": branch[1],
        }
