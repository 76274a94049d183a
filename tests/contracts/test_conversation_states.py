"""Ask, fail, break off, leave, undo, retry, edit, fork, pickle and copy in any order: a conversation loses nothing."""

import asyncio
import copy
import itertools
import pickle
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import toprouter_nb as tr
from toprouter_nb import errors
from toprouter_nb.testing import Cut, ErrorEvent, Fault, Hang, Script, ScriptedGateway

NUMBERS = st.integers(0, 2)
WAYS = ("ask", "plain", "stream", "events", "ask_async", "stream_async")
FAILURES = {
    "refused": Fault(400),
    "closed": Cut(),
    "error first": Script(deltas=[ErrorEvent({"message": "no", "code": 400})]),
    "cut first": Script(deltas=[Cut()]),
}
BREAKS = {"cut": Cut(), "closed": Cut(reset=False), "error": ErrorEvent("upstream failed"), "no end": None}


class Model:
    """What a conversation should hold, said again in the plainest way: every text is unique, so a text is a place.

    `parents` maps each text to the one before it ("" at the beginning), in the order they came; `head` is the text
    the conversation stands at; `replies` holds (text, is_partial, tokens, cost) of each reply in the order they came.
    """

    def __init__(self, parents=(), replies=(), head=""):
        self.parents = dict(parents)
        self.replies = list(replies)
        self.head = head

    def path(self, text=None):
        """Return the texts from the beginning to one of them."""
        texts, text = [], self.head if text is None else text
        while text:
            texts.insert(0, text)
            text = self.parents[text]
        return texts

    def questions(self):
        """Return the questions of the current path."""
        return [text for text in self.path() if text.startswith("Q")]

    def add(self, question, after, reply):
        """Enter a question, unless it stands there, and what came of it."""
        self.parents.setdefault(question, after)
        self.parents[reply[0]] = question
        self.replies.append(reply)
        self.head = reply[0]

    def fork(self, length):
        """Return the model of a conversation that begins with so many texts of the path."""
        path = self.path()[:length]
        kept = [reply for reply in self.replies if reply[0] in path]
        return Model(zip(path, ["", *path], strict=False), kept, path[-1] if path else "")

    def tree(self, text=""):
        """Return the whole tree as nested tuples."""
        return tuple((child, self.tree(child)) for child, parent in self.parents.items() if parent == text)


def tree_of(branch):
    """Return the children of a branch as nested tuples."""
    return tuple((child.turn.text, tree_of(child)) for child in branch.children)


