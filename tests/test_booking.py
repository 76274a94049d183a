"""What a call is booked as: its price, what is reserved for it, and its line in the ledger."""

import asyncio
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal

import pytest

import toprouter_nb as tr
from toprouter_nb import Conversation, errors
from toprouter_nb.booking import IMAGE_TOKENS
from toprouter_nb.call_log import CallRow, current_log
from toprouter_nb.testing import Cut, Fault, Hang, Script, ScriptedGateway

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


@pytest.fixture(autouse=True)
def memory():
    """Keep the ledger of each test apart."""
    tr.configure(ledger_path=":memory:")
    yield
    current_log(tr.configure()).close()


def play(replies, **options):
    """Return a gateway that plays replies and sells the models above."""
    return ScriptedGateway(replies, models=MODELS, **options)


def chat_with(gateway, model="maker/model", **options):
    """Return a conversation that shows nothing."""
    return Conversation(model, base_url=gateway.base_url, api_key=KEY, display=False, **options)


def rows():
    """Return the calls in the ledger."""
    return [CallRow(*found) for found in current_log(tr.configure()).select()]


def know_prices(gateway):
    """Fetch the list of models, as `tr.models()` does."""
    tr.configure(base_url=gateway.base_url)
    tr.models()
    tr.configure(base_url=None)


def test_what_was_billed_counts_before_what_is_computed():
    """The gateway's own amount is the cost, exactly as it spelled it; nothing is looked up."""
    with play([Script("Hi.", usage=COUNTED | {"cost": 1.5e-07})]) as gateway:
        know_prices(gateway)
        reply = chat_with(gateway).ask("Hi")
    assert (reply.cost_usd, reply.cost_source) == (Decimal("1.5E-7"), "billed")
    assert [(row.cost_usd, row.cost_source, row.priced_at) for row in rows()] == [("0.00000015", "billed", None)]


def test_an_own_key_costs_what_both_bill():
    """With a provider key of one's own the gateway's fee and the provider's bill are added."""
    usage = COUNTED | {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}
    with play([Script("Hi.", usage=usage)]) as gateway:
        assert chat_with(gateway).ask("Hi").cost_usd == Decimal("0.21")


def test_a_cost_is_computed_from_the_list_that_is_known():
    """Where nothing was billed, the known prices count, and the ledger says of when they are."""
    with play([Script("Hi.", usage=COUNTED), Script("Hi.", usage=COUNTED)]) as gateway:
        chat = chat_with(gateway)
        unknown = chat.ask("Hi")
        know_prices(gateway)
        computed = chat.ask("Hi")
    assert (unknown.cost_usd, unknown.cost_source) == (None, "unknown")
    assert (computed.cost_usd, computed.cost_source) == (Decimal("0.006"), "computed")
    first, second = rows()
    assert (first.cost_usd, first.priced_at, second.cost_usd) == (None, None, "0.0060")
    assert 0 <= second.started_at - second.priced_at < 60
    assert chat.cost_usd is None
    assert [request.method for request in gateway.requests] == ["POST", "GET", "POST"]


def test_the_model_that_answered_is_charged():
    """A gateway may answer with another model, at that model's price."""
    with play([Script("Hi.", usage=COUNTED, model="maker/gift"), Script("Hi.", usage=COUNTED, model="x")]) as gateway:
        know_prices(gateway)
        chat = chat_with(gateway)
        assert [chat.ask("Hi").cost_usd, chat.ask("Hi").cost_usd] == [0, Decimal("0.006")]


def test_a_variant_has_no_price_but_its_own():
    """What "maker/model:free" costs is not what "maker/model" costs."""
    with play([Script("Hi.", usage=COUNTED)]) as gateway:
        know_prices(gateway)
        assert chat_with(gateway, "maker/model:free").ask("Hi").cost_usd is None


def test_pictures_are_charged_by_the_piece():
    """Every image of the request counts, earlier turns included; its base64 is no text."""
    picture = tr.image(b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00"
                       b"\x00\x02\x02D\x01\x00;")  # fmt: skip
    usage = {"prompt_tokens": 0, "completion_tokens": 0}
    with play([Script("Hi.", usage=usage)] * 2) as gateway:
        know_prices(gateway)
        chat = chat_with(gateway, "maker/seer")
        text = '{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}'
        costs = [chat.ask(text, picture, picture).cost_usd, chat.ask("And?", picture).cost_usd]
    assert costs == [Decimal("0.5"), Decimal("0.75")]


