"""What a conversation holds: an id, a name, a budget, and what it cost."""

import pickle
from decimal import Decimal

import pytest

import toprouter_nb as tr
from toprouter_nb import Conversation, errors
from toprouter_nb.testing import Script, ScriptedGateway


def test_every_conversation_has_an_id_of_its_own():
    """32 hex digits; a fork has another one, a pickle the same."""
    chat = Conversation("any/model")
    fork, copy = chat.fork(), pickle.loads(pickle.dumps(chat))
    assert len({chat.id, fork.id, Conversation("any/model").id}) == 3
    assert copy.id == chat.id
    assert len(chat.id) == 32
    assert set(chat.id) <= set("0123456789abcdef")
    with pytest.raises(AttributeError):
        chat.id = "mine"


def test_a_conversation_may_be_named():
    """It has no name until it is given one, and a fork is another conversation."""
    chat = Conversation("any/model")
    assert chat.name is None
    chat.name = "tutor"
    assert (chat.name, chat.fork().name, pickle.loads(pickle.dumps(chat)).name) == ("tutor", None, "tutor")
    chat.name = None


@pytest.mark.parametrize("name", ["", " ", 7, b"tutor"])
def test_a_name_is_a_text(name):
    """Anything else is refused; the old name stays."""
    chat = Conversation("any/model")
    chat.name = "tutor"
    with pytest.raises(errors.ParameterError, match=r"^name must be a text, or None, not "):
        chat.name = name
    assert chat.name == "tutor"


def test_a_budget_is_given_by_argument_or_settings():
    """The argument counts before the settings'; `configure`'s is of the process and no conversation's own."""
    settings = tr.Settings(budget_usd=2)
    tr.configure(budget_usd=3)
    found = [
        Conversation("m", settings=settings).budget_usd,
        Conversation("m", settings=settings, budget_usd=1).budget_usd,
        Conversation("m").budget_usd,
    ]
    assert found == [2, 1, None]


@pytest.mark.parametrize("budget", [-1, "lots", True, float("inf")])
def test_a_budget_is_an_amount(budget):
    """A negative budget, or a word, is refused before anything is asked."""
    with pytest.raises(errors.SettingsError, match=r"^budget_usd must be US dollars, 0 or more"):
        Conversation("any/model", budget_usd=budget)
    chat = Conversation("any/model", budget_usd="0.5")
    with pytest.raises(errors.SettingsError):
        chat.budget_usd = budget
    assert chat.budget_usd == Decimal("0.5")
    chat.budget_usd = None
    assert chat.budget_usd is None


def test_a_pickled_conversation_remembers_what_it_spent():
    """A copy in another process has what is left, not all of it again."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.75}
    with ScriptedGateway([Script("Hi.", usage=usage)]) as gateway:
        known = {"settings": tr.Settings(gateway.base_url, "test-key", allow_unpriced=True), "display": False}
        chat = Conversation("scripted/text", budget_usd=1, **known)
        chat.ask("Hi")
    copy = pickle.loads(pickle.dumps(chat))
    assert (copy._budget.left_usd, copy.budget_usd) == (Decimal("0.25"), 1)


def test_the_cost_of_a_conversation_is_a_sum_or_unknown():
    """0 before the first call; the exact sum while every cost is known; None as soon as one is not."""
    billed = [Script("Hi.", usage={"cost": amount}) for amount in (0.1, 0.2)]
    with ScriptedGateway([*billed, "Of unknown cost."]) as gateway:
        chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        sums = [chat.cost_usd]
        for _ in range(3):
            chat.ask("Hi")
            sums.append(chat.cost_usd)
    assert sums == [0, Decimal("0.1"), Decimal("0.3"), None]
    assert [reply.cost_source for reply in chat.replies] == ["billed", "billed", "unknown"]
    assert pickle.loads(pickle.dumps(chat.replies[0])).cost_source == "billed"


@pytest.mark.parametrize("name", ["temperature", "max_tokens", "stop"])
def test_an_option_set_like_an_attribute_is_refused_with_the_way_to_set_it(name):
    """`chat.temperature = 0` would be kept by the object and never be sent."""
    chat = Conversation("any/model")
    with pytest.raises(errors.ParameterError) as caught:
        setattr(chat, name, 1)
    told = f"{name} is one of the conversation's params: set it with chat.params = chat.params | {{'{name}': ...}}."
    assert str(caught.value) == told
    assert not hasattr(chat, name)


def test_a_system_message_that_is_no_text_is_called_so():
    """A number given as the system message is not taken for an image that is missing."""
    with pytest.raises(errors.ParameterError, match=r"^The system message is a text, not int\.$"):
        Conversation("any/model", system=3)
