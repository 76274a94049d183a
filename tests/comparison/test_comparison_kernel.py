"""A comparison in a real kernel: rows that stay, and an interrupt that loses nothing."""

import time

import pytest
from kernels import Kernel, shown_by

from toprouter_nb.testing import Hang, Script, ScriptedGateway


@pytest.fixture(scope="module")
def kernel():
    """Start one kernel for these tests."""
    with Kernel() as kernel:
        yield kernel


def configured(gateway):
    """Return the line that lets everything ask this server."""
    return f"import toprouter_nb as tr; tr.configure(base_url={gateway.base_url!r}, api_key='test');"


def test_each_prompt_leaves_a_row(kernel):
    """Prompt and answers stay as two outputs a row, the growing views are emptied, the value shows figures only."""
    with ScriptedGateway(lambda request: f"**{request.json['model']}** says yes.") as gateway:
        messages = kernel.run(f"{configured(gateway)} c = tr.compare(['One?', 'Two?'], ['m/a', 'm/b']); c")
    shown = [bundle for bundle in shown_by(messages) if bundle["text/plain"]]
    assert [bundle["text/plain"] for bundle in shown] == [
        "One?",
        "m/a: **m/a** says yes.\n\nm/b: **m/b** says yes.",
        "Two?",
        "m/a: **m/a** says yes.\n\nm/b: **m/b** says yes.",
        "Comparison(2 prompts, 2 models)",
    ]
    assert "<strong>m/a</strong> says yes." in shown[1]["text/html"]
    assert "<strong>" not in shown[-1]["text/html"]
    again = shown_by(kernel.run("c"))[-1]["text/html"]
    assert again.count("<strong>m/a</strong>") == 2


def test_an_interrupt_keeps_what_came(kernel):
    """The cell ends without an error; answers are partial, and prompts not asked yet say so."""
    with ScriptedGateway(lambda _request: Script(deltas=["half ", "an ", Hang()])) as gateway:
        kernel.send(f"{configured(gateway)} c = tr.compare(['One?', 'Two?'], ['m/a', 'm/b'])")
        kinds = []
        for kind, content in kernel.receive():
            kinds.append(kind)
            if "half an" in str(content.get("data", {}).get("text/html", "")) and kinds.count("interrupt") == 0:
                kinds.append("interrupt")
                kernel.interrupt()
    assert "interrupt" in kinds
    assert "error" not in kinds
    told = kernel.run("print([(answer.status, answer.text) for answer in c.answers])")[0][1]["text"]
    assert told == "[('stopped', 'half an '), ('stopped', 'half an '), ('not asked', ''), ('not asked', '')]\n"


@pytest.mark.parametrize("before", ["", "import asyncio; await asyncio.sleep(0); "])
def test_a_stop_ends_a_loop_of_comparisons(kernel, before):
    """What was stopped is stopped for the whole cell, with `await` in it too; the next comparison asks nobody."""
    with ScriptedGateway(lambda _request: Script(deltas=["half ", Hang()])) as gateway:
        kernel.send(f"{before}{configured(gateway)} c = []\nfor n in (1, 2): c.append(tr.compare('One?', 'm/a'))")
        errors = []
        is_interrupted = False
        for kind, content in kernel.receive():
            if "half" in str(content.get("data", {}).get("text/html", "")) and not is_interrupted:
                is_interrupted = True
                kernel.interrupt()
            errors += [content["evalue"]] if kind == "error" else []
        assert len(gateway.requests) == 1
    assert len(errors) == 1
    assert kernel.run("print(len(c), c[0].answers[0].text)")[0][1]["text"] == "1 half \n"


def test_an_interrupted_bar_keeps_what_came(kernel):
    """More prompts than are shown as they grow are watched as a bar; in a notebook its answers are kept, too."""
    half = Script(deltas=["half ", Hang()])
    with ScriptedGateway(lambda request: half if "11" in str(request.json["messages"]) else "yes") as gateway:
        prompts = "[f'Question {n}' for n in range(12)]"
        kernel.send(f"{configured(gateway)} c = tr.compare({prompts}, 'm/a', concurrency=1, display='text')")
        until = time.monotonic() + 20
        while len(gateway.requests) < 12 and time.monotonic() < until:
            time.sleep(0.02)
        kernel.interrupt()
        assert "error" not in [kind for kind, _ in kernel.receive()]
    told = kernel.run("print([answer.status for answer in c.answers][-2:])")[0][1]["text"]
    assert told == "['ok', 'stopped']\n"
