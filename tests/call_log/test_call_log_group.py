"""Lines of calls in one event loop: written together, before any of the calls goes on."""

import asyncio

import pytest
from ledgers import begun

from toprouter_nb.call_log import CallLog


@pytest.fixture
def log(tmp_path):
    """Give a log of its own."""
    log = CallLog(tmp_path / "ledger.sqlite")
    yield log
    log.close()


def states(log):
    """Return the status of each call in the file."""
    return sorted(log.select(["id", "status"]))


def test_many_calls_are_one_step_and_each_waits_for_it(log, monkeypatch):
    """All lines of one turn of the loop come in one step, and no call goes on before its line can be read."""
    steps, seen, execute = [], [], CallLog._execute
    monkeypatch.setattr(CallLog, "_execute", lambda self, given: steps.append(given) or execute(self, given))

    async def call(name):
        group = log.group()
        group.start(begun(name))
        await group.written()
        seen.append((name, "started") in states(log))
        group.finish(begun(name)._replace(status="ok"))
        await group.written()
        seen.append((name, "ok") in states(log))

    async def calls():
        await asyncio.gather(*[call(f"call-{number}") for number in range(50)])

    asyncio.run(calls())
    assert len(steps) == 2
    assert seen == [True] * 100


def test_a_bad_end_is_written_at_once(log):
    """A call that ended badly stands in the file, with all that waited, though nobody waits for it."""

    async def call():
        group = log.group()
        group.start(begun("other"))
        group.finish(begun("bad")._replace(status="cancelled"))
        return states(log)

    assert asyncio.run(call()) == [("bad", "cancelled"), ("other", "started")]


def test_one_that_is_cancelled_leaves_the_others_waiting(log):
    """A task that is cancelled while it waits takes neither its line nor the waiting of others with it."""

    async def call(name):
        group = log.group()
        group.start(begun(name))
        await group.written()
        return name

    async def calls():
        tasks = [asyncio.create_task(call(name)) for name in ("first", "second")]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second = asyncio.run(calls())
    assert isinstance(first, asyncio.CancelledError)
    assert second == "second"
    assert states(log) == [("first", "started"), ("second", "started")]


def test_lines_outlive_an_interrupt_of_their_step(log, monkeypatch):
    """An interrupt in the middle of a step loses no line: the next step has it, once."""
    execute, interrupts = CallLog._execute, [KeyboardInterrupt()]

    def interrupted(self, steps):
        execute(self, steps)
        if interrupts:
            raise interrupts.pop()

    monkeypatch.setattr(CallLog, "_execute", interrupted)

    async def call():
        group = log.group()
        group.start(begun("first"))
        with pytest.raises(KeyboardInterrupt):
            group.flush()
        group.start(begun("second"))
        await group.written()

    asyncio.run(call())
    assert states(log) == [("first", "started"), ("second", "started")]
