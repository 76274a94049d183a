"""The live view of a reply in JupyterLab: Stop in every kind of cell, a page loaded in mid-stream, themes, payloads."""

import pytest
from payloads import load_payloads, text_of

SETUP = """
import asyncio, threading, time
from toprouter_nb import testing
from toprouter_nb.display import LiveView
from toprouter_nb.notebook import Conversation
from toprouter_nb.testing import Hang, Script
gateways = []
def chat_with(*replies):
    gateways.append(testing.ScriptedGateway(list(replies)).start())
    return Conversation("any/model", base_url=gateways[-1].base_url, api_key="test")
def endless():
    return Script(deltas=["# Once\\n\\n", *["upon a time "] * 2_000], delay_seconds=0.05)
"""
STOPPED = """
reply = {ask}
print("partial", reply.is_partial, gateways[-1].requests[-1].closed_early.wait(5))
"""
BLOCKING, AWAITED = "chat_with(endless()).ask('x')", "await chat_with(endless()).ask_async('x')"
SILENT = "chat_with(Script(deltas=[Hang()])).ask('x')"


def live(book, index):
    """Return the live view of a cell, once it is there."""
    view = book.output(index).locator(".tr-live")
    view.wait_for()
    return view


def stop(book, index):
    """Press a cell's Stop; return the seconds until the cell shows that the reply was stopped."""
    view = live(book, index)
    begin = book.page.evaluate("performance.now()")
    view.get_by_role("button", name="Stop").click()
    book.output(index).get_by_text("Stopped: this is what had arrived.").last.wait_for()
    return (book.page.evaluate("performance.now()") - begin) / 1000


def count_interrupts(page):
    """Return a list that grows with each interrupt the page asks for."""
    seen = []
    page.on("request", lambda request: seen.append(request.url) if "/interrupt" in request.url else None)
    return seen


@pytest.mark.parametrize("kernel", ["installed", "6.31"])
def test_stop_in_every_kind_of_cell(kernel, notebook, page, request):
    """Blocking, awaited and silent: the partial reply is the cell's value, no traceback, the next cell asks again.

    A kernel that hears its messages while the cell runs is not interrupted for it; an older one is, after a moment.
    """
    options = {}
    if kernel != "installed":
        request.getfixturevalue("lab").add_kernel("old", request.getfixturevalue("old_ipykernel"))
        options = {"kernel": "old"}
    interrupts = count_interrupts(page)
    cells = [STOPPED.format(ask=ask) for ask in (BLOCKING, AWAITED, SILENT)]
    book = notebook(f"stop{kernel}.ipynb", [SETUP, *cells, "chat_with('Fine.').ask('x')"], **options)
    book.run(0)
    for index in (1, 2, 3):
        book.run(index, wait=False)
        if index < 3:
            live(book, index).get_by_text("upon a time upon a time").wait_for()
        assert stop(book, index) < 3
        book.output(index).get_by_text("partial True True").wait_for()
        assert "Traceback" not in book.output(index).inner_text()
    book.run(4)
    assert "Fine." in book.output(4).inner_text()
    assert len(interrupts) == (0 if kernel == "installed" else 3)


def test_notebook_7_streams_and_stops(notebook):
    """The same view in Notebook 7."""
    book = notebook("seven.ipynb", [SETUP, STOPPED.format(ask=BLOCKING)], face="notebooks")
    book.run(0)
    book.run(1, wait=False)
    live(book, 1).get_by_text("upon a time upon a time").wait_for()
    assert stop(book, 1) < 3
    book.output(1).get_by_text("partial True True").wait_for()


def test_stop_never_interrupts_another_cell(notebook, page):
    """A reply in a thread is stopped by its button while another cell runs; that cell runs to its end."""
    interrupts = count_interrupts(page)
    begin = f"thread = threading.Thread(target=lambda: {BLOCKING}); thread.start(); time.sleep(1)"
    book = notebook("other.ipynb", [SETUP, begin, "time.sleep(3); print('to the end')", "print(thread.is_alive())"])
    book.run(0)
    book.run(1)
    book.run(2, wait=False)
    live(book, 1).get_by_role("button", name="Stop").click()
    book.output(2).get_by_text("to the end").wait_for()
    book.run(3)
    assert "False" in book.output(3).inner_text()
    assert interrupts == []


