"""Takes the pictures in docs/images: each view in JupyterLab, light, dark, narrow, and in its hard cases.

Run it with `python docs/screenshots.py [NAME ...]`. Needs the development extra and Chromium, and no network; for every
script and for formulas Debian's fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji and fonts-lmodern.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
# Not a package: the rig is the tests', and installing it would put it into everybody's environment.
sys.path.insert(0, str(HERE.parent / "tests" / "browser"))

from lab import CHROMIUM_FLAGS, LabServer, Notebook  # noqa: E402 - the rig lives with the tests that use it

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
from toprouter_nb.testing import Cut, Fault, Hang, Script
def chat_with(*replies):
    gateway = testing.ScriptedGateway(list(replies)).start()
    return Conversation("google/gemini-3.5-flash", base_url=gateway.base_url, api_key="test")
"""
ANSWER = r"""
## What a p-value is

The **p-value** is the probability, *if the null hypothesis were true*, of data at least as extreme as yours:
$P(T \ge t \mid H_0)$. A test costs $5, not $10. See [the handbook](https://docs.test/stats).

1. State the hypothesis
   - before you look at the data
   - with `alpha` fixed
2. Compute the statistic

- [x] assumptions checked
- [ ] corrected for many tests

\[
\begin{aligned}
\hat\beta &= (X^\top X)^{-1} X^\top y \\
\mathcal{L}(\theta) &= \sum_{i=1}^{n} \log p(x_i \mid \theta) - \binom{n}{k}
\end{aligned}
\]

> A small p-value is not a large effect.
"""
CODE = r'''
```python
from dataclasses import dataclass

@dataclass
class Fit:
    """A line through points."""
    slope: float = 1.5  # in units of y for each unit of x

def fit(frame, *, weights=None):
    return Fit(slope=frame["x"].mean()), "a line of code that is longer than the cell is wide, so it scrolls alone"
```

```diff
- old = 1
+ new = 2
```
'''
TABLE = (
    "|model|prompt tokens|completion tokens|cost|first text|tokens/s|finish reason|what the judge wrote about it|\n"
    "|:--|--:|--:|--:|--:|--:|:-:|:--|\n"
    + "|google/gemini-3.5-flash|1,234|567|$0.00042|0.41 s|112|stop|Correct, and short enough to be read.|\n"
    * 3
)
WORLD = (
    "مرحبا بالعالم، هذا نص عربي مع `code` داخل الجملة.\n\n- بند أول\n- بند ثان\n\nעברית עם English בתוך המשפט.\n\n"
    "Emoji 👩\u200d💻 🎉 🇺🇳, 日本語, 한국어, हिन्दी, and what hides: a\u202eb, pay\u200bpal, \x1b[31mred.\n\n"
    "[bank.example](https://evil.test/login) ![a chart](https://evil.test/p.png) <b onclick=x>not bold</b>"
)
SHORT = "A p-value is the probability of data at least as extreme as yours, if the null hypothesis were true. " * 2
REASONED = "testing.Script('The answer is **42**.', reasoning='First I look at the question. ' * 12)"
SPENT = """
def spend(model, tokens, cost):
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens // 3, "total_tokens": tokens + tokens // 3}
    chat = chat_with(Script("Yes.", usage=usage | ({"cost": cost} if cost is not None else {})))
    chat.display = False
    chat.ask("Well?", model=model)
import toprouter_nb as tr
tr.configure(ledger_path=":memory:")
for model, tokens, cost in (("google/gemini-3.5-flash", 1200, 0.00042), ("openai/gpt-5-mini", 5600, 0.0123),
                            ("google/gemini-3.5-flash", 880, 0.00031), ("vendor/<b>unpriced</b>", 300, None)):
    spend(model, tokens, cost)
"""
COLUMNS = """
from toprouter_nb.display import LiveView
view = LiveView(["google/gemini-3.5-flash", "local/smollm2-135m", "x-ai/grok-9 <b>"], shell=get_ipython(), mode="live")
view.start()
view.add(0, "## One\\n\\n" + "A paragraph that is still being written, " * 7)
view.add(1, "", "First I look at the question.")
view.end(2, "error", ["x-ai/grok-9 <b>", "0.2 s in all"], "RateLimitError: Slow down. Try again in 30 s.")
"""
COMPARED = """
import toprouter_nb as tr
ANSWERS = {
    "google/gemini-3.5-flash": "The probability of data **at least as extreme** as yours, if there were no effect: "
        "$P(T \\\\ge t \\\\mid H_0)$. It is *not* the probability that there is none.",
    "openai/gpt-5-mini": "How surprised you should be:\\n\\n| p | surprise |\\n|--:|:--|\\n| 0.5 | none |\\n"
        "| 0.01 | some |",
    "anthropic/claude-haiku-5": "Small p, rare data. A small p is no large effect.",
}
USED = {"prompt_tokens": 18, "completion_tokens": 41, "total_tokens": 59, "cost": 0.00012}
def answer(request):
    return Script(ANSWERS[request.json["model"]], delay_seconds=0.02, usage=USED)
gateway = testing.ScriptedGateway(answer).start()
tr.configure(base_url=gateway.base_url, api_key="test", ledger_path=":memory:");
"""
VIEWS = {
    "live": [
        (
            f"text = {ANSWER!r}; pieces = [text[place:place + 40] for place in range(0, len(text) - 30, 40)]\n"
            "chat_with(Script(deltas=[*pieces, Hang()], reasoning='First I look at the question.')).ask('What is it?')"
        )
    ],
    "live-columns": [COLUMNS],
    "answer": [f"chat_with({ANSWER!r}).ask('What is a p-value?')"],
    "code": [f"chat_with({CODE!r}).ask('Show me code')"],
    "table": [f"chat_with({TABLE!r}).ask('Compare')"],
    "world": [f"chat_with({WORLD!r}).ask('Hello')"],
    "reasoning": [f"chat_with({REASONED}).ask('Why?')"],
    "stopped": ["chat_with(Script(deltas=['Once upon a ', 'time there was ', Hang()])).ask('Tell')"],
    "broken": ["chat_with(Script(deltas=['Once upon a ', 'time there was ', Cut()])).ask('Tell')"],
    "error": ["chat_with(Fault(402, body={'error': {'message': 'Add credits to go on.'}})).ask('Hello')"],
    "usage": [SPENT, "tr.usage_table()"],
    "usage-by-model": [SPENT, "tr.usage_table(by='model')"],
    "transcript": [
        f"chat = chat_with('Paris is the capital of **France**.', {REASONED})\nchat.display = False",
        "_ = chat.ask('What is the capital of France?'); _ = chat.ask('And the answer?\\nIn one line.')\nchat",
    ],
    "xray": [
        (
            f"chat = chat_with(Script({SHORT!r}, delay_seconds=0.01)); chat.display, chat.trace = False, True\n"
            "from PIL import Image; chat.system = 'You are a terse tutor.'"
        ),
        "_ = chat.ask('What is a p-value?', Image.new('RGB', (600, 400), 'navy'))\nchat.xray()",
    ],
    "tree": [
        (
            "chat = chat_with('Paris.', 'The capital is **Paris**.', 'Rome.', 'Madrid.', 'Lisbon.', 'Bern.')\n"
            "chat.display = False; _ = chat.ask('What is the capital of France?'); _ = chat.retry()"
        ),
        (
            "_ = chat.ask('And of Italy?'); chat.undo(); _ = chat.ask('And of Spain?'); _ = chat.retry()\n"
            "chat.undo(); _ = chat.ask('And of Switzerland, where people speak four languages and more?')\n"
            "chat.tree()"
        ),
    ],
    "samples": [
        (
            "chat = chat_with(*['Blue.'] * 6, 'Red.', 'Blue.', 'A deep, warm red.', 'Blue.', 'Teal.', 'Ochre.',\n"
            "    Fault(400, body={'error': {'message': 'too hot'}}), 'Vermilion & <b>gold</b>', 'Mauve.')"
        ),
        "chat.display = False\nchat.sample('Name a colour.', concurrency=1)",
    ],
}
VIEWS |= {
    "compare": [COMPARED, "tr.compare('What is a p-value?', list(ANSWERS), system='You are terse.')"],
    "panel": [
        (
            f"chat = chat_with({ANSWER!r}, 'Because of *chance*.', 'By chance alone.')\n"
            "chat.display = False; chat.system = 'Terse.'"
        ),
        "_ = chat.ask('What is a p-value?'); _ = chat.ask('Why?'); _ = chat.retry()\nchat.panel()",
    ],
}
# What the README begins with: cells as people type them, and what they get. Not a view of its own, so it has no looks.
FRONT_SETUP = r"""
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import toprouter_nb as tr
from toprouter_nb import testing
from toprouter_nb.testing import Script

def used(prompt, completion, cost):
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, "cost": cost}

SEEN = (
    "The dose and the response rise together, **up to about 6 mg**; beyond that more dose changes little.\n\n"
    "- slope below 6 mg: 1.4 per mg\n- above: $\\beta \\approx 0$, within the error bars"
)
SAID = {
    "google/gemini-3.5-flash": Script(
        "The probability of data **at least as extreme** as yours if there were no effect: $P(T \\ge t \\mid H_0)$.",
        usage=used(21, 34, 0.00011), delay_seconds=0.02,
    ),
    "openai/gpt-5-mini": Script(
        "How surprised to be:\n\n| p | surprise |\n|--:|:--|\n| 0.5 | none |\n| 0.01 | some |",
        usage=used(19, 47, 0.0001), delay_seconds=0.03,
    ),
    "anthropic/claude-haiku-5": Script(
        "Small *p*, rare data under $H_0$. It does **not** say how large the effect is.",
        usage=used(23, 26, 0.00015), delay_seconds=0.015,
    ),
}
seen = [Script(SEEN, usage=used(1143, 58, 0.00049), delay_seconds=0.02)]
gateway = testing.ScriptedGateway(lambda request: seen.pop() if seen else SAID[request.json["model"]]).start()
tr.configure(base_url=gateway.base_url, api_key="test", ledger_path=":memory:")
fig, axes = plt.subplots()
axes.plot([1, 2, 3])
plt.close(fig)
"""
FRONT = [
    """chat = tr.Conversation("google/gemini-3.5-flash", system="You are terse.")
chat.ask("What does this plot say?", fig)""",
    """models = ["google/gemini-3.5-flash", "openai/gpt-5-mini", "anthropic/claude-haiku-5"]
tr.compare("What is a p-value?", models)""",
]
LOOKS = {"light": ("light", 1000), "dark": ("dark", 1000), "narrow": ("light", 560)}


