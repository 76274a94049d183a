"""What the lint says, and that it says nothing of what it does not know."""

import datetime as dt

import pytest

from toprouter_nb.cards import ModelCard
from toprouter_nb.parts import ImagePart
from toprouter_nb.xray_lint import lint_request

TODAY = dt.date(2026, 1, 1)
PHOTO = ImagePart(data=b"x" * 10, media_type="image/png", width=4_000, height=10)
SMALL = ImagePart(data=b"x", media_type="image/png", width=10, height=10)
CARD = ModelCard(
    "any/model", context_tokens=1_000, takes_images=True, supported_parameters=("temperature", "max_tokens")
)


def lint(card=CARD, **facts):
    """Return what is found in an ordinary request, changed in one way."""
    usual = {"model": "any/model", "options": {}, "images": (), "tokens": 10, "body_bytes": 100}
    return lint_request(**(usual | facts), cards=[card] if card else [], today=TODAY)


def test_an_ordinary_request_has_no_findings():
    """Known options, room enough, an image the model takes: silence."""
    assert lint(options={"temperature": 1, "max_tokens": 5}, images=[SMALL]) == ()


def test_an_ignored_parameter_is_told_in_whole():
    """The message names the model, the parameter, and what a gateway does with it."""
    [finding] = lint(options={"top_p": 0.5})
    assert finding == (
        "warning",
        "top_p",
        "By the gateway's list any/model does not know top_p; gateways leave it out without a word.",
    )


@pytest.mark.parametrize(
    ("facts", "level", "about", "words"),
    [
        ({"options": {"response_format": {}}}, "warning", "response_format", "does not know response_format"),
        ({"tokens": 850}, "warning", "context", "85% full"),
        ({"tokens": 500, "options": {"max_tokens": 600}}, "error", "context", "too many"),
        ({"images": [PHOTO]}, "warning", "image", "4000x10 pixels"),
        ({"images": [SMALL], "card": ModelCard("any/model", takes_images=False)}, "error", "image", "takes no images"),
        ({"body_bytes": 31_000_000}, "warning", "body", "31.0 MB"),
        ({"model": "any/modle"}, "warning", "model", "Did you mean any/model?"),
        ({"card": None}, "note", "model", "tr.models() fetches the gateway's list"),
        ({"card": ModelCard("any/model", raw={"expiration_date": "2026-03-01"})}, "warning", "model", "2026-03-01"),
        ({"card": ModelCard("any/model", raw={"expiration_date": "2025-03-01"})}, "error", "model", "2025-03-01"),
        (
            {
                "model": "local/x",
                "card": ModelCard("local/x", is_local=True),
                "images": [ImagePart(url="https://a.test/b")],
            },
            "error",
            "image",
            "fetches no addresses",
        ),
    ],
)
def test_what_may_go_wrong_is_found(facts, level, about, words):
    """Each kind of trouble has one finding of its level."""
    [finding] = lint(**facts)
    assert (finding.level, finding.about) == (level, about)
    assert words in finding.text


@pytest.mark.parametrize(
    "card",
    [
        ModelCard("any/model"),
        ModelCard("any/model", raw={"expiration_date": None}),
        ModelCard("any/model", raw={"expiration_date": ["x"]}),
        ModelCard("any/model", supported_parameters=("structured_outputs",)),
    ],
)
def test_what_is_not_known_is_not_held_against_it(card):
    """A card that says nothing of contexts, images or parameters brings no finding; an alias counts."""
    assert lint(card=card, options={"response_format": {}}, images=[SMALL], tokens=10**6) == ()


def test_errors_come_first():
    """The findings are ordered by what they mean for the call."""
    levels = [finding.level for finding in lint(options={"top_k": 1, "max_tokens": 2_000}, images=[PHOTO])]
    assert levels == ["error", "warning", "warning"]


def test_an_option_of_any_name_cannot_act():
    """The name of an extra field is shown escaped and cut."""
    [finding] = lint(options={"\x1b[31m" + "x" * 500: 1})
    assert "\x1b" not in finding.text
    assert len(finding.text) < 250