def test_the_worst_case_is_known_before():
    """Bytes bound the prompt, `max_tokens` the answer, a picture counts as so many tokens; else the catalogue bounds."""
    with play(["Hi."] * 9) as gateway:
        chat = chat_with(gateway, budget_usd=100)
        reserve = reserved_by(chat, gateway)
        assert reserve("Hi", max_tokens=7) == length_of(gateway) * Decimal("0.0001") + 7 * Decimal("0.001")
        assert reserve("Hi") == length_of(gateway) * Decimal("0.0001") + 100 * Decimal("0.001")
        assert reserve("Hi", extra={"max_completion_tokens": 3, "n": 2}) == (
            length_of(gateway) * Decimal("0.0001") + 6 * Decimal("0.001")
        )
        assert reserve("x" * 5000, max_tokens=1) == 1000 * Decimal("0.0001") + Decimal("0.001")


def reserved_by(chat, gateway):
    """Return a function that asks and returns what its call reserved."""
    budget, seen = chat._budget, []
    original = budget.reserve
    budget.reserve = lambda worst: seen.append(worst) or original(worst)

    def ask(*parts, **params):
        chat.ask(*parts, stream=False, **params)
        chat.undo()
        return seen[-1]

    return ask


def length_of(gateway):
    """Return the size of the last request's body."""
    return int(gateway.requests[-1].headers["content-length"])


def test_a_picture_counts_as_many_tokens():
    """Its bytes say nothing of its tokens; a bound above what models make of one stands for it."""
    picture = tr.image(b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00"
                       b"\x00\x02\x02D\x01\x00;")  # fmt: skip
    with play(["Hi."] * 2) as gateway:
        reserve = reserved_by(chat_with(gateway, "maker/seer", budget_usd=100), gateway)
        with_it, without = reserve("Hi", picture), reserve("Hi")
    tokens = (with_it - without - Decimal("0.25")) / Decimal("1e-9")
    assert IMAGE_TOKENS <= tokens < IMAGE_TOKENS + 100


@pytest.mark.parametrize("way", ["conversation", "process", "block"])
def test_every_budget_stops_the_call_before_it(way):
    """Of a conversation, of the process or of a block: nothing is sent, nothing is kept, nothing is in the ledger."""
    with play([Script("Hi.", usage=COUNTED | {"cost": 0.05})]) as gateway:
        tr.configure(budget_usd="0.11" if way == "process" else None)
        chat = chat_with(gateway, budget_usd="0.11" if way == "conversation" else None)
        with tr.track(budget_usd="0.11" if way == "block" else None) as t:
            chat.ask("Hi", max_tokens=50)
            with pytest.raises(errors.BudgetError, match=r"^This call could cost up to .* raise budget_usd\.$"):
                chat.ask("Hi", max_tokens=60)
            assert (t.calls, t.cost_usd) == (1, Decimal("0.05"))
    assert (len(chat.replies), len(rows())) == (1, 1)
    assert sum(request.method == "POST" for request in gateway.requests) == 1


def test_a_fork_spends_the_same_budget():
    """Copies of a conversation are no way round its limit; raising it lets both go on."""
    with play([Script("Hi.", usage=COUNTED | {"cost": 0.05})] * 3) as gateway:
        chat = chat_with(gateway, budget_usd="0.07", max_tokens=50)
        chat.ask("Hi")
        with pytest.raises(errors.BudgetError, match="for this conversation"):
            chat.fork().ask("Hi")
        chat.budget_usd = 1
        fork = chat.fork()
        fork.ask("Hi")
        assert (chat.budget_usd, fork.budget_usd, chat._budget.spent_usd) == (1, 1, Decimal("0.10"))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("maker/varying", "the price of maker/varying is not known"),
        ("nobody/knows", "the price of nobody/knows is not known"),
        ("maker/endless", r"the longest answer of maker/endless is not known \(give max_tokens\)"),
    ],
)
def test_what_cannot_be_bounded_is_refused_unless_allowed(model, reason):
    """An unknown price under a budget is refused, and says how to allow it; then what is billed is counted."""
    with play([Script("Hi.", usage={"cost": 0.25})]) as gateway:
        chat = chat_with(gateway, model, budget_usd=1)
        with pytest.raises(errors.BudgetError) as caught:
            chat.ask("Hi")
        tr.configure(allow_unpriced=True)
        chat.ask("Hi")
    assert str(caught.value).startswith("Under the $1.00 for this conversation this call cannot be made: the ")
    assert caught.match(reason) and caught.match("allow_unpriced=True")
    assert chat._budget.spent_usd == Decimal("0.25")


def test_fallback_models_count_with_the_dearest():
    """Where the gateway may answer with others, each needs a price, and the worst one is reserved."""
    with play(["Hi."] * 2) as gateway:
        chat = chat_with(gateway, "maker/gift", budget_usd=1)
        assert reserved_by(chat, gateway)("Hi", extra={"models": ["maker/model"]}) > Decimal("0.1")
        with pytest.raises(errors.BudgetError, match="the price of nobody/knows is not known"):
            chat.ask("Hi", extra={"models": ["nobody/knows"]})


