"""The chat panel in JupyterLab as it is abused: two views, a kernel that ends, keys only, pages without a clipboard."""

import base64
import io
import os

import PIL.Image
import pytest

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
from toprouter_nb.testing import Hang, Script
def chat_with(*replies):
    gateway = testing.ScriptedGateway(list(replies)).start()
    return Conversation("any/model", base_url=gateway.base_url, api_key="test")
"""
AREA = ".tr-write textarea"
PASTE_FIVE = """data => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  for (let count = 0; count < 5; count += 1) transfer.items.add(new File([bytes], "noise.png", { type: "image/png" }));
  const area = document.querySelector(".tr-write textarea");
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""

PASTE_OFFICE = """data => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.setData("text/plain", "1\\t2");
  transfer.setData("text/html", "<table><tr><td>1</td><td>2</td></tr></table>");
  transfer.items.add(new File([bytes], "image.png", { type: "image/png" }));
  const paste = new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
  return document.querySelector(".tr-write textarea").dispatchEvent(paste);
}"""


@pytest.fixture
def panel(notebook, page):
    """Open a panel of a conversation with scripted replies, and give the notebook."""

    def open_panel(name, replies, *more):
        book = notebook(name, [SETUP + f"chat = chat_with({replies})", "chat.panel()", *more])
        book.run(0)
        book.run(1)
        page.set_default_timeout(10_000)
        page.wait_for_selector(AREA)
        return book

    return open_panel


def said(page, place=0):
    """Return the locator of the turns in one of the panels."""
    return page.locator(".tr-panel").nth(place).locator(".tr-entry")


def test_two_views_show_the_same_and_disturb_nobody(panel, page):
    """What is typed or edited in one view stays while the other asks; only the asker gets a failed question back."""
    book = panel("views.ipynb", "'one', testing.Fault(404)", "chat.panel()")
    book.run(2)
    first, second = page.locator(AREA).nth(0), page.locator(AREA).nth(1)
    first.fill("From the first")
    first.press("Enter")
    said(page, 1).get_by_text("one").wait_for()
    said(page, 0).get_by_role("button", name="Edit").click()
    editor = page.locator(".tr-editor textarea")
    editor.fill("Half typed")
    second.fill("This fails")
    second.press("Enter")
    page.locator(".tr-panel").nth(0).locator(".tr-alert", has_text="NotFoundError").wait_for()
    assert (first.input_value(), second.input_value()) == ("", "This fails")
    assert editor.input_value() == "Half typed"
    assert page.locator(".tr-twin").count() == 2


def test_a_restarted_kernel_is_told_and_the_question_kept(panel, page):
    """In mid-answer the kernel ends: the panel says so, keeps what came, and gives back what nobody will hear."""
    book = panel("restart.ipynb", "Script(deltas=['half ', Hang()])")
    area = page.locator(AREA)
    area.fill("Count!")
    area.press("Enter")
    page.locator(".tr-panel .tr-text", has_text="half").wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    page.locator(".tr-waits", has_text="The kernel was restarted or has ended").wait_for()
    assert "half" in page.locator(".tr-panel").inner_text()
    assert area.input_value() == "Count!"
    book.run(0)
    book.run(1)
    page.wait_for_selector(AREA)
    assert page.locator(".tr-panel").count() == 1


def test_keys_are_enough(panel, page):
    """Tab reaches every tool, and focus never falls to the notebook, whose next key would be a command."""
    panel("keys.ipynb", "Script(deltas=['half ', Hang()]), 'two'")
    page.locator(AREA).focus()
    page.keyboard.type("Count!")
    page.keyboard.press("Enter")
    page.locator(".tr-panel .tr-text", has_text="half").wait_for()
    for name in ("Stop", "Retry", "Undo"):
        tool = page.locator(".tr-panel").get_by_role("button", name=name, exact=True)
        tool.focus()
        page.keyboard.press("Enter")
        if name == "Stop":
            said(page).get_by_text("Cut short").wait_for()
        if name == "Retry":
            said(page).get_by_text("two").wait_for()
            arrow = page.get_by_role("button", name="Earlier branch")
            arrow.focus()
            page.keyboard.press("Enter")
            said(page).get_by_text("1 / 2").wait_for()
        assert page.evaluate("() => Boolean(document.activeElement.closest('.tr-panel'))"), name
    page.locator(".tr-panel p", has_text="Nothing was said yet").wait_for()
    assert page.locator(".tr-panel [role=log][aria-live=off]").count() >= 1
    assert page.locator("[role=status]#toprouter-status").count() == 1


