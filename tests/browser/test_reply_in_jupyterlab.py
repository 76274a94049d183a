"""A reply in JupyterLab: it streams, it stays, it can be read again without a kernel, and nothing in it acts."""

from payloads import load_payloads, text_of

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
def chat_with(*replies):
    gateway = testing.ScriptedGateway(list(replies)).start()
    return Conversation("any/model", base_url=gateway.base_url, api_key="test")
"""
ASK_ALL = """
texts = {texts!r}
chat = chat_with(*texts)
for text in texts:
    chat.ask("x")
"""
# JupyterLab hides a cell's outputs above 50; each reply leaves two.
SHOWN_OUTPUTS = 50
ALARM = "for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => { window.acted = true; };"


def test_a_reply_streams_and_stays(notebook):
    """Text is on the page while the cell runs; afterwards the file holds one static copy and no markdown bundle."""
    script = "testing.Script(deltas=['# Once\\n\\n', *['upon a time '] * 30], delay_seconds=0.1)"
    book = notebook("stream.ipynb", [SETUP, f"reply = chat_with({script}).ask('x')"])
    book.run(0)
    book.run(1, wait=False)
    growing = book.output(1).locator(".tr-live .tr-text")
    growing.get_by_text("upon a time").wait_for()
    early = len(growing.inner_text())
    book.output(1).locator(".tr-foot").wait_for()
    book.output(1).locator(".tr-live").wait_for(state="detached")
    final = book.output(1).locator(".tr-text")
    assert final.count() == 1
    assert early < len(final.inner_text())
    outputs = book.save().cells[1].outputs
    assert [set(output.data) for output in outputs] == [{"text/plain"}, {"text/html", "text/plain"}]


def test_a_saved_reply_is_read_without_a_kernel(notebook):
    """A notebook that is opened again shows text, code, table and formula, and no formula script touched a price."""
    text = "**Kept** $5 and $10\n\n$$x^2$$\n\n```python\ny = 1\n```\n\n|a|b|\n|-|-|\n|c|d|"
    book = notebook("kept.ipynb", [SETUP, f"chat_with({text!r}).ask('x')"])
    book.run(0)
    book.run(1)
    assert book.output(1).locator("math").count() == 1
    assert "Kept $5 and $10" in book.output(1).inner_text()
    book.save()
    book.shut_down()
    book.reopen()
    shown = book.output(1)
    shown.get_by_text("Kept").wait_for()
    assert "Kept $5 and $10" in shown.inner_text()
    assert "y = 1" in shown.inner_text()
    assert "any/model" in shown.inner_text()
    assert shown.locator("mjx-container").count() == 0


def test_no_streamed_payload_acts(notebook, page):
    """Every payload, streamed into a trusted cell, runs nothing and calls nobody; the usual display of one does."""
    leaving = []
    page.add_init_script(ALARM)
    page.on("request", lambda request: leaving.append(request.url))
    texts = [text_of(case["payload"]) for case in load_payloads("html", "markdown", "latex") if case["danger"] != "dos"]
    asked = [
        ASK_ALL.format(texts=texts[place : place + SHOWN_OUTPUTS // 2])
        for place in range(0, len(texts), SHOWN_OUTPUTS // 2)
    ]
    alarm = "from IPython.display import Markdown; Markdown('<img src=x onerror=alert(1)>')"
    book = notebook("payloads.ipynb", [SETUP, *asked, alarm])
    for cell in range(len(asked) + 1):
        book.run(cell)
    assert page.locator(".tr-foot").count() == len(texts)
    links = page.locator(".tr-root a[href]")
    assert links.count() > 10
    assert (
        links.and_(page.locator("[rel^='noopener'][referrerpolicy='no-referrer'][target='_blank']")).count()
        == links.count()
    )
    assert page.evaluate("() => window.acted") is None
    assert [url for url in leaving if url.startswith("http") and "//127.0.0.1" not in url] == []
    book.run(len(asked) + 1)
    page.wait_for_function("() => window.acted")