def take(lab, browser, name, look):
    """Run one view's cells in a fresh notebook and keep the picture of its last output."""
    theme, width = LOOKS[look]
    # High enough that nothing scrolls: a picture of an element ends where the page does.
    context = browser.new_context(viewport={"width": width, "height": 1600})
    book = Notebook(lab, context.new_page(), f"{name}-{look}.ipynb")
    book.open([SETUP, *VIEWS[name]], theme=theme)
    book.hide_side()
    for cell in range(len(VIEWS[name]) + 1):
        book.run(cell, wait=not (cell and name in ("live", "stopped")))
    if name.startswith("live"):
        book.page.wait_for_timeout(2_500)
    if name == "stopped":
        book.output(1).get_by_text("there was").wait_for()
        book.interrupt()
        book.output(1).get_by_text("Stopped: this is what had arrived.").wait_for()
    book.output(len(VIEWS[name])).locator(".tr-foot, .tr-turn, .tr-sheet, .tr-step, .tr-samples").first.wait_for()
    book.page.wait_for_timeout(300)
    book.output(len(VIEWS[name])).screenshot(path=HERE / "images" / f"{name}-{look}.png")
    book.shut_down()
    context.close()


def take_front(lab, browser):
    """Run the cells of the first picture, and keep them together with what they gave."""
    context = browser.new_context(viewport={"width": 1180, "height": 1600}, device_scale_factor=2)
    book = Notebook(lab, context.new_page(), "front.ipynb")
    book.open([FRONT_SETUP, *FRONT])
    book.hide_side()
    for cell in range(len(FRONT) + 1):
        book.run(cell)
    cells = book.page.locator(".jp-Notebook .jp-CodeCell")
    book.output(len(FRONT)).locator(".tr-sheet").first.wait_for()
    book.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0; }")
    book.page.wait_for_timeout(300)
    first, last = cells.nth(1).bounding_box(), cells.nth(len(FRONT)).bounding_box()
    area = {**first, "height": last["y"] + last["height"] - first["y"]}
    book.page.screenshot(path=HERE / "images" / "front.png", clip=area)
    book.shut_down()
    context.close()


def main(names):
    """Take the named pictures, or all."""
    with LabServer(Path(tempfile.mkdtemp())) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        if not names or "front" in names:
            take_front(lab, browser)
        for name in [name for name in names or VIEWS if name != "front"]:
            for look in LOOKS:
                take(lab, browser, name, look)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
