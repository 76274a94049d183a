"""What a conversation offers beside its next answer: a look inside, its branches, many answers to one question.

Knows nothing of how replies are shown; everything here is one step to the module that does it.
"""

from typing import TYPE_CHECKING, Any

from . import conversation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandas import DataFrame

    from .branches import Tree
    from .progress import Progress
    from .sampling import Samples
    from .tables import Table
    from .xray_card import XRay


class Studies(conversation.Conversation):  # noqa: D101  # the docstring is the base's, as it stands below
    __doc__ = conversation.Conversation.__doc__  # what it adds is one method each

    def tree(self) -> "Tree":
        """Return every branch of the conversation as one tree, which draws itself; `to_frame()` makes a table of it."""
        from .branches import Tree

        return Tree.of(super().tree())

    def extract(
        self,
        frame: "DataFrame",
        column: str,
        data_model: Any,
        *,
        prompt: str | None = None,
        concurrency: int = 4,
        done: "DataFrame | None" = None,
        **params: Any,
    ) -> "Table":
        """Turn a column of texts into a table of typed values, one row a text.

        Each text is asked as if it were the next question of this conversation, which stays as it is. What is under
        way and what it costs is shown in a bar.

        Parameters
        ----------
        frame, column
            A pandas DataFrame, and the name of the column with the texts. It is not changed.
        data_model
            What each text shall be read as; as in `ask`.
        prompt
            What is said before each text; None = the text alone.
        concurrency
            How many are asked at once, 1 to 64.
        done
            A table `extract` made of the same frame before: only its rows with an error are asked again.
        **params
            As in `ask`.

        Returns
        -------
        Table
            With the index of `frame`. A column for each field of `data_model`, or `value` where it has none; then:

            name | dtype | unit | null means
            --- | --- | --- | ---
            total_tokens | Int64 | tokens | not reported, or not asked
            cost_usd | Float64 | US dollars | not known
            error | string | - | the row is good

        Raises
        ------
        ParameterError
            There is no such column, or no schema can be made of `data_model`.
        ToprouterError
            The first error, where every question failed.
        KeyboardInterrupt
            You stopped it; its `.partial` is the table so far, to be passed as `done`.

        Examples
        --------
        >>> import pandas as pd
        >>> from toprouter_nb import Conversation, testing
        >>> texts = pd.DataFrame({"review": ["Dull.", "Great!"]}, index=["a", "b"])
        >>> with testing.ScriptedGateway(['{"value": 2}', '{"value": 5}']) as gateway:
        ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        ...     stars = chat.extract(texts, "review", int, prompt="Stars, 1 to 5?", concurrency=1)
        >>> stars["value"].to_dict()
        {'a': 2, 'b': 5}
        """
        from .structured_table import extract_table

        return extract_table(
            self,
            frame,
            column,
            data_model,
            prompt=prompt,
            concurrency=concurrency,
            done=done,
            params=params,
            progress=self._progress(),
        )

    def sample(
        self,
        *parts: object,
        temperatures: "Iterable[float | None]" = (0, 0.7, 1.2),
        n: int = 5,
        concurrency: int = 4,
        **params: Any,
    ) -> "Samples":
        """Ask the same question many times at several temperatures, and count the different answers.

        Each is asked as if it were the next question of this conversation, which stays as it is.

        Parameters
        ----------
        *parts, **params
            As in `ask`. With a `seed`, here or of the conversation, the first sample at each temperature has it, the
            second the next, and so on: equal seeds would draw equal answers.
        temperatures
            0 to 2 each; None = the model's default.
        n
            Samples at each temperature.
        concurrency
            How many are asked at once, 1 to 64.

        Returns
        -------
        Samples
            Draws itself; `to_frame()` has a row for each sample, `distinct()` for each different answer.

        Raises
        ------
        ParameterError
            A temperature or number is out of range.
        ToprouterError
            The first error, where every question failed.
        KeyboardInterrupt
            You stopped it; its `.partial` holds the samples so far.

        Examples
        --------
        >>> from toprouter_nb import Conversation, testing
        >>> with testing.ScriptedGateway(["Red.", "Red.", "Blue."]) as gateway:
        ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        ...     chat.sample("A colour?", temperatures=[1], n=3, concurrency=1)
        3 samples of 'A colour?'
          temperature 1: 2 different of 3
            2 x Red.
        """
        from .sampling import draw_samples

        return draw_samples(
            self, parts, params, temperatures=temperatures, n=n, concurrency=concurrency, progress=self._progress()
        )

    def _progress(self) -> "Progress":
        from .progress import Progress

        return Progress(is_shown=bool(self.display))

    def xray(self, *parts: object, stream: bool = True, **params: Any) -> "XRay":
        """Look inside a request: its JSON, the same as curl, the room it takes, and what may go wrong. Sends nothing.

        Parameters
        ----------
        *parts, stream, **params
            As in `ask`; it is what `ask` would send. Without parts: the question that `last` answers, and the answer;
            with `chat.trace = True` set before it was asked, also when each chunk of it came.

        Raises
        ------
        ParameterError
            A parameter cannot be sent, or nothing was asked yet and there are no parts.

        Examples
        --------
        >>> from toprouter_nb import Conversation
        >>> Conversation("any/model", base_url="http://127.0.0.1:9", api_key="test").xray("Hi").request["model"]
        'any/model'
        """
        from .xray_card import look_inside

        return look_inside(self._inside(parts, params, is_streamed=stream), self._settings_now())
