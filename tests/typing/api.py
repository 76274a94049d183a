"""How the public names are typed; read by the type checker, never run."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

from matplotlib.axes import Axes

from toprouter_nb import (
    Conversation,
    Reply,
    Settings,
    Turn,
    Usage,
    check_notebook,
    configure,
    image,
    ledger,
    models,
    plots,
    usage_table,
    user,
)
from toprouter_nb.leaks import Leaks
from toprouter_nb.parts import ImagePart
from toprouter_nb.sampling import Samples
from toprouter_nb.tables import Table
from toprouter_nb.wire.answer import Delta
from toprouter_nb.xray_card import XRay
from toprouter_nb.xray_lint import Finding

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
assert_type(chat.usage_table(), Table)
assert_type(usage_table("model", since="7d"), Table)
assert_type(ledger(["seconds"], model="any/model").save("ledger.csv"), Path)
assert_type(plots.cost_over_time(ledger()), Axes)
assert_type(chat.turns, tuple[Turn, ...])
assert_type(chat.last, Reply | None)
assert_type(chat.fork(), Conversation)
assert_type(Conversation.from_messages([]), Conversation)
assert_type(user("Hi"), Turn)
assert_type(image("https://example.com/image.jpg"), ImagePart)
assert_type(configure(), Settings)
assert_type(check_notebook("lesson.ipynb", clear=True), Leaks)
models("flash", images=True).head()
assert_type(chat.ask("Hi", data_model=int, repair=True), Reply)
assert_type(chat.stream_data("Hi", data_model=int), Iterator[Any])
assert_type(chat.sample("Hi", temperatures=[0, 1], n=2), Samples)
assert_type(chat.tree().to_frame(), Table)
assert_type(chat.xray("Hi"), XRay)
assert_type(chat.xray().findings, tuple[Finding, ...])


async def ask() -> None:
    """Check the async twin."""
    assert_type(await chat.ask_async("Hi"), Reply)
