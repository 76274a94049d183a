"""Model cards as a table, one row each.

Knows nothing of how the list is fetched, filtered or sorted.
"""

from collections.abc import Iterable

from ..cards import ModelCard
from .columns import MODEL_COLUMNS
from .table import Table, table_of


def models_frame(cards: Iterable[ModelCard]) -> Table:
    """Lay out model cards, one row each, in the order given.

    Parameters
    ----------
    cards
        Of a catalogue. Prices become floats; the exact ones are the Decimals of the card.

    Returns
    -------
    Table
        The same columns and dtypes also where there is no card.

        name | dtype | unit | null means
        --- | --- | --- | ---
        id | string | - | never
        name | string | - | never
        context_tokens | Int64 | tokens | not reported
        takes_images | boolean | - | not reported
        prompt_usd_per_million | Float64 | US dollars / 1,000,000 tokens | not reported, or varying
        completion_usd_per_million | Float64 | US dollars / 1,000,000 tokens | not reported, or varying
        is_local | boolean | - | never
        supported_parameters | string | - | not reported

    Examples
    --------
    >>> models_frame([ModelCard("any/model", "Any")]).loc[0, "name"]
    'Any'
    """
    *names, parameters = (column.name for column in MODEL_COLUMNS)
    return table_of(
        MODEL_COLUMNS,
        ((*(getattr(card, name) for name in names), _joined(getattr(card, parameters))) for card in cards),
    )


def _joined(parameters: tuple[str, ...] | None) -> str | None:
    return None if parameters is None else ", ".join(parameters)
