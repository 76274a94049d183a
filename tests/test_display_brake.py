"""The brake ends the call it was made for, and nothing else, in every kind of thread and task."""

import asyncio
import os
import signal
import threading
import time

import pytest

from toprouter_nb.display.brake import Brake


def later(seconds, act):
    """Do something in another thread, a little later."""
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def interrupt():
    """Interrupt as a kernel's Stop button does."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("way", ["pull", "interrupt"])
def test_a_blocking_call_is_ended(way):
    """A button in another thread and the kernel's interrupt end a wait in the main thread at once."""
    brake = Brake()
    timer = later(0.05, brake.pull if way == "pull" else interrupt)
    begin = time.monotonic()
    held = []

    def wait():
        with brake.hold():
            held.append(brake.is_blocking)
            time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        wait()
    timer.join()
    assert held == [True]
    assert time.monotonic() - begin < 2
    assert brake.is_pulled
    assert not brake.is_blocking


def test_the_handler_of_before_is_back_afterwards():
    """Afterwards an interrupt is what it was."""
    before = signal.getsignal(signal.SIGINT)
    with Brake().hold():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_a_pull_after_the_end_does_nothing():
    """Once the call is over, the button interrupts nobody."""
    brake = Brake()
    with brake.hold():
        pass
    brake.pull()
    time.sleep(0.05)
    assert not brake.is_pulled


def test_a_pull_at_the_very_end_never_leaves_the_call():
    """Pulled at any moment around the end of a call, nothing is raised behind it."""
    for _ in range(200):
        brake = Brake()
        thread = threading.Thread(target=brake.pull)
        try:
            with brake.hold():
                thread.start()
        except KeyboardInterrupt:
            assert brake.is_pulled
        thread.join()
    time.sleep(0.01)


def test_a_second_interrupt_does_not_cut_off_what_follows_the_first():
    """While what had arrived is being shown, further interrupts of an impatient person change nothing."""
    brake, shown = Brake(), []

    def stop_twice():
        with brake.hold():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                brake.release()
                signal.raise_signal(signal.SIGINT)
                shown.append("what had arrived")

    stop_twice()
    assert shown == ["what had arrived"]


def test_an_interrupt_while_a_whole_reply_is_shown_comes_after_it():
    """It is not swallowed: it meant the cell, whose next line must not run."""
    brake, shown = Brake(), []

    def interrupt_late():
        with brake.hold():
            brake.release()
            signal.raise_signal(signal.SIGINT)
            shown.append("whole")

    with pytest.raises(KeyboardInterrupt):
        interrupt_late()
    assert shown == ["whole"]


def test_in_another_thread_the_call_is_closed():
    """Where no interrupt can be raised, what closes the call's connection is called; the main thread goes on."""
    closed = threading.Event()
    brake = Brake()
    brake.attach(closed.set)

    def work():
        with brake.hold():
            later(0.05, brake.pull)
            closed.wait(5)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert closed.is_set()
    assert brake.is_pulled


def test_a_task_is_cancelled_by_a_pull():
    """In an event loop the button cancels the waiting task, from any thread, once."""
    brake = Brake()

    async def work():
        with brake.hold_task():
            later(0.05, brake.pull)
            later(0.05, brake.pull)
            await asyncio.sleep(5)

    async def main():
        task = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelling() == 1

    asyncio.run(main())
    assert brake.is_pulled


def test_a_pull_after_a_task_went_on_does_nothing():
    """What a task does after its call is not cancelled."""
    brake = Brake()

    async def work():
        with brake.hold_task():
            await asyncio.sleep(0)
        brake.pull()
        await asyncio.sleep(0.05)
        return "on"

    assert asyncio.run(work()) == "on"


def test_a_task_of_the_program_does_not_block_the_cell():
    """Only the task in which the kernel runs a cell is interrupted with it; others must not stop the cell."""
    brake = Brake()

    async def work():
        with brake.hold_task():
            return brake.is_blocking

    assert not asyncio.run(work())
