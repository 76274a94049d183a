"""Conversations with a scripted gateway, and what was said in them, for the tests."""

import time

import toprouter_nb as tr


def chat_with(gateway, model="any/model", **options):
    """Return a conversation with a scripted gateway, which shows nothing."""
    return tr.Conversation(model, base_url=gateway.base_url, api_key="test", display=False, **options)


def chat_of(messages, gateway):
    """Return a conversation that holds messages already."""
    options = {"base_url": gateway.base_url, "api_key": "test", "display": False}
    return tr.Conversation.from_messages(messages, model="any/model", **options)


def said(chat):
    """Return the texts of all turns."""
    return [turn.text for turn in chat.turns]


def wait_until(is_so, seconds=5.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


# --- asking
