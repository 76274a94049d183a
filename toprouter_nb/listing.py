"""Fetches the gateway's list of models, with the key where there is one.

Knows nothing of what the list says; `catalogue` keeps it and `cards` reads it.
"""

import time

from .errors import ReadTimeoutError, SettingsError, ToprouterError
from .failures import error_from_answer
from .secret import Secret
from .settings import Settings, require_key
from .transport import Transport
from .transport.sync import is_success

_PATH = "/models"


def fetch_models(settings: Settings) -> bytes:
    """Fetch the body of `GET /models`; many gateways give it without a key.

    Raises
    ------
    ToprouterError
        The gateway cannot be reached, or does not give its list.

    Examples
    --------
    >>> from toprouter_nb.testing import ScriptedGateway
    >>> with ScriptedGateway([], models=[{"id": "any/model"}]) as gateway:
    ...     fetch_models(Settings(gateway.base_url))
    b'{"object":"list","data":[{"id":"any/model"}]}'
    """
    key = _find_key(settings)
    transport = Transport(settings)
    try:
        return _fetch(transport, settings, key)
    except ToprouterError as error:
        # The frames and errors below hold what the server sent, which may repeat the key.
        error.__cause__ = error.__context__ = error.__traceback__ = None
        raise
    finally:
        transport.close()


def _fetch(transport: Transport, settings: Settings, key: Secret) -> bytes:
    # For the whole list: each byte in time may still be for ever.
    deadline = time.monotonic() + settings.progress_seconds
    blocks = []
    with transport.get(_PATH, key) as answer:
        for block in answer.blocks():
            blocks.append(block)
            if time.monotonic() > deadline:
                limit = settings.progress_seconds
                message = (
                    f"The list of models was not there within {limit:g} s (progress_seconds): it comes too slowly."
                )
                raise ReadTimeoutError(message, kind="idle_timeout", is_transient=True)
        body = b"".join(blocks)
        if is_success(answer.status):
            # Any byte is one letter of Latin-1, so that nothing but the key changes.
            return key.hide(body.decode("latin-1")).encode("latin-1")
        raise error_from_answer(answer.status, answer.headers, body, base_url=settings.base_url, key=key)


def _find_key(settings: Settings) -> Secret:
    try:
        return require_key(settings, ask=False).api_key
    except SettingsError:
        return Secret()
