"""A gateway that sells models at known prices, and conversations with it."""

import toprouter_nb as tr
from toprouter_nb import Conversation
from toprouter_nb.testing import ScriptedGateway

KEY = "sk-canary-1234567890abcdef"
MODELS = [
    {
        "id": "maker/model",
        "context_length": 1000,
        "top_provider": {"max_completion_tokens": 100},
        "pricing": {"prompt": "0.0001", "completion": "0.001"},
    },
    {"id": "maker/endless", "pricing": {"prompt": "0.0001", "completion": "0.001"}},
    {"id": "maker/varying", "pricing": {"prompt": "-1", "completion": "-1"}},
    {"id": "maker/gift", "pricing": {"prompt": "0", "completion": "0"}},
    {"id": "maker/seer", "context_length": 10**6, "pricing": {"prompt": "1e-9", "completion": "0", "image": "0.25"}},
]
COUNTED = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
PICTURE = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def play(replies, **options):
    """Return a gateway that plays replies and sells the models above."""
    return ScriptedGateway(replies, models=MODELS, **options)


def chat_with(gateway, model="maker/model", **options):
    """Return a conversation that shows nothing."""
    return Conversation(model, base_url=gateway.base_url, api_key=KEY, display=False, **options)


def know_prices(gateway):
    """Fetch the list of models, as `tr.models()` does."""
    tr.configure(base_url=gateway.base_url)
    tr.models()
    tr.configure(base_url=None)
