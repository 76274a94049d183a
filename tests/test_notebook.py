"""The dress of a conversation: its tables, its reprs, and the one line about a default model."""

import toprouter_nb as tr
from toprouter_nb.testing import Cut, Script, ScriptedGateway


def chat_with(gateway, model="any/model", **options):
    """Return a conversation that shows nothing."""
    return tr.Conversation(model, base_url=gateway.base_url, api_key="test", display=False, **options)


def test_the_table_has_a_row_for_every_call_that_was_answered():
    """Undone and broken-off answers count, since they were paid for."""
    with ScriptedGateway(["One.", Script(deltas=["Tw", Cut()]), "Three."]) as gateway:
        chat = chat_with(gateway)
        chat.ask("1")
        try:
            chat.ask("2")
        except tr.errors.StreamTruncatedError:
            chat.undo()
        chat.ask("3")
        table = chat.usage_table()
    assert list(table["is_partial"]) == [False, True, False]
    assert list(table["requested_model"]) == ["any/model"] * 3


def test_the_reprs_tell_the_model_the_turns_and_the_tokens():
    """Plain and rich, both safe whatever was said."""
    with ScriptedGateway(["<script>alert(1)</script>"]) as gateway:
        chat = chat_with(gateway)
        assert repr(chat) == "Conversation(any/model, 0 turns)"
        chat.ask("Say <b>it</b>")
        assert repr(chat) == "Conversation(any/model, 2 turns, 3 tokens)"
        bundle = chat._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "<script" not in bundle["text/html"]
    assert "Say &lt;b&gt;it&lt;/b&gt;" in bundle["text/html"]


def test_a_default_model_is_named_in_one_line_once(monkeypatch, capsys):
    """Nobody is left to guess who answers."""
    with ScriptedGateway(["a", "b"]) as gateway:
        chat = chat_with(gateway, None)
        chat.ask("1")
        chat.ask("2")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        (
            "No model named: google/gemini-3.5-flash answers, the default. "
            "Name one with Conversation(model=...), see tr.models()."
        )
    ]


def test_values_have_cards_of_their_own():
    """Turns, images and usage are readable in a notebook by themselves."""
    for value in (tr.user("Hi <b>"), tr.image("https://example.com/a.png"), tr.Usage(3, 4, 7), tr.assistant("*Hi*")):
        bundle = value._repr_mimebundle_()
        assert bundle["text/plain"] == repr(value)
        assert "<b>" not in bundle["text/html"]
        assert bundle["text/html"].startswith('<div class="tr-root')
