"""Cards are read from whatever a gateway lists, and never fail."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.cards import MAX_CARDS, ModelCard, decode_cards, decode_listing, local_card
from toprouter_nb.errors import UnexpectedResponseError
from toprouter_nb.local import MODELS

FULL_ROW = {
    "id": "maker/model-1",
    "name": "Maker: Model 1",
    "created": 1_750_000_000,
    "context_length": 131_072,
    "architecture": {"modality": "text+image->text", "input_modalities": ["text", "image"], "tokenizer": "Other"},
    "pricing": {"prompt": "0.0000025", "completion": "0.00001", "image": "0.003"},
    "top_provider": {"context_length": 65_536},
    "supported_parameters": ["temperature", "stop"],
}


def card(**fields):
    """Read one row that has an id and these fields."""
    ((only,), skipped) = decode_cards([{"id": "a"} | fields])
    assert skipped == 0
    return only


def test_a_full_row_gives_a_full_card():
    """Name, context, images, prices for a million tokens and parameters are read; the row itself is kept."""
    ((read,), skipped) = decode_cards([FULL_ROW])
    assert read == ModelCard(
        "maker/model-1",
        "Maker: Model 1",
        context_tokens=131_072,
        takes_images=True,
        prompt_usd_per_million=Decimal("2.5"),
        completion_usd_per_million=Decimal(10),
        supported_parameters=("temperature", "stop"),
    )
    assert (read.raw, skipped) == (FULL_ROW, 0)
    assert str(read.completion_usd_per_million) == "10"


def test_a_minimal_row_gives_a_card_of_unknowns():
    """A plain server's row is enough: all that it does not say is None."""
    row = {"id": "model", "object": "model", "created": 0, "owned_by": "me"}
    ((read,), _) = decode_cards([row])
    assert read == ModelCard("model", "model")


@pytest.mark.parametrize(
    "listing", [{"object": "list", "data": [{"id": "a"}]}, {"models": [{"id": "a"}]}, [{"id": "a"}]]
)
def test_rows_are_found_where_dialects_put_them(listing):
    """The rows are below `data`, below `models`, or the list itself."""
    assert decode_listing(json.dumps(listing).encode()) == [{"id": "a"}]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b'{"data": {"id": "a"}}', b'{"error": "no"}', b'"text"', b"null", b"\xff", b"[" * 99_999],
)
def test_what_is_no_list_is_refused(body):
    """A page, another shape or half a JSON is one typed error."""
    with pytest.raises(UnexpectedResponseError, match=r"^What the gateway sent is no list of models\.$"):
        decode_listing(body)


@pytest.mark.parametrize(
    "row",
    [None, 3, "a", [], {}, {"id": None}, {"id": 3}, {"id": ""}, {"id": "a b"}, {"id": "a\x1b[31m"}, {"id": "x" * 301}],
)
def test_a_row_without_a_usable_id_is_skipped_and_counted(row):
    """A broken row costs that row only."""
    cards, skipped = decode_cards([row, {"id": "good"}, row])
    assert [read.id for read in cards] == ["good"]
    assert skipped == 2


def test_the_first_of_two_rows_with_one_id_counts():
    """A repeated id is listed once."""
    cards, skipped = decode_cards([{"id": "a", "name": "first"}, {"id": "a", "name": "second"}])
    assert ([read.name for read in cards], skipped) == (["first"], 1)


