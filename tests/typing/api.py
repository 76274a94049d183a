"""How the public names are typed; read by the type checker, never run."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import assert_type

from toprouter_nb import Conversation, Reply, Settings, Turn, Usage, check_notebook, configure, image, models, user
from toprouter_nb.leaks import Leaks
from toprouter_nb.parts import ImagePart
from toprouter_nb.wire.answer import Delta

chat = Conversation("any/model", system="S", temperature=0.5, stop=["a"])
reply = chat.ask("Hi", max_tokens=5)
assert_type(reply, Reply)
assert_type(reply.text, str)
assert_type(reply.cost_usd, Decimal | None)
assert_type(reply.usage, Usage)
assert_type(reply.usage.prompt_tokens, int | None)
assert_type(chat.stream("Hi"), Iterator[str])
assert_type(chat.stream("Hi", events=True), Iterator[Delta])
assert_type(chat.stream_async("Hi"), AsyncIterator[str])
assert_type(chat.turns, tuple[Turn, ...])
assert_type(chat.last, Reply | None)
assert_type(chat.fork(), Conversation)
assert_type(Conversation.from_messages([]), Conversation)
assert_type(user("Hi"), Turn)
assert_type(image("https://example.com/image.jpg"), ImagePart)
assert_type(configure(), Settings)
assert_type(check_notebook("lesson.ipynb", clear=True), Leaks)
models("flash", images=True).head()


async def ask() -> None:
    """Check the async twin."""
    assert_type(await chat.ask_async("Hi"), Reply)
