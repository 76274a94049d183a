"""A block counts its calls, and only its own."""

import asyncio
import contextvars
import threading
from decimal import Decimal

import pytest

import toprouter_nb as tr
from toprouter_nb import errors
from toprouter_nb.testing import Fault, Script, ScriptedGateway
from toprouter_nb.tracking import active_trackers
from toprouter_nb.usage import Usage

PAID = Script("Paris.", usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.001})


@pytest.fixture
def chat():
    """Return a conversation with a gateway that bills every call but each third, and refuses each fourth."""
    replies = [PAID, PAID, "Of unknown cost.", Fault(403)]
    with ScriptedGateway(replies, repeat=True) as gateway:
        yield tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)


def test_a_block_adds_up_its_calls(chat):
    """Calls, tokens and cost are those of the block, while it runs and after it."""
    with tr.track() as t:
        chat.ask("Hi")
        assert (t.calls, t.cost_usd) == (1, Decimal("0.001"))
        list(chat.stream("Hi"))
    chat.ask("Outside.")
    assert (t.calls, t.unpriced, t.cost_usd, t.known_cost_usd) == (2, 0, Decimal("0.002"), Decimal("0.002"))
    assert t.usage == Usage(prompt_tokens=6, completion_tokens=4, total_tokens=10, cost_usd=Decimal("0.002"))
    assert repr(t) == "Meter(2 calls, 10 tokens, $0.002)"


def test_an_unknown_cost_makes_the_sum_unknown(chat):
    """A sum that misses a call is no sum: it is None, and what is known is told apart. A refusal costs nothing."""
    with tr.track() as t:
        for _ in range(3):
            chat.ask("Hi")
        with pytest.raises(errors.PermissionDeniedError):
            chat.ask("Hi")
    assert (t.calls, t.unpriced, t.cost_usd, t.known_cost_usd) == (4, 1, None, Decimal("0.002"))
    assert repr(t).endswith("$0.002 and 1 of unknown cost)")


def test_blocks_nest(chat):
    """The outer block counts what the inner one does, and each limits its own."""
    with tr.track() as outer:
        chat.ask("Hi")
        with tr.track() as inner:
            chat.ask("Hi")
    assert (outer.calls, inner.calls) == (2, 1)


def test_a_block_ends_with_an_error(chat):
    """What was counted stays when the block ends badly, and nothing is counted after it."""
    t = tr.track()

    def fail():
        with t:
            chat.ask("Hi")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    chat.ask("Hi")
    assert t.calls == 1


def test_the_calls_are_a_table(chat):
    """One row each in the order in which they ended, in the columns of the ledger."""
    with tr.track() as t:
        chat.ask("Hi")
        chat.ask("Hi", model="other/model")
    frame = t.to_frame()
    assert frame["requested_model"].tolist() == ["any/model", "other/model"]
    assert frame["cost_usd"].tolist() == [0.001, 0.001]
    assert frame.columns.tolist() == tr.ledger().columns.tolist()


def test_a_thread_counts_in_a_copy_of_the_context(chat):
    """Another thread is outside, unless it runs in a copy of the block's context."""
    with tr.track() as t:
        inside = threading.Thread(target=contextvars.copy_context().run, args=(chat.ask, "Hi"))
        outside = threading.Thread(target=chat.ask, args=("Hi",))
        for thread in (inside, outside):
            thread.start()
            thread.join()
    assert t.calls == 1


@pytest.mark.parametrize("budget", [-1, "lots", True])
def test_a_budget_is_an_amount(budget):
    """A negative budget, or a word, is refused where the block begins."""
    with pytest.raises(errors.SettingsError, match="budget_usd must be US dollars"):
        tr.track(budget_usd=budget)


def test_a_stream_counts_where_it_was_asked_for(chat):
    """A stream asked for in a block counts there, though it is read after it."""
    with tr.track() as t:
        stream = chat.stream("Hi")
    list(stream)
    assert t.calls == 1


def test_blocks_may_end_in_any_order():
    """A block that is entered twice counts once, and one that ends early, or in another task, ends only itself."""
    first, second = tr.track(), tr.track()
    with ScriptedGateway(["Hi."] * 4) as gateway:
        chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        first.__enter__()
        with first:
            chat.ask("counted once")
        chat.ask("counted still")
        second.__enter__()
        first.__exit__(None, None, None)
        chat.ask("counted by the second")
        second.__exit__(None, None, None)
        chat.ask("counted by none")
    assert (first.calls, second.calls) == (2, 1)

    async def enter():
        first.__enter__()

    asyncio.run(enter())
    first.__exit__(None, None, None)
    assert active_trackers() == ()