def test_copying_needs_no_secure_page(panel, page):
    """Where the page has no clipboard of its own, the text is copied in the old way, and focus stays."""
    panel("copy.ipynb", "'**one**'")
    page.evaluate("""() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
      document.addEventListener('copy', () => (window.copied = document.activeElement.value));
    }""")
    page.locator(AREA).fill("Hello")
    page.locator(AREA).press("Enter")
    said(page).get_by_text("one").wait_for()
    said(page).nth(1).get_by_role("button", name="Copy").click()
    said(page).nth(1).get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("() => window.copied") == "**one**"
    assert page.evaluate("() => document.activeElement.textContent") == "Copied"


def test_more_than_a_server_takes_is_refused_here(panel, page):
    """What would be dropped on its way without a word stays, with one; without some of it, it is sent."""
    panel("large.ipynb", "'one'")
    file = io.BytesIO()
    PIL.Image.frombytes("RGB", (800, 790), os.urandom(800 * 790 * 3)).save(file, "PNG")
    page.evaluate(PASTE_FIVE, base64.b64encode(file.getvalue()).decode())
    page.locator(".tr-thumb").nth(4).wait_for()
    page.locator(AREA).press("Enter")
    page.locator(".tr-alert", has_text="9.5 MB together, and at most 9.0 MB go at once").wait_for()
    page.get_by_role("button", name="Leave out noise.png").first.click()
    page.locator(AREA).press("Enter")
    said(page).get_by_text("one").wait_for()
    assert said(page).first.locator("img").count() == 4


def test_each_file_that_is_no_picture_is_named(panel, page):
    """Of several files each that cannot be read is named; and who takes a picture out by key can go on typing."""
    panel("files.ipynb", "'one'")
    file = io.BytesIO()
    PIL.Image.new("RGB", (40, 30)).save(file, "PNG")
    names = {
        "first.png": file.getvalue(),
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "text.png": b"hi",
    }
    page.locator(".tr-panel input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in names.items()]
    )
    page.locator(".tr-alert", has_text="drawing.svg").filter(has_text="text.png").wait_for()
    page.get_by_role("button", name="Leave out first.png").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.matches('.tr-write textarea')")


def test_the_end_of_a_stopped_answer_is_told(panel, page):
    """When an answer was stopped, that is said, its reasoning stays, and no word about one under way is left."""
    panel("stopped.ipynb", "Script(deltas=['Once ', Hang()], reasoning='First I look.')")
    page.locator(AREA).fill("Tell me")
    page.locator(AREA).press("Enter")
    page.locator(".tr-panel").get_by_text("Once").wait_for()
    page.locator(AREA).fill("And then?")
    page.locator(AREA).press("Enter")
    page.locator(".tr-alert", has_text="An answer is under way").wait_for()
    page.keyboard.press("Escape")
    said(page).get_by_text("Cut short").wait_for()
    page.locator(".tr-alert").wait_for(state="hidden")
    assert page.locator("#toprouter-status").text_content() == "Stopped"
    assert page.locator(AREA).input_value() == "And then?"
    said(page).locator("summary", has_text="Reasoning").click()
    said(page).get_by_text("First I look.").wait_for()


def test_cells_of_a_spreadsheet_are_pasted_as_text(panel, page):
    """Where a program copies a picture of the text beside the text, the browser pastes the text."""
    panel("office.ipynb", "'one'")
    file = io.BytesIO()
    PIL.Image.new("RGB", (40, 30)).save(file, "PNG")
    assert page.evaluate(PASTE_OFFICE, base64.b64encode(file.getvalue()).decode())
    page.evaluate(PASTE_FIVE, base64.b64encode(file.getvalue()).decode())
    page.locator(".tr-thumb").nth(4).wait_for()
    assert page.locator(".tr-thumb").count() == 5


def test_keys_of_an_input_method_are_not_ours(panel, page):
    """Who writes with an input method may press Enter and Escape for it: nothing is sent, and no answer is stopped."""
    panel("method.ipynb", "Script(deltas=['Once ', Hang()])")
    page.locator(AREA).fill("Tell me")
    page.locator(AREA).press("Enter")
    page.locator(".tr-panel").get_by_text("Once").wait_for()
    page.locator(AREA).fill("half")
    for key in ("Enter", "Escape"):
        page.locator(AREA).dispatch_event("keydown", {"key": key, "isComposing": True, "bubbles": True})
    page.wait_for_timeout(500)
    assert page.locator(".tr-alert:visible").count() == 0
    assert page.locator(".tr-panel[aria-busy='true']").count() == 1
    page.keyboard.press("Escape")
    page.locator(".tr-panel[aria-busy='false']").wait_for()
