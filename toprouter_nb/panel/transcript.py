"""The turns of a conversation as the panel's view shows them: the last of them, and earlier ones when asked for.

Knows how a turn is drawn, and nothing of messages.
"""

from typing import Any

from ..conversation import Conversation
from ..render.cards import render_facts, render_turn
from ..render.facts import reply_facts

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
        return self.whole()

    def changes(self) -> dict[str, Any]:
        """Return what is new: `from`, the place in the shown list where it differs, and the `turns` from there on."""
        before = self._shown
        if self._first > len(self._chat.turns):
            self.show_last()
            return {"from": 0, **self.whole()}
        self._shown = self._entries(self._first)
        place = 0
        while place < min(len(before), len(self._shown)) and before[place] == self._shown[place]:
            place += 1
        return {"from": place, "first": self._first, "turns": self._shown[place:]}

    def _entries(self, first: int) -> list[dict[str, Any]]:
        turns = self._chat.turns
        replies = self._chat.path_replies
        known = {entry["key"]: entry for entry in self._shown}
        entries = []
        for index in range(first, len(turns)):
            turn = turns[index]
            place, count = self._chat.siblings(index) if turn.role != "system" else (0, 1)
            key = f"{index}-{id(turn)}-{place}-{count}"
            entries.append(known.get(key) or self._entry(key, index, turn, (place, count), replies[index]))
        return entries

    def _entry(self, key: str, index: int, turn: Any, branch: tuple[int, int], reply: Any) -> dict[str, Any]:
        html: str = render_turn(turn.role, turn.parts, is_partial=turn.is_partial)
        if reply is not None:
            facts = {name: value for name, value in reply.facts().items() if name not in _OF_THE_TURN}
            html += render_facts(reply_facts(**facts))
        return {
            "key": key,
            "i": index,
            "role": turn.role,
            "html": html,
            "text": turn.text,
            "at": branch[0],
            "of": branch[1],
        }


_OF_THE_TURN = ("text", "reasoning", "is_partial")