def test_a_page_loaded_in_mid_stream_is_complete(notebook, page):
    """Loaded again while the reply grows, the page shows all that came before and all that comes after."""
    script = "Script(deltas=[f'word{number} ' for number in range(200)], delay_seconds=0.05)"
    book = notebook("reload.ipynb", [SETUP, f"chat = chat_with({script}); reply = chat.ask('x')"])
    book.run(0)
    book.run(1, wait=False)
    live(book, 1).get_by_text("word20 ").wait_for()
    book.save()
    book.reopen()
    view = live(book, 1)
    view.get_by_text("word60 ").wait_for()
    assert "word0 word1 word2 " in view.inner_text()
    view.locator("[data-status=done]").wait_for(timeout=20_000)
    assert "".join(f"word{number} " for number in range(200)).strip() in view.inner_text()


def test_two_views_themes_and_words_for_screen_readers(notebook, page):
    """A second view has the whole text at once; a theme switched in mid-stream is followed; the end is announced."""
    book = notebook("views.ipynb", [SETUP, STOPPED.format(ask=BLOCKING)])
    book.run(0)
    book.run(1, wait=False)
    view = live(book, 1)
    view.get_by_text("upon a time upon a time").wait_for()
    light = view.evaluate("element => getComputedStyle(element).backgroundColor")
    book.set_theme("dark")
    page.wait_for_function(
        "([element, light]) => getComputedStyle(element).backgroundColor !== light", arg=[view.element_handle(), light]
    )
    assert view.locator("[role=log]").get_attribute("aria-live") == "off"
    assert view.locator("[aria-busy=true]").count() == 1
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:create-output-view')")
    second = page.locator(".jp-LinkedOutputView .tr-live")
    second.get_by_text("Once").wait_for()
    status = page.locator("#toprouter-status")
    assert status.inner_text() == "Generating"
    second.get_by_role("button", name="Stop").click()
    book.output(1).get_by_text("Stopped: this is what had arrived.").last.wait_for()
    page.wait_for_function("() => document.querySelector('#toprouter-status').textContent === 'Stopped'")


CONTEXTS = ("html", "markdown", "latex", "field", "text", "terminal")
ALARM = "for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => { window.acted = true; };"
TOUCH = """elements => {
  for (const element of elements) {
    for (const name of ['pointerover', 'mouseover', 'mouseenter', 'pointerdown'])
      element.dispatchEvent(new PointerEvent(name, {bubbles: true, cancelable: true}));
    element.focus?.();
    if (!element.closest('a[href], button')) element.click?.();
  }
}"""
SHOW_ALL = """
texts = {texts!r}
view = LiveView([text[:300] or "none" for text in texts], shell=get_ipython(), mode="live")
view.start()
for size in (40, 200, 100_000):
    for place, text in enumerate(texts):
        done = sum(taken for taken in (40, 200, 100_000) if taken < size)
        view.add(place, text[done:done + size], text[done:done + size])
    time.sleep(0.3)
for place, text in enumerate(texts):
    view.tell(place, [text[:300]])
    view.end(place, "error", [text[:300]], text)
print(view.settle())
"""


def test_no_payload_acts_in_the_live_view(notebook, page):
    """Every payload as text, reasoning, title, fact and error of a live view, touched everywhere: nothing acts.

    The alarm works: the same texts in an output that nobody guards set it off.
    """
    leaving = []
    page.add_init_script(ALARM)
    page.on("request", lambda request: leaving.append(request.url))
    texts = [text_of(case["payload"]) for case in load_payloads(*CONTEXTS) if case["danger"] != "dos"]
    alarm = "from IPython.display import HTML; HTML('<img src=x onerror=alert(1)>')"
    book = notebook("payloads.ipynb", [SETUP, SHOW_ALL.format(texts=texts), alarm])
    book.run(0)
    book.run(1)
    assert "None" in book.output(1).inner_text()
    page.wait_for_function("count => document.querySelectorAll('[data-status=error]').length === count", arg=len(texts))
    page.locator(".tr-live *").evaluate_all(TOUCH)
    page.wait_for_timeout(500)
    links = page.locator(".tr-live a[href]")
    safe = page.locator("[rel^='noopener'][referrerpolicy='no-referrer'][target='_blank']")
    assert links.count() == links.and_(safe).count() > 10
    assert page.evaluate("() => window.acted") is None
    assert [url for url in leaving if url.startswith("http") and "//127.0.0.1" not in url] == []
    book.run(2)
    page.wait_for_function("() => window.acted")