class Conversations(RuleBasedStateMachine):
    """Several conversations, each beside its model."""

    gateway = None

    def __init__(self):
        super().__init__()
        self.numbers = itertools.count(1)
        self.pairs = []
        self.plan = None

    def pair(self, number):
        """Return one of the conversations and its model."""
        return self.pairs[number % len(self.pairs)]

    def keep(self, chat, model):
        """Keep another conversation; of more than three, the oldest is let go."""
        self.pairs = [*self.pairs[-2:], (chat, model)]

    def ask(self, chat, script, way, **options):
        """Have the gateway play a script, and ask for it in one of the ways."""
        self.gateway.plan = script
        question = f"Q{next(self.numbers)}"
        match way:
            case "ask" | "plain":
                chat.ask(question, stream=way == "ask", **options)
            case "stream" | "events":
                for _ in chat.stream(question, events=way == "events", **options):
                    pass
            case "ask_async":
                asyncio.run(chat.ask_async(question, **options))
            case _:
                asyncio.run(_consume(chat.stream_async(question, **options)))

    def answer(self, *, words=2, is_partial=False, is_billed=True):
        """Make the next answer: its deltas, its usage on the wire, and the reply the model expects."""
        text = f"A{next(self.numbers)}"
        deltas = [text, *[" and so on"] * (words - 1)]
        usage = {"prompt_tokens": 1, "completion_tokens": words, "total_tokens": words + 1}
        usage |= {"cost": 0.25} if is_billed else {}
        cost = Decimal("0.25") if is_billed and not is_partial else None
        return deltas, usage, ("".join(deltas), is_partial, None if is_partial else words, cost)

    def messages(self):
        """Return the texts of the messages the gateway was sent last."""
        return [message["content"] for message in self.gateway.requests[-1].json["messages"]]

    def settings(self):
        """Return where to ask."""
        return tr.Settings(base_url=self.gateway.base_url, api_key="test-key", model="any/model", max_retries=0)

    @initialize(system=st.none() | st.just("S"))
    def begin(self, system):
        """Begin with an empty conversation."""
        self.keep(tr.Conversation(system=system, settings=self.settings(), display=False), Model())

    @rule(number=NUMBERS, way=st.sampled_from(WAYS), words=st.integers(1, 3), is_billed=st.booleans())
    def ask_well(self, number, way, words, is_billed):
        """Ask and get a whole answer."""
        chat, model = self.pair(number)
        deltas, usage, reply = self.answer(words=words, is_billed=is_billed)
        before = model.path()
        self.ask(chat, Script(deltas=deltas, usage=usage), way)
        question = self.messages()[-1]
        assert self.messages() == [*([chat.system] if chat.system else []), *before, question]
        model.add(question, model.head, reply)

    @rule(number=NUMBERS, way=st.sampled_from(WAYS), failure=st.sampled_from(sorted(FAILURES)))
    def ask_in_vain(self, number, way, failure):
        """Ask and get nothing: the conversation is as before."""
        chat, _ = self.pair(number)
        with pytest.raises(errors.ToprouterError):
            self.ask(chat, FAILURES[failure], way)

    @rule(number=NUMBERS, way=st.sampled_from(["ask", "events", "ask_async"]), ending=st.sampled_from(sorted(BREAKS)))
    def ask_and_break_off(self, number, way, ending):
        """Ask and get a part of an answer, then an error that carries it."""
        chat, model = self.pair(number)
        deltas, _, reply = self.answer(is_partial=True)
        steps = [*deltas, *([BREAKS[ending]] if BREAKS[ending] else [])]
        with pytest.raises(errors.StreamError) as caught:
            self.ask(chat, Script(deltas=steps, usage=None, finish_reason=None, done=False), way)
        assert caught.value.partial.text == reply[0]
        model.add(self.messages()[-1], model.head, reply)

    @rule(number=NUMBERS, how=st.sampled_from(["close", "drop", "interrupt", "async", "before", "never"]))
    def leave(self, number, how):
        """Leave a stream after its first text, or before."""
        chat, model = self.pair(number)
        deltas, _, reply = self.answer(words=1, is_partial=True)
        self.gateway.plan = Script(deltas=[*deltas, Hang()])
        question = f"Q{next(self.numbers)}"
        if how == "async":
            asyncio.run(_consume(chat.stream_async(question), 1))
        else:
            stream = chat.stream(question)
            if how not in ("before", "never"):
                assert next(stream) == deltas[0]
            if how in ("close", "before"):
                stream.close()
            elif how == "interrupt":
                with pytest.raises(KeyboardInterrupt) as caught:
                    stream.throw(KeyboardInterrupt())
                assert caught.value.partial.text == reply[0]
            del stream
        if how not in ("before", "never"):
            model.add(question, model.head, reply)

    @rule(number=NUMBERS, count=st.sampled_from([1, 1, 1, 2, 2, 3, 0, -1]))
    def undo(self, number, count):
        """Go back some questions, or be refused."""
        chat, model = self.pair(number)
        asked = model.questions()
        if 1 <= count <= len(asked):
            chat.undo(count)
            model.head = model.parents[asked[-count]]
        else:
            with pytest.raises(errors.ParameterError):
                chat.undo(count)

    @rule(number=NUMBERS, is_failing=st.booleans())
    def retry(self, number, is_failing):
        """Ask the last question again."""
        chat, model = self.pair(number)
        if not model.questions():
            with pytest.raises(errors.ParameterError):
                chat.retry()
            return
        deltas, usage, reply = self.answer()
        self.gateway.plan = Fault(400) if is_failing else Script(deltas=deltas, usage=usage)
        if is_failing:
            with pytest.raises(errors.BadRequestError):
                chat.retry()
            return
        assert chat.retry(temperature=1).text == reply[0]
        question = model.questions()[-1]
        assert self.messages()[-1] == question
        model.add(question, model.parents[question], reply)

    @rule(number=NUMBERS, index=st.integers(-6, 6), is_failing=st.booleans())
    def edit(self, number, index, is_failing):
        """Replace a question, or be refused where there is none."""
        chat, model = self.pair(number)
        said = [*([chat.system] if chat.system else []), *model.path()]
        question = f"Q{next(self.numbers)}"
        deltas, usage, reply = self.answer()
        self.gateway.plan = Fault(400) if is_failing else Script(deltas=deltas, usage=usage)
        is_there = -len(said) <= index < len(said) and said[index].startswith("Q")
        if not is_there or is_failing:
            with pytest.raises(errors.BadRequestError if is_there else errors.ParameterError):
                chat.edit(index, question)
            return
        chat.edit(index, question)
        model.add(question, model.parents[said[index]], reply)

    @rule(number=NUMBERS, at=st.none() | st.integers(-3, 7))
    def fork(self, number, at):
        """Go two ways from a place."""
        chat, model = self.pair(number)
        head = 1 if chat.system else 0
        length = len(([None] * (head + len(model.path())))[:at]) - head
        self.keep(chat.fork(at), model.fork(max(length, 0)))

    @rule(number=NUMBERS, how=st.sampled_from(["copy", "deepcopy", "pickle", "messages"]))
    def pass_on(self, number, how):
        """Copy a conversation, which is a fork of all of it; store and load it, with its branches; or make it anew."""
        chat, model = self.pair(number)
        forked = model.fork(len(model.path()))
        match how:
            case "pickle":
                pickled = pickle.dumps(chat)
                assert b"test-key" not in pickled
                self.keep(pickle.loads(pickled), copy.deepcopy(model))
            case "messages":
                other = tr.Conversation.from_messages(chat.messages, settings=self.settings(), display=False)
                assert (other.messages, other.system) == (chat.messages, chat.system)
                self.keep(other, Model(forked.parents, (), forked.head))
            case _:
                self.keep(getattr(copy, how)(chat), forked)

    @invariant()
    def holds_what_the_model_holds(self):
        """Path, tree, replies, usage and cost of every conversation are those of its model."""
        for chat, model in self.pairs:
            partial = {text for text, is_partial, _, _ in model.replies if is_partial}
            turns = chat.turns[1:] if chat.system else chat.turns
            assert [turn.text for turn in turns] == model.path()
            assert [turn.role for turn in turns] == [{"Q": "user", "A": "assistant"}[text[0]] for text in model.path()]
            assert tree_of(chat.tree()) == model.tree()
            if type(self).knows_marks(chat):
                assert {turn.text for turn in turns if turn.is_partial} == partial & set(model.path())
            self.counts_what_came(chat, model)

    def counts_what_came(self, chat, model):
        """Compare the replies with the model's."""
        assert [(reply.text, reply.is_partial) for reply in chat.replies] == [reply[:2] for reply in model.replies]
        tokens = [count for _, _, count, _ in model.replies if count is not None]
        assert chat.usage.completion_tokens == (sum(tokens) if tokens else None)
        costs = [cost for _, _, _, cost in model.replies]
        assert chat.cost_usd == (None if None in costs else sum(costs, Decimal(0)))
        on_path = [reply[0] for reply in model.replies if reply[0] in model.path()]
        assert (chat.last.text if chat.last else None) == (on_path[-1] if on_path else None)

    @staticmethod
    def knows_marks(chat):
        """Say whether the conversation was never made of messages, which carry no mark."""
        return len(chat.replies) == sum(turn.role == "assistant" for _, turn in walk(chat.tree()))


def walk(branch):
    """Yield each node of a tree and its turn."""
    for child in branch.children:
        yield child, child.turn
        yield from walk(child)


async def _consume(texts, count=None):
    """Take so many texts of an async stream; leaving it closes it with the loop."""
    async for _ in texts:
        count = count - 1 if count else None
        if count == 0:
            break


@pytest.fixture
def machine(monkeypatch):
    """Play whatever is planned next; a key that is not given is in the environment."""
    monkeypatch.setenv("TOPROUTER_API_KEY", "test-key")
    with ScriptedGateway(lambda request: gateway.plan) as gateway:
        yield type("Conversations", (Conversations,), {"gateway": gateway})


def test_any_order_of_steps_loses_nothing(machine):
    """Whatever is done, and however calls end, a conversation holds what its model holds."""
    run_state_machine_as_test(machine, settings=settings(max_examples=30, stateful_step_count=25, deadline=None))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_any_order_of_many_steps_loses_nothing(machine):
    """The same in a thousand long runs."""
    run_state_machine_as_test(machine, settings=settings(max_examples=1_000, stateful_step_count=50, deadline=None))
