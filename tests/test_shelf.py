"""The public list of models: fetched, filtered, sorted, and honest about what it could not get."""

import warnings
from decimal import Decimal

import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.local import MODELS
from toprouter_nb.testing import Fault, ScriptedGateway

LOCAL_IDS = sorted(model.id for model in MODELS)
KEY = "sk-canary-0123456789abcdef"
ROWS = [
    {"id": "dear/vision", "name": "Dear", "pricing": {"prompt": "0.00001", "completion": "0.00003"},
     "architecture": {"input_modalities": ["text", "image"]}},
    {"id": "cheap/text", "name": "Cheap Flash", "pricing": {"prompt": "0.0000001", "completion": "0.0000004"},
     "architecture": {"input_modalities": ["text"]}},
    {"id": "free/flash", "pricing": {"prompt": "0", "completion": "0"}},
    {"id": "auto/router", "pricing": {"prompt": "-1", "completion": "-1"}},
]  # fmt: skip


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """Point the package at a scripted gateway with four models."""
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("TOPROUTER_API_KEY", KEY)
    with ScriptedGateway([], models=ROWS, api_key=KEY) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        yield gateway


def test_local_models_come_first_then_the_cheapest(gateway):
    """The order is: this machine's models, then by the price of answers; what has no price comes last."""
    frame = tr.models()
    assert frame["id"].tolist() == [*LOCAL_IDS, "free/flash", "cheap/text", "dear/vision", "auto/router"]
    assert frame["is_local"].tolist() == [True] * len(LOCAL_IDS) + [False] * 4
    assert frame.attrs["fetched_at"].endswith("+00:00")
    assert (gateway.requests[0].method, gateway.requests[0].path) == ("GET", "/models")


def test_all_words_of_a_search_must_be_there(gateway):
    """Words are looked for in id and name, whatever the capitals and the order."""
    assert tr.models("FLASH")["id"].tolist() == ["free/flash", "cheap/text"]
    assert tr.models("flash cheap")["id"].tolist() == ["cheap/text"]
    assert tr.models("nothing like it").empty
    assert len(tr.models("")) == len(tr.models())


def test_images_keep_what_is_known(gateway):
    """True keeps models that take images, False those that take none, and neither those of which nothing is said."""
    assert tr.models(images=True)["id"].tolist() == ["local/ocr", "dear/vision"]
    assert "cheap/text" in tr.models(images=False)["id"].tolist()
    assert "auto/router" not in [*tr.models(images=False)["id"], *tr.models(images=True)["id"]]


@pytest.mark.parametrize(
    ("limit", "ids"),
    [
        (0, ["free/flash"]),
        (0.4, ["free/flash", "cheap/text"]),
        (Decimal("0.39"), ["free/flash"]),
        (10.0, ["free/flash", "cheap/text"]),
    ],
)
def test_a_price_limit_holds_for_prompt_and_answer(limit, ids, gateway):
    """Both prices must be known and within the limit; local models cost nothing."""
    assert tr.models(max_usd_per_million=limit)["id"].tolist() == [*LOCAL_IDS, *ids]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"search": 3}, "`search` is a text, like 'gemini', not int."),
        ({"images": "yes"}, "`images` is True, False or None, not 'yes'."),
        ({"images": 1}, "`images` is True, False or None, not 1."),
        ({"max_usd_per_million": -1}, "`max_usd_per_million` is a number of US dollars, 0 or more, not -1."),
        ({"max_usd_per_million": "1"}, "`max_usd_per_million` is a number of US dollars, 0 or more, not '1'."),
        ({"max_usd_per_million": float("nan")}, "`max_usd_per_million` is a number of US dollars, 0 or more, not nan."),
        ({"max_usd_per_million": True}, "`max_usd_per_million` is a number of US dollars, 0 or more, not True."),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(arguments, message, gateway):
    """Each argument of the wrong kind is a ParameterError that says what is allowed."""
    with pytest.raises(ParameterError) as caught:
        tr.models(**arguments)
    assert str(caught.value) == message
    assert gateway.requests == ()


def test_without_a_network_the_local_models_are_listed_with_one_warning(monkeypatch, tmp_path):
    """Where nobody answers, this machine's models come at once, and one warning says what is missing and why."""
    with ScriptedGateway([]) as gone:
        pass
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("TOPROUTER_BASE_URL", gone.base_url)
    with pytest.warns(UserWarning, match=r"^Only the models of this machine are listed\.") as caught:
        frame = tr.models()
    assert frame["id"].tolist() == LOCAL_IDS
    assert frame.attrs["fetched_at"] is None
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_gateway_without_a_list_is_told_apart(monkeypatch, tmp_path):
    """A gateway that answers 404 for its list leaves the local models, and the warning has its words."""
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))
    fault = Fault(404, {"error": {"message": "no list here"}})
    with ScriptedGateway([], models=fault) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        with pytest.warns(UserWarning, match="no list here"):
            assert tr.models()["id"].tolist() == LOCAL_IDS


def test_the_key_is_sent_and_appears_nowhere(gateway, tmp_path):
    """The gateway gets the key; neither the frame nor a file has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = tr.models()
    assert gateway.requests[0].authorized
    assert KEY not in frame.to_csv() + repr(frame.attrs)
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
