"""The chat panel: a conversation with a place to type, in a cell, while every other cell stays free.

::

    panel          the state, and what each button does         Panel
    transcript     turns as the view shows them
    answering      the answer under way, in a thread
    settings_bar   models and parameters to choose from
    widget         the messages between Python and the view     PanelWidget
    *.js, panel.css

Knows conversations; it is the view of one, and holds nothing that the conversation does not.
"""

from .panel import Panel

__all__ = ["Panel"]
