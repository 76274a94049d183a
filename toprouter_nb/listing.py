"""Fetches the gateway's list of models, with the key where there is one.

Knows nothing of what the list says; `catalogue` keeps it and `cards` reads it.
"""

from .errors import SettingsError
from .failures import error_from_answer
from .secret import Secret
from .settings import Settings, require_key
from .transport import Transport

_OK = range(200, 300)
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
        with transport.get(_PATH, key) as answer:
            body = b"".join(answer.blocks())
            if answer.status in _OK:
                return body
            raise error_from_answer(
                answer.status, answer.headers, body, base_url=settings.base_url, key=key, body_sent=None
            )
    finally:
        transport.close()


def _find_key(settings: Settings) -> Secret:
    try:
        return require_key(settings, ask=False).api_key
    except SettingsError:
        return Secret()
