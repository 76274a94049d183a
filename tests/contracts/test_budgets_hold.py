"""A budget of a conversation, of the process or of a block stops the call before the one that could break it."""

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal

import pytest
from shop import COUNTED, KEY, PICTURE, chat_with, know_prices, play

import toprouter_nb as tr
from toprouter_nb import Conversation, errors
from toprouter_nb.bounds import IMAGE_TOKENS
from toprouter_nb.call_log import CallLog
from toprouter_nb.testing import Cut, Fault, Hang, Script, ScriptedGateway


@pytest.fixture(autouse=True)
def ledger_path(tmp_path):
    """Keep the ledger of each test apart."""
    tr.configure(ledger_path=tmp_path / "ledger.sqlite")
    return tmp_path / "ledger.sqlite"


def test_the_worst_case_is_known_before():
    """Bytes bound the prompt and `max_tokens` the answer; without it, and for long prompts, the catalogue does."""
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
    picture = tr.image(PICTURE)
    with play(["Hi."] * 2) as gateway:
        reserve = reserved_by(chat_with(gateway, "maker/seer", budget_usd=100), gateway)
        with_it, without = reserve("Hi", picture), reserve("Hi")
    tokens = (with_it - without - Decimal("0.25")) / Decimal("1e-9")
    assert IMAGE_TOKENS <= tokens < IMAGE_TOKENS + 100


@pytest.mark.parametrize("way", ["conversation", "process", "block"])
def test_every_budget_stops_the_call_before_it(way, ledger_path):
    """Of a conversation, of the process or of a block: nothing is sent, nothing is kept, nothing is in the ledger."""
    with play([Script("Hi.", usage=COUNTED | {"cost": 0.05})]) as gateway:
        tr.configure(budget_usd="0.11" if way == "process" else None)
        chat = chat_with(gateway, budget_usd="0.11" if way == "conversation" else None)
        with tr.track(budget_usd="0.11" if way == "block" else None) as t:
            chat.ask("Hi", max_tokens=50)
            with pytest.raises(errors.BudgetError, match=r"^This call could cost up to .* raise budget_usd\.$"):
                chat.ask("Hi", max_tokens=60)
            assert (t.calls, t.cost_usd) == (1, Decimal("0.05"))
    assert (len(chat.replies), len(list(CallLog(ledger_path).select()))) == (1, 1)
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
    assert caught.match(reason)
    assert caught.match("allow_unpriced=True")
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
        settings = tr.Settings(gateway.base_url, KEY, first_byte_seconds=0.3, max_retries=0)
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


@pytest.mark.filterwarnings("ignore:.* are used")
def test_an_unknown_price_ends_with_the_budget():
    """Calls of unknown price that are allowed go on while anything is left, and no further."""
    with play([Script("Hi.", usage=COUNTED | {"cost": 0.02})] * 9) as gateway:
        chat = chat_with(gateway, "maker/varying")
        with tr.track("0.05", allow_unpriced=True) as block:
            for _ in range(3):
                chat.ask("Hi")
            with pytest.raises(errors.BudgetError) as caught:
                chat.ask("Hi")
    assert str(caught.value) == (
        "This call could cost any amount, and of the $0.05 for this block only $0.00 are left: $0.06 spent. Nothing "
        "was sent. Lower max_tokens, ask a cheaper model, or raise budget_usd."
    )
    assert block.calls == 3


def test_of_two_limits_of_the_answer_the_higher_counts():
    """Which of two limits a server heeds is not known, so the worst case takes the higher."""
    with play(["Hi."] * 2) as gateway:
        reserve = reserved_by(chat_with(gateway, budget_usd=100), gateway)
        assert reserve("Hi", max_tokens=2, extra={"max_completion_tokens": 50}) == (
            length_of(gateway) * Decimal("0.0001") + 50 * Decimal("0.001")
        )
