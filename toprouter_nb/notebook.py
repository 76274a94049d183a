"""The conversation as people meet it: the core one, dressed with its display and its tables.

Knows nothing of requests or history; everything here is one step to the module that does it.
"""

import sys
from typing import TYPE_CHECKING, Any

from . import conversation
from .asking import Listener, Question
from .guards import DEFAULT_LOCAL_MODEL

if TYPE_CHECKING:
    from pandas import DataFrame


class Conversation(conversation.Conversation):  # noqa: D101  # the docstring is the base's, as it stands below
    __doc__ = conversation.Conversation.__doc__  # what it adds is one line a method
    _has_said_default = False

    def usage_table(self) -> "DataFrame":
        """Return one row for each reply, undone ones included; the columns are those of `tables.usage_frame`.

        Examples
        --------
        >>> from toprouter_nb import testing
        >>> with testing.ScriptedGateway(["Paris."]) as gateway:
        ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        ...     _ = chat.ask("Capital of France?")
        >>> len(chat.usage_table())
        1
        """
        # Imported here: pandas costs 300 ms and is not needed before the first table.
        from .tables import usage_frame

        return usage_frame(self.replies)

    def _listener(self) -> Listener | None:
        if not self.display:
            return None
        from .display import listener_for

        return listener_for(self._settings_now().display)

    def _question(self, parts: tuple[object, ...], params: Any, **place: Any) -> Question:
        question = super()._question(parts, params, **place)
        if self.model is None and not self._has_said_default and "model" not in params:
            self._has_said_default = True
            self._say_default(question.model)
        return question

    def _say_default(self, model: str) -> None:
        """Say once, visibly, which model answers where nobody named one."""
        if self._settings_now().model is not None:
            return
        place = "a small model on this machine" if model == DEFAULT_LOCAL_MODEL else "the default"
        line = f"No model named: {model} answers, {place}. Name one with Conversation(model=...), see tr.models()."
        # A program that asked for no display may use its output for something else.
        print(line, file=sys.stdout if self.display else sys.stderr)

    def __repr__(self) -> str:
        """Show the model, the number of turns, and what was used."""
        used = self.usage.total_tokens
        tokens = f", {used:,} tokens" if used is not None else ""
        return f"Conversation({self.model or 'default model'!s}, {len(self.turns)} turns{tokens})"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .render.cards import render_transcript

        return {"text/plain": repr(self), "text/html": render_transcript(self.turns, self._facts())}

    def _facts(self) -> list[str]:
        """Return the footer of the transcript: model, tokens, cost."""
        used, cost = self.usage.total_tokens, self.cost_usd
        facts = [self.model or "default model"]
        facts += [f"{used:,} tokens in {len(self.replies)} calls"] if used is not None else []
        return facts + ([f"${cost}"] if cost else [])
