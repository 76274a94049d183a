"""The conversation as people meet it: the core one, dressed with its display and its tables.

Knows nothing of requests or history; everything here is one step to the module that does it.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .asking import Question
from .cells import CellPlaces
from .guards import DEFAULT_LOCAL_MODEL
from .history import Node
from .reply import Reply
from .studies import Studies

if TYPE_CHECKING:
    from .accounts import Group
    from .display import Carrier
    from .display.cell_run import CellRun
    from .moments import Since
    from .panel import Panel
    from .tables import Table


class Conversation(Studies):  # noqa: D101  # the docstring is the base's, as it stands below
    __doc__ = Studies.__doc__  # what it adds is one line a method
    _has_said_default = False
    _has_said_rerun = False
    _places: CellPlaces | None = None
    _panel: "Panel | None" = None

    def usage_table(
        self, by: "Group | None" = None, *, since: "Since | None" = None, model: str | None = None
    ) -> "Table":
        """Return what this conversation used: a row each reply, or added up.

        Parameters
        ----------
        by
            "model" (as asked for), "day" (in UTC), "conversation", or None for a row each call.
        since
            Only calls begun then or later; as in `usage_table` of the package.
        model
            Only calls that asked for this model id, or were answered by it.

        Returns
        -------
        Table
            A DataFrame. Without `by` and `since` one row for each reply, undone ones included, with the columns of
            `tables.usage_frame`. Else from the ledger, which knows times and failed calls too, and to which what was
            asked before a fork is another conversation's; the columns are those of the package's `usage_table`.

        Raises
        ------
        ParameterError
            Calls cannot be grouped by that, or `since` is no time.
        SettingsError
            `by` or `since` ask for the ledger, and it is switched off.

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
        if by is not None or since is not None:
            from .accounts import used_by

            return used_by(self._settings_now(), by, since=since, model=model, conversation_id=self.id)
        from .tables import usage_frame

        replies = (reply for reply in self.replies if model in (None, reply.requested_model, reply.served_model))
        return usage_frame(replies)

    def panel(self, *, prompts: "Sequence[str]" = ()) -> "Panel":
        """Return a panel of this conversation: what was said, and a place to type, while cells stay free.

        Enter sends, Shift+Enter begins a new line; images are pasted, dropped or chosen. What is asked there and what
        is asked in cells is one conversation. It has one panel, which any number of cells can show.

        Parameters
        ----------
        prompts
            Texts offered as buttons while nothing was said yet.

        Raises
        ------
        ParameterError
            The prompts are no list of texts.
        """
        from .panel import Panel

        if self._panel is None or not self._panel.is_of(self):
            self._panel = Panel(self, prompts)
        elif prompts:
            self._panel.offer(prompts)
        return self._panel

    def _answer(self, question: Question) -> Reply:
        if self._told is not None:
            return super()._answer(question)
        shown = self._listener()
        ask, left = partial(self._turnstile.ask, question, shown), partial(self._turnstile.left_by, question)
        return ask() if shown is None else shown.carry(ask, left)

    async def _answer_async(self, question: Question) -> Reply:
        if self._told is not None:
            return await super()._answer_async(question)
        shown = self._listener()
        ask, left = partial(self._turnstile.ask_async, question, shown), partial(self._turnstile.left_by, question)
        return await (ask() if shown is None else shown.carry_async(ask, left))

    def _listener(self) -> "Carrier | None":
        if not self.display:
            return None
        from .display import listener_for

        return listener_for(self._settings_now().display, self._describe)

    def _place(self) -> tuple[Node | None, Callable[[Node], None] | None]:
        run = _current_run() if self._told is None else None
        if run is None or run.cell_id is None:
            return None, None
        # A fork takes its attributes along, and has a history of its own: cells must point into that one.
        if self._places is None or self._places.history is not self._history:
            self._places = CellPlaces(self._history)
        self._turnstile.settle_leftover()
        place = self._places.find(run.cell_id, run.run_id)
        if place is not None and not self._has_said_rerun:
            self._has_said_rerun = True
            self._say("This cell asks again: its earlier exchange stays in chat.tree(); append=True adds instead.")
        return place, partial(self._places.note, run.cell_id, run.run_id)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what the core does; cells and the panel are of this process."""
        return {**super().__getstate__(), "_places": None, "_panel": None}

    def _question(self, parts: tuple[object, ...], params: Any, **place: Any) -> Question:
        question = super()._question(parts, params, **place)
        # Who listens by their own means shows it by their own means, too.
        if self._told is None and self.model is None and not self._has_said_default and "model" not in params:
            self._has_said_default = True
            self._say_default(question.model)
        return question

    def _say_default(self, model: str) -> None:
        """Say once, visibly, which model answers where nobody named one."""
        if self._settings_now().model is not None:
            return
        place = "a small model on this machine" if model == DEFAULT_LOCAL_MODEL else "the default"
        line = f"No model named: {model} answers, {place}. Name one with Conversation(model=...), see tr.models()."
        self._say(line)

    def _say(self, line: str) -> None:
        """Print a line for people; a program that asked for no display may use its output for something else."""
        print(line, file=sys.stdout if self.display else sys.stderr)

    def __repr__(self) -> str:
        """Show the model, the number of turns, and what was used."""
        used = self.usage.total_tokens
        tokens = f", {used:,} tokens" if used is not None else ""
        return f"Conversation({self.model or 'default model'!s}, {len(self.turns)} turns{tokens})"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .archive.hiding import hider
        from .render.cards import render_transcript
        from .render.facts import conversation_facts

        facts = conversation_facts(self.model, self.usage.total_tokens, len(self.replies), self.cost_usd)
        # What is shown stays in the notebook, and a key that was said has no business there.
        hide = hider((self._settings_now().api_key,))
        return {"text/plain": repr(self), "text/html": hide(render_transcript(self.turns, facts))}


def _current_run() -> "CellRun | None":
    """Return the run of the cell that asks; None outside a notebook's kernel."""
    # Whoever runs in a kernel has it loaded; to import it elsewhere would cost time to learn that there is none.
    if "ipykernel" not in sys.modules:
        return None
    from .display.cell_run import current_run
    from .display.choice import running_shell

    return current_run(running_shell())
