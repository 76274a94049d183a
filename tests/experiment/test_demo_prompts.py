"""The made-up prompts are right, unlimited, and the same for a seed."""

import datetime as dt
import json
import re

import pytest

import toprouter_nb as tr
from toprouter_nb.experiment.demo_prompts import DEMOS


def solve_arithmetic(prompt):
    """Compute what is asked."""
    return str(eval(re.search(r"What is (\d+ [-+*] \d+)\?", prompt)[1]))


def solve_dates(prompt):
    """Count the days one by one."""
    days, day = re.search(r"is (\d+) days after ([\d-]+)\?", prompt).groups()
    return (dt.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=dt.UTC) + dt.timedelta(int(days))).strftime("%Y-%m-%d")


def solve_json(prompt):
    """Look it up."""
    order = json.loads(prompt.splitlines()[1])
    return str({line["item"]: line["count"] for line in order["lines"]}[re.search(r"count of (\w+)\?", prompt)[1]])


def solve_letters(prompt):
    """Count it."""
    letter, words = re.search(r"letter (\w) occur in: ([\w ]+)\?", prompt).groups()
    return str(sum(character == letter for character in words))


def solve_sorting(prompt):
    """Sort the numbers as texts: all have two digits."""
    return ", ".join(sorted(re.findall(r"\d\d", prompt)))


def solve_units(prompt):
    """Convert in floating point."""
    target, amount, source = re.search(r"How many (\w+) are ([\d.]+) (\w+)\?", prompt).groups()
    factors = {
        "kilometres metres": 1000, "hours minutes": 60, "metres centimetres": 100, "kilograms grams": 1000,
        "days hours": 24, "inches centimetres": 2.54, "litres millilitres": 1000, "minutes seconds": 60,
    }  # fmt: skip
    return float(amount) * factors[f"{source} {target}"]


@pytest.mark.parametrize("name", DEMOS)
def test_the_references_are_right(name):
    """Each reference is what another way of solving the prompt gives."""
    frame = tr.load_prompts(f"demo/{name}", n=500, seed=11)
    solve = globals()[f"solve_{name}"]
    for prompt, reference in zip(frame["prompt"], frame["reference"], strict=True):
        solved = solve(prompt)
        assert reference == solved if isinstance(solved, str) else float(reference) == pytest.approx(solved, rel=1e-12)


@pytest.mark.parametrize("name", DEMOS)
def test_a_seed_decides_the_prompts(name):
    """The same seed gives the same prompts, more of them begin with the fewer, and no two are the same."""
    few, many = (tr.load_prompts(f"demo/{name}", n=n, seed=5) for n in (20, 400))
    assert few["prompt"].tolist() == many["prompt"].tolist()[:20]
    assert many["prompt"].is_unique
    assert set(few["prompt"]) != set(tr.load_prompts(f"demo/{name}", n=20, seed=6)["prompt"])
    assert len(tr.load_prompts(f"demo/{name}")) == 100