def test_free_models_need_no_budget():
    """A model without price, and one of this machine, pass an empty budget."""
    with play(["Hi."]) as gateway:
        chat = chat_with(gateway, "maker/gift", budget_usd=0)
        chat.ask("Hi")
    assert chat._budget.left_usd == 0


def test_the_list_of_prices_is_asked_for_once():
    """A gateway that has no list is not asked again with every call."""
    with ScriptedGateway(["Hi."] * 5, models=Fault(404)) as gateway:
        chat = chat_with(gateway, budget_usd=1, settings=tr.Settings(gateway.base_url, KEY, allow_unpriced=True))
        for _ in range(5):
            chat.ask("Hi")
    assert [request.method for request in gateway.requests].count("GET") == 1


ENDS = {
    "refused": ([Fault(400)], errors.BadRequestError, 0),
    "cut": ([Script(deltas=["Hi", Cut()])], errors.StreamTruncatedError, None),
    "cut after its bill": ([Script(deltas=["Hi", b'data: {"choices":[],"usage":{"cost":0.01}}\n\n', Cut()])],
                           errors.StreamTruncatedError, Decimal("0.01")),
    "silent": ([Hang()], errors.ReadTimeoutError, None),
}  # fmt: skip


@pytest.mark.parametrize(("replies", "kind", "expected"), ENDS.values(), ids=ENDS)
def test_a_call_that_died_is_settled(replies, kind, expected):
    """What was refused costs nothing, what was billed counts, and what may have been billed holds its worst case."""
    with play(replies) as gateway:
        settings = tr.Settings(gateway.base_url, KEY, first_byte_seconds=0.3, max_retries=0, ledger_path=":memory:")
        chat = Conversation("maker/model", settings=settings, display=False, budget_usd=1, max_tokens=50)
        with pytest.raises(kind):
            chat.ask("Hi")
    budget = chat._budget
    assert (budget.reserved_usd, budget.spent_usd) == (0, expected or 0)
    assert (budget.held_usd > Decimal("0.05")) is (expected is None)


def test_concurrent_calls_cannot_break_a_budget_together():
    """Of twenty calls at once, as many are sent as the budget has room for in the worst case."""
    all_asked = threading.Event()

    def answer(_):
        assert all_asked.wait(30)
        return Script("Hi.", usage=COUNTED | {"cost": 0.05})

    with play(answer) as gateway, ThreadPoolExecutor(20) as pool:
        tr.configure(budget_usd="0.3")
        asked = [pool.submit(chat_with(gateway).ask, "Hi", max_tokens=80, stream=False) for _ in range(20)]
        refused = list(itertools.islice(as_completed(asked), 17))
        all_asked.set()
        assert {type(call.exception()) for call in refused} == {errors.BudgetError}
        replies = [call.result() for call in asked if call not in refused]
    assert sum(reply.cost_usd for reply in replies) == Decimal("0.15")


def test_async_tasks_share_a_block():
    """Tasks begun in a block are counted and limited together; those outside are not."""

    async def ask_all(gateway):
        chats = [chat_with(gateway) for _ in range(10)]
        with tr.track(budget_usd="0.5") as t:
            asked = [chat.ask_async("Hi", max_tokens=100) for chat in chats]
            ended = await asyncio.gather(*asked, return_exceptions=True)
        await chat_with(gateway).ask_async("Hi")
        return t, ended

    with play(lambda _: Script("Hi.", delay_seconds=0.1, usage=COUNTED | {"cost": 0.05})) as gateway:
        know_prices(gateway)
        t, ended = asyncio.run(ask_all(gateway))
    refused = sum(isinstance(end, errors.BudgetError) for end in ended)
    assert (t.calls, refused, t.cost_usd) == (4, 6, Decimal("0.20"))


def test_the_question_is_kept_only_where_that_is_asked_for():
    """No text is in the ledger by default; with `ledger_prompts` the question is, without the key."""
    with play(["Hi."] * 2) as gateway:
        chat = chat_with(gateway, system="Be brief.")
        chat.name = f"tutor {KEY}"
        chat.ask("My secret question")
        tr.configure(ledger_prompts=True)
        chat.ask(f"Is {KEY} safe?\x1b[31m \ud800", "And this?")
    first, second = rows()
    assert (first.prompt_text, second.prompt_text) == (None, "Is [key hidden] safe?\\x1b[31m �\n\nAnd this?")
    assert (first.conversation_id, first.conversation_name) == (chat.id, "tutor [key hidden]")
    assert KEY not in json.dumps(rows())


def test_a_servers_words_are_bounded():
    """What a server calls itself may be anything; the ledger keeps a line of it that a terminal can show."""
    with play([Script("Hi.", model="m\x1b" * 5000, finish_reason="f" * 5000)]) as gateway:
        chat_with(gateway).ask("Hi")
    (row,) = rows()
    assert (len(row.served_model), row.served_model[:10], len(row.finish_reason)) == (300, "m\\x1bm\\x1b", 300)
