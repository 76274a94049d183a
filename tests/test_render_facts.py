"""The small print below a reply says what is known, and leaves out what is not."""

from decimal import Decimal

import pytest

from toprouter_nb.render.facts import render_ending, reply_facts


def test_all_facts_in_their_order():
    """Model, tokens, cost, times, speed and a remarkable end, in this order."""
    facts = reply_facts(
        requested_model="any/model",
        served_model="any/model-0426",
        prompt_tokens=1_234,
        completion_tokens=56,
        cost_usd=Decimal("0.0123"),
        first_token_seconds=0.416,
        seconds=2.04,
        tokens_per_second=57.4,
        finish_reason="length",
    )
    assert facts == (
        "any/model, served by any/model-0426",
        "1,234 tokens in, 56 out",
        "$0.012",
        "first text 0.42 s",
        "2.0 s in all",
        "57 tokens/s",
        "cut at the token limit (length)",
    )


def test_what_is_not_known_is_left_out():
    """None is no 0: it is not shown."""
    assert reply_facts(requested_model="any/model", finish_reason="stop") == ("any/model",)


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        ("0", "$0"),
        ("0.00042", "$0.00042"),
        ("0.0004219", "$0.00042"),
        ("1.5", "$1.50"),
        ("1234.567", "$1,234.57"),
        ("1E-9", "$0.0000000010"),
    ],
)
def test_costs_keep_two_digits(cost, shown):
    """A cost is shown in cents, or with two significant digits where it is less; free is 0."""
    assert reply_facts(requested_model="m", cost_usd=Decimal(cost))[1] == shown


@pytest.mark.parametrize(("tokens", "shown"), [((3, None), "3 tokens in"), ((None, 4), "4 tokens out")])
def test_half_known_tokens(tokens, shown):
    """One count alone is shown alone."""
    assert reply_facts(requested_model="m", prompt_tokens=tokens[0], completion_tokens=tokens[1])[1] == shown


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (None, ""),
        ("", ""),
        ("stop", ""),
        ("content_filter", "held back by a content filter (content_filter)"),
        ("x\x1b", "ended: x\\x1b"),
    ],
)
def test_endings(reason, words):
    """A usual end is silent; an unknown one is shown as the server spells it, made safe."""
    assert render_ending(reason) == words


def test_long_names_are_shortened():
    """A server cannot flood the small print with a name."""
    assert len(reply_facts(requested_model="m" * 5_000)[0]) == 120
