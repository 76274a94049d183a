"""What a place in a notebook file means: which cell, which part of it, text or data.

Knows the notebook format (versions 3 and 4), nothing of secrets.

References
----------
nbformat, "The Jupyter Notebook file format".
"""

from .literals import Place

_TEXT_TYPES = ("text/", "json", "javascript", "xml")
_DATA_FIELDS = ("png", "jpeg", "pdf")  # of version 3, which has no media types


def text_place(place: Place) -> Place:
    """Return the place of the text that a string belongs to: where the format keeps a text as lines, that of the list.

    Examples
    --------
    >>> text_place(("cells", 0, "source", 3)), text_place(("cells", 0, "metadata", "tags", 3))
    (('cells', 0, 'source'), ('cells', 0, 'metadata', 'tags', 3))
    """
    match _own(place):
        case (
            ["cells", int(), "source" | "input", int()]
            | ["cells", int(), "outputs", int(), "data", str(), int()]
            | ["cells", int(), "attachments", str(), str(), int()]
        ):
            return place[:-1]
        case ["cells", int(), "outputs", int(), str(field), int()] if field != "traceback":
            return place[:-1]
    return place


def is_data(place: Place) -> bool:
    """Say whether the text at a place is binary data in base64."""
    match _own(place):
        case ["cells", int(), "outputs", int(), "data", str(kind)] | ["cells", int(), "attachments", str(), str(kind)]:
            return "/" in kind and not any(word in kind for word in _TEXT_TYPES)
        case ["cells", int(), "outputs", int(), str(field)]:
            return field in _DATA_FIELDS
        case [*_, "buffers", int(), "data"]:
            return True
    return False


def describe(place: Place) -> tuple[int | None, str]:
    """Return the number of the cell, from 1, and the place for people; None for what belongs to no cell.

    Examples
    --------
    >>> describe(("cells", 2, "outputs", 0, "data", "text/html"))
    (3, 'output 1 (text/html)')
    """
    match _own(place):
        case ["cells", int(cell), "outputs", int(output), "data", str(kind), *_]:
            return cell + 1, f"output {output + 1} ({kind})"
        case ["cells", int(cell), "outputs", int(output), str(field), *_]:
            return cell + 1, f"output {output + 1} ({field})"
        case ["cells", int(cell), "attachments", str(name), *_]:
            return cell + 1, f"attachment {name}"
        case ["cells", int(cell), str(field), *_]:
            return cell + 1, field
        case ["metadata", "widgets", *_]:
            return None, "widget state"
    return None, "metadata"


def _own(place: Place) -> Place:
    """Return the place without the worksheet, of which version 3 had one in practice."""
    return place[2:] if place[:1] == ("worksheets",) else place
