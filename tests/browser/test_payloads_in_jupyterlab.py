"""No hostile text acts in JupyterLab: asked, answered or as a model's name, in the panel, a comparison and a chat cell.

Output of a cell that just ran is trusted there: whatever stood in it unguarded would run, as the control shows.
"""

import json

import pytest
from payloads import load_payloads, text_of

# Texts of size have tests of their own.
TEXTS = [
    text_of(case["payload"])
    for case in load_payloads("html", "markdown", "latex", "field", "text", "terminal")
    if case["danger"] != "dos"
]
SETUP = """
import json, pathlib
import toprouter_nb as tr
from toprouter_nb.testing import Script, ScriptedGateway
texts = json.loads(pathlib.Path("payloads.json").read_text())
names = [text for text in texts if text.isprintable() and not any(map(str.isspace, text))]
hostile = "\\n\\n".join(texts)
def reply(request):
    model = request.json["model"]
    return Script(deltas=texts, reasoning=hostile, model=model + names[0], finish_reason=names[1])
models = [{"id": name, "name": name} for name in names]
gateway = ScriptedGateway(reply, models=models).start()
tr.configure(base_url=gateway.base_url, api_key="test", model=names[2])
"""
PANEL = """
messages = [{"role": role, "content": text} for text in texts for role in ("user", "assistant")]
chat = tr.Conversation.from_messages(messages, model=names[3])
chat.system = hostile
panel = chat.panel(prompts=names[:9])
for _ in texts:
    panel.hear({"t": "earlier"})
panel
"""
COMPARE = """
tr.compare({names[0]: hostile}, names[:4])
"""
MAGIC = """%%tr --system "<img src=x onerror=alert(1)>"
{hostile}"""
CONTROL = "get_ipython().display_pub.publish({'text/html': '<img src=nothing onerror=alert(1)>', 'text/plain': ''})"
TRAP = """
window.acts = [];
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => acts.push(name);
"""
# Our own buttons and links are left alone: what they do is tested elsewhere, and a link may be followed.
TOUCH = """() => {
  let count = 0;
  const places = '.jp-OutputArea :is(.tr-turn, .tr-text, .tr-said, .tr-foot, .tr-title, .tr-host) *';
  for (const element of document.querySelectorAll(places)) {
    if (element.closest('a[href], button')) continue;
    for (const name of ['pointerover', 'mouseover', 'mouseenter', 'mousemove', 'pointerdown', 'toggle', 'click'])
      element.dispatchEvent(new MouseEvent(name, { bubbles: true, cancelable: true, view: window }));
    element.focus?.();
    count += 1;
  }
  return count;
}"""


@pytest.fixture
def told(page):
    """Set the traps, and give the list of requests that left the server, and of pages gone to."""
    told = []
    page.add_init_script(TRAP)
    page.on("request", lambda request: told.append(request.url) if "//127.0.0.1:" not in request.url else None)
    return told


def is_quiet(url):
    """Say whether an address is none that a server would hear of."""
    return url.startswith(("data:", "blob:", "about:"))


def test_no_payload_acts_where_people_look(notebook, page, told):
    """Every payload in three views, live and at rest, touched everywhere: no script, no request, no navigation."""
    page.set_default_timeout(60_000)
    cells = [SETUP, PANEL, COMPARE, "%load_ext toprouter_nb", MAGIC, CONTROL]
    book = notebook("payloads.ipynb", cells)
    (book.path.parent / "payloads.json").write_text(json.dumps(TEXTS))
    address = page.url
    for cell in (0, 1, 2, 3, 4):
        book.run(cell)
    page.locator(".tr-write textarea").fill("\n".join(TEXTS[:50]))
    page.keyboard.press("Enter")
    # The system turn, all that was loaded, and two answers: the chat cell asked in the conversation named `chat`.
    page.locator(".tr-panel .tr-entry").nth(2 * len(TEXTS) + 4).wait_for(state="attached")
    page.locator(".tr-panel[aria-busy='false']").wait_for()
    assert page.locator("section.tr-column").count() >= 4
    assert page.evaluate(TOUCH) > 1_500
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.acts") == []
    assert [url for url in told if not is_quiet(url)] == []
    assert page.url == address
    book.run(5)
    page.wait_for_function("() => window.acts.length")
