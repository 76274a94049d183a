"""The chat panel: a conversation with a place to type, in a cell, while every other cell stays free.

::

    panel          the state, and what each button does         Panel
    transcript     turns as the view shows them
    status         what stands around the turns
    answering      the answer under way, in a thread
    settings_bar   models and parameters to choose from
    shown          a widget where somebody looks, else a copy  Shown
    post           numbered messages to the views
    places         the cells that show it, and their static copies
    widget         the script and the style sheet               PanelWidget
    *.js, panel.css

Knows conversations; it is the view of one, and holds nothing that the conversation does not.
"""

from .panel import Panel

__all__ = ["Panel"]