def test_a_huge_list_is_cut():
    """More rows than any gateway has are counted, not kept."""
    cards, skipped = decode_cards([{"id": str(number)} for number in range(MAX_CARDS + 5)])
    assert (len(cards), skipped) == (MAX_CARDS, 5)


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("0.000001", "1"),
        (0.000001, "1"),
        ("0", "0"),
        (0, "0"),
        ("1e-7", "0.1"),
        ("0.00001234", "12.34"),
        ("-1", None),
        (-1, None),
        ("", None),
        ("free", None),
        ("NaN", None),
        ("Infinity", None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([], None),
        ("1e99999999999999999999", None),
        ("2", None),  # two dollars a token
        ("9" * 5_000, None),
        (10**4_000, None),
    ],
)
def test_prices_are_exact_or_none(price, expected):
    """A price is the exact decimal for a million tokens; what varies, is absurd or is no number is None."""
    read = card(pricing={"prompt": price}).prompt_usd_per_million
    assert (None if read is None else str(read)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"context_length": 8192}, 8192),
        ({"max_model_len": 4096.0}, 4096),
        ({"context_window": 100}, 100),
        ({"context_length": None, "top_provider": {"context_length": 7}}, 7),
        ({"meta": {"n_ctx_train": 2048}}, 2048),
        ({"context_length": 0}, None),
        ({"context_length": -1}, None),
        ({"context_length": 10**12}, None),
        ({"context_length": "8192"}, None),
        ({"context_length": True}, None),
        ({"context_length": float("inf")}, None),
        ({"meta": [], "top_provider": 3}, None),
    ],
)
def test_the_context_is_read_where_servers_say_it(fields, expected):
    """The size is a number of tokens within reason, under any of its names."""
    assert card(**fields).context_tokens == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"architecture": {"input_modalities": ["text", "image"]}}, True),
        ({"architecture": {"input_modalities": ["text"]}}, False),
        ({"architecture": {"modality": "text+image->text"}}, True),
        ({"architecture": {"modality": "text->image"}}, False),
        ({"architecture": {"input_modalities": []}}, None),
        ({"architecture": None}, None),
        ({"input_modalities": ["image"]}, True),
        ({"capabilities": {"vision": False}}, False),
        ({"capabilities": {"vision": "yes"}}, None),
        ({"capabilities": ["completion", "multimodal"]}, True),
        ({"capabilities": ["completion"]}, False),
        ({"capabilities": []}, None),
        ({}, None),
    ],
)
def test_images_are_known_where_the_row_says_so(fields, expected):
    """Whether images may be sent is read from every dialect's field, and None where none says it."""
    assert card(**fields).takes_images is expected


def test_names_are_safe_to_show():
    """Control characters in a name are escaped and a long one is cut."""
    assert card(name="a\x1b[31mb").name == r"a\x1b[31mb"
    assert len(card(name="x" * 500).name) == 200
    assert card(name="  ").name == "a"


def test_local_models_cost_nothing_and_say_what_they_take():
    """The card of a model of this machine has its own facts, and a price of 0."""
    read = local_card(MODELS[0])
    assert (read.id, read.name, read.is_local) == (MODELS[0].id, MODELS[0].name, True)
    assert read.context_tokens == MODELS[0].context_tokens
    assert read.takes_images is MODELS[0].takes_images
    assert read.prompt_usd_per_million == read.completion_usd_per_million == 0


def test_a_card_shows_no_row_in_its_repr():
    """The raw row may be long; the repr leaves it out."""
    assert "tokenizer" not in repr(decode_cards([FULL_ROW])[0][0])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*FULL_ROW, "prompt", "x"]), inner),
    max_leaves=20,
)


FIELDS = dict.fromkeys(set(FULL_ROW) - {"id"}, JSON_VALUES)


@given(st.lists(JSON_VALUES | st.fixed_dictionaries({"id": st.just("a")}, optional=FIELDS)))
def test_no_list_breaks_the_reading(rows):
    """Whatever JSON a gateway sends, every row is a card or is counted as skipped."""
    cards, skipped = decode_cards(rows)
    assert len(cards) + skipped == len(rows)
    assert all(isinstance(read.id, str) and read.id for read in cards)


def test_every_row_survives_json():
    """A card's raw row is what was sent."""
    rows = json.loads(json.dumps([FULL_ROW]))
    assert decode_cards(rows)[0][0].raw is rows[0]


@pytest.mark.parametrize(
    ("row", "tokens"),
    [
        ({"top_provider": {"max_completion_tokens": 4096}, "max_output_tokens": 7}, 4096),
        ({"max_output_length": 128_000}, 128_000),
        ({"top_provider": {"max_completion_tokens": None}}, None),
        ({"max_completion_tokens": "many"}, None),
    ],
)
def test_the_longest_answer_is_read_where_dialects_put_it(row, tokens):
    """It bounds what a call can cost; what is no size is unknown."""
    assert card(**row).max_completion_tokens == tokens
