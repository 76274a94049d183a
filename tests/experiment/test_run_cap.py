"""The cap holds whatever the answers cost, as long as each costs at most its worst case."""

import asyncio
import random

import pytest

from toprouter_nb.experiment.run_cap import Cap


def spend(seed):
    """Make calls with adversarial costs in many lanes; return limit, spent, and the most that could have been spent."""
    chance = random.Random(seed)
    limit, lanes = chance.randint(1, 5_000), chance.randint(1, 40)
    cap = Cap(limit, chance.choice([0, 0, limit // 3, limit]))
    highest = cap.spent

    async def lane():
        nonlocal highest
        while True:
            worst = chance.randint(0, 300)
            if not await cap.reserve(worst):
                return
            await asyncio.sleep(0)
            # All of it at once, nothing for long, or something between.
            cap.settle(worst, chance.choice([worst, worst, 0, chance.randint(0, worst)]))
            highest = max(highest, cap.spent)
            if chance.random() < 0.02:
                return

    async def everything():
        await asyncio.wait_for(asyncio.gather(*(lane() for _ in range(lanes))), 20)

    asyncio.run(everything())
    assert cap.reserved == 0
    return limit, highest


@pytest.mark.parametrize("seed", range(100))
def test_the_cap_is_never_exceeded(seed):
    """A hundred adversarial runs: not once was more spent than allowed, and no lane waits for ever."""
    limit, highest = spend(seed)
    assert highest <= limit


@pytest.mark.slow
def test_the_cap_is_never_exceeded_in_a_thousand_runs():
    """The same over a thousand runs."""
    for seed in range(1_000, 2_000):
        limit, highest = spend(seed)
        assert highest <= limit, seed


def test_without_a_limit_all_goes_through():
    """No limit is no wait."""
    cap = Cap(None)
    assert asyncio.run(cap.reserve(10**15))
