"""The blind rating in JupyterLab, as a person uses it: keys, buttons, undo, the end, and no kernel."""

import pytest

SETUP = """
import pathlib, pandas as pd
from toprouter_nb.experiment.rating import Rating
rows = pd.DataFrame([
    {"model": model, "prompt_id": f"p{place}", "prompt": f"Question {place}?", "answer": f"**{place}** by {who}"}
    for place in range(3) for who, model in enumerate(["a/small", "b/large"])
])
file = pathlib.Path("votes-test.jsonl")
file.unlink(missing_ok=True)
"""
CELLS = [SETUP, "rating = Rating(rows, file=file); rating", "print(rating.votes()['winner'].tolist())"]
# Keys pressed sooner after a pair has come are taken to be meant for the one before.
SETTLED = 350


@pytest.fixture
def rating(notebook, page):
    """Open a rating of three pairs; gives the notebook."""
    book = notebook("rating.ipynb", CELLS)
    book.run(0)
    book.run(1)
    page.wait_for_selector(".tr-rating")
    return book


def press(page, key, count):
    """Press a key, and wait until so many pairs are rated."""
    page.wait_for_timeout(SETTLED)
    page.keyboard.press(key)
    page.locator(".tr-rate-head", has_text=f"{count} of 3").wait_for()


def test_keys_vote_undo_and_end_with_the_names(rating, page):
    """Keys, arrows and buttons vote without acting on the notebook; names come with the last vote, and stay on file."""
    page.locator(".tr-rating .tr-role").first.click()
    assert page.locator(".tr-answer").first.locator("strong").count() == 1
    page.wait_for_timeout(SETTLED)
    page.keyboard.press("Control+1")
    page.keyboard.press("1")
    page.keyboard.press("1")
    page.locator(".tr-rate-head", has_text="1 of 3").wait_for()
    assert page.locator("#toprouter-status").inner_text() == "Answer 1. 1 of 3"
    press(page, "ArrowRight", 2)
    press(page, "u", 1)
    press(page, "T", 2)
    assert "small" not in page.locator(".tr-rating").inner_html()
    assert not page.locator(".tr-twin").is_visible()
    page.wait_for_timeout(SETTLED)
    page.get_by_role("button", name="Answer 2 is better").click()
    page.locator(".tr-result", has_text="b/large").wait_for()
    assert "The result is shown" in page.locator("#toprouter-status").inner_text()
    assert page.evaluate("() => document.activeElement.closest('.tr-rating') !== null")
    assert page.locator(".jp-CodeCell").count() == 3
    rating.run(2)
    winners = rating.output(2).inner_text()
    assert winners.count("tie") == 1
    assert winners.count("a") + winners.count("b") == 2
    rating.save()
    rating.shut_down()
    rating.reopen()
    page.locator(".tr-twin", has_text="3 of 3 pairs").wait_for()
    assert "b/large" in page.locator(".tr-twin").inner_text()


def test_a_cell_that_is_run_again_goes_on(rating, page):
    """A new rating of the same file begins behind the last vote, and the one it replaces is gone."""
    page.locator(".tr-rating .tr-role").first.click()
    press(page, "0", 1)
    first = page.locator(".tr-answer").first.inner_text()
    rating.run(1)
    page.locator(".tr-rate-head", has_text="1 of 3").wait_for()
    assert page.locator(".tr-rating").count() == 1
    assert page.locator(".tr-answer").first.inner_text() == first
