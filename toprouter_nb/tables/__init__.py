"""Values in, pandas frames out: calls, models and the ledger as tables, their sums, views and files.

::

    columns                  every column of every table         Column
    cells                    Python values to pandas arrays       (pure)
    table                    the frame itself                     Table
    replies                  calls, laid out                      usage_frame
    catalogue                cards of models, laid out            models_frame
    conversations            conversations, laid out              conversations_frame
    comparisons              answers side by side, laid out       comparison_frame
    groups     money         sums, exact in dollars               summarise, exact_usd
    view       spelling      as people see them
    files                    as CSV, Excel, Parquet

Knows nothing of networks or of where the ledger is.
"""

from .catalogue import models_frame
from .columns import (
    COMPARISON_COLUMNS,
    CONVERSATION_COLUMNS,
    GROUP_COLUMNS,
    LEDGER_COLUMNS,
    MODEL_COLUMNS,
    SUMMARY_COLUMNS,
    USAGE_COLUMNS,
    Column,
    find_columns,
)
from .comparisons import comparison_frame
from .conversations import conversations_frame
from .groups import check_group, group_columns, summarise
from .money import exact_usd
from .replies import usage_frame
from .table import Table, table_of

__all__ = [
    "COMPARISON_COLUMNS",
    "CONVERSATION_COLUMNS",
    "GROUP_COLUMNS",
    "LEDGER_COLUMNS",
    "MODEL_COLUMNS",
    "SUMMARY_COLUMNS",
    "USAGE_COLUMNS",
    "Column",
    "Table",
    "check_group",
    "comparison_frame",
    "conversations_frame",
    "exact_usd",
    "find_columns",
    "group_columns",
    "models_frame",
    "summarise",
    "table_of",
    "usage_frame",
]
