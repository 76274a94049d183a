"""The chat panel in JupyterLab, as a person uses it: keys, paste, Stop, reload, and what is left without a kernel."""

import base64
import io
import os

import PIL.Image
import pytest

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
def chat_with(*replies):
    gateway = testing.ScriptedGateway(list(replies)).start()
    chat = Conversation("any/model", base_url=gateway.base_url, api_key="test")
    chat.gateway = gateway
    return chat
"""
PASTE = """async ([selector, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const area = document.querySelector(selector);
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""
AREA = ".tr-write textarea"


@pytest.fixture
def panel(notebook, page):
    """Open a panel of a conversation with scripted replies; returns a function that gives the notebook."""

    def open_panel(name, replies, more="chat.panel()"):
        book = notebook(name, [SETUP + f"chat = chat_with({replies})", more, "print(len(chat.turns))"])
        book.run(0)
        book.run(1)
        page.wait_for_selector(AREA)
        return book

    return open_panel


def said(page):
    """Return the locator of the turns."""
    return page.locator(".tr-panel .tr-entry")


def paste(page, name, kind, data):
    """Paste a file into the panel."""
    page.evaluate(PASTE, [AREA, name, kind, base64.b64encode(data).decode()])


def test_enter_asks_and_shift_enter_begins_a_line(panel, page):
    """The answer streams into the panel, the cell is not run again, and a cell can be run meanwhile."""
    book = panel("panel.ipynb", "testing.Script(deltas=['**Once** ', *['more '] * 40], delay_seconds=0.05)")
    page.locator(AREA).click()
    page.keyboard.type("First")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Second")
    page.keyboard.press("Enter")
    page.locator(".tr-panel strong", has_text="Once").wait_for()
    assert page.locator(AREA).input_value() == ""
    book.run(2)
    assert book.output(2).inner_text().strip() == "0"
    page.locator(".tr-panel[aria-busy='false']").wait_for()
    assert said(page).count() == 2
    assert "First\nSecond" in said(page).first.inner_text()
    assert page.locator(".tr-panel").count() == 1
    assert page.locator("#toprouter-status").inner_text() == "Done"


def test_stop_keeps_what_came_and_retry_branches(panel, page):
    """Escape stops the answer; Retry asks again, and the arrows lead between the two."""
    panel("stop.ipynb", "testing.Script(deltas=['half ', testing.Hang()]), 'whole'")
    page.locator(AREA).fill("Count!")
    page.keyboard.press("Enter")
    page.locator(".tr-panel .tr-text", has_text="half").wait_for()
    page.locator(AREA).press("Escape")
    said(page).get_by_text("Cut short").wait_for()
    page.get_by_role("button", name="Retry").click()
    said(page).get_by_text("whole").wait_for()
    said(page).get_by_text("2 / 2").wait_for()
    page.get_by_role("button", name="Earlier branch").click()
    said(page).get_by_text("half").wait_for()


def test_pictures_are_pasted_shrunk_and_left_out(panel, page):
    """A large picture is made smaller before it is sent; what is none is told; each can be taken out again."""
    book = panel("paste.ipynb", "'a cat'", "p = chat.panel(); p")
    # Noise does not compress: too wide, and too many bytes, with few pixels.
    noise = PIL.Image.frombytes("RGB", (2100, 400), os.urandom(2100 * 400 * 3))
    file = io.BytesIO()
    noise.save(file, "PNG")
    assert file.tell() > 2_500_000
    paste(page, "noise.png", "image/png", file.getvalue())
    page.locator(".tr-thumb").wait_for()
    paste(page, "words.png", "image/png", b"just words")
    page.locator(".tr-alert", has_text="words.png is no picture that can be read").wait_for()
    paste(page, "drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.acted=1'/>")
    page.locator(".tr-alert", has_text="drawing.svg is no picture").wait_for()
    assert page.locator(".tr-thumb").count() == 1
    page.locator(AREA).fill("What is it?")
    page.keyboard.press("Enter")
    said(page).get_by_text("a cat").wait_for()
    assert said(page).first.locator("img").count() == 1
    assert not page.evaluate("() => window.acted")
    book.run(2)
    assert book.output(2).inner_text().strip() == "2"


def test_an_error_is_told_and_the_question_comes_back(panel, page):
    """What failed is said in the panel, and the text stands where it was typed."""
    panel("error.ipynb", "testing.Fault(404)")
    page.locator(AREA).fill("Hello?")
    page.keyboard.press("Enter")
    page.locator(".tr-panel .tr-alert", has_text="NotFoundError").wait_for()
    assert page.locator(AREA).input_value() == "Hello?"


def test_it_reads_after_reopening_with_and_without_a_kernel(panel, page):
    """A static copy stands beside the panel, hidden while the panel is there, and is what a saved notebook shows."""
    book = panel("kept.ipynb", "'**Kept** for good'")
    page.locator(AREA).fill("Keep this")
    page.keyboard.press("Enter")
    said(page).get_by_text("Kept").wait_for()
    page.locator(".tr-twin strong", has_text="Kept").wait_for(state="attached")
    assert not page.locator(".tr-twin").is_visible()
    book.save()
    book.shut_down()
    book.reopen()
    page.locator(".tr-twin strong", has_text="Kept").wait_for()


def test_a_reload_in_mid_answer_shows_all(panel, page):
    """The page is loaded anew while an answer streams: question, text so far and the rest are there."""
    book = panel("reload.ipynb", "testing.Script(deltas=['Begin ', *['more '] * 60, 'end.'], delay_seconds=0.05)")
    book.save()
    page.locator(AREA).fill("Tell me")
    page.keyboard.press("Enter")
    page.locator(".tr-panel .tr-text", has_text="Begin").wait_for()
    book.save()
    book.reopen()
    page.locator(".tr-panel .tr-text", has_text="end.").wait_for()
    assert "Tell me" in page.locator(".tr-panel").inner_text()


def test_two_thousand_turns_can_be_used(panel, page):
    """Only what is seen is drawn; earlier turns come when asked for."""
    more = """
messages = [{"role": role, "content": f"{role} {n}"} for n in range(1000) for role in ("user", "assistant")]
long = Conversation.from_messages(messages, model="any/model", base_url=chat.gateway.base_url, api_key="test")
long.panel()
"""
    panel("long.ipynb", "'new'", more)
    assert said(page).count() == 30
    page.get_by_role("button", name="Show earlier turns").click()
    said(page).nth(59).wait_for()
    page.locator(AREA).fill("Next")
    page.keyboard.press("Enter")
    said(page).get_by_text("new", exact=True).wait_for()
