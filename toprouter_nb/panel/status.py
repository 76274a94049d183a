"""What a panel's view shows around the turns: model, options, small print, budget, texts to begin with.

Reads a conversation; nothing here changes one.
"""

from collections.abc import Sequence
from typing import Any

from ..conversation import Conversation
from ..errors import ToprouterError
from ..guards import choose_model
from ..render.facts import conversation_facts
from .settings_bar import params_of


def status_of(chat: Conversation, prompts: Sequence[str]) -> dict[str, Any]:
    """Return what a view shows of a conversation around its turns, as plain JSON values.

    Parameters
    ----------
    chat
        The conversation.
    prompts
        Offered while nothing was said but by the system.
    """
    budget = chat.budget
    is_new = all(turn.role == "system" for turn in chat.turns)
    return {
        "model": chat.model or "",
        "default": _default_of(chat),
        "params": params_of(chat),
        "facts": list(facts_of(chat)),
        "meter": [float(budget.limit_usd - budget.left_usd), float(budget.limit_usd)] if budget else None,
        "prompts": list(prompts) if is_new else [],
    }


def facts_of(chat: Conversation) -> tuple[str, ...]:
    """Return the small print of a conversation."""
    return conversation_facts(chat.model, chat.usage.total_tokens, len(chat.replies), chat.cost_usd)


def _default_of(chat: Conversation) -> str:
    """Name the model that answers where none is chosen; "" where that is not known."""
    try:
        return choose_model(None, chat.settings)
    except ToprouterError:
        return ""
