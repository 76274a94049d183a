"""What is known about a model before and after it is asked: which one is meant, can it see, is it there at all.

Knows the models of this machine and the list the catalogue has on disk; it never asks the network.
"""

from .errors import NotFoundError, SettingsError
from .params import check_model_id, is_local_id
from .settings import Settings, require_key

# As `local.roster` has it, whose import a default need not cost.
DEFAULT_LOCAL_MODEL = "local/smollm2-135m"
# A small one, and of those that read images: a first question should cost next to nothing.
DEFAULT_REMOTE_MODEL = "google/gemini-3.5-flash"


def choose_model(model: str | None, settings: Settings) -> str:
    """Return the model to ask: the one named, else the configured one, else a default.

    With a key the default is a small remote model, with none the embedded one; a remote model that was named is
    never replaced by a local one.

    Raises
    ------
    UnknownModelError
        It is a `local/` id, and no such model is on this machine.
    """
    named = settings.model if model is None else model
    if named is None:
        return DEFAULT_REMOTE_MODEL if _has_key(settings) else DEFAULT_LOCAL_MODEL
    if is_local_id(check_model_id(named)):
        from .catalogue import known_cards
        from .lookup import check_model

        check_model(named, known_cards(settings.base_url))
    return named


def refuse_images(model: str, settings: Settings) -> None:
    """Refuse a model that is known to take no images, where some would be sent.

    Raises
    ------
    ImageError
        The model takes no images; the message names some that do.
    """
    from .catalogue import known_cards
    from .lookup import check_images

    check_images(model, known_cards(settings.base_url))


def add_near_ids(error: NotFoundError, model: str, settings: Settings) -> None:
    """Add to an error about an unknown model which known ids look like it."""
    from .catalogue import known_cards
    from .lookup import either, near_ids

    near = [card_id for card_id in near_ids(model, known_cards(settings.base_url)) if card_id != model]
    if near:
        error.args = (f"{error.args[0]} Did you mean {either(near)}?",)


def _has_key(settings: Settings) -> bool:
    try:
        require_key(settings, ask=False)
    except SettingsError:
        return False
    return True
