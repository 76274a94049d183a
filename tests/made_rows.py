"""Rows of an imagined run, for the tests of what is made of rows."""

import numpy as np
import pandas as pd

MODELS = ("a/small", "b/medium", "c/large")


def make_rows(prompts=40, repeats=3, models=MODELS, seed=0, **columns):
    """Make rows of every prompt, model and repeat, with scores, costs and times that differ by model."""
    chance = np.random.default_rng(seed)
    place = np.arange(prompts * len(models) * repeats)
    prompt, model = place // (len(models) * repeats), place // repeats % len(models)
    skill = np.linspace(0.3, 0.85, len(models))[model]
    ease = chance.normal(0, 0.15, prompts)[prompt]
    made = {
        "model": np.array(models, dtype=object)[model],
        "prompt_id": [f"p{number:03d}" for number in prompt],
        "cluster": [f"p{number:03d}" for number in prompt],
        "params_id": 0,
        "repeat": place % repeats,
        "status": "ok",
        "answer": chance.choice(["4", "5", " 4 "], len(place)),
        "prompt_tokens": 20,
        "completion_tokens": chance.integers(5, 50, len(place)),
        "cost_usd": 0.001 * 5**model * chance.gamma(4, 0.25, len(place)),
        "latency_s": np.exp(chance.normal(0.3 * model, 0.4)),
        "ttft_s": 0.1 + 0.1 * model,
        "attempts": 1,
        "cache_hit": False,
        "exact": (chance.random(len(place)) < np.clip(skill + ease, 0, 1)).astype(float),
    }
    return pd.DataFrame(made | columns)
