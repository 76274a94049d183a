"""Lessons: a teacher records what models answer and when, and students play it with no key and no network.

It knows the transport's seam and nothing of conversations; `stage` lets it stand in the transport's place.

::

    scope                  what people write                      record, replay
    recorder   player      around the transport; in its place
    lesson     nearest     which take answers; why none does      (pure)
    asked      take        a question; an exchange                (values)
    clean      lines       no key in a take; a take as a line     (pure)
    file                   the file: appended, read
"""

from .scope import Recording, Replay, record, replay

__all__ = ["Recording", "Replay", "record", "replay"]
